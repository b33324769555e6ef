//! A web service over SQLite with cached queries and writes that invalidate them.
//!
//! `cargo run --example catalog`, then:
//! ```text
//! curl localhost:3000/products/7              # the first takes a query, the next is a hit
//! curl 'localhost:3000/categories/tools?max=50'
//! curl -X POST localhost:3000/products/7/price/1999
//! curl localhost:3000/products/7              # the new price, at once, in every process
//! curl localhost:3000/stats
//! ```
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

use std::error::Error;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use cache_runtime::{Cache, CacheKey, cache_invalidate, cached};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Product {
    id: i64,
    name: String,
    category: String,
    cents: i64,
}

/// A filter is an argument like any other once it says how it makes a key.
#[derive(Deserialize, CacheKey)]
struct Filter {
    max: Option<i64>,
    /// For the log only: requests that differ in it share an entry.
    #[cache_key(skip)]
    trace: Option<String>,
}

/// SQLite blocks, so each query runs on a thread made for that.
#[derive(Clone)]
struct Shop(Arc<Mutex<Connection>>);

impl Shop {
    async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StatusCode> {
        let shop = self.clone();
        let run = move || {
            query(
                &shop
                    .0
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner),
            )
        };
        let answer = tokio::task::spawn_blocking(run).await;
        answer
            .ok()
            .and_then(Result::ok)
            .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    // `skip(self)`: which connection asks makes no difference to the answer.
    #[cached(ns = "product", ttl = "10m", tags = ["product:{id}"], skip(self))]
    async fn product(&self, id: i64) -> Result<Option<Arc<Product>>, StatusCode> {
        let one = "SELECT id, name, category, cents FROM products WHERE id = ?1";
        self.query(move |db| db.query_row(one, [id], product).optional())
            .await
            .map(|p| p.map(Arc::new))
    }

    #[cached(ns = "category", ttl = "1m", tags = ["category:{name}"], compress, skip(self))]
    async fn category(&self, name: &str, filter: &Filter) -> Result<Arc<Vec<Product>>, StatusCode> {
        let some =
            "SELECT id, name, category, cents FROM products WHERE category = ?1 AND cents <= ?2";
        let (name, max) = (name.to_owned(), filter.max.unwrap_or(i64::MAX));
        let found = self.query(move |db| {
            db.prepare(some)?
                .query_map(params![name, max], product)?
                .collect()
        });
        found.await.map(Arc::new)
    }

    // The tags are cleared when this returns, and also if it fails half-way or is dropped.
    #[cache_invalidate(tags = ["product:{id}", "category:{category}"])]
    async fn set_price(&self, id: i64, category: &str, cents: i64) -> Result<(), StatusCode> {
        let set = "UPDATE products SET cents = ?2 WHERE id = ?1";
        self.query(move |db| db.execute(set, params![id, cents]))
            .await
            .map(drop)
    }
}

fn product(row: &Row<'_>) -> rusqlite::Result<Product> {
    Ok(Product {
        id: row.get(0)?,
        name: row.get(1)?,
        category: row.get(2)?,
        cents: row.get(3)?,
    })
}

async fn show(
    State(shop): State<Shop>,
    Path(id): Path<i64>,
) -> Result<Json<Arc<Product>>, StatusCode> {
    shop.product(id)
        .await?
        .map(Json)
        .ok_or(StatusCode::NOT_FOUND)
}

async fn list(
    State(shop): State<Shop>,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
) -> Result<Json<Arc<Vec<Product>>>, StatusCode> {
    tracing::debug!(trace = filter.trace, "list");
    shop.category(&name, &filter).await.map(Json)
}

async fn price(
    State(shop): State<Shop>,
    Path((id, cents)): Path<(i64, i64)>,
) -> Result<(), StatusCode> {
    let product = shop.product(id).await?.ok_or(StatusCode::NOT_FOUND)?;
    shop.set_price(id, &product.category, cents).await
}

/// A table of five thousand products, made anew at each start.
fn make() -> rusqlite::Result<Connection> {
    let mut db = Connection::open_in_memory()?;
    db.execute_batch(
        "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, cents INTEGER)",
    )?;
    let fill = db.transaction()?;
    for id in 0..5_000_i64 {
        let category = ["tools", "toys", "books", "garden"][usize::try_from(id % 4).unwrap_or(0)];
        let name = format!("{category} item {id}");
        fill.execute(
            "INSERT INTO products VALUES (?1, ?2, ?3, ?4)",
            params![id, name, category, id * 37 % 9_000],
        )?;
    }
    fill.commit()?;
    Ok(db)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cache = Cache::from_env()?;
    cache.install()?;
    let stats = move || async move { cache.stats().to_string() };
    let app = Router::new()
        .route("/products/{id}", get(show))
        .route("/products/{id}/price/{cents}", post(price))
        .route("/categories/{name}", get(list))
        .route("/stats", get(stats))
        .with_state(Shop(Arc::new(Mutex::new(make()?))));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
    println!("http://{}/products/7", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
