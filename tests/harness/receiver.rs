//! A receiver of webhooks: takes them over HTTP, remembers each, and answers as it is told.

use crate::until::{until, within};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A receiver that listens until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    /// Where webhooks are to be sent.
    pub url: String,
    desk: Arc<Mutex<Desk>>,
    _listening: JoinSet<()>,
}

#[derive(Debug)]
struct Desk {
    says: String,
    taken: Vec<Webhook>,
}

/// A webhook, as it came.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, to the byte.
    pub body: Vec<u8>,
    /// When it was here.
    pub at: Instant,
}

impl Receiver {
    /// On a port of its own. It takes whatever comes.
    pub async fn listens() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let desk = Arc::new(Mutex::new(Desk { says: "204 No Content".into(), taken: Vec::new() }));
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, Arc::clone(&desk)));
        Self { url, desk, _listening: listening }
    }

    /// Answers so from now on: a status with its words, and perhaps headers behind a line end.
    pub fn says(&self, status: &str) {
        self.desk().says = status.to_owned();
    }

    /// All that came.
    pub fn taken(&self) -> Vec<Webhook> {
        self.desk().taken.clone()
    }

    /// Waits until so many came.
    pub async fn takes(&self, count: usize) -> Vec<Webhook> {
        until(format!("{count} webhooks come"), async || Some(self.taken()).filter(|taken| taken.len() >= count)).await
    }

    /// How often each action came, by `webhook-id`: what a receiver does once for each.
    pub fn effects(&self) -> BTreeMap<String, usize> {
        let mut effects = BTreeMap::new();
        for webhook in self.taken() {
            *effects.entry(webhook.id().to_owned()).or_default() += 1;
        }
        effects
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Webhook {
    /// `webhook-id`.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// A header that must be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Demands that the official library of Standard Webhooks accepts the signature, and no other body or secret with it.
    #[track_caller]
    pub fn is_signed_with(&self, secret: &str) {
        let library = standardwebhooks::Webhook::new(secret).expect("a secret");
        library.verify(&self.body, &self.headers).expect("the official library accepts it");
        let changed = [&self.body[..], b" "].concat();
        assert!(library.verify(&changed, &self.headers).is_err(), "not another body");
        let other = standardwebhooks::Webhook::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").expect("a secret");
        assert!(other.verify(&self.body, &self.headers).is_err(), "not another secret");
    }
}

async fn accept(listener: TcpListener, desk: Arc<Mutex<Desk>>) {
    let mut exchanges = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        exchanges.spawn(exchange(socket, Arc::clone(&desk)));
    }
}

/// Takes one request after the other, remembers each, and then answers it.
async fn exchange(mut socket: TcpStream, desk: Arc<Mutex<Desk>>) {
    let mut unread = Vec::new();
    while socket.read_buf(&mut unread).await.is_ok_and(|bytes| bytes > 0) {
        while let Some((webhook, end)) = webhook(&unread) {
            unread.drain(..end);
            let says = {
                let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
                desk.taken.push(webhook);
                desk.says.clone()
            };
            // The sender may be gone already.
            let answer = format!("HTTP/1.1 {says}\r\ncontent-length: 0\r\n\r\n");
            let _ = within(crate::SOON, "the answer is sent", socket.write_all(answer.as_bytes())).await;
        }
    }
}

/// The first request, when all of it is there, and where it ends.
fn webhook(bytes: &[u8]) -> Option<(Webhook, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in text.lines().skip(1).filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.insert(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let (start, end) = (head + 4, head + 4 + length);
    let body = bytes.get(start..end)?.to_vec();
    Some((Webhook { headers, body, at: Instant::now() }, end))
}
