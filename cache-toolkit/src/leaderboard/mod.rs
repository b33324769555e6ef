//! Leaderboards: members in the order of their scores, the highest first.

mod local;
mod standing;

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use cache_runtime::Cache;
use cache_runtime::commands::{Reply, Script};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ToolkitError;
use crate::home::Home;
use crate::member::encode;
use crate::named::Named;
use local::Board;
use standing::Rows;
pub use standing::Standing;

static PAGE: Script = Script::new(include_str!("page.lua"));
static AROUND: Script = Script::new(include_str!("around.lua"));

const FOREIGN: ToolkitError = ToolkitError::Foreign {
    what: "leaderboard",
};

/// The most rows that are read at once.
const MOST_ROWS: u32 = 10_000;

/// Beyond this an `f64` has no odd numbers: a step of 1 would be lost.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// A leaderboard by name, for the whole fleet; made by [`Toolkit::leaderboard`](crate::Toolkit::leaderboard). It is cheap
/// to clone.
///
/// Scores are `f64`: whole numbers are exact to 2^53, of which larger ones are refused, as are infinities and NaN; fractions
/// add up with the rounding of an `f64`. Ranks count from 1 for the highest score; see [`Standing`] for ties. Members are
/// [JSON text](crate#members), of at most 64 KiB. What a failover takes back is said of [`Counter`](crate::Counter).
///
/// ```no_run
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use cache_toolkit::Toolkit as _;
///
/// let month = Duration::from_secs(30 * 24 * 3_600);
/// let board = cache.leaderboard::<String>("week 32").ttl(month);
/// board.add("ada", 10.0).await?;
/// for row in board.top(10).await? {
///     println!("{}. {} {}", row.place, row.member, row.score);
/// }
/// let ours = board.around("ada", 2).await?;
/// # Ok(()) }
/// ```
pub struct Leaderboard<M> {
    named: Named,
    of: PhantomData<fn(M) -> M>,
}

impl<M: Serialize + DeserializeOwned> Leaderboard<M> {
    pub(crate) fn new(cache: &Cache, name: String) -> Self {
        Self {
            named: Named::new(cache, "board", name),
            of: PhantomData,
        }
    }

    /// How long all of it lives, from the first score on; it is not begun again by those that follow. For ever unless set;
    /// from a millisecond to ten years.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.named = self.named.with_ttl(ttl);
        self
    }

    /// Adds to the score of a member, which is 0 if it is not there, and gives what it comes to.
    ///
    /// Source: `ZINCRBY` (<https://redis.io/docs/latest/commands/zincrby/>).
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Setting`] for a step that is no number or over 2^53, or a member that is no JSON or over 64 KiB;
    /// [`ToolkitError::Command`] if Redis does not do it, which may have been done where the answer was lost;
    /// [`ToolkitError::NoRoom`] in a process that has no room.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may have been added or not.
    pub async fn add<Q: Serialize + ?Sized>(&self, member: &Q, by: f64) -> Result<f64, ToolkitError>
    where
        M: Borrow<Q>,
    {
        let (by, member) = (checked(by)?, encode(member)?);
        match self.named.home()? {
            Home::Redis(commands) => {
                let by = by.to_string();
                let words: [&[u8]; 2] = [by.as_bytes(), &member];
                let reply = self.named.change(commands, "ZINCRBY", &words).await?;
                score(&reply)?.ok_or(FOREIGN)
            }
            Home::Memory(local) => self.named.change_local(local, |board: &mut Board| {
                let sum = board.score(&member).unwrap_or(0.0) + by;
                board.set(&member, sum);
                sum
            }),
        }
    }

    /// Sets the score of a member; whether it was not there.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    ///
    /// # Cancellation
    ///
    /// As [`add`](Self::add).
    pub async fn set<Q: Serialize + ?Sized>(
        &self,
        member: &Q,
        score: f64,
    ) -> Result<bool, ToolkitError>
    where
        M: Borrow<Q>,
    {
        let (score, member) = (checked(score)?, encode(member)?);
        match self.named.home()? {
            Home::Redis(commands) => {
                let score = score.to_string();
                let words: [&[u8]; 2] = [score.as_bytes(), &member];
                Ok(count(&self.named.change(commands, "ZADD", &words).await?)? == 1)
            }
            Home::Memory(local) => self
                .named
                .change_local(local, |board: &mut Board| board.set(&member, score)),
        }
    }

    /// Sets the score of a member that is not there, or has a lower one; whether it was set. This is for the best of
    /// several tries: of two at once the higher stays.
    ///
    /// Source: `ZADD .. GT CH` (<https://redis.io/docs/latest/commands/zadd/>).
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    ///
    /// # Cancellation
    ///
    /// As [`add`](Self::add).
    pub async fn set_if_higher<Q: Serialize + ?Sized>(
        &self,
        member: &Q,
        score: f64,
    ) -> Result<bool, ToolkitError>
    where
        M: Borrow<Q>,
    {
        let (score, member) = (checked(score)?, encode(member)?);
        match self.named.home()? {
            Home::Redis(commands) => {
                let score = score.to_string();
                let words: [&[u8]; 4] = [b"GT", b"CH", score.as_bytes(), &member];
                Ok(count(&self.named.change(commands, "ZADD", &words).await?)? == 1)
            }
            Home::Memory(local) => self.named.change_local(local, |board: &mut Board| {
                let is_higher = board.score(&member).is_none_or(|before| before < score);
                if is_higher {
                    board.set(&member, score);
                }
                is_higher
            }),
        }
    }

    /// Takes a member off; whether it was there.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    ///
    /// # Cancellation
    ///
    /// As [`add`](Self::add).
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
                .take_local(local, |board: &mut Board| board.remove(&member))),
        }
    }

    /// The score of a member, if it is there; in less than [`rank`](Self::rank) takes.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn score<Q: Serialize + ?Sized>(
        &self,
        member: &Q,
    ) -> Result<Option<f64>, ToolkitError>
    where
        M: Borrow<Q>,
    {
        let member = encode(member)?;
        match self.named.home()? {
            Home::Redis(commands) => score(&self.named.ask(commands, "ZSCORE", &[&member]).await?),
            Home::Memory(local) => Ok(self
                .named
                .read_local(local, |board: &Board| board.score(&member))),
        }
    }

    /// Where a member stands, from 1 for the highest, with its score; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn rank<Q: Serialize + ?Sized>(
        &self,
        member: &Q,
    ) -> Result<Option<Standing<M>>, ToolkitError>
    where
        M: Borrow<Q>,
    {
        Ok(self.around(member, 0).await?.pop())
    }

    /// A member with up to so many above it and so many below, from the top down and all of one moment; none if it is not
    /// there.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add), and [`ToolkitError::Setting`] for over 5,000 on each side.
    pub async fn around<Q: Serialize + ?Sized>(
        &self,
        member: &Q,
        each_side: u32,
    ) -> Result<Vec<Standing<M>>, ToolkitError>
    where
        M: Borrow<Q>,
    {
        check_rows(each_side.saturating_mul(2))?;
        let member = encode(member)?;
        let rows = match self.named.home()? {
            Home::Redis(commands) => {
                let each = each_side.to_string();
                let words: [&[u8]; 2] = [&member, each.as_bytes()];
                match self.named.run(commands, &AROUND, &words).await? {
                    Reply::Nothing => None,
                    rows => Some(Rows::read(&rows)?),
                }
            }
            Home::Memory(local) => self.named.read_local(local, |board: &Board| {
                board.around(&member, each_side.into())
            }),
        };
        rows.unwrap_or_default().standings()
    }

    /// The highest, from the top down.
    ///
    /// # Errors
    ///
    /// As [`page`](Self::page).
    pub async fn top(&self, count: u32) -> Result<Vec<Standing<M>>, ToolkitError> {
        self.page(0, count).await
    }

    /// So many from the top down, after the first `offset`; fewer at the end. Between two pages others may score, so that
    /// one is seen twice, or not.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add), and [`ToolkitError::Setting`] for over 10,000 at once.
    pub async fn page(&self, offset: u64, count: u32) -> Result<Vec<Standing<M>>, ToolkitError> {
        check_rows(count)?;
        // Past every board; a script's numbers are exact to 2^53.
        let offset = offset.min(1 << 52);
        let rows = match self.named.home()? {
            // To Redis a last row before the first is one counted from the end.
            _ if count == 0 => Rows::default(),
            Home::Redis(commands) => {
                let [offset, count] = [offset, count.into()].map(|number| number.to_string());
                let words = [offset.as_bytes(), count.as_bytes()];
                Rows::read(&self.named.run(commands, &PAGE, &words).await?)?
            }
            Home::Memory(local) => self
                .named
                .read_local(local, |board: &Board| board.page(offset, count.into())),
        };
        rows.standings()
    }

    /// How many are on it.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    #[expect(
        clippy::len_without_is_empty,
        reason = "it is asked of a server: a 0 says it"
    )]
    pub async fn len(&self) -> Result<u64, ToolkitError> {
        match self.named.home()? {
            Home::Redis(commands) => count(&self.named.ask(commands, "ZCARD", &[]).await?),
            Home::Memory(local) => Ok(self.named.read_local(local, Board::len) as u64),
        }
    }

    /// Takes all off, and its lifetime with them; whether there were any.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    ///
    /// # Cancellation
    ///
    /// As [`add`](Self::add).
    pub async fn clear(&self) -> Result<bool, ToolkitError> {
        self.named.clear::<Board>().await
    }
}

/// A score that can be told from its neighbours; a -0 is a 0.
fn checked(score: f64) -> Result<f64, ToolkitError> {
    match score.abs() <= LARGEST {
        true => Ok(score + 0.0),
        false => Err(ToolkitError::Setting {
            what: "score",
            reason: "it is a number from -2^53 to 2^53: NaN and infinities have no place in an order",
        }),
    }
}

fn check_rows(rows: u32) -> Result<(), ToolkitError> {
    match rows <= MOST_ROWS {
        true => Ok(()),
        false => Err(ToolkitError::Setting {
            what: "number of rows",
            reason: "it is at most 10,000 at once: read the next ones with `page`",
        }),
    }
}

fn score(reply: &Reply) -> Result<Option<f64>, ToolkitError> {
    match reply {
        Reply::Nothing => Ok(None),
        reply => {
            let score = reply.text().and_then(|text| text.parse().ok());
            score.map(Some).ok_or(FOREIGN)
        }
    }
}

fn count(reply: &Reply) -> Result<u64, ToolkitError> {
    let number = reply.number().and_then(|number| number.try_into().ok());
    number.ok_or(FOREIGN)
}

impl<M> Clone for Leaderboard<M> {
    fn clone(&self) -> Self {
        let named = self.named.clone();
        let of = PhantomData;
        Self { named, of }
    }
}

impl<M> fmt::Debug for Leaderboard<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaderboard")
            .field("name", &self.named.name())
            .field("ttl", &self.named.ttl())
            .finish_non_exhaustive()
    }
}
