//! The one task of a connection: hears, answers, pings, writes what waits, and ends it for a reason.

use super::asks::Asks;
use super::close::Close;
use super::deeds::{self, Hands, Outcome};
use super::ear::{Ear, Heard};
use super::subscribing::Subscriptions;
use crate::access::{Due, Expiring};
use crate::error::ApiError;
use crate::limits::holdings::Permit;
use crate::readers::conn::{Conn, WAITING_BYTES_MAX};
use crate::readers::framing;
use crate::readers::notice::RETRY_MS;
use rand::RngExt;
use serde_json::{Map, Value};
use socket2::SockRef;
use std::net::Shutdown;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use subjects::code::Code;
use subjects::frames::{Ask, ClientFrame, Malformed, ServerFrame};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

/// How often the peer is asked whether it is there.
const PING_SECS: u64 = 25;
/// The most that is heard before others may run.
const HEARD_PER_TURN: usize = 32;
/// How long the last words may take, and the peer's farewell.
const FAREWELL_SECS: u64 = 2;

/// A connection whose handshake is done.
pub(super) struct Session {
    hands: Hands,
    conn: Arc<Conn>,
    ear: Ear,
    asks: Asks<Done>,
    subscriptions: Subscriptions,
    clock: Clock,
    /// Something may be left to hear that the socket does not tell of.
    has_more: bool,
    _held: Held,
}

/// What a connection holds as long as it is open.
pub(super) struct Held {
    /// Its place among the connections of this edge.
    pub(super) _place: OwnedSemaphorePermit,
    /// Its place among the streams of its tenant.
    pub(super) _permit: Permit,
}

/// The client's name for a frame, and what came of it.
type Done = (String, Result<Outcome, ApiError>);

/// When something is due on a connection.
struct Clock {
    ping_at: Instant,
    heard_at: Instant,
    /// When the peer last took some of what waits, or nothing waited.
    took_at: Instant,
    leave_at: Option<Instant>,
    silence: Duration,
    stall: Duration,
}

impl Session {
    /// Of a connection on which nothing was said yet.
    pub(super) fn new(hands: Hands, conn: Conn, ear: Ear, held: Held) -> Self {
        let config = &hands.state.config.readers;
        Self {
            clock: Clock::new(config.silence(), config.stall()),
            asks: Asks::new(),
            subscriptions: Subscriptions::default(),
            conn: Arc::new(conn),
            has_more: true,
            _held: held,
            hands,
            ear,
        }
    }

    /// Until the peer goes or is sent away.
    pub(super) async fn run(mut self, first: Option<(String, Ask)>) {
        let _counted = self.hands.state.readers.counts_connection();
        if let Some((id, ask)) = first {
            self.ask(id, ask);
        }
        loop {
            match self.turn().await {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(Some(why)) => return self.close(why).await,
                ControlFlow::Break(None) => return self.conn.close(b""),
            }
        }
    }

    async fn turn(&mut self) -> ControlFlow<Option<Close>> {
        let waiting = self.conn.waiting();
        if self.conn.is_closed() {
            return ControlFlow::Break(Some(Close::Stalled));
        }
        let now = Instant::now();
        let listens = waiting < WAITING_BYTES_MAX && self.asks.has_room();
        self.clock.notes(now, waiting, listens);
        if let Some(why) = self.clock.ends(now) {
            return ControlFlow::Break(Some(why));
        }
        let stop = &self.hands.state.stop;
        tokio::select! {
            due = self.hands.pass.due() => return self.obey(due),
            // One of several that are ready, so that who talks without pause holds up nothing else.
            () = yield_now(), if listens && self.has_more => return self.hear(),
            ready = self.conn.socket().readable(), if listens && !self.has_more => { self.has_more = is_well(&ready)?; }
            ready = self.conn.socket().writable(), if waiting > 0 => { is_well(&ready)?; }
            () = self.conn.changed.notified() => {}
            Some((id, outcome)) = self.asks.done(), if !self.asks.is_empty() => { self.settle(id, outcome); }
            () = stop.asked(), if self.clock.leave_at.is_none() => { self.leave_soon(); }
            () = sleep_until(self.clock.next()) => {}
        }
        if self.conn.flush().map_or_else(|_| ControlFlow::Break(None), ControlFlow::Continue)? > 0 {
            self.clock.took_at = Instant::now();
        }
        if self.clock.ping_at <= Instant::now() {
            self.clock.ping_at += Duration::from_secs(PING_SECS);
            self.ear.ping(&self.conn);
        }
        ControlFlow::Continue(())
    }

    /// Takes in what is there, up to a turn's worth.
    fn hear(&mut self) -> ControlFlow<Option<Close>> {
        self.has_more = false;
        for _ in 0..HEARD_PER_TURN {
            let heard = self.ear.hear(&self.conn);
            match heard {
                Heard::Nothing => return ControlFlow::Continue(()),
                Heard::Text(text) => self.read(&text),
                Heard::Sign => self.hands.stays.heard(),
                Heard::Wrong(why) => return ControlFlow::Break(Some(why)),
                Heard::Ended => return ControlFlow::Break(None),
            }
            self.clock.heard_at = Instant::now();
            if !self.asks.has_room() {
                break;
            }
        }
        self.has_more = true;
        ControlFlow::Continue(())
    }

    fn read(&mut self, text: &str) {
        match ClientFrame::read(text) {
            Ok(ClientFrame { id, ask }) => self.ask(id, ask),
            Err(Malformed { id, detail }) => {
                self.say(&ServerFrame::Error { id, code: Code::BodyInvalid, detail, members: Map::new() });
            }
        }
    }

    fn ask(&mut self, id: String, ask: Ask) {
        let (place, hands) = (deeds::place(&ask), self.hands.clone());
        let work = async move { (id.clone(), hands.work(id, ask).await) };
        self.asks.ask(place, Box::pin(work));
    }

    /// Does what is left to do on the connection itself, and answers.
    fn settle(&mut self, id: String, outcome: Result<Outcome, ApiError>) {
        let answer = outcome.and_then(|outcome| self.finish(outcome));
        match answer {
            Ok(Answer::Ack(outcome)) => self.say(&ServerFrame::Ack { id, outcome }),
            Ok(Answer::Pong) => self.say(&ServerFrame::Pong { id }),
            Ok(Answer::IsGiven) => {}
            Err(error) => self.say(&error.frame(Some(id))),
        }
    }

    fn finish(&mut self, outcome: Outcome) -> Result<Answer, ApiError> {
        match outcome {
            Outcome::Ack(outcome) => return Ok(Answer::Ack(outcome)),
            Outcome::Pong => return Ok(Answer::Pong),
            Outcome::Subscribe(subscribing) => {
                let Hands { state, pass, .. } = &self.hands;
                self.subscriptions.begin(&state.readers, &self.conn, pass, *subscribing)?;
                return Ok(Answer::IsGiven);
            }
            Outcome::Unsubscribe(stream) => _ = self.subscriptions.end(&stream),
        }
        Ok(Answer::Ack(Map::new()))
    }

    fn obey(&mut self, due: Due) -> ControlFlow<Option<Close>> {
        match due {
            Due::Warn(Expiring { expires_in_secs, .. }) => self.say(&ServerFrame::AuthExpiring { expires_in_secs }),
            Due::Close(ending) => {
                let error = ApiError::new(ending.code(), ending.detail());
                self.say(&error.frame(None));
                return ControlFlow::Break(Some(Close::Ended(ending)));
            }
        }
        ControlFlow::Continue(())
    }

    fn leave_soon(&mut self) {
        let share: f64 = rand::rng().random_range(0.0..1.0);
        let drain = self.hands.state.config.readers.drain();
        self.clock.leave_at = Some(Instant::now() + drain.mul_f64(share));
    }

    fn say(&self, frame: &ServerFrame) {
        self.conn.answer(&framing::text(frame));
    }

    /// Says why, and lets the peer hear it: were the socket dropped while something is unread, the kernel would take back
    /// what was said.
    async fn close(mut self, why: Close) {
        if why == Close::Draining {
            let retry_ms = rand::rng().random_range(RETRY_MS);
            self.say(&ServerFrame::Draining { retry_ms });
        }
        self.ear.close(&self.conn, why);
        let farewell = async {
            while self.conn.waiting() > 0 {
                self.conn.socket().writable().await?;
                self.conn.flush()?;
            }
            SockRef::from(self.conn.socket()).shutdown(Shutdown::Write)?;
            loop {
                self.conn.socket().readable().await?;
                match self.conn.socket().try_read(&mut [0; 1024]) {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err::<(), _>(error),
                }
            }
        };
        // However it ends: it was said, as far as it can be.
        let _ = timeout(Duration::from_secs(FAREWELL_SECS), farewell).await;
    }
}

/// How a frame is answered.
enum Answer {
    Ack(Map<String, Value>),
    Pong,
    /// Elsewhere: `subscribed` stands before the first event, and so the feed says it.
    IsGiven,
}

fn is_well(ready: &std::io::Result<()>) -> ControlFlow<Option<Close>, bool> {
    if ready.is_ok() { ControlFlow::Continue(true) } else { ControlFlow::Break(None) }
}

impl Clock {
    fn new(silence: Duration, stall: Duration) -> Self {
        let now = Instant::now();
        Self {
            ping_at: now + Duration::from_secs(PING_SECS),
            heard_at: now,
            took_at: now,
            leave_at: None,
            silence,
            stall,
        }
    }

    /// Who is not listened to is not silent, and who has taken everything does not stall.
    fn notes(&mut self, now: Instant, waiting: usize, listens: bool) {
        if !listens {
            self.heard_at = now;
        }
        if waiting == 0 {
            self.took_at = now;
        }
    }

    /// Why the connection ends now, if it does.
    fn ends(&self, now: Instant) -> Option<Close> {
        if self.leave_at.is_some_and(|leave_at| leave_at <= now) {
            return Some(Close::Draining);
        }
        if self.heard_at + self.silence <= now {
            return Some(Close::Silent);
        }
        (self.took_at + self.stall <= now).then_some(Close::Stalled)
    }

    /// When to look again, if nothing happens.
    fn next(&self) -> Instant {
        let next = self.ping_at.min(self.heard_at + self.silence).min(self.took_at + self.stall);
        self.leave_at.map_or(next, |leave_at| next.min(leave_at))
    }
}
