//! Content codings and their negotiation
//! ([RFC 9110 §12.5.3](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3)).

use std::io::Write;

use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};

/// A content coding in which a resource is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Uncompressed.
    Identity,
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

impl Encoding {
    /// Returns the best coding that the client accepts. A client that refuses all of them gets the
    /// uncompressed bytes, as RFC 9110 permits: they are better than an error.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Self {
        // Current browsers send one of these values; this avoids parsing it for every visitor.
        let value = headers.get(ACCEPT_ENCODING).map_or(&b""[..], HeaderValue::as_bytes);
        if matches!(value, b"gzip, deflate, br, zstd" | b"gzip, deflate, br") {
            return Self::Brotli;
        }
        let mut accepted = Accepted::default();
        for value in headers.get_all(ACCEPT_ENCODING) {
            accepted.read(value.as_bytes());
        }
        if accepted.brotli.or(accepted.any) == Some(true) {
            Self::Brotli
        } else if accepted.gzip.or(accepted.any) == Some(true) {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// The value of `Content-Encoding`, if there is one.
    pub(crate) fn token(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

/// The time that compression may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// No compression: for a small text that changes often.
    None,
    /// A short time: a person waits for it at each save and each preview.
    Fast,
    /// Any time: it happens once, when a server starts.
    Best,
}

/// Encodes the bytes.
pub(crate) fn encode(bytes: &Bytes, encoding: Encoding, compression: Compression) -> Bytes {
    match encoding {
        Encoding::Identity => bytes.clone(),
        Encoding::Gzip => gzip(bytes, compression),
        Encoding::Brotli => brotli(bytes, compression),
    }
}

/// Compresses with gzip ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)).
fn gzip(bytes: &[u8], compression: Compression) -> Bytes {
    let level = match compression {
        Compression::Best => flate2::Compression::best(),
        Compression::None | Compression::Fast => flate2::Compression::default(),
    };
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3 + 64), level);
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all").into()
}

/// Compresses with Brotli ([RFC 7932](https://www.rfc-editor.org/rfc/rfc7932)).
///
/// A save uses quality 5. Measured: a document of 14 KB (shim and three vendors' snippets) takes 0.5 ms at
/// quality 5, and 51 ms at 11 for a tenth fewer bytes; one of 520 KB takes 3 ms and 255 ms. No quality in
/// between compresses better at a low cost.
fn brotli(bytes: &[u8], compression: Compression) -> Bytes {
    // A window larger than the document finds no further matches, and costs memory here and in the browser.
    // At 16 bits the encoder would switch to a method that takes ten times as long and compresses less.
    let bits_of_len = usize::BITS - bytes.len().leading_zeros();
    let parameters = BrotliEncoderParams {
        quality: if compression == Compression::Best { 11 } else { 5 },
        lgwin: i32::try_from(bits_of_len).unwrap_or(22).clamp(17, 22),
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let into = Vec::with_capacity(bytes.len() / 3 + 64);
    let mut encoder = CompressorWriter::with_params(into, 4096, &parameters);
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.into_inner().into()
}

/// The codings that a client accepts or refuses; `None` if it does not name the coding.
#[derive(Default)]
struct Accepted {
    gzip: Option<bool>,
    brotli: Option<bool>,
    any: Option<bool>,
}

impl Accepted {
    fn read(&mut self, value: &[u8]) {
        for part in value.split(|&byte| byte == b',') {
            let end = part.iter().position(|&byte| byte == b';').unwrap_or(part.len());
            let (coding, parameters) = part.split_at(end);
            let slot = match coding.trim_ascii() {
                b"br" | b"BR" => &mut self.brotli,
                b"gzip" | b"GZIP" => &mut self.gzip,
                b"*" => &mut self.any,
                _ => continue,
            };
            *slot = Some(parameters.is_empty() || is_positive(parameters));
        }
    }
}

/// Whether the weight in `;q=0.5` is above 0. Its size does not matter, because the server prefers the
/// smallest form. A malformed weight counts as 0.
fn is_positive(parameters: &[u8]) -> bool {
    let mut pieces = parameters.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let weight = pieces.find_map(|piece| piece.strip_prefix(b"q=").or(piece.strip_prefix(b"Q=")));
    weight.is_none_or(|weight| {
        weight.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
            && weight.iter().any(|byte| (b'1'..=b'9').contains(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &[&str], expected: Encoding) {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT_ENCODING, value.parse().expect("a header value"));
        }
        assert_eq!(Encoding::negotiate(&headers), expected, "{accept:?}");
    }

    #[test]
    fn the_smallest_form_that_the_client_takes() {
        use Encoding::{Brotli, Gzip, Identity};
        check(&[], Identity);
        check(&[""], Identity);
        check(&["gzip"], Gzip);
        check(&["gzip, deflate, br, zstd"], Brotli);
        check(&["gzip, deflate, br"], Brotli);
        check(&["gzip", "br"], Brotli);
        check(&["GZIP;q=0.5 , BR ; q=0.1"], Brotli);
        check(&["br;q=0, gzip"], Gzip);
        check(&["br;q=0.000, gzip;q=0"], Identity);
        check(&["br;q=nonsense, gzip"], Gzip);
        check(&["*"], Brotli);
        check(&["*;q=0"], Identity);
        check(&["br;q=0, *"], Gzip);
        check(&["brotli, xgzip, identity"], Identity);
    }
}
