//! Playing a replay to one reader: each event when its time has come.

use super::stage::Played;
use crate::access::{Due, Ending, Pass};
use crate::http::page;
use crate::limits::holdings::Permit;
use crate::readers::notice::{self, RETRY_MS};
use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use subjects::event::RawEvent;
use subjects::ids::{CanvasId, GraftId};
use subjects::seal::SealKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;

/// How long nothing is said before a comment keeps the connection awake.
const QUIET_SECS_MAX: u64 = 15;
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

/// Marks how far a reader has seen a replay: nobody else can say so.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    /// The deployment's.
    pub(super) key: SealKey,
    /// What names the replay, with tenant and env.
    pub(super) list: [String; 4],
}

impl Marks {
    /// The mark behind so many events.
    pub(super) fn seal(&self, seen: usize) -> String {
        page::seal(&self.key, &self.list.each_ref().map(|part| part.as_bytes()), &seen.to_string())
    }

    /// How many events were seen, by a mark that we made for this replay.
    pub(super) fn open(&self, mark: Option<&str>) -> Option<usize> {
        let list = self.list.each_ref().map(|part| part.as_bytes());
        page::after(&self.key, &list, mark).ok().flatten()
    }
}

/// What a reader of a replay holds while it is played.
pub(super) struct Player {
    pub(super) played: Arc<Played>,
    pub(super) marks: Marks,
    /// How many events were seen before.
    pub(super) resumed: Option<usize>,
    pub(super) speed: f64,
    pub(super) pass: Arc<Pass>,
    /// How long a reader may take nothing.
    pub(super) stall: Duration,
    pub(super) _permit: Permit,
}

/// Why a replay is over for a reader.
enum End {
    /// It was played.
    Played,
    /// The pass says so.
    Passed(Ending),
    /// The reader is gone, or takes nothing.
    Left,
}

impl Player {
    /// Plays to the end, or until the reader must leave or has left. `sent_away` comes when the edge stops.
    pub(super) async fn play(
        self,
        socket: TcpStream,
        _place: OwnedSemaphorePermit,
        sent_away: impl Future<Output = ()>,
    ) {
        let (from, mut to) = socket.into_split();
        let farewell = {
            let mut sent_away = pin!(sent_away);
            let mut performance = Performance::of(&self, &mut to);
            tokio::select! {
                end = performance.run(sent_away.as_mut()) => end,
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

/// One performance of a replay.
struct Performance<'a> {
    player: &'a Player,
    to: &'a mut OwnedWriteHalf,
    seen: usize,
    from_ms: u64,
    began: Instant,
    spoke: Instant,
}

impl<'a> Performance<'a> {
    fn of(player: &'a Player, to: &'a mut OwnedWriteHalf) -> Self {
        let (seen, now) = (player.resumed.unwrap_or(0), Instant::now());
        let from_ms = player.played.script.left_at_ms(seen);
        Self { player, to, seen, from_ms, began: now, spoke: now }
    }

    /// Gives what is to be said last, if anything.
    async fn run(&mut self, mut sent_away: std::pin::Pin<&mut impl Future<Output = ()>>) -> Option<String> {
        let hello = self.hello();
        let mut end = self.write(hello.as_bytes()).await.err();
        while end.is_none() {
            let next = self.due_at().min(self.spoke + Duration::from_secs(QUIET_SECS_MAX));
            end = tokio::select! {
                // What the pass says goes before what is due.
                biased;
                due = self.player.pass.due() => self.heed(due).await.err(),
                () = sent_away.as_mut() => return Some(notice::draining()),
                () = sleep_until(next) => self.go_on().await.err(),
            };
        }
        match end {
            Some(End::Passed(ending)) => Some(notice::ended(ending)),
            Some(End::Played | End::Left) | None => None,
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
        notice::block("hello", Some(&self.player.marks.seal(self.seen)), Some(retry_ms), &opening)
    }

    /// When the next event is due, or the end.
    fn due_at(&self) -> Instant {
        let wait_ms = self.player.played.script.at_ms(self.seen).saturating_sub(self.from_ms);
        self.began + Duration::from_millis(wait_ms).div_f64(self.player.speed)
    }

    async fn heed(&mut self, due: Due) -> Result<(), End> {
        match due {
            Due::Warn(expiring) => self.write(notice::auth_expiring(&expiring).as_bytes()).await,
            Due::Close(ending) => Err(End::Passed(ending)),
        }
    }

    /// Says what is due; a comment where nothing is.
    async fn go_on(&mut self) -> Result<(), End> {
        let (now, mut text) = (Instant::now(), String::new());
        while self.due_at() <= now && text.len() < PIECE_BYTES_MAX {
            match self.player.played.script.event(self.seen) {
                Some(Ok(event)) => {
                    self.seen += 1;
                    text += &self.block(event);
                }
                Some(Err(error)) => {
                    tracing::error!(%error, "an event of a replay cannot be told");
                    return Err(End::Left);
                }
                None => {
                    text += &self.end();
                    self.write(text.as_bytes()).await?;
                    return Err(End::Played);
                }
            }
        }
        let text = if text.is_empty() { ":\n\n" } else { &text };
        self.write(text.as_bytes()).await
    }

    fn block(&self, mut event: RawEvent) -> String {
        let mark = self.player.marks.seal(self.seen);
        event.meta.cursor = Some(mark.clone());
        notice::block(event.event_type.as_str(), Some(&mark), None, &event)
    }

    /// Behind its mark nothing comes any more.
    fn end(&self) -> String {
        let script = &self.player.played.script;
        let end = Curtain { rev: script.end.rev, state_hash: script.end.state_hash.clone() };
        notice::block("end", Some(&self.player.marks.seal(script.len() + 1)), None, &end)
    }

    /// In the middle of an event nothing else can be said: who must leave then is not told why.
    async fn write(&mut self, text: &[u8]) -> Result<(), End> {
        let written = timeout(self.player.stall, self.to.write_all(text));
        tokio::select! {
            biased;
            written = written => match written {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(End::Left),
            },
            _ = self.player.pass.ended() => return Err(End::Left),
        }
        self.spoke = Instant::now();
        Ok(())
    }
}

/// Comes when the edge stops, within `drain`: not all readers are sent away at once.
pub(crate) async fn sent_away(stop: node::stop::Stop, drain: Duration) {
    stop.asked().await;
    let share: f64 = rand::rng().random_range(0.0..1.0);
    sleep(drain.mul_f64(share)).await;
}
