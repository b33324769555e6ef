//! What is examined: each check says what it looked at, what it saw, and what to do.

mod cluster;
mod findings;
mod keyspace;
mod memory;
mod persistence;
mod rights;
mod server;
mod speed;
mod tracking;

use cache_runtime::admin::Admin;

pub(crate) use findings::{Checked, Findings};

use crate::arguments;
use crate::exit::Failure;

/// Looks at everything that can be reached.
pub(crate) async fn examine(admin: &Admin, asked: &arguments::Doctor, findings: &mut Findings) {
    let nodes = match admin.nodes(usize::from(asked.round_trips)).await {
        Ok(nodes) => nodes,
        Err(error) => return findings.unconnected(&Failure::from(error)),
    };
    for facts in &nodes {
        findings.at(&facts.node);
        if let Some(cause) = facts.away {
            findings.bad(
                "connection",
                cause.to_owned(),
                "see that the node runs and is reached from here; its keys are loaded by every call meanwhile",
            );
            continue;
        }
        server::check(facts, findings);
        rights::check(facts, findings);
        tracking::check(facts, findings);
        memory::check(facts, findings);
        persistence::check(facts, findings);
        cluster::check(facts, findings);
        speed::check(facts, findings);
    }
    findings.at("");
    cluster::check_whole(&nodes, findings);
    speed::check_scripts(admin, usize::from(asked.round_trips), findings).await;
    keyspace::check(admin, asked.keys, findings).await;
}
