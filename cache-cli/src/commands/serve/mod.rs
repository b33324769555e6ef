//! `cachectl serve`: the page of a fleet, on Redis alone.

mod door;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::middleware::from_fn_with_state;
use axum::routing::get;
use cache_console::Console;
use cache_runtime::admin::Admin;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::act;
use crate::arguments::{self, Place};
use crate::connection;
use crate::exit::{Exit, Failure};
use crate::output::{Page, Report, Tone, print};
use door::Door;

/// How long the connections to Redis may take to be closed.
const CLOSING: Duration = Duration::from_secs(1);

/// Where the page is.
#[derive(Debug, Serialize)]
struct Listening {
    page: String,
    /// What has to be opened first, once in each browser, where not everybody may do everything.
    login: Option<String>,
    allows_actions: bool,
    /// Why Redis was not reached yet.
    away: Option<String>,
}

/// Serves the page until it is interrupted.
pub(crate) async fn serve(
    place: &Place,
    asked: &arguments::Serve,
    json: bool,
) -> Result<Exit, Failure> {
    check(asked)?;
    let (admin, patience) = connection::admin(place)?;
    let away = match admin.cache().connect_within(patience).await {
        Ok(()) => None,
        Err(error) => match Failure::from(error) {
            // It is connected to when it is back, and until then the page says that it is away.
            failure if failure.exit == Exit::Unreachable => Some(failure.text),
            failure => return Err(failure),
        },
    };
    let listener = TcpListener::bind(asked.listen).await;
    let listener = listener.map_err(|error| {
        let listen = asked.listen;
        Failure::usage(format!(
            "--listen {listen}: {error}; name another port, or 0 for any that is free"
        ))
    })?;
    let address = listener.local_addr()?;
    let asks_all = asked.allow_remote || asked.show_values;
    let door = Door::new(asks_all, asked.allow_actions);
    let routes = console(&admin, asked, (address, &door))
        .router()
        .route("/login", get(door::login).with_state(door.clone()))
        .layer(from_fn_with_state(door.clone(), door::guard));
    let listening = Listening {
        page: url(address, ""),
        login: door
            .token()
            .map(|token| url(address, &format!("login?token={token}"))),
        allows_actions: asked.allow_actions,
        away,
    };
    print(&listening, json)?;
    let served = tokio::select! {
        served = axum::serve(listener, routes) => served.map_err(Failure::from),
        () = stopped() => Ok(()),
    };
    // Nothing is owed that somebody was not told of.
    let _ = admin.cache().close_within(CLOSING).await;
    served.map(|()| Exit::Done)
}

fn console(admin: &Admin, asked: &arguments::Serve, at: (SocketAddr, &Door)) -> Console {
    let (address, door) = at;
    let mut console = Console::of_fleet(admin);
    if !asked.allow_remote {
        console = console.hosts(["localhost", &address.ip().to_string()]);
    }
    if asked.show_values {
        console = console.show_values();
    }
    if asked.allow_actions {
        let (door, who) = (door.clone(), act::who());
        console = console.allow_actions(move |headers| door.knows(headers).then(|| who.clone()));
    }
    console
}

/// Whether nobody is let in by mistake.
fn check(asked: &arguments::Serve) -> Result<(), Failure> {
    if asked.listen.ip().is_loopback() || asked.allow_remote {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "--listen {} is reached from other machines, and the page shows names of keys, tags and nodes: say \
         --allow-remote, which lets in only who has the address with the token of this run, or listen on 127.0.0.1 and \
         come by `ssh -L`",
        asked.listen
    )))
}

/// What a browser opens. Of all addresses of this machine it is that of its name.
fn url(address: SocketAddr, path: &str) -> String {
    match address.ip() {
        ip if ip.is_unspecified() => {
            let machine = rustix::system::uname();
            let machine = machine.nodename().to_string_lossy();
            format!("http://{machine}:{}/{path}", address.port())
        }
        IpAddr::V4(_) | IpAddr::V6(_) => format!("http://{address}/{path}"),
    }
}

/// Waits until somebody wants it to end.
async fn stopped() {
    let ended = async {
        match signal(SignalKind::terminate()) {
            Ok(mut ended) => drop(ended.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        Ok(()) = tokio::signal::ctrl_c() => {}
        () = ended => {}
    }
}

impl Report for Listening {
    fn tell(&self, page: &mut Page) {
        match &self.login {
            Some(login) => {
                page.verdict(Tone::Good, "open", login);
                page.detail(match self.allows_actions {
                    true => "Whoever has this address may invalidate and expire. It is of this run alone.",
                    false => "Whoever has this address may look on. It is of this run alone.",
                });
            }
            None => {
                page.verdict(Tone::Good, "open", &self.page);
                page.detail(
                    "The page changes nothing: --allow-actions lets it invalidate and expire.",
                );
            }
        }
        if let Some(away) = &self.away {
            page.verdict(Tone::Bad, "away", away);
            page.detail(
                "The page is there all the same, and shows what it finds once Redis is back.",
            );
        }
        page.line("Ctrl-C ends it.");
    }
}
