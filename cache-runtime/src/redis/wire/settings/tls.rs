//! The certificates of a TLS connection, from PEM files.

use std::path::Path;
use std::sync::Arc;

/// The authorities that TLS trusts, by default the system's, and the certificate that it shows, by
/// default none.
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

impl Tls {
    /// As the client takes it.
    #[cfg(feature = "tls")]
    pub(crate) fn certificates(&self) -> redis::TlsCertificates {
        let client_tls = self.client.as_ref().map(|own| redis::ClientTlsConfig {
            client_cert: own.chain.to_vec(),
            client_key: own.key.to_vec(),
        });
        redis::TlsCertificates {
            client_tls,
            root_cert: self.ca.as_deref().map(<[u8]>::to_vec),
        }
    }
}

impl ClientCertificate {
    /// Reads both from their files; the key belongs to the first certificate.
    pub(super) fn read(chain: &Path, key: &Path) -> Result<Self, String> {
        let own = Self {
            chain: pem("client_certificate", chain, CERTIFICATE, "certificate")?,
            key: pem("client_certificate", key, KEY, "private key")?,
        };
        match own.fits() {
            true => Ok(own),
            false => Err(format!(
                "`client_certificate` {} or its key {} is broken, or they don't belong together",
                chain.display(),
                key.display()
            )),
        }
    }

    /// Whether a connection could show it: the client itself would find out when it connects.
    #[cfg(feature = "tls")]
    fn fits(&self) -> bool {
        use rustls::pki_types::pem::PemObject as _;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};

        let chain = CertificateDer::pem_slice_iter(&self.chain).collect::<Result<Vec<_>, _>>();
        let (Ok(chain), Ok(key)) = (chain, PrivateKeyDer::from_pem_slice(&self.key)) else {
            return false;
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map(|config| config.with_root_certificates(rustls::RootCertStore::empty()))
            .is_ok_and(|config| config.with_client_auth_cert(chain, key).is_ok())
    }

    /// No URL asks for TLS without the feature.
    #[cfg(not(feature = "tls"))]
    fn fits(&self) -> bool {
        !self.chain.is_empty() && !self.key.is_empty()
    }
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
/// The end of the mark, as there are kinds of keys.
const KEY: &str = "PRIVATE KEY-----";

/// The certificates of a PEM file that TLS is to trust.
pub(super) fn authorities(path: &Path) -> Result<Arc<[u8]>, String> {
    // The client takes a file without any for one that trusts nobody.
    pem("ca_file", path, CERTIFICATE, "certificate")
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
