//! The way of recorded gestures onto the bus: one task publishes what the [`super::tape`] holds, others await that it is
//! taken. Nobody who makes a gesture waits for either.

use super::tape::{Piece, Tape};
use crate::access::Passes;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use metrics::{Counter, counter};
use node::bus::Bus;
use node::stop::Stop;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subjects::event::RawEvent;
use subjects::passing::Passing;
use subjects::routing::StreamKey;
use subjects::subject::Subject;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, sleep_until, timeout};
use uuid::Uuid;

/// Messages that are published and not acknowledged.
const UNDER_WAY_MAX: usize = 64;
/// How long a message is tried again: longer than JetStream is without a leader.
const TRY_SECS_MAX: u64 = 10;
const RETRY_MS: u64 = 100;
/// How long a flush may take. What comes later is recorded, too, if its graft is still open.
const FLUSH_MS_MAX: u64 = 1_000;
/// How often an edge that stops looks whether gestures may still come.
const LOOK_MS: u64 = 25;

/// Gestures that grafts record. Clones share it.
#[derive(Debug, Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    bus: Bus,
    tape: Mutex<Tape>,
    changed: Notify,
    settled: Notify,
    under_way: Arc<Semaphore>,
    stop: Stop,
    meters: Meters,
}

/// What became of gestures that were to be recorded.
struct Meters {
    /// The bus has them.
    recorded: Counter,
    /// There was no room for them.
    dropped: Counter,
    /// The bus did not take them.
    lost: Counter,
}

impl Recorder {
    /// None yet. Records until asked to stop, and what still comes by streams that are sent away within `drain` after that.
    pub fn start(bus: Bus, passes: &Arc<Passes>, drain: Duration, stop: &Stop) -> Self {
        let count = |outcome| counter!("northstar_gestures_recorded_total", "outcome" => outcome);
        let meters = Meters { recorded: count("recorded"), dropped: count("dropped"), lost: count("lost") };
        let shared = Arc::new(Shared {
            bus,
            tape: Mutex::default(),
            changed: Notify::new(),
            settled: Notify::new(),
            under_way: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
            stop: stop.clone(),
            meters,
        });
        stop.spawn(record(shared.clone(), LastWords { passes: passes.clone(), drain }));
        Self { shared }
    }

    /// Has the gesture be recorded, if there is room.
    pub(super) fn put(&self, stream: &StreamKey, event: RawEvent) {
        if self.shared.tape().put(Instant::now(), stream, event) {
            self.shared.changed.notify_one();
        } else {
            self.shared.meters.dropped.increment(1);
        }
    }

    /// Returns when all that was made on the canvas here is recorded, or given up, or a second is over.
    pub async fn flush(&self, stream: &StreamKey) {
        let shared = &self.shared;
        shared.tape().cut(stream);
        shared.changed.notify_one();
        let settled = async {
            loop {
                let mut settled = pin!(shared.settled.notified());
                settled.as_mut().enable();
                if shared.tape().is_settled(stream) {
                    return;
                }
                settled.await;
            }
        };
        if timeout(Duration::from_millis(FLUSH_MS_MAX), settled).await.is_err() {
            tracing::warn!(%stream, "gestures are still on their way to be recorded");
        }
    }
}

async fn record(shared: Arc<Shared>, last_words: LastWords) {
    let mut over = pin!(last_words.are_said(&shared.stop));
    loop {
        publish_what_is_due(&shared).await;
        let wake_at = shared.tape().wake_at(Instant::now());
        let due = async {
            match wake_at {
                Some(at) => sleep_until(at.into()).await,
                None => pending().await,
            }
        };
        tokio::select! { () = due => {}, () = shared.changed.notified() => {}, () = &mut over => break }
    }
    shared.tape().cut_all();
    publish_what_is_due(&shared).await;
}

/// Until when gestures may come to an edge that was asked to stop: while streams are open that it sends away.
struct LastWords {
    passes: Arc<Passes>,
    drain: Duration,
}

impl LastWords {
    async fn are_said(self, stop: &Stop) {
        stop.asked().await;
        let deadline = Instant::now() + self.drain;
        while !self.passes.is_empty() && Instant::now() < deadline {
            sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }
}

/// The pieces of a canvas go out one after the other; what is awaited is only that the connection takes them.
async fn publish_what_is_due(shared: &Arc<Shared>) {
    loop {
        let Ok(place) = shared.under_way.clone().acquire_owned().await else { return };
        let piece = shared.tape().next(Instant::now());
        let Some(piece) = piece else { return };
        let (stub, count) = (piece.stub(), piece.events.len() as u64);
        let letter = Letter::of(piece);
        let sent = match &letter {
            Some(letter) => letter.send(&shared.bus).await,
            None => None,
        };
        let (settling, stop) = (shared.clone(), shared.stop.clone());
        // The end waits for it.
        stop.spawn(async move {
            let is_taken = match letter {
                Some(letter) => letter.is_taken(&settling.bus, sent).await,
                None => false,
            };
            settling.settle(&stub, count, is_taken);
            drop(place);
        });
    }
}

/// One message, the same however often it is sent.
struct Letter {
    subject: String,
    message_id: String,
    body: Bytes,
}

impl Letter {
    fn of(piece: Piece) -> Option<Self> {
        let subject = Subject::Gestures(piece.stream).to_string();
        match serde_json::to_vec(&Passing::Events(piece.events)) {
            Ok(body) => Some(Self { subject, message_id: Uuid::now_v7().to_string(), body: body.into() }),
            Err(error) => {
                tracing::error!(%error, subject, "gestures cannot be recorded");
                None
            }
        }
    }

    /// Hands it to the connection; none where that failed.
    async fn send(&self, bus: &Bus) -> Option<PublishAckFuture> {
        if !bus.is_connected() {
            return None;
        }
        let message = PublishMessage::build().payload(self.body.clone()).message_id(&self.message_id);
        bus.jetstream.send_publish(self.subject.clone(), message).await.ok()
    }

    /// Sends it again until the bus has it. Says whether it does.
    async fn is_taken(&self, bus: &Bus, mut sent: Option<PublishAckFuture>) -> bool {
        let deadline = Instant::now() + Duration::from_secs(TRY_SECS_MAX);
        loop {
            if let Some(acknowledged) = sent.take() {
                match acknowledged.await {
                    Ok(_) => return true,
                    Err(error) => tracing::debug!(%error, "gestures are not recorded yet"),
                }
            }
            if Instant::now() >= deadline {
                tracing::warn!(subject = self.subject, "gestures were not recorded: the bus does not take them");
                return false;
            }
            sleep(Duration::from_millis(RETRY_MS)).await;
            sent = self.send(bus).await;
        }
    }
}

impl Shared {
    fn settle(&self, stub: &Piece, gestures: u64, is_taken: bool) {
        self.tape().settle(stub);
        self.settled.notify_waiters();
        if is_taken { &self.meters.recorded } else { &self.meters.lost }.increment(gestures);
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
