//! Sets, read a page at a time.

mod local;
mod members;

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use cache_runtime::Cache;
use cache_runtime::commands::{Commands, Reply};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ToolkitError;
use crate::home::Home;
use crate::member::{decode, encode};
use crate::named::Named;
use local::Bag;
pub use members::Members;

const FOREIGN: ToolkitError = ToolkitError::Foreign { what: "set" };

/// How many members one command takes.
const CHUNK: usize = 1_000;

/// A set by name, for the whole fleet; made by [`Toolkit::set`](crate::Toolkit::set). It is cheap to clone.
///
/// Members are [JSON text](crate#members), of at most 64 KiB. What a failover takes back is said of
/// [`Counter`](crate::Counter).
///
/// ```no_run
/// # async fn example(cache: cache_runtime::Cache) -> Result<(), Box<dyn std::error::Error>> {
/// use cache_toolkit::Toolkit as _;
///
/// let online = cache.set::<u64>("online");
/// online.add(&42).await?;
/// println!("{} of them, ours {}", online.len().await?, online.contains(&42).await?);
///
/// let mut members = online.members();
/// while let Some(page) = members.next_page().await? {
///     println!("{page:?}");
/// }
/// # Ok(()) }
/// ```
pub struct Set<T> {
    named: Named,
    of: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Set<T> {
    pub(crate) fn new(cache: &Cache, name: String) -> Self {
        Self {
            named: Named::new(cache, "set", name),
            of: PhantomData,
        }
    }

    /// How long all of it lives, from the first member on; it is not begun again by those that follow, while one is there.
    /// For ever unless set; from a millisecond to ten years.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.named = self.named.with_ttl(ttl);
        self
    }

    /// Puts a member in; whether it was not there.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::Setting`] for a member that is no JSON or over 64 KiB, [`ToolkitError::Command`] if Redis does not do
    /// it, [`ToolkitError::NoRoom`] in a process that has no room.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may be in or not.
    pub async fn add<Q: Serialize + ?Sized>(&self, member: &Q) -> Result<bool, ToolkitError>
    where
        T: Borrow<Q>,
    {
        Ok(self.put(&[encode(member)?]).await? == 1)
    }

    /// Puts many in, a thousand in one command; how many of them were not there.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add). Those of earlier commands are in then.
    ///
    /// # Cancellation
    ///
    /// As [`add`](Self::add), of each.
    pub async fn add_all<'a, Q: Serialize + ?Sized + 'a>(
        &self,
        members: impl IntoIterator<Item = &'a Q>,
    ) -> Result<u64, ToolkitError>
    where
        T: Borrow<Q>,
    {
        let members: Result<Vec<_>, _> = members.into_iter().map(encode).collect();
        let mut added = 0;
        for chunk in members?.chunks(CHUNK) {
            added += self.put(chunk).await?;
        }
        Ok(added)
    }

    async fn put(&self, members: &[Vec<u8>]) -> Result<u64, ToolkitError> {
        match self.named.home()? {
            Home::Redis(commands) => {
                let words: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
                count(&self.named.change(commands, "SADD", &words).await?)
            }
            Home::Memory(local) => {
                let add = |bag: &mut Bag| members.iter().filter(|member| bag.add(member)).count();
                Ok(self.named.change_local(local, add)? as u64)
            }
        }
    }

    /// Takes a member out; whether it was there.
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
        T: Borrow<Q>,
    {
        let member = encode(member)?;
        match self.named.home()? {
            Home::Redis(commands) => {
                Ok(count(&self.named.ask(commands, "SREM", &[&member]).await?)? == 1)
            }
            Home::Memory(local) => Ok(self
                .named
                .take_local(local, |bag: &mut Bag| bag.remove(&member))),
        }
    }

    /// Whether it is in.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn contains<Q: Serialize + ?Sized>(&self, member: &Q) -> Result<bool, ToolkitError>
    where
        T: Borrow<Q>,
    {
        let member = encode(member)?;
        match self.named.home()? {
            Home::Redis(commands) => {
                Ok(count(&self.named.ask(commands, "SISMEMBER", &[&member]).await?)? == 1)
            }
            Home::Memory(local) => Ok(self
                .named
                .read_local(local, |bag: &Bag| bag.contains(&member))),
        }
    }

    /// How many are in.
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
            Home::Redis(commands) => count(&self.named.ask(commands, "SCARD", &[]).await?),
            Home::Memory(local) => Ok(self.named.read_local(local, Bag::len) as u64),
        }
    }

    /// Takes all out, and its lifetime with them; whether there were any.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    ///
    /// # Cancellation
    ///
    /// As [`add`](Self::add).
    pub async fn clear(&self) -> Result<bool, ToolkitError> {
        self.named.clear::<Bag>().await
    }

    /// The members, a page at a time. See [`Members`] for what is promised while others change the set.
    #[must_use]
    pub fn members(&self) -> Members<T> {
        Members::new(self.clone())
    }

    /// A page of members from a place on, and where the next begins.
    async fn page(
        &self,
        from: &[u8],
        count: u32,
    ) -> Result<(Vec<Vec<u8>>, Option<Vec<u8>>), ToolkitError> {
        match self.named.home()? {
            Home::Redis(commands) => self.scan(commands, from, count).await,
            Home::Memory(local) => Ok(self
                .named
                .read_local(local, |bag: &Bag| bag.page(from, count))),
        }
    }

    async fn scan(
        &self,
        commands: &Commands,
        from: &[u8],
        count: u32,
    ) -> Result<(Vec<Vec<u8>>, Option<Vec<u8>>), ToolkitError> {
        let from = if from.is_empty() { b"0" } else { from };
        let count = count.to_string();
        let words = [from, b"COUNT", count.as_bytes()];
        let reply = self.named.ask(commands, "SSCAN", &words).await?;
        let Some([next, members]) = reply.list() else {
            return Err(FOREIGN);
        };
        let next = next.bytes().ok_or(FOREIGN)?;
        let members = members.list().ok_or(FOREIGN)?.iter();
        let members = members.map(|member| member.bytes().map(<[u8]>::to_vec));
        let members: Option<Vec<_>> = members.collect();
        let next = (next != b"0").then(|| next.to_vec());
        Ok((members.ok_or(FOREIGN)?, next))
    }

    fn member(bytes: &[u8]) -> Result<T, ToolkitError> {
        decode(bytes, "set")
    }
}

fn count(reply: &Reply) -> Result<u64, ToolkitError> {
    let number = reply.number().and_then(|number| number.try_into().ok());
    number.ok_or(FOREIGN)
}

impl<T> Clone for Set<T> {
    fn clone(&self) -> Self {
        let named = self.named.clone();
        let of = PhantomData;
        Self { named, of }
    }
}

impl<T> fmt::Debug for Set<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set")
            .field("name", &self.named.name())
            .field("ttl", &self.named.ttl())
            .finish_non_exhaustive()
    }
}
