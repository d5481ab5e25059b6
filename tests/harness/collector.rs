//! A collector of spans: takes OTLP over HTTP and remembers what it was sent.

use crate::until::until;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A collector that listens until it is dropped.
#[derive(Debug)]
pub struct Collector {
    /// Where spans are to be sent.
    pub endpoint: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
    _listening: JoinSet<()>,
}

impl Collector {
    /// On a port of its own.
    pub async fn listens() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().expect("an address"));
        let bodies = Arc::default();
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, Arc::clone(&bodies)));
        Self { endpoint, bodies, _listening: listening }
    }

    /// Waits until this service has sent a span of this trace (in hex).
    pub async fn has_heard(&self, service: &str, trace_id: &str) {
        let trace_id = hex::decode(trace_id).expect("hex");
        let holds = |body: &[u8], part: &[u8]| body.windows(part.len()).any(|window| window == part);
        until(format!("{service} sends a span of the trace"), async || {
            let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
            let heard = bodies.iter().any(|body| holds(body, service.as_bytes()) && holds(body, &trace_id));
            heard.then_some(())
        })
        .await;
    }
}

async fn accept(listener: TcpListener, bodies: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut exchanges = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        exchanges.spawn(exchange(socket, Arc::clone(&bodies)));
    }
}

/// Takes one request after the other, says yes to each, and remembers its body.
async fn exchange(mut socket: TcpStream, bodies: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut unread = Vec::new();
    while socket.read_buf(&mut unread).await.is_ok_and(|bytes| bytes > 0) {
        while let Some((start, end)) = request(&unread).filter(|(_, end)| *end <= unread.len()) {
            bodies.lock().unwrap_or_else(PoisonError::into_inner).push(unread[start..end].to_vec());
            unread.drain(..end);
            // The sender may be gone already.
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        }
    }
}

/// Where the body of the first request starts and ends, when its head is there.
fn request(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())?;
    Some((head + 4, head + 4 + length))
}
