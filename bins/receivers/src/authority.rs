//! Certificates for receivers.

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::receiver::{Answer, Hit, Receiver, agreeing};

/// An authority for certificates, trusted by programs that read its file.
#[derive(Debug)]
pub struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    folder: TempDir,
}

impl Authority {
    /// Makes one.
    pub fn new() -> Self {
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("no names");
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        let folder = TempDir::new().expect("a folder");
        let made = parameters.self_signed(&key).expect("a certificate");
        fs::write(folder.path().join("ca.pem"), made.pem()).expect("written");
        Self { issuer: rcgen::Issuer::new(parameters, key), folder }
    }

    /// The file with its certificate, for `SSL_CERT_FILE`.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// TLS for a name, with a certificate that ended in the past or ends far in the future.
    pub fn tls(&self, name: &str, ended: bool) -> TlsAcceptor {
        let mut parameters = rcgen::CertificateParams::new([name.to_owned()]).expect("a name");
        if ended {
            parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
            parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let key = rcgen::KeyPair::generate().expect("a key");
        let made = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.into()], key.into())
            .expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }

    /// A receiver with this name at an address, which agrees to get events.
    pub async fn receiver(
        &self,
        address: IpAddr,
        name: &str,
        answer: impl Fn(&Hit) -> Answer + Send + Sync + 'static,
    ) -> Receiver {
        Receiver::at(address, Some(self.tls(name, false)), agreeing(answer)).await
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
