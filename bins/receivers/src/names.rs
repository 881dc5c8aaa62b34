//! A name server on a loopback address, whose answers the test sets.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// The answers to one name, in turn; the last one stays.
type Answers = Vec<Vec<Ipv4Addr>>;

/// The server, until it is dropped.
#[derive(Debug)]
pub struct Names {
    /// Where it answers.
    pub address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, Answers>>>,
    task: JoinHandle<()>,
}

impl Names {
    /// Starts it, without a name.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let answers = Arc::<Mutex<HashMap<String, Answers>>>::default();
        let task = tokio::spawn(serve(socket, Arc::clone(&answers)));
        Self { address, answers, task }
    }

    /// Sets the answers to a name, in turn; the last one stays.
    pub fn set(&self, name: &str, answers: &[&[[u8; 4]]]) {
        let answers = answers.iter().map(|all| all.iter().copied().map(Ipv4Addr::from).collect());
        self.answers.lock().expect("a lock").insert(name.to_owned(), answers.collect());
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(socket: UdpSocket, answers: Arc<Mutex<HashMap<String, Answers>>>) {
    let mut question = [0; 512];
    loop {
        let (length, client) = socket.recv_from(&mut question).await.expect("a question");
        let Some(answer) = answer(&question[..length], &answers) else { continue };
        socket.send_to(&answer, client).await.expect("it is sent");
    }
}

/// The answer to a question of type A ([RFC 1035 §4.1](https://www.rfc-editor.org/rfc/rfc1035#section-4.1)); to another,
/// that there is nothing.
fn answer(question: &[u8], answers: &Mutex<HashMap<String, Answers>>) -> Option<Vec<u8>> {
    let (name, end) = name_at(question, 12)?;
    let is_a = question.get(end..end + 2)? == [0, 1];
    let mut all = answers.lock().expect("a lock");
    let found = match all.get_mut(&name).filter(|_| is_a) {
        None => Vec::new(),
        Some(turns) if turns.len() > 1 => turns.remove(0),
        Some(turns) => turns.first().cloned().unwrap_or_default(),
    };
    let number = u16::try_from(found.len()).ok()?.to_be_bytes();
    let known = all.contains_key(&name);
    let mut reply = question[..2].to_vec();
    // A response, recursion was wished for and is available; 3: there is no such name.
    reply.extend([0x81, if known { 0x80 } else { 0x83 }]);
    reply.extend([0, 1, number[0], number[1], 0, 0, 0, 0]);
    reply.extend(&question[12..end + 4]);
    for address in found {
        // The name of the question; type A, class IN, to be kept for no time, 4 bytes.
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        reply.extend(address.octets());
    }
    Some(reply)
}

/// A name in lower case without its last full stop, and the place behind it.
fn name_at(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*message.get(at)?);
        let label = message.get(at + 1..at + 1 + length)?;
        at += 1 + length;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
    }
}
