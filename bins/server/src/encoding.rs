//! Content codings: which form of a resource a client takes
//! ([RFC 9110 §12.5.3](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3)).

use std::io::Write;

use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};

/// A form in which a resource is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Identity,
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

impl Encoding {
    /// The best form that the client takes. A client that refuses all of them gets the bytes as
    /// they are, as RFC 9110 permits: they are better than an error.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Self {
        // What the browsers of our time send, so as not to take it apart for every visitor.
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

/// [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), as small as it gets.
pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all").into()
}

/// [RFC 7932](https://www.rfc-editor.org/rfc/rfc7932), as small as it gets.
pub(crate) fn brotli(bytes: &[u8]) -> Bytes {
    const QUALITY: u32 = 11;
    const WINDOW_BITS: u32 = 22;
    let mut encoder = CompressorWriter::new(Vec::new(), 4096, QUALITY, WINDOW_BITS);
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.into_inner().into()
}

/// Which codings a client takes: `None` is one that it does not name.
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

/// Whether the weight in `;q=0.5` is above 0. All codings are as good as each other to us, so that
/// is all that matters of it. A weight that is none counts as 0.
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
