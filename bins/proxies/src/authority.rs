//! A throw-away authority, and its certificates.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, Error, IsCa, KeyPair,
    KeyUsagePurpose,
};

#[derive(Debug)]
pub(crate) struct Authority {
    /// In DER.
    pub(crate) certificate: Vec<u8>,
    /// In PEM.
    text: String,
    hosts: Vec<Host>,
}

#[derive(Debug)]
struct Host {
    folder: &'static str,
    certificate: String,
    key: String,
}

impl Authority {
    /// Signs a certificate for each name, which goes to the folder at the same place.
    pub(crate) fn throw_away<const N: usize>(
        folders: [&'static str; N],
        names: [&'static str; N],
    ) -> Result<Self, Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "c2c throw-away authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let mut signed = Vec::new();
        for (folder, name) in folders.into_iter().zip(names) {
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::new([name.to_owned()])?;
            params.distinguished_name.push(DnType::CommonName, name);
            let certificate = params.signed_by(&key, &issuer)?.pem();
            signed.push(Host { folder, certificate, key: key.serialize_pem() });
        }
        Ok(Self { certificate: issuer.der().to_vec(), text: issuer.pem(), hosts: signed })
    }

    /// Writes the certificates as certbot does: a folder for each host.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(file(folder), &self.text)?;
        for Host { folder: name, certificate, key } in &self.hosts {
            let folder = certificates(folder).join(name);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join("fullchain.pem"), certificate)?;
            fs::write(folder.join("privkey.pem"), key)?;
        }
        Ok(())
    }
}

pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

pub(crate) fn certificates(folder: &Path) -> PathBuf {
    folder.join("live")
}
