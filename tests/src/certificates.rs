//! Certificates for one test: an authority of its own, a server and a client that it vouches for, and
//! a client that another authority does.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoClientAuth, WebPkiClientVerifier};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// Whether a server asks for a client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clients {
    Anyone,
    /// Only those whom its authority vouches for.
    Known,
}

/// When a server's certificate is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dates {
    #[default]
    Now,
    Past,
    Future,
}

/// Writes `ca.pem`, `client.pem` and `stranger.pem` to the folder, the last two with a `-key.pem`
/// each; the acceptor is `localhost`.
pub(crate) fn acceptor(folder: &Path, clients: Clients, dates: Dates) -> io::Result<TlsAcceptor> {
    let authority = Authority::new()?;
    std::fs::write(folder.join("ca.pem"), authority.certificate.pem())?;
    authority.write(folder, "client")?;
    Authority::new()?.write(folder, "stranger")?;

    let (own, key) = authority.sign("localhost", dates)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_client_cert_verifier(authority.verifier(clients)?)
        .with_single_cert(vec![own.der().clone()], key)
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> io::Result<Self> {
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        Ok(Self {
            certificate,
            issuer: Issuer::new(params, key),
        })
    }

    fn sign(&self, name: &str, dates: Dates) -> io::Result<(Certificate, KeyPair)> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(io::Error::other)?;
        match dates {
            Dates::Now => {}
            Dates::Past => params.not_after = date_time_ymd(2001, 1, 1),
            Dates::Future => params.not_before = date_time_ymd(4000, 1, 1),
        }
        let signed = params
            .signed_by(&key, &self.issuer)
            .map_err(io::Error::other)?;
        Ok((signed, key))
    }

    fn write(&self, folder: &Path, name: &str) -> io::Result<()> {
        let (certificate, key) = self.sign(name, Dates::Now)?;
        std::fs::write(folder.join(format!("{name}.pem")), certificate.pem())?;
        std::fs::write(folder.join(format!("{name}-key.pem")), key.serialize_pem())
    }

    fn verifier(&self, clients: Clients) -> io::Result<Arc<dyn ClientCertVerifier>> {
        if clients == Clients::Anyone {
            return Ok(Arc::new(NoClientAuth));
        }
        let mut roots = RootCertStore::empty();
        let own = self.certificate.der().clone();
        roots.add(own).map_err(io::Error::other)?;
        let provider = Arc::new(default_provider());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(io::Error::other)
    }
}
