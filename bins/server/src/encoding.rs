//! Content codings: which form of a resource a client takes
//! ([RFC 9110 §12.5.3](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3)).

use hyper::header::{ACCEPT_ENCODING, HeaderMap};

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
        let (mut gzip, mut brotli, mut any) = (None, None, None);
        for value in headers.get_all(ACCEPT_ENCODING) {
            let Ok(value) = value.to_str() else { continue };
            for part in value.split(',') {
                let (coding, accepted) = read(part);
                let slot = match coding {
                    _ if coding.eq_ignore_ascii_case("br") => &mut brotli,
                    _ if coding.eq_ignore_ascii_case("gzip") => &mut gzip,
                    "*" => &mut any,
                    _ => continue,
                };
                *slot = Some(accepted);
            }
        }
        if brotli.or(any) == Some(true) {
            Self::Brotli
        } else if gzip.or(any) == Some(true) {
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

/// One coding, and whether its weight is above 0. All codings are as good as each other to us, so
/// the weights of those that are accepted do not matter.
fn read(part: &str) -> (&str, bool) {
    let (coding, parameters) = part.split_once(';').unwrap_or((part, ""));
    let weight = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>().unwrap_or(0.0))
    });
    (coding.trim(), weight.is_none_or(|weight| weight > 0.0))
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
        check(&["gzip", "br"], Brotli);
        check(&["GZip;q=0.5 , BR ; q=0.1"], Brotli);
        check(&["br;q=0, gzip"], Gzip);
        check(&["br;q=0.000, gzip;q=0"], Identity);
        check(&["br;q=nonsense, gzip"], Gzip);
        check(&["*"], Brotli);
        check(&["*;q=0"], Identity);
        check(&["br;q=0, *"], Gzip);
        check(&["brotli, xgzip, identity"], Identity);
    }
}
