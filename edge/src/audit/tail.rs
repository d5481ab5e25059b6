//! Telling one reader what happens, as it gets its place in the log. Each reads at its own pace, from the database.

use super::LEAST;
use super::body::AuditEvent;
use super::tails::Sizes;
use super::watch::Start;
use crate::access::Pass;
use crate::limits::holdings::Permit;
use crate::line::{COMMENT, Farewell, Line, Marks};
use crate::queries::audit::{self, Which};
use crate::readers::notice::{self, RETRY_MS};
use node::health::one_line;
use node::postgres::Pool;
use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;
use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use subjects::code::Code;
use subjects::frames::Reason;
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

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

/// What a reader of a log holds.
pub(super) struct Tail {
    pub(super) pool: Pool,
    pub(super) marks: Marks<3>,
    pub(super) start: Start,
    pub(super) sizes: Arc<Sizes>,
    pub(super) pass: Arc<Pass>,
    /// Something about the pass changed.
    pub(super) changed: Arc<Notify>,
    /// How long a reader may take nothing.
    pub(super) stall: Duration,
    pub(super) _permit: Permit,
}

impl Tail {
    /// Tells until the reader must leave or has left. `sent_away` comes when the edge stops.
    pub(super) async fn tell(
        self,
        socket: TcpStream,
        _place: OwnedSemaphorePermit,
        sent_away: impl Future<Output = ()>,
    ) {
        let (mut line, left) = Line::open(socket, self.pass.clone(), self.stall);
        let telling = Telling { tail: &self, line: &mut line, next: self.start.first };
        let farewell = tokio::select! {
            ended = telling.run(sent_away) => match ended { Err(farewell) => farewell },
            () = left => Farewell::NONE,
        };
        line.close(farewell).await;
    }
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
    line: &'a mut Line,
    next: u64,
}

impl Telling<'_> {
    async fn run(mut self, sent_away: impl Future<Output = ()>) -> Result<Infallible, Farewell> {
        let mut sent_away = pin!(sent_away);
        let mut sizes = Sizes::clone(&self.tail.sizes);
        self.line.write(&self.hello()).await?;
        loop {
            let next = self.next;
            let quiet = self.line.quiet_until();
            tokio::select! {
                // What the pass says goes before what is told.
                biased;
                due = self.tail.pass.due() => self.line.heed(due).await?,
                () = self.tail.changed.notified() => self.may_read()?,
                () = sent_away.as_mut() => return Err(Farewell::draining()),
                size = beyond(&mut sizes, next) => self.go_on(size).await?,
                () = sleep_until(quiet) => self.line.write(COMMENT).await?,
            }
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

    fn may_read(&self) -> Result<(), Farewell> {
        let is_high = self.tail.pass.role() >= LEAST;
        if is_high { Ok(()) } else { Err(Farewell::closed(Code::RoleTooLow, "This takes the role admin.")) }
    }

    /// Tells the next events of a log of this size.
    async fn go_on(&mut self, size: u64) -> Result<(), Farewell> {
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
        self.line.write(&text).await
    }
}
