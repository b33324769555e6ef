//! Places on the earth, found by how near they are.

mod area;
mod local;
mod point;

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use cache_runtime::Cache;
use cache_runtime::commands::Reply;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ToolkitError;
use crate::home::Home;
use crate::member::{decode, encode};
use crate::named::Named;
use area::Area;
use local::Map;
pub use point::Point;

const FOREIGN: ToolkitError = ToolkitError::Foreign { what: "place" };

/// The most that one look gives.
const MOST: u32 = 10_000;

/// A member that was found, and where.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found<M> {
    /// Who.
    pub member: M,
    /// How far it is from where was looked, in metres.
    pub distance: f64,
    /// Where it is, to within 0.6 m of where it was put.
    pub point: Point,
}

/// Places by name, for the whole fleet; made by [`Toolkit::places`](crate::Toolkit::places). It is cheap to clone.
///
/// Distances are in metres along a sphere, which differ from those on the ground by up to 0.5 %. Members are
/// [JSON text](crate#members), of at most 64 KiB. What a failover takes back is said of [`Counter`](crate::Counter).
///
/// Source: Redis's geospatial commands (<https://redis.io/docs/latest/commands/geosearch/>).
///
/// ```no_run
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use cache_toolkit::{Point, Toolkit as _};
///
/// let shops = cache.places::<u64>("shops");
/// shops.put(&7, Point { lon: 13.361_389, lat: 38.115_556 }).await?;
/// for shop in shops.near(Point { lon: 15.0, lat: 37.0 }, 200_000.0, 10).await? {
///     println!("shop {} in {:.0} m", shop.member, shop.distance);
/// }
/// # Ok(()) }
/// ```
pub struct Places<M> {
    named: Named,
    of: PhantomData<fn(M) -> M>,
}

impl<M: Serialize + DeserializeOwned> Places<M> {
    pub(crate) fn new(cache: &Cache, name: String) -> Self {
        Self {
            named: Named::new(cache, "places", name),
            of: PhantomData,
        }
    }

    /// How long all of them live, from the first on; it is not begun again by those that follow. For ever unless set; from
    /// a millisecond to ten years.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.named = self.named.with_ttl(ttl);
        self
    }

    /// Puts a member at a point, or moves it there; whether it was not there.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Setting`] for a point that is none, or a member that is no JSON or over 64 KiB;
    /// [`ToolkitError::Command`] if Redis does not do it; [`ToolkitError::NoRoom`] in a process that has no room.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may be there or not.
    pub async fn put<Q: Serialize + ?Sized>(
        &self,
        member: &Q,
        point: Point,
    ) -> Result<bool, ToolkitError>
    where
        M: Borrow<Q>,
    {
        let (point, member) = (point.checked()?, encode(member)?);
        match self.named.home()? {
            Home::Redis(commands) => {
                let [lon, lat] = [point.lon, point.lat].map(|degrees| degrees.to_string());
                let words: [&[u8]; 3] = [lon.as_bytes(), lat.as_bytes(), &member];
                Ok(count(&self.named.change(commands, "GEOADD", &words).await?)? == 1)
            }
            Home::Memory(local) => self
                .named
                .change_local(local, |map: &mut Map| map.put(&member, point)),
        }
    }

    /// Takes a member away; whether it was there.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    ///
    /// # Cancellation
    ///
    /// As [`put`](Self::put).
    pub async fn remove<Q: Serialize + ?Sized>(&self, member: &Q) -> Result<bool, ToolkitError>
    where
        M: Borrow<Q>,
    {
        let member = encode(member)?;
        match self.named.home()? {
            Home::Redis(commands) => {
                Ok(count(&self.named.ask(commands, "ZREM", &[&member]).await?)? == 1)
            }
            Home::Memory(local) => Ok(self
                .named
                .take_local(local, |map: &mut Map| map.remove(&member))),
        }
    }

    /// Where a member is, to within 0.6 m of where it was put.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    pub async fn get<Q: Serialize + ?Sized>(
        &self,
        member: &Q,
    ) -> Result<Option<Point>, ToolkitError>
    where
        M: Borrow<Q>,
    {
        let member = encode(member)?;
        match self.named.home()? {
            Home::Redis(commands) => {
                let reply = self.named.ask(commands, "GEOPOS", &[&member]).await?;
                match reply.list() {
                    Some([Reply::Nothing]) => Ok(None),
                    Some([found]) => point(found).map(Some).ok_or(FOREIGN),
                    _ => Err(FOREIGN),
                }
            }
            Home::Memory(local) => Ok(self.named.read_local(local, |map: &Map| map.get(&member))),
        }
    }

    /// The metres from one member to another; `None` if one of them is not there.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    pub async fn distance<Q: Serialize + ?Sized>(
        &self,
        one: &Q,
        other: &Q,
    ) -> Result<Option<f64>, ToolkitError>
    where
        M: Borrow<Q>,
    {
        let (one, other) = (encode(one)?, encode(other)?);
        match self.named.home()? {
            Home::Redis(commands) => {
                let words: [&[u8]; 3] = [&one, &other, b"m"];
                match self.named.ask(commands, "GEODIST", &words).await? {
                    Reply::Nothing => Ok(None),
                    metres => number(&metres).map(Some).ok_or(FOREIGN),
                }
            }
            Home::Memory(local) => Ok(self.named.read_local(local, |map: &Map| {
                Some(map.get(&one)?.distance(map.get(&other)?))
            })),
        }
    }

    /// So many of those within a radius in metres, the nearest first. The server looks at all that are inside to find them.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put), and [`ToolkitError::Setting`] for a radius that is none or a limit that is 0 or over 10,000.
    pub async fn near(
        &self,
        point: Point,
        radius: f64,
        limit: u32,
    ) -> Result<Vec<Found<M>>, ToolkitError> {
        self.search(Area::circle(point, radius)?, limit).await
    }

    /// So many of those in a box around a point, so wide from west to east and so high from south to north in metres, the
    /// nearest to the point first.
    ///
    /// # Errors
    ///
    /// As [`near`](Self::near).
    pub async fn within(
        &self,
        centre: Point,
        (width, height): (f64, f64),
        limit: u32,
    ) -> Result<Vec<Found<M>>, ToolkitError> {
        self.search(Area::of_box(centre, width, height)?, limit)
            .await
    }

    async fn search(&self, area: Area, limit: u32) -> Result<Vec<Found<M>>, ToolkitError> {
        if !(1..=MOST).contains(&limit) {
            return Err(ToolkitError::Setting {
                what: "limit",
                reason: "it is from 1 to 10,000: take a smaller area for more",
            });
        }
        let found = match self.named.home()? {
            Home::Redis(commands) => {
                let mut words = area.words();
                words.extend(["ASC", "COUNT", &limit.to_string()].map(str::to_owned));
                words.extend(["WITHDIST", "WITHCOORD"].map(str::to_owned));
                let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
                let reply = self.named.ask(commands, "GEOSEARCH", &words).await?;
                read(&reply).ok_or(FOREIGN)?
            }
            Home::Memory(local) => self
                .named
                .read_local(local, |map: &Map| map.search(&area, limit)),
        };
        let found = found.into_iter().map(|(member, distance, point)| {
            Ok(Found {
                member: decode(&member, "place")?,
                distance,
                point,
            })
        });
        found.collect()
    }

    /// How many there are.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    #[expect(
        clippy::len_without_is_empty,
        reason = "it is asked of a server: a 0 says it"
    )]
    pub async fn len(&self) -> Result<u64, ToolkitError> {
        match self.named.home()? {
            Home::Redis(commands) => count(&self.named.ask(commands, "ZCARD", &[]).await?),
            Home::Memory(local) => Ok(self.named.read_local(local, Map::len) as u64),
        }
    }

    /// Takes all away, and their lifetime with them; whether there were any.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    ///
    /// # Cancellation
    ///
    /// As [`put`](Self::put).
    pub async fn clear(&self) -> Result<bool, ToolkitError> {
        self.named.clear::<Map>().await
    }
}

/// What `GEOSEARCH` gives: of each the member, its distance and its point.
fn read(reply: &Reply) -> Option<Vec<(Vec<u8>, f64, Point)>> {
    let found = reply.list()?.iter().map(|one| {
        let [member, distance, at] = one.list()? else {
            return None;
        };
        Some((member.bytes()?.to_vec(), number(distance)?, point(at)?))
    });
    found.collect()
}

fn point(reply: &Reply) -> Option<Point> {
    let [lon, lat] = reply.list()? else {
        return None;
    };
    Some(Point::new(number(lon)?, number(lat)?))
}

fn number(reply: &Reply) -> Option<f64> {
    reply.text()?.parse().ok()
}

fn count(reply: &Reply) -> Result<u64, ToolkitError> {
    let number = reply.number().and_then(|number| number.try_into().ok());
    number.ok_or(FOREIGN)
}

impl<M> Clone for Places<M> {
    fn clone(&self) -> Self {
        let named = self.named.clone();
        let of = PhantomData;
        Self { named, of }
    }
}

impl<M> fmt::Debug for Places<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places")
            .field("name", &self.named.name())
            .field("ttl", &self.named.ttl())
            .finish_non_exhaustive()
    }
}
