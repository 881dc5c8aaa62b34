//! Requests over HTTP/2 that no library sends: frames and fields, byte by byte (RFC 9113, RFC 7541).

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::client::PATIENCE;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame of the connection (stream 0) or of the only request (stream 1).
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags, 0, 0, 0, stream];
    frame.extend_from_slice(payload);
    frame
}

/// A text without compression.
fn text(text: &str) -> Vec<u8> {
    let length =
        u8::try_from(text.len()).ok().filter(|&length| length < 127).expect("a short text");
    [&[length], text.as_bytes()].concat()
}

/// Sends a request with these fields, and waits until it is answered or refused.
pub(crate) async fn send(mut stream: TlsStream<TcpStream>, fields: &[(&str, &str)], body: &str) {
    // Literal fields without indexing.
    let block: Vec<u8> = fields
        .iter()
        .flat_map(|(name, value)| [vec![0], text(name), text(value)].concat())
        .collect();
    let bytes = [
        PREFACE.to_vec(),
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_HEADERS, 1, &block),
        frame(DATA, END_STREAM, 1, body.as_bytes()),
    ];
    // The proxy may close before it has read everything.
    let _ = stream.write_all(&bytes.concat()).await;
    let answered = async {
        loop {
            let mut head = [0; 9];
            if stream.read_exact(&mut head).await.is_err() {
                return;
            }
            let length =
                usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let mut payload = vec![0; length];
            if stream.read_exact(&mut payload).await.is_err() {
                return;
            }
            if [HEADERS, RST_STREAM, GOAWAY].contains(&head[3]) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.expect("an answer or the end, in time");
}
