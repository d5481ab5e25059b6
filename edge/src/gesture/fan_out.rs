//! The way of gestures out: one task that publishes what waits, a message at a time, so that however many there are, one
//! command at most finds one of them before it on the connection.

use super::outbox::{GAP, Hand, Outbox, Put};
use crate::error::ApiError;
use crate::passing;
use metrics::{Counter, counter};
use node::bus::Bus;
use node::stop::Stop;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subjects::code::Code;
use subjects::event::RawEvent;
use subjects::routing::StreamKey;
use subjects::subject::Subject;
use tokio::sync::Notify;
use tokio::time::{sleep, sleep_until};

/// All canvases are looked at no more often, however many gestures come.
const REST: Duration = Duration::from_millis(5);

/// Gestures on their way out. Clones share it.
#[derive(Debug, Clone)]
pub struct Gestures {
    shared: Arc<Shared>,
}

struct Shared {
    bus: Bus,
    outbox: Mutex<Outbox>,
    changed: Notify,
    meters: Meters,
}

/// What became of gestures.
struct Meters {
    taken: Counter,
    replaced: Counter,
    dropped: Counter,
}

impl Gestures {
    /// None yet; they go out until asked to stop.
    pub fn start(bus: Bus, stop: &Stop) -> Self {
        let count = |outcome| counter!("northstar_gestures_total", "outcome" => outcome);
        let meters = Meters { taken: count("taken"), replaced: count("replaced"), dropped: count("dropped") };
        let shared = Arc::new(Shared { bus, outbox: Mutex::default(), changed: Notify::new(), meters });
        stop.spawn(fan_out(shared.clone(), stop.clone()));
        Self { shared }
    }

    /// Has the gesture go out with the next message of its canvas. Where too much waits already, it is refused.
    pub(super) fn put(&self, stream: &StreamKey, hand: Hand, event: RawEvent) -> Result<(), ApiError> {
        let Shared { changed, meters, .. } = &*self.shared;
        let put = self.shared.outbox().put(Instant::now(), stream, hand, event);
        meters.taken.increment(1);
        match put {
            Put::Waits => {}
            Put::Replaced => meters.replaced.increment(1),
            Put::Dropped => {
                meters.dropped.increment(1);
                let detail = "More gestures wait on this canvas than can go out. This one was dropped.";
                let dropped = ApiError::new(Code::RateLimited, detail).with("limit", "gestures");
                return Err(dropped.with("retry_after_ms", GAP.as_millis() as u64).retry_after(1));
            }
        }
        changed.notify_one();
        Ok(())
    }
}

async fn fan_out(shared: Arc<Shared>, stop: Stop) {
    loop {
        let (messages, wake_at) = {
            let mut outbox = shared.outbox();
            (outbox.take(Instant::now()), outbox.wake_at())
        };
        for (stream, gestures) in messages {
            passing::offer(&shared.bus, Subject::Passing(stream), &gestures).await;
        }
        sleep(REST).await;
        let due = async {
            match wake_at {
                Some(at) => sleep_until(at.into()).await,
                None => pending().await,
            }
        };
        tokio::select! { () = due => {}, () = shared.changed.notified() => {}, () = stop.asked() => return }
    }
}

impl Shared {
    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gestures").finish_non_exhaustive()
    }
}
