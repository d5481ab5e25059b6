//! Answers on this edge's inbox: each is expected under a number before its question is sent.

use bytes::Bytes;
use futures_util::StreamExt;
use node::bus::Bus;
use node::stop::Stop;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use subjects::subject;
use tokio::sync::oneshot;

/// The answers that somebody here waits for.
#[derive(Debug)]
pub(super) struct Awaited {
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
}

/// An answer that will arrive, or not. Dropped, it is no longer awaited.
#[derive(Debug)]
pub struct Reply {
    number: u64,
    receiver: oneshot::Receiver<Bytes>,
    arrived: Option<Bytes>,
    awaited: Arc<Awaited>,
}

impl Awaited {
    /// Numbers go on from the time, so that an answer to a process that had this inbox before is nobody's.
    pub(super) fn new() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let first = u64::try_from(since_epoch.as_micros()).unwrap_or_default();
        Self { next: AtomicU64::new(first), waiting: Mutex::default() }
    }

    pub(super) fn expect(self: &Arc<Self>) -> Reply {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.waiting().insert(number, sender);
        Reply { number, receiver, arrived: None, awaited: self.clone() }
    }

    fn arrived(&self, subject: &str, answer: Bytes) {
        let sender = subject::reply_number(subject).and_then(|number| self.waiting().remove(&number));
        if let Some(sender) = sender {
            // Whoever waited may have gone in this instant; then nobody misses it.
            let _ = sender.send(answer);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Bytes>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reply {
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns when the answer is here; else never.
    pub(super) async fn arrives(&mut self) {
        match (&mut self.receiver).await {
            Ok(answer) => self.arrived = Some(answer),
            Err(_) => std::future::pending().await,
        }
    }

    /// The answer, if it comes within `limit`.
    pub async fn within(&mut self, limit: Duration) -> Option<Bytes> {
        if self.arrived.is_none() {
            let _ = tokio::time::timeout(limit, self.arrives()).await;
        }
        self.arrived.take()
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.awaited.waiting().remove(&self.number);
    }
}

const SUBSCRIBE_RETRY_MS: u64 = 200;

/// Hears all answers, until asked to stop and nothing is awaited any more.
pub(super) async fn listen(bus: Bus, replies: String, awaited: Arc<Awaited>, stop: Stop) {
    while !(stop.is_asked() && awaited.waiting().is_empty()) {
        match bus.client.subscribe(replies.clone()).await {
            Ok(mut answers) => {
                while let Some(answer) = answers.next().await {
                    awaited.arrived(&answer.subject, answer.payload);
                }
            }
            Err(error) => tracing::warn!(%error, "answers cannot be heard"),
        }
        tokio::time::sleep(Duration::from_millis(SUBSCRIBE_RETRY_MS)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_finds_who_waits_for_it() {
        let awaited = Arc::new(Awaited::new());
        let (mut one, mut other) = (awaited.expect(), awaited.expect());
        let subject = |reply: &Reply| subject::reply("_INBOX.edge.e1", reply.number());
        awaited.arrived(&subject(&other), Bytes::from_static(b"for other"));
        awaited.arrived("_INBOX.edge.e1.r.1", Bytes::from_static(b"for nobody"));
        assert_eq!(other.within(Duration::ZERO).await, Some(Bytes::from_static(b"for other")));
        assert_eq!(one.within(Duration::ZERO).await, None);
        awaited.arrived(&subject(&one), Bytes::from_static(b"late"));
        assert_eq!(one.within(Duration::ZERO).await, Some(Bytes::from_static(b"late")));
    }

    #[tokio::test]
    async fn who_goes_is_no_longer_waited_for() {
        let awaited = Arc::new(Awaited::new());
        drop(awaited.expect());
        assert!(awaited.waiting().is_empty());
    }
}
