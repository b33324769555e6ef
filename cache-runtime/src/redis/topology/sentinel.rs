//! Where the master is, from sentinels.
//!
//! All of them are asked at once, so that one that hangs costs nothing, and the newest word counts: a
//! sentinel that was cut off, or has not heard of a failover yet, still names the old master, under
//! a lower epoch (<https://redis.io/docs/latest/develop/reference/sentinel-clients/>).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::{AsyncConnectionConfig, ProtocolVersion};
use tokio::task::JoinSet;

use crate::boxed::boxed;
use crate::own_thread::timeout;
use crate::redis::link::{Resolver, opened};
use crate::redis::terms::fault::Fault;
use crate::redis::wire::error::unwrap;
use crate::redis::wire::settings::{Address, Found, LinkSettings, Place};

/// How long the others are waited for after the first that knew, as they may know better.
const MORE: Duration = Duration::from_millis(50);

/// A resolver that asks the sentinels of these settings; without any, one that asks nobody.
pub(super) fn resolver(settings: &LinkSettings) -> Resolver {
    let Place::Sentinel { name, .. } = &settings.place else {
        return Resolver::default();
    };
    let (settings, name) = (Arc::new(settings.clone()), Arc::clone(name));
    Resolver::asking(Arc::new(move |limit| {
        let (settings, name) = (Arc::clone(&settings), Arc::clone(&name));
        Box::pin(async move { ask_all(&settings, &name, limit).await })
    }))
}

/// The master by the newest word of those that answer within `limit`, or shortly after the first.
async fn ask_all(
    settings: &LinkSettings,
    name: &Arc<str>,
    limit: Duration,
) -> Result<Found, Fault> {
    let mut asked = JoinSet::new();
    for seed in settings.seeds() {
        let (sentinel, name) = (settings.of_sentinel(seed), Arc::clone(name));
        asked.spawn(async move { ask(&sentinel, &name).await });
    }
    let mut known = Err(Fault::SentinelsUnreachable);
    // The time may run out in either wait; what was heard by then counts.
    let _ = timeout(limit, async {
        while let (Err(_), Some(answer)) = (&known, asked.join_next().await) {
            newest(
                &mut known,
                answer.unwrap_or(Err(Fault::SentinelsUnreachable)),
            );
        }
    })
    .await;
    let _ = timeout(MORE, async {
        while let (Ok(_), Some(answer)) = (&known, asked.join_next().await) {
            newest(
                &mut known,
                answer.unwrap_or(Err(Fault::SentinelsUnreachable)),
            );
        }
    })
    .await;
    known
}

/// Keeps the master of the highest epoch; else the failure that says most.
fn newest(known: &mut Result<Found, Fault>, answer: Result<Found, Fault>) {
    let says_more = match (&*known, &answer) {
        (Ok(known), Ok(answer)) => answer.epoch > known.epoch,
        (Ok(_), Err(_)) => false,
        (Err(_), Ok(_)) => true,
        (Err(_), Err(fault)) => *fault != Fault::SentinelsUnreachable,
    };
    if says_more {
        *known = answer;
    }
}

/// Asks one sentinel, on a connection for this alone.
async fn ask(sentinel: &LinkSettings, name: &str) -> Result<Found, Fault> {
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(None);
    let of_sentinel = |fault| match fault {
        Fault::Auth | Fault::NoPermission | Fault::MayNotRun(_) => Fault::SentinelAuth,
        fault if fault.is_of_tls() => fault,
        _ => Fault::SentinelsUnreachable,
    };
    let opening = boxed(|| async {
        sentinel
            .client(ProtocolVersion::RESP2)?
            .get_multiplexed_async_connection_with_config(&config)
            .await
    });
    let asking = async {
        let mut connection = opened(sentinel, opening).await?;
        let mut pipeline = redis::pipe();
        // While a failover is under way only the first of the two names the one promoted.
        pipeline.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME");
        pipeline.arg(name).cmd("SENTINEL").arg("MASTER").arg(name);
        connection
            .send_packed_commands(&pipeline, 0, pipeline.len())
            .await
            .map_err(|error| Fault::from(&error))
    };
    let mut answers = asking.await.map_err(of_sentinel)?.into_iter();
    let mut answer = || unwrap(answers.next().ok_or(Fault::Protocol)?).map_err(of_sentinel);
    let address: Option<(String, u16)> =
        redis::from_redis_value(answer()?).map_err(|_| Fault::SentinelsUnreachable)?;
    let (host, port) = address.ok_or(Fault::UnknownMaster)?;
    let fields: HashMap<String, String> =
        redis::from_redis_value(answer()?).map_err(|_| Fault::SentinelsUnreachable)?;
    let epoch = fields.get("config-epoch").and_then(|n| n.parse().ok());
    Ok(Found {
        address: Address { host, port },
        epoch: epoch.unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(port: u16, epoch: u64) -> Result<Found, Fault> {
        let host = "h".to_owned();
        Ok(Found {
            address: Address { host, port },
            epoch,
        })
    }

    fn of_all(answers: Vec<Result<Found, Fault>>) -> Result<u16, Fault> {
        let mut known = Err(Fault::SentinelsUnreachable);
        for answer in answers {
            newest(&mut known, answer);
        }
        known.map(|master| master.address.port)
    }

    #[test]
    fn the_newest_word_counts_in_whatever_order_it_comes() {
        let down = || Err(Fault::SentinelsUnreachable);
        assert_eq!(of_all(vec![master(1, 7), down(), master(2, 8)]), Ok(2));
        assert_eq!(of_all(vec![master(2, 8), master(1, 7)]), Ok(2));
        assert_eq!(of_all(vec![down(), master(1, 0)]), Ok(1));
    }

    #[test]
    fn the_failure_that_says_most_is_told() {
        let down = || Err(Fault::SentinelsUnreachable);
        let unknown = || Err(Fault::UnknownMaster);
        assert_eq!(
            of_all(vec![down(), unknown(), down()]),
            Err(Fault::UnknownMaster)
        );
        assert_eq!(
            of_all(vec![Err(Fault::SentinelAuth), down()]),
            Err(Fault::SentinelAuth)
        );
        assert_eq!(of_all(vec![unknown(), master(1, 0)]), Ok(1));
    }
}
