//! What the user may do, of what the cache needs.

use cache_runtime::admin::NodeFacts;

use super::Findings;

pub(super) fn check(facts: &NodeFacts, findings: &mut Findings) {
    if facts.denied.is_empty() {
        findings.ok("rights", "the user may do all that the cache needs");
    }
    for denied in &facts.denied {
        match denied.strip_prefix("no_permission: ") {
            Some(command) => findings.bad(
                "rights",
                format!("the user may not run `{command}`"),
                &format!(
                    "ACL SETUSER <user> +{command}, on every node; the whole list is under \"The user at Redis\" in the \
                     operations guide"
                ),
            ),
            None => findings.bad(
                "rights",
                "the user may not touch the keys under the prefix".to_owned(),
                "ACL SETUSER <user> ~<prefix>:*, on every node; and see that --prefix is the program's",
            ),
        }
    }
    for (asked, cause) in &facts.refused {
        findings.warn(
            "rights",
            format!("{asked} is refused: {cause}"),
            "the cache does not need it; grant it to whoever runs this program, so that what depends on it is looked at",
        );
    }
}
