//! Walking the keys of every master, a batch at a time
//! (<https://redis.io/docs/latest/commands/scan/>).

use redis::Value;

use super::{Routes, Topology};
use crate::redis::link::Link;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::answers::bytes;
use crate::redis::wire::asks::{Ask, SCANNED};
use crate::redis::wire::error::unwrap;
use crate::stamp::Vouch;

/// How far a walk has come.
#[derive(Debug)]
pub(crate) struct Cursor {
    /// The masters that are left, the present one last.
    masters: Vec<Link>,
    /// Where the present one goes on.
    at: Vec<u8>,
    /// The connections it went over. One that was replaced was perhaps to another node, for which
    /// the place it had come to means nothing.
    vouch: Vouch,
}

/// Where a walk stands, so that another process can go on with it.
///
/// The server keeps nothing of a walk: its cursor is all there is, and means the same for as long as the server runs
/// (<https://redis.io/docs/latest/commands/scan/>, "Scan guarantees").
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The masters that are left, each by its address and its run, the present one last.
    pub(crate) masters: Vec<(String, [u8; 8])>,
    /// Where the present one goes on.
    pub(crate) at: Vec<u8>,
}

/// Where each master's walk begins and ends.
const ENDS: &[u8] = b"0";

impl Topology {
    /// A walk over all keys that are there from its beginning to its end. Others may be seen or not.
    pub(crate) async fn walk(&self) -> Result<Cursor, Fault> {
        let masters = match &*self.0 {
            Routes::Node(lanes) => lanes.first().cloned().into_iter().collect(),
            Routes::Cluster(cluster) => cluster.masters().await?,
        };
        Ok(Cursor {
            masters,
            at: ENDS.to_vec(),
            vouch: Vouch::empty(),
        })
    }

    /// The walk that stands there; `None` where a master of it is gone, or was started anew.
    pub(crate) async fn walk_from(&self, place: &Place) -> Result<Option<Cursor>, Fault> {
        let mut walk = self.walk().await?;
        let mut masters = Vec::with_capacity(place.masters.len());
        for (address, run_id) in &place.masters {
            let known = walk.masters.iter().find(|link| link.shown() == *address);
            let Some(link) = known else {
                return Ok(None);
            };
            link.up().await?;
            if link.run_id() != Some(*run_id) {
                return Ok(None);
            }
            masters.push(link.clone());
        }
        walk.masters = masters;
        walk.at.clone_from(&place.at);
        Ok(Some(walk))
    }

    /// Deletes all keys that match and are there from its beginning to its end.
    pub(crate) async fn unlink_matching(&self, pattern: &str) -> Result<(), Fault> {
        // Of a slot that moves, a key may be where the walk is not yet, and then where it was
        // before. The next walk finds it where it went.
        let walks = if self.spans_nodes() { 2 } else { 1 };
        for _ in 0..walks {
            let mut cursor = self.walk().await?;
            while let Some(names) = cursor.next(pattern).await? {
                let each: Vec<_> = names.chunks(1).collect();
                for done in self.unlink(&each).await {
                    done?;
                }
            }
            if cursor.vouch.is_flipped() {
                return Err(Fault::Down);
            }
        }
        Ok(())
    }
}

impl Cursor {
    /// How many keys one step looks at, about.
    pub(crate) const STEP: u64 = SCANNED as u64;

    /// Where it stands; `None` while a master of it is away.
    pub(crate) fn place(&self) -> Option<Place> {
        let masters = self.masters.iter();
        let masters = masters.map(|link| Some((link.shown(), link.run_id()?)));
        Some(Place {
            masters: masters.collect::<Option<_>>()?,
            at: self.at.clone(),
        })
    }

    /// The next names that match, perhaps none; `None` at the end. A name may come twice.
    pub(crate) async fn next(&mut self, pattern: &str) -> Result<Option<Vec<String>>, Fault> {
        let Some(master) = self.masters.last() else {
            return Ok(None);
        };
        let ask = Ask::Scan {
            from: &self.at,
            pattern,
        };
        let answered = master.run(&[ask], false).await?.pop();
        let answered = answered.ok_or(Fault::Protocol)?;
        self.vouch.also(&answered.node.vouch);
        let Value::Array(answer) = unwrap(answered.value)? else {
            return Err(Fault::Protocol);
        };
        let [next, names] = <[Value; 2]>::try_from(answer).map_err(|_| Fault::Protocol)?;
        self.at = bytes(next).ok_or(Fault::Protocol)?;
        if self.at == ENDS {
            self.masters.pop();
        }
        let names = names.into_sequence().map_err(|_| Fault::Protocol)?;
        let names = names.into_iter().filter_map(bytes);
        Ok(Some(
            names
                .filter_map(|name| String::from_utf8(name).ok())
                .collect(),
        ))
    }
}
