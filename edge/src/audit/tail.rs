//! Telling one reader what happens, as it gets its place in the log. Each reads at its own pace, from the database.

use super::LEAST;
use super::body::AuditEvent;
use super::tails::Sizes;
use super::watch::Start;
use crate::access::{Due, Ending, Pass};
use crate::http::page;
use crate::limits::holdings::Permit;
use crate::queries::audit::{self, Which};
use crate::readers::notice::{self, RETRY_MS};
use node::health::one_line;
use node::postgres::Pool;
use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use subjects::code::Code;
use subjects::frames::Reason;
use subjects::seal::SealKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;

/// How long nothing is said before a comment keeps the connection awake.
const QUIET_SECS_MAX: u64 = 15;
/// How many events are read at a time.
const EVENTS_MAX: usize = 50;
/// How long the database is left alone that did not answer.
const PAUSE_MS: u64 = 1_000;

/// The data of `hello`, before the events of a log.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuditOpening {
    /// Names this stream: `POST /streams/{stream_id}/auth` renews its token.
    stream_id: Uuid,
    /// Whether it goes on where the reader was.
    resumed: bool,
    /// Why not, where it was asked to.
    reason: Option<Reason>,
    /// The place of the event that is told first.
    first: u64,
    /// Where it stands.
    cursor: String,
}

/// Marks how far a reader has seen a log: nobody else can say so.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    /// The deployment's.
    pub(super) key: SealKey,
    /// What names the log.
    pub(super) list: [String; 3],
}

impl Marks {
    /// The mark before the event at `next`.
    pub(super) fn seal(&self, next: u64) -> String {
        page::seal(&self.key, &self.list.each_ref().map(|part| part.as_bytes()), &next.to_string())
    }

    /// The place of the event that comes next, by a mark that we made for this log.
    pub(super) fn open(&self, mark: Option<&str>) -> Option<u64> {
        let list = self.list.each_ref().map(|part| part.as_bytes());
        page::after(&self.key, &list, mark).ok().flatten()
    }
}

/// What a reader of a log holds.
pub(super) struct Tail {
    pub(super) pool: Pool,
    pub(super) marks: Marks,
    pub(super) start: Start,
    pub(super) sizes: Arc<Sizes>,
    pub(super) pass: Arc<Pass>,
    /// Something about the pass changed.
    pub(super) changed: Arc<Notify>,
    /// How long a reader may take nothing.
    pub(super) stall: Duration,
    pub(super) _permit: Permit,
}

/// Why it is over for a reader.
enum End {
    /// The pass says so.
    Passed(Ending),
    /// The role that it takes is lost.
    Lowered,
    /// The reader is gone, or takes nothing.
    Left,
}

impl Tail {
    /// Tells until the reader must leave or has left. `sent_away` comes when the edge stops.
    pub(super) async fn tell(
        self,
        socket: TcpStream,
        _place: OwnedSemaphorePermit,
        sent_away: impl Future<Output = ()>,
    ) {
        let (from, mut to) = socket.into_split();
        let farewell = {
            let mut sent_away = pin!(sent_away);
            let mut telling = Telling { tail: &self, to: &mut to, next: self.start.first, spoke: Instant::now() };
            tokio::select! {
                end = telling.run(sent_away.as_mut()) => end,
                () = left(from) => None,
            }
        };
        if let Some(text) = farewell {
            // Who takes nothing is not told either.
            let _ = timeout(self.stall, to.write_all(text.as_bytes())).await;
        }
    }
}

/// Returns when the other side has gone. What it says is nothing to us.
async fn left(mut from: OwnedReadHalf) {
    let mut nothing = [0; 64];
    while from.read(&mut nothing).await.is_ok_and(|bytes| bytes > 0) {}
}

/// How many records the log has once it has more than these.
async fn beyond(sizes: &mut Sizes, known: u64) -> u64 {
    let grown = sizes.wait_for(|size| *size > known).await.map(|size| *size);
    match grown {
        Ok(size) => size,
        // Nobody asks any more, because the edge stops: who reads is sent away.
        Err(_) => pending().await,
    }
}

struct Telling<'a> {
    tail: &'a Tail,
    to: &'a mut OwnedWriteHalf,
    next: u64,
    spoke: Instant,
}

impl Telling<'_> {
    /// Gives what is to be said last, if anything.
    async fn run(&mut self, mut sent_away: Pin<&mut impl Future<Output = ()>>) -> Option<String> {
        let mut sizes = Sizes::clone(&self.tail.sizes);
        let hello = self.hello();
        let mut end = self.write(&hello).await.err();
        while end.is_none() {
            let next = self.next;
            let quiet = self.spoke + Duration::from_secs(QUIET_SECS_MAX);
            end = tokio::select! {
                // What the pass says goes before what is told.
                biased;
                due = self.tail.pass.due() => self.heed(due).await.err(),
                () = self.tail.changed.notified() => self.may_read().err(),
                () = sent_away.as_mut() => return Some(notice::draining()),
                size = beyond(&mut sizes, next) => self.go_on(size).await.err(),
                () = sleep_until(quiet) => self.write(":\n\n").await.err(),
            };
        }
        match end {
            Some(End::Passed(ending)) => Some(notice::ended(ending)),
            Some(End::Lowered) => Some(notice::closed(Code::RoleTooLow, "This takes the role admin.")),
            Some(End::Left) | None => None,
        }
    }

    fn hello(&self) -> String {
        let Tail { start: Start { first, resumed, reason }, pass, marks, .. } = self.tail;
        let cursor = marks.seal(*first);
        let opening = AuditOpening {
            stream_id: pass.stream_id,
            resumed: *resumed,
            reason: *reason,
            first: *first,
            cursor: cursor.clone(),
        };
        let retry_ms = rand::rng().random_range(RETRY_MS);
        notice::block("hello", Some(&cursor), Some(retry_ms), &opening)
    }

    async fn heed(&mut self, due: Due) -> Result<(), End> {
        match due {
            Due::Warn(expiring) => self.write(&notice::auth_expiring(&expiring)).await,
            Due::Close(ending) => Err(End::Passed(ending)),
        }
    }

    fn may_read(&self) -> Result<(), End> {
        if self.tail.pass.role() >= LEAST { Ok(()) } else { Err(End::Lowered) }
    }

    /// Tells the next events of a log of this size.
    async fn go_on(&mut self, size: u64) -> Result<(), End> {
        self.may_read()?;
        let place = (&self.tail.pass.tenant_id, self.tail.pass.env);
        let listed = audit::list(&self.tail.pool, place, (self.next, size), &Which::default(), EVENTS_MAX).await;
        let entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                tracing::debug!(error = one_line(&error), "what happened cannot be told yet");
                sleep(Duration::from_millis(PAUSE_MS)).await;
                return Ok(());
            }
        };
        let mut text = String::new();
        for entry in entries {
            self.next = entry.seq + 1;
            let mark = self.tail.marks.seal(self.next);
            text += &notice::block("audit_event", Some(&mark), None, &AuditEvent::from(entry));
        }
        self.may_read()?;
        self.write(&text).await
    }

    /// In the middle of an event nothing else can be said: who must leave then is not told why.
    async fn write(&mut self, text: &str) -> Result<(), End> {
        let written = timeout(self.tail.stall, self.to.write_all(text.as_bytes()));
        tokio::select! {
            biased;
            written = written => match written {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(End::Left),
            },
            _ = self.tail.pass.ended() => return Err(End::Left),
        }
        self.spoke = Instant::now();
        Ok(())
    }
}
