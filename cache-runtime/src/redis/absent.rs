//! The Redis tier of a build without the feature `redis`: there is none. A URL that names one is refused, so
//! no value of these types ever exists, and what would be asked of it needs no answer.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::terms::answers::{AllFound, Claimed, Filled, LeaseReply, Made, Node, Read, Unlinked};
use super::terms::asks::{FillAsk, Keys, LeaseAsk, PublishAsk, StampAsk};
use super::terms::fault::Fault;
use super::terms::news::{LinkEvent, LinkReport, Pushed};
use crate::own_thread::Home;
use crate::stamp::Vouch;

/// Why a URL is refused, and what to do about it.
const NEEDED: &str = "it takes `memory:` alone while the feature `redis` of cache-runtime is off: turn that on, \
    or set `CACHE_URL` to `memory:`";

/// What there is none of. It is private, so that who has a [`Topology`] is compiled as if there could be one.
#[derive(Clone, Copy, Debug)]
enum Never {}

/// Where Redis is.
#[derive(Debug)]
pub(crate) struct LinkSettings(Never);

/// Where keys are.
#[derive(Clone, Debug)]
pub(crate) struct Topology(Never);

/// How far a walk has come.
#[derive(Debug)]
pub(crate) struct Cursor(Never);

/// What is about to be asked for.
#[derive(Debug)]
pub(crate) struct Holds(Never);

/// A read that was sent.
#[derive(Debug)]
pub(crate) struct Reading(Never);

impl Reading {
    pub(crate) async fn found(&mut self) -> Result<Read, Fault> {
        match self.0 {}
    }
}

impl LinkSettings {
    /// Refuses the URL; the error says what it needs.
    pub(crate) fn parse(_: &str) -> Result<Self, String> {
        Err(NEEDED.to_owned())
    }

    pub(crate) fn with_ca_file(self, _: Option<&Path>) -> Result<Self, String> {
        match self.0 {}
    }

    pub(crate) fn with_client_certificate(self, _: Option<(&Path, &Path)>) -> Result<Self, String> {
        match self.0 {}
    }

    pub(crate) fn with_times(self, _: Duration, _: Duration) -> Self {
        match self.0 {}
    }

    pub(crate) fn with_breaker(self, _: u32) -> Self {
        match self.0 {}
    }

    pub(crate) fn with_connections(self, _: usize) -> Self {
        match self.0 {}
    }

    pub(crate) fn with_probe(self, _: String) -> Self {
        match self.0 {}
    }

    pub(crate) fn with_replicas(self, _: Option<u32>, _: &str) -> Self {
        match self.0 {}
    }

    pub(crate) fn with_home(self, _: Home) -> Self {
        match self.0 {}
    }
}

impl Topology {
    pub(crate) fn new(
        settings: LinkSettings,
        _: impl Fn(&str, LinkEvent) + Send + Sync + 'static,
        _: impl Fn(Pushed<'_>) + Send + Sync + 'static,
    ) -> Self {
        match settings.0 {}
    }

    pub(crate) fn begin(&self) {
        match self.0 {}
    }

    pub(crate) async fn up(&self) -> Result<(), Fault> {
        match self.0 {}
    }

    pub(crate) fn spans_nodes(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn has_one_link(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn hold_calls(&self) -> Holds {
        match self.0 {}
    }

    pub(crate) fn longest_read(&self) -> Option<Duration> {
        match self.0 {}
    }

    pub(crate) fn vouch(&self, _: impl IntoIterator<Item = Arc<str>>) -> Vouch {
        match self.0 {}
    }

    pub(crate) fn node_ms(&self, _: &str) -> Option<u64> {
        match self.0 {}
    }

    pub(crate) fn report(&self) -> Vec<LinkReport> {
        match self.0 {}
    }

    pub(crate) fn why_not(&self) -> (String, Fault) {
        match self.0 {}
    }

    pub(crate) fn is_closed(&self) -> bool {
        match self.0 {}
    }

    pub(crate) async fn close(&self) {
        match self.0 {}
    }
}

/// What is asked of it.
impl Topology {
    pub(crate) async fn read(&self, _: Keys) -> Result<Read, Fault> {
        match self.0 {}
    }

    pub(crate) fn read_now(&self, _: Keys) -> Result<Reading, Fault> {
        match self.0 {}
    }

    pub(crate) async fn lease(
        &self,
        _: &LeaseAsk<'_>,
        _: &[StampAsk<'_>],
    ) -> Result<LeaseReply, Fault> {
        match self.0 {}
    }

    pub(crate) async fn stamps(&self, _: &[StampAsk<'_>]) -> Result<Vec<Made>, Fault> {
        match self.0 {}
    }

    pub(crate) async fn stamps_then_keys(
        &self,
        _: &[StampAsk<'_>],
        _: &[Arc<str>],
    ) -> Result<(Vec<Made>, AllFound), Fault> {
        match self.0 {}
    }

    pub(crate) async fn fill(&self, _: &FillAsk<'_>) -> Result<Filled, Fault> {
        match self.0 {}
    }

    pub(crate) async fn renew(&self, _: &str, _: &[u8; 16], _: u64) -> Result<bool, Fault> {
        match self.0 {}
    }

    pub(crate) async fn release(&self, _: &str, _: &[u8; 16]) -> Result<bool, Fault> {
        match self.0 {}
    }

    pub(crate) async fn nostore(&self, _: &str, _: &[u8; 16], _: u64) -> Result<bool, Fault> {
        match self.0 {}
    }

    pub(crate) async fn expire(&self, _: &str) -> Result<bool, Fault> {
        match self.0 {}
    }

    pub(crate) async fn lengthen(&self, _: &str, _: &[u8], _: u64) -> Result<bool, Fault> {
        match self.0 {}
    }

    pub(crate) async fn expire_entry(
        &self,
        _: &str,
        _: &str,
        _: &[u8],
        _: &[u8],
    ) -> Result<bool, Fault> {
        match self.0 {}
    }

    pub(crate) async fn claim(
        &self,
        _: (&str, &str),
        _: &[u8; 16],
        _: u64,
    ) -> Result<(Claimed, Node), Fault> {
        match self.0 {}
    }

    pub(crate) async fn unlink(&self, _: &[&[String]]) -> Vec<Unlinked> {
        match self.0 {}
    }

    pub(crate) async fn publish(&self, _: &PublishAsk<'_>) -> Result<bool, Fault> {
        match self.0 {}
    }

    pub(crate) fn is_up(&self) -> bool {
        match self.0 {}
    }

    pub(crate) async fn unlink_matching(&self, _: &str) -> Result<(), Fault> {
        match self.0 {}
    }

    pub(crate) async fn walk(&self) -> Result<Cursor, Fault> {
        match self.0 {}
    }
}

impl Cursor {
    pub(crate) async fn next(&mut self, _: &str) -> Result<Option<Vec<String>>, Fault> {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests;
