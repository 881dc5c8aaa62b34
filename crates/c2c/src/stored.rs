//! Documents outside memory: their name, and their form as bytes.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};

use crate::page::Page;
use crate::resource::{hash_of, hex};

/// Raised with each change of the form.
const FORM: u8 = 1;
const DIGEST_BYTES: usize = 32;

/// Identifies a sandbox: [`Sandbox::fingerprint`](crate::Sandbox::fingerprint). It is written as 64
/// hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; DIGEST_BYTES]);

/// The bytes are not those of a page, or not all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored document is damaged")]
pub struct Damaged;

impl Fingerprint {
    /// `chunks` are those of the document without snippets: the same bytes, divided in another place, are
    /// another template.
    pub(crate) fn new(chunks: &[Bytes], policy: &HeaderMap) -> Self {
        let mut hash = hash_of(policy);
        hash.update([FORM]);
        hash.update(c2c_injector::COMPILER.to_le_bytes());
        for chunk in chunks {
            hash.update(chunk.len().to_le_bytes());
            hash.update(chunk);
        }
        Self(hash.finalize().into())
    }

    /// The bytes, for a key that holds more.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl Page {
    /// The page as bytes, with all encodings, for [`Sandbox::restore`](crate::Sandbox::restore).
    pub fn to_bytes(&self) -> Vec<u8> {
        let forms = self.forms();
        let lengths = forms.each_ref().map(|form| (form.len() as u64).to_le_bytes()).concat();
        let content = [&lengths[..], &forms.concat()].concat();
        [&[FORM][..], &Sha256::digest(&content), &content].concat()
    }
}

/// Divides the bytes of a page into its encodings, without copying them.
pub(crate) fn parse(stored: &Bytes) -> Result<[Bytes; 3], Damaged> {
    let mut rest = stored.clone();
    if take(&mut rest, 1)?[0] != FORM {
        return Err(Damaged);
    }
    let digest = take(&mut rest, DIGEST_BYTES)?;
    if Sha256::digest(&rest)[..] != digest[..] {
        return Err(Damaged);
    }
    let mut lengths = [0; 3];
    for length in &mut lengths {
        let bytes = take(&mut rest, 8)?[..].try_into().map_err(|_| Damaged)?;
        *length = usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| Damaged)?;
    }
    let [identity, gzip, brotli] = lengths;
    let forms = [take(&mut rest, identity)?, take(&mut rest, gzip)?, take(&mut rest, brotli)?];
    if rest.is_empty() { Ok(forms) } else { Err(Damaged) }
}

fn take(rest: &mut Bytes, length: usize) -> Result<Bytes, Damaged> {
    if length > rest.len() { Err(Damaged) } else { Ok(rest.split_to(length)) }
}
