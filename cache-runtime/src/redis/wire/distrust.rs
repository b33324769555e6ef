//! Why TLS could not be agreed on, by the error of the TLS library that the client's error holds.

#[cfg(feature = "tls")]
use std::{io, sync::Arc};

use redis::RedisError;

use crate::redis::terms::fault::Fault;

/// What of TLS failed, if that is what did.
#[cfg(feature = "tls")]
pub(in crate::redis) fn of(error: &RedisError) -> Option<Fault> {
    use rustls::{AlertDescription as Alert, CertificateError as Wrong, Error};
    use std::error::Error as _;

    // The client hands over what it shares between its copies of the error, in its `Arc`.
    let source = error.source()?;
    let error = match source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>() {
        Some(shared) => shared.downcast_ref::<io::Error>(),
        None => source.downcast_ref::<io::Error>(),
    }?;
    Some(match error.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(wrong) => match wrong {
            Wrong::Expired | Wrong::ExpiredContext { .. } => Fault::TlsExpired,
            Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => Fault::TlsNotValidYet,
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => Fault::TlsName,
            Wrong::UnknownIssuer | Wrong::BadSignature => Fault::TlsIssuer,
            _ => Fault::Tls,
        },
        Error::AlertReceived(alert) => match *alert {
            Alert::CertificateRequired | Alert::NoCertificate => Fault::TlsCertificateWanted,
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError => Fault::TlsCertificateRefused,
            _ => Fault::Tls,
        },
        // It is no record of TLS that came back.
        Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => Fault::TlsToPlain,
        _ => Fault::Tls,
    })
}

/// No URL asks for TLS without the feature.
#[cfg(not(feature = "tls"))]
pub(in crate::redis) fn of(_: &RedisError) -> Option<Fault> {
    None
}
