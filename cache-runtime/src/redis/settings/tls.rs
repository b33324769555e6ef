//! The certificates of a TLS connection, from PEM files.

use std::path::Path;
use std::sync::Arc;

use redis::{ConnectionAddr, ProtocolVersion};

use super::LinkSettings;
use crate::redis::connect::client;

/// What TLS trusts and shows; `None` for the system's authorities, and for nobody.
#[derive(Clone, Default)]
pub(crate) struct Tls {
    pub(crate) ca: Option<Arc<[u8]>>,
    pub(crate) client: Option<ClientCertificate>,
}

/// What this process shows of itself, in PEM.
#[derive(Clone)]
pub(crate) struct ClientCertificate {
    pub(crate) chain: Arc<[u8]>,
    pub(crate) key: Arc<[u8]>,
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

impl LinkSettings {
    /// Trusts the certificates of a PEM file instead of the system's.
    pub(crate) fn with_ca_file(mut self, path: Option<&Path>) -> Result<Self, String> {
        let Some(path) = path else {
            return Ok(self);
        };
        self.needs_tls("ca_file")?;
        // The client takes a file without any for one that trusts nobody.
        self.tls.ca = Some(pem("ca_file", path, CERTIFICATE, "certificate")?);
        match client(&self, ProtocolVersion::RESP3) {
            Ok(_) => Ok(self),
            Err(_) => Err(format!(
                "`ca_file` {} holds a broken certificate",
                path.display()
            )),
        }
    }

    fn needs_tls(&self, setting: &str) -> Result<(), String> {
        match self.info.addr() {
            ConnectionAddr::TcpTls { .. } => Ok(()),
            _ => Err(format!(
                "`{setting}` is set and the url is not one for TLS, such as `rediss://`"
            )),
        }
    }
}

/// The bytes of a file that has a section with this mark; errors name the setting and the file.
fn pem(setting: &str, path: &Path, mark: &str, what: &str) -> Result<Arc<[u8]>, String> {
    let shown = path.display();
    let bytes = std::fs::read(path)
        .map_err(|error| format!("`{setting}` {shown} can't be read: {error}"))?;
    let mark = mark.as_bytes();
    match bytes.windows(mark.len()).any(|window| window == mark) {
        true => Ok(bytes.into()),
        false => Err(format!("`{setting}` {shown} holds no PEM {what}")),
    }
}
