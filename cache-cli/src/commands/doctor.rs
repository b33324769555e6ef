//! `cachectl doctor`: whether the servers suit the cache.

use crate::arguments::{self, Place};
use crate::connection;
use crate::doctor::{Checked, Findings, examine};
use crate::exit::Failure;

pub(crate) async fn doctor(place: &Place, asked: &arguments::Doctor) -> Result<Checked, Failure> {
    let (admin, patience) = connection::admin(place)?;
    let connected = admin.cache().connect_within(patience).await;
    let mut findings = Findings::default();
    if let Err(error) = connected {
        findings.unconnected(&Failure::from(error));
    }
    examine(&admin, asked, &mut findings).await;
    Ok(findings.checked())
}
