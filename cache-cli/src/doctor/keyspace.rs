//! What keys there are.

use cache_runtime::admin::Admin;

use super::Findings;
use crate::exit::Failure;
use crate::output::units::count;

pub(super) async fn check(admin: &Admin, most: u64, findings: &mut Findings) {
    let keyspace = match admin.keyspace(most).await {
        Ok(keyspace) => keyspace,
        Err(error) => {
            return findings.warn(
                "keys",
                Failure::from(error).text,
                "looking at the keys takes `+scan`, which the cache needs for `invalidate_all` alone",
            );
        }
    };
    let seen = format!(
        "{} entries, {} stamps, {} leases and {} others under the prefix, {} of others{}",
        count(keyspace.entries),
        count(keyspace.stamps),
        count(keyspace.leases),
        count(keyspace.others),
        count(keyspace.foreign),
        match keyspace.is_whole {
            true => String::new(),
            false => format!(", of the {} that were looked at", count(keyspace.looked_at)),
        }
    );
    match () {
        () if keyspace.entries + keyspace.stamps == 0 && keyspace.foreign > 0 => findings.warn(
            "keys",
            seen,
            "nothing here is the cache's: see that --prefix, the database in the URL and the server are the program's",
        ),
        () if keyspace.foreign > keyspace.entries.saturating_add(keyspace.stamps) => findings.warn(
            "keys",
            seen,
            "most keys are of other programs, which evict the cache's and are evicted with them: give the cache a server of \
             its own",
        ),
        () => findings.ok("keys", seen),
    }
}
