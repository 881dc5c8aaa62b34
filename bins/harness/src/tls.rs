//! The certificate of all hosts that are stood in for.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::error::Result;

/// A certificate trusted only by clients that are given its key.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// For a client that should trust it.
    #[cfg(test)]
    pub(crate) certificate: CertificateDer<'static>,
    /// The SHA-256 of its key in the `SubjectPublicKeyInfo` form, in Base64.
    pub(crate) public_key_sha256: String,
}

impl Tls {
    /// Creates a certificate for one name; a browser that is given the key accepts it for every
    /// name.
    pub(crate) fn throw_away(name: &str) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed([name.to_owned()])?;
        let certificate = CertificateDer::from(made.cert);
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let public_key = rcgen::PublicKeyData::subject_public_key_info(&made.signing_key);
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            #[cfg(test)]
            certificate,
            public_key_sha256: BASE64_STANDARD.encode(Sha256::digest(public_key)),
        })
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tls").field(&self.public_key_sha256).finish()
    }
}
