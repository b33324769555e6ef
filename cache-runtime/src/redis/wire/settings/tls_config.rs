//! What a TLS connection trusts and shows, as the TLS library takes it.

use std::io;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::tls::Tls;

impl Tls {
    /// As a connection takes it.
    pub(crate) fn config(&self) -> io::Result<ClientConfig> {
        let config = ClientConfig::builder().with_root_certificates(self.roots()?);
        let Some(own) = &self.client else {
            return Ok(config.with_no_client_auth());
        };
        let chain = CertificateDer::pem_slice_iter(&own.chain).collect::<Result<_, _>>();
        let key = PrivateKeyDer::from_pem_slice(&own.key).map_err(io::Error::other)?;
        let chain = chain.map_err(io::Error::other)?;
        let config = config.with_client_auth_cert(chain, key);
        config.map_err(io::Error::other)
    }

    fn roots(&self) -> io::Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        let Some(ca) = &self.ca else {
            let mut system = rustls_native_certs::load_native_certs();
            if let Some(error) = system.errors.pop() {
                return Err(io::Error::other(error));
            }
            for certificate in system.certs {
                roots.add(certificate).map_err(io::Error::other)?;
            }
            return Ok(roots);
        };
        for certificate in CertificateDer::pem_slice_iter(ca) {
            let certificate = certificate.map_err(io::Error::other)?;
            roots.add(certificate).map_err(io::Error::other)?;
        }
        Ok(roots)
    }
}
