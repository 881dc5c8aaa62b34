//! The compiled sandbox document: everything that serving it needs, made once.

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;

use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::position::position;
use crate::{Area, Position};

/// An immutable document of one app. Cloning costs one reference count.
#[derive(Clone, Debug)]
pub struct Document {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    chunks: [Bytes; 7],
    len: usize,
    etag: String,
    gzip: Bytes,
    brotli: Bytes,
}

/// Compiling happens when an app is published and at every change in a preview, so it must stay in the milliseconds for the
/// largest document. Measured: a document of 14 KB (shim and three vendors' snippets) takes 0.5 ms at quality 5 and 51 ms at
/// 11 for a tenth fewer bytes; one of 520 KB takes 3 ms and 255 ms. Between them nothing is cheap and better.
const BROTLI_QUALITY: i32 = 5;

impl Document {
    pub(crate) fn new(chunks: [Bytes; 7]) -> Self {
        let len = chunks.iter().map(Bytes::len).sum();
        let mut hasher = Sha256::new();
        for chunk in &chunks {
            hasher.update(chunk);
        }
        let mut etag = String::with_capacity(32);
        for byte in &hasher.finalize()[..16] {
            // Writing to a String cannot fail.
            let _ = write!(etag, "{byte:02x}");
        }
        let gzip = gzip(&chunks, len);
        let brotli = brotli(&chunks, len);
        Self { inner: Arc::new(Inner { chunks, len, etag, gzip, brotli }) }
    }

    /// The document's bytes, to be sent one after the other.
    ///
    /// Always seven: prefix, the script's start tag, the script's text with its end tag, head snippet, middle, body-end
    /// snippet, suffix; some may be empty. All but the start tag and the snippets are shared by every document of a template.
    pub fn chunks(&self) -> &[Bytes] {
        &self.inner.chunks
    }

    /// Where a snippet begins, and where what follows it begins; the same place for an empty one.
    ///
    /// A browser reports an error of pasted code with a place in the whole document. This is what it takes to find the
    /// area, and the line and column in it: take `start.line` away from the line and add 1; in the snippet's first line
    /// do the same with the column. `WebKit` reports no place at all for errors in a document without an origin.
    pub fn area_range(&self, area: Area) -> Range<Position> {
        let chunks_before = match area {
            Area::Head => 3,
            Area::BodyEnd => 5,
        };
        let start: usize = self.inner.chunks[..chunks_before].iter().map(Bytes::len).sum();
        let end = start + self.inner.chunks[chunks_before].len();
        let place = |offset| position(self.inner.chunks.iter().flatten(), offset);
        place(start)..place(end)
    }

    /// The number of bytes in all chunks together.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a document holds at least its template: it is never empty"
    )]
    pub fn len(&self) -> usize {
        self.inner.len
    }

    /// A strong validator over every byte: the first 128 bits of their SHA-256 in lower-case hex, without quotes.
    ///
    /// Whoever serves the document adds what else makes a response (its encoding, its policy headers) to it.
    pub fn etag(&self) -> &str {
        &self.inner.etag
    }

    /// The whole document as `Content-Encoding: gzip`.
    pub fn gzip(&self) -> &Bytes {
        &self.inner.gzip
    }

    /// The whole document as `Content-Encoding: br`.
    pub fn brotli(&self) -> &Bytes {
        &self.inner.brotli
    }
}

fn gzip(chunks: &[Bytes], len: usize) -> Bytes {
    const REASON: &str = "writing to a Vec cannot fail";
    let mut encoder = GzEncoder::new(Vec::with_capacity(len / 3 + 64), Compression::default());
    for chunk in chunks {
        encoder.write_all(chunk).expect(REASON);
    }
    encoder.finish().expect(REASON).into()
}

fn brotli(chunks: &[Bytes], len: usize) -> Bytes {
    const REASON: &str = "writing to a Vec cannot fail";
    // A window larger than the document finds nothing more, and costs memory here and in the browser. At 16 bits the encoder
    // would change to a method that takes ten times as long and compresses less.
    let bits_of_len = usize::BITS - len.leading_zeros();
    let parameters = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: i32::try_from(bits_of_len).unwrap_or(22).clamp(17, 22),
        size_hint: len,
        ..BrotliEncoderParams::default()
    };
    let mut encoder =
        brotli::CompressorWriter::with_params(Vec::with_capacity(len / 3 + 64), 4096, &parameters);
    for chunk in chunks {
        encoder.write_all(chunk).expect(REASON);
    }
    // Hands the Vec back after writing what was held; it writes to nothing that could fail.
    encoder.into_inner().into()
}
