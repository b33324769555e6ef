//! The page in a real browser: what happens at one process shows in a page that is open at the other.

#[expect(dead_code, reason = "the tests of the console use all of it")]
#[path = "../../tests/top/it/console/driver.rs"]
mod driver;

use std::time::Duration;

use cache_tests::Server;
use tokio::time::{sleep, timeout};

use super::{Browser, Gateway, PATIENCE, database};

/// Until an element of the page has a text in it.
async fn shows(page: &driver::Browser, selector: &str, text: &str) {
    let shown = async {
        while !page.text(selector).await.contains(text) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    if timeout(PATIENCE, shown).await.is_err() {
        let body = page.text("body").await;
        panic!("{selector} does not show {text:?}: {body}");
    }
}

#[tokio::test]
async fn a_page_shows_what_happens_at_another_process() {
    let server = Server::start().await.unwrap();
    let (_folder, file) = database();
    let (file, url) = (file.to_str().unwrap(), server.url());
    let variables = [("DATABASE", file), ("CACHE_URL", &*url)];
    let [one, other] = [(); 2].map(|()| Gateway::start(&variables));
    let page = driver::Browser::start().await;
    page.open(&format!("http://{}/", one.address)).await;
    shows(&page, "#state", "connected").await;
    // A name that would be markup is a text, in the page and in an event.
    page.write("[name=name]", "<i>ada</i>").await;
    page.write("[name=password]", "open sesame").await;
    page.click("form button").await;
    shows(&page, "b", "<i>ada</i>").await;
    shows(&page, "#state", "connected").await;

    page.click("#raise").await;
    shows(&page, "#live", "<i>ada</i> raised price 1").await;
    shows(&page, "#live", r#""cents":101"#).await;
    let mut bob = Browser::default();
    bob.log_in(&other, "bob", "open+sesame").await;
    assert_eq!(bob.post(&other, "/prices/2/raise").await.status, 200);
    shows(&page, "#live", "bob raised price 2").await;

    page.click("[action='/sessions/end-all'] button").await;
    shows(&page, "form", "log in").await;
    assert!(page.errors().await.is_empty());
}
