//! The live path of one log: from its subscription to every reader, one write each.

use super::backlog::PIECE_BYTES_MAX;
use super::drain::Drain;
use super::fill::{Fill, Filled};
use super::frame::Frame;
use super::live::Live;
use super::means::Means;
use super::passing::{Passer, Rails};
use super::reader::Counted;
use super::ring::{Head, Ring, Verdict};
use super::seating::Seating;
use super::splice::Splice;
use super::tail;
use super::watched::{Control, Tick, Watched};
use async_nats::{Message, Subscriber};
use futures_util::{FutureExt, StreamExt};
use std::future::pending;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subjects::frames::Reason;
use subjects::passing::Passing;
use tokio::sync::mpsc::UnboundedReceiver;

/// The most that is gathered into one write. What waits behind it goes with the next.
const GATHER_BYTES_MAX: usize = 2 * PIECE_BYTES_MAX;
/// The most of what passes that is gathered into one write.
const PASS_BYTES_MAX: usize = 16 * 1024;
/// How long an event stays in the ring. Afterwards it is read from where it is kept.
const RECENT_SECS: u64 = 60;

/// The live path of one log.
pub(crate) struct Feed {
    means: Arc<Means>,
    watched: Arc<Watched>,
    line: Subscriber,
    /// What passes and is kept nowhere, once somebody wants to hear it.
    passing: Option<Subscriber>,
    control: UnboundedReceiver<Control>,
    live: Live,
    seating: Seating,
    /// While a hole is filled nothing is heard: it waits in the subscription.
    fill: Option<Fill>,
    drain: Option<Drain>,
}

impl Feed {
    /// Listens on `line`, which must have begun before the head of `watched` was read.
    pub(crate) fn new(
        means: Arc<Means>,
        watched: Arc<Watched>,
        line: Subscriber,
        control: UnboundedReceiver<Control>,
    ) -> Self {
        Self {
            live: Live::new(means.clone()),
            seating: Seating::new(means.clone(), watched.clone()),
            means,
            watched,
            line,
            passing: None,
            control,
            fill: None,
            drain: None,
        }
    }

    /// Until nobody reads any more, or everybody was sent away.
    pub(crate) async fn run(mut self) {
        let _counted = Counted::one(&self.means.backlog.meters.feeds);
        while self.turn().await.is_continue() {}
    }

    async fn turn(&mut self) -> ControlFlow<()> {
        tokio::select! {
            // In this order: what passes never holds truth back.
            biased;
            control = self.control.recv() => match control {
                Some(control) => return self.obey(control).await,
                None => return ControlFlow::Break(()),
            },
            count = Drain::step(&mut self.drain, self.live.len()) => match count {
                Some(count) => self.live.send_away(count),
                None => return ControlFlow::Break(()),
            },
            filled = filled(&mut self.fill) => self.filled(filled).await,
            message = self.line.next(), if self.fill.is_none() => match message {
                Some(message) => self.hear(message).await,
                None => return ControlFlow::Break(()),
            },
            passing = next(&mut self.passing) => match passing {
                Some(message) => self.hear_passing(message).await,
                None => self.passing = None,
            },
        }
        ControlFlow::Continue(())
    }

    async fn obey(&mut self, control: Control) -> ControlFlow<()> {
        match control {
            Control::Seat(reader, splice) => self.seating.seat(&mut self.live, reader, splice),
            Control::Hear(line) => self.passing = Some(line),
            Control::Pass(passers) => self.pass(&passers).await,
            Control::Tick(tick) => self.tick(tick),
            Control::Look => {
                self.watched.looks();
                self.live.look(Instant::now(), self.watched.head().cursor());
            }
            Control::Behind(until) => self.fill_until(until),
            Control::Restored(head) => self.start_again(head, Reason::Ahead),
            Control::Close => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn tick(&mut self, tick: Tick) {
        let head = self.watched.head();
        self.live.tick(tick, head.cursor());
        self.seating.rest();
        if let Some(recent) = tick.now.checked_sub(Duration::from_secs(RECENT_SECS)) {
            self.watched.ring().forget_before(recent);
        }
        if self.means.stop.is_asked() && self.drain.is_none() {
            self.drain = Some(Drain::over(self.means.config.drain()));
        }
        // They saw an event elsewhere that has not come here for up to a second.
        if let Some(until) = self.seating.awaited() {
            self.fill_until(until);
        }
    }

    /// Takes in the message and what else is there, and writes all of it at once.
    async fn hear(&mut self, message: Message) {
        let (mut fresh, mut bytes, mut next) = (Vec::new(), 0, Some(message));
        while let Some(message) = next {
            if let ControlFlow::Break(until) = self.take(&message, &mut fresh) {
                self.live.deliver(&fresh).await;
                self.fill_until(until);
                break;
            }
            bytes += message.payload.len();
            if bytes > GATHER_BYTES_MAX {
                break;
            }
            next = self.line.next().now_or_never().flatten();
        }
        if self.fill.is_none() {
            self.live.deliver(&fresh).await;
        }
        self.seating.seat_those_who_wait(&mut self.live);
    }

    /// Passes on what waits on the second line, up to a write's worth.
    async fn hear_passing(&mut self, message: Message) {
        let (mut passers, mut bytes, mut next) = (Vec::new(), 0, Some(message));
        while let Some(message) = next {
            bytes += message.payload.len();
            passers.extend(read(&message));
            if bytes > PASS_BYTES_MAX {
                break;
            }
            next = self.passing.as_mut().and_then(|line| line.next().now_or_never().flatten());
        }
        self.pass(&passers).await;
    }

    async fn pass(&mut self, passers: &[Passer]) {
        if !passers.is_empty() {
            let head = self.watched.head().cursor();
            self.live.pass(passers, head).await;
        }
    }

    /// Adds what is new in the message to `fresh`. Breaks where events before it are missing, with its last one.
    fn take(&mut self, message: &Message, fresh: &mut Vec<Frame>) -> ControlFlow<u64> {
        let Some(frames) = tail::framed(message, &self.watched.seals, &self.means.backlog.epochs) else {
            return ControlFlow::Continue(());
        };
        self.take_in(&frames, fresh)
    }

    fn take_in(&mut self, frames: &[Frame], fresh: &mut Vec<Frame>) -> ControlFlow<u64> {
        let (now, mut ring) = (Instant::now(), self.watched.ring());
        for frame in frames {
            match ring.take(now, frame) {
                Verdict::Seen => {}
                Verdict::Next => fresh.push(frame.clone()),
                Verdict::Hole => {
                    let last = frames.iter().map(|frame| frame.seq).max();
                    return ControlFlow::Break(last.unwrap_or(frame.seq));
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Reads what is missing up to `until`, unless that was heard in the meantime.
    fn fill_until(&mut self, until: u64) {
        if self.fill.is_none() && until > self.watched.head().seq {
            self.fill = Some(Fill::start(&self.means, &self.watched, until));
        }
    }

    async fn filled(&mut self, filled: Filled) {
        let Some(Fill { until, .. }) = self.fill.take() else {
            return;
        };
        match filled {
            Filled::Lost(head) => self.start_again(head, Reason::Gone),
            Filled::Frames(frames) => {
                let mut fresh = Vec::new();
                // A hole in what the log gave is found again by the next read.
                let _ = self.take_in(&frames, &mut fresh);
                self.live.deliver(&fresh).await;
                self.seating.seat_those_who_wait(&mut self.live);
                self.fill_until(until);
                if self.fill.is_none() {
                    self.means.backlog.meters.gaps_filled.increment(1);
                }
            }
        }
    }

    /// The road is broken: everybody is told, and goes on live from `head`.
    fn start_again(&mut self, head: Head, reason: Reason) {
        tracing::warn!(stream = %self.watched.seals.stream, seq = head.seq, ?reason, "readers start again");
        *self.watched.ring() = Ring::new(head);
        self.fill = None;
        let readers = self.live.take();
        for reader in readers.into_iter().chain(self.seating.take()) {
            self.seating.seat(&mut self.live, reader, Splice::Live(Some(reason)));
        }
    }
}

/// The next on the second line; without one it waits for ever.
async fn next(passing: &mut Option<Subscriber>) -> Option<Message> {
    match passing {
        Some(line) => line.next().await,
        None => pending().await,
    }
}

fn read(message: &Message) -> Vec<Passer> {
    let passing = serde_json::from_slice::<Passing>(&message.payload).inspect_err(|error| {
        tracing::error!(%error, subject = %message.subject, "what passes cannot be read");
    });
    let (events, rails) = match passing {
        Ok(Passing::Events(events)) => (events, Rails::Both),
        Ok(Passing::WsEvents(events)) => (events, Rails::Ws),
        Err(_) => return Vec::new(),
    };
    events.iter().filter_map(|event| Passer::new(event, rails)).collect()
}

async fn filled(fill: &mut Option<Fill>) -> Filled {
    match fill {
        Some(fill) => fill.work.as_mut().await,
        None => pending().await,
    }
}
