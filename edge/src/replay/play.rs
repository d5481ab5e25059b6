//! Playing a replay to one reader: each event when its time has come.

use super::stage::Played;
use crate::access::Pass;
use crate::limits::holdings::Permit;
use crate::line::{COMMENT, Farewell, Line, Marks};
use crate::readers::notice::{self, RETRY_MS};
use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use subjects::event::RawEvent;
use subjects::ids::{CanvasId, GraftId};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// What is due together is written together, up to about so much.
const PIECE_BYTES_MAX: usize = 64 * 1024;

/// The data of `hello`, before a replay.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Opening {
    /// Names this stream: `POST /streams/{stream_id}/auth` renews its token.
    stream_id: Uuid,
    /// Whether it goes on behind the `Last-Event-ID`.
    resumed: bool,
    /// Of which canvas the replay is.
    canvas_id: CanvasId,
    /// Of which graft.
    session_id: GraftId,
    /// The canvas when the graft began.
    start: Curtain,
    /// Where the document can be read as it was then.
    snapshot_ref: String,
    /// The canvas's last rev when the graft ended.
    end_rev: u64,
    /// How long it takes at speed 1, in milliseconds.
    duration_ms: u64,
    /// Whether the graft had more than a replay holds.
    truncated: bool,
}

/// The canvas at the beginning of a replay, and, as the data of `end`, at its end.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Curtain {
    /// The rev.
    rev: u64,
    /// The document's hash, in hex.
    state_hash: String,
}

/// What a reader of a replay holds while it is played.
pub(super) struct Player {
    pub(super) played: Arc<Played>,
    pub(super) marks: Marks<4>,
    /// How many events were seen before.
    pub(super) resumed: Option<usize>,
    pub(super) speed: f64,
    pub(super) pass: Arc<Pass>,
    /// How long a reader may take nothing.
    pub(super) stall: Duration,
    pub(super) _permit: Permit,
}

impl Player {
    /// Plays to the end, or until the reader must leave or has left. `sent_away` comes when the edge stops.
    pub(super) async fn play(
        self,
        socket: TcpStream,
        _place: OwnedSemaphorePermit,
        sent_away: impl Future<Output = ()>,
    ) {
        let (mut line, left) = Line::open(socket, self.pass.clone(), self.stall);
        let farewell = tokio::select! {
            ended = Performance::of(&self, &mut line).run(sent_away) => match ended { Err(farewell) => farewell },
            () = left => Farewell::NONE,
        };
        line.close(farewell).await;
    }
}

/// One performance of a replay.
struct Performance<'a> {
    player: &'a Player,
    line: &'a mut Line,
    seen: usize,
    from_ms: u64,
    began: Instant,
}

impl<'a> Performance<'a> {
    fn of(player: &'a Player, line: &'a mut Line) -> Self {
        let seen = player.resumed.unwrap_or(0);
        let from_ms = player.played.script.left_at_ms(seen);
        Self { player, line, seen, from_ms, began: Instant::now() }
    }

    async fn run(mut self, sent_away: impl Future<Output = ()>) -> Result<Infallible, Farewell> {
        let mut sent_away = pin!(sent_away);
        self.line.write(&self.hello()).await?;
        loop {
            let next = self.due_at().min(self.line.quiet_until());
            tokio::select! {
                // What the pass says goes before what is due.
                biased;
                due = self.player.pass.due() => self.line.heed(due).await?,
                () = sent_away.as_mut() => return Err(Farewell::draining()),
                () = sleep_until(next) => self.go_on().await?,
            }
        }
    }

    fn hello(&self) -> String {
        let script = &self.player.played.script;
        let start = Curtain { rev: script.start.rev, state_hash: script.start.state_hash.clone() };
        let opening = Opening {
            stream_id: self.player.pass.stream_id,
            resumed: self.player.resumed.is_some(),
            canvas_id: script.canvas_id.clone(),
            session_id: script.session_id.clone(),
            snapshot_ref: format!("/canvas/{}?rev={}", script.canvas_id, start.rev),
            start,
            end_rev: script.end.rev,
            duration_ms: script.duration_ms,
            truncated: script.truncated,
        };
        let retry_ms = rand::rng().random_range(RETRY_MS);
        notice::block("hello", Some(&self.player.marks.seal(self.seen as u64)), Some(retry_ms), &opening)
    }

    /// When the next event is due, or the end.
    fn due_at(&self) -> Instant {
        let wait_ms = self.player.played.script.at_ms(self.seen).saturating_sub(self.from_ms);
        self.began + Duration::from_millis(wait_ms).div_f64(self.player.speed)
    }

    /// Says what is due; a comment where nothing is.
    async fn go_on(&mut self) -> Result<(), Farewell> {
        let (now, mut text) = (Instant::now(), String::new());
        while self.due_at() <= now && text.len() < PIECE_BYTES_MAX {
            match self.player.played.script.event(self.seen) {
                Some(Ok(event)) => {
                    self.seen += 1;
                    text += &self.block(event);
                }
                Some(Err(error)) => {
                    tracing::error!(%error, "an event of a replay cannot be told");
                    return Err(Farewell::NONE);
                }
                None => {
                    text += &self.end();
                    self.line.write(&text).await?;
                    return Err(Farewell::NONE);
                }
            }
        }
        self.line.write(if text.is_empty() { COMMENT } else { &text }).await
    }

    fn block(&self, mut event: RawEvent) -> String {
        let mark = self.player.marks.seal(self.seen as u64);
        event.meta.cursor = Some(mark.clone());
        notice::block(event.event_type.as_str(), Some(&mark), None, &event)
    }

    /// Behind its mark nothing comes any more.
    fn end(&self) -> String {
        let script = &self.player.played.script;
        let end = Curtain { rev: script.end.rev, state_hash: script.end.state_hash.clone() };
        notice::block("end", Some(&self.player.marks.seal(script.len() as u64 + 1)), None, &end)
    }
}
