//! A reader off the live path: it takes what it missed at its own pace, and costs a piece of it and no more.

use super::backlog::Broken;
use super::batch::{Batch, Cut};
use super::frame::Frame;
use super::means::Means;
use super::notice;
use super::reader::{Counted, Reader, Wrote};
use super::splice::Splice;
use super::watched::{Control, Watched};
use crate::access::Ending;
use crate::line::sent_away;
use bytes::Bytes;
use rand::RngExt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use subjects::cursor::Cursor;
use subjects::frames::Reason;

/// How often a reader that waits for the log is told that it is still there.
const HEARTBEAT_SECS: u64 = 15;
const RETRY_FIRST_MS: u64 = 100;
const RETRY_MAX_MS: u64 = 2_000;

/// A reader off the live path.
#[derive(Debug)]
pub(crate) struct Behind {
    /// Who.
    pub(crate) reader: Reader,
    /// The last event that it has, but for `rest`.
    pub(crate) seen: Cursor,
    /// What of that is still to be written.
    pub(crate) rest: Bytes,
}

impl Behind {
    /// A reader whose socket took only part of a batch.
    pub(crate) fn cut(reader: Reader, cut: Cut) -> Self {
        Self { reader, seen: Cursor::after(cut.seen), rest: cut.rest }
    }
}

/// How it ends.
enum End {
    CaughtUp,
    Lost(Reason),
    Stalled,
    Passed(Ending),
    Draining,
    Left,
}

/// Lets the reader follow until it is live again or gone.
pub(crate) fn start(means: &Arc<Means>, behind: Behind) {
    means.stop.spawn(run(means.clone(), behind));
}

async fn run(means: Arc<Means>, mut behind: Behind) {
    let meters = &means.backlog.meters;
    let _counted = Counted::one(&meters.behind);
    let pass = behind.reader.pass.clone();
    let end = tokio::select! {
        end = follow(&means, &mut behind) => end,
        ending = pass.ended() => End::Passed(ending),
        () = sent_away(means.stop.clone(), means.config.drain()) => End::Draining,
    };
    let Behind { reader, seen, rest } = behind;
    match end {
        End::CaughtUp => seat(reader, Splice::Resumed(seen)),
        End::Lost(reason) => seat(reader, Splice::Live(Some(reason))),
        End::Stalled => {
            meters.stalled.increment(1);
            reader.give_up();
        }
        End::Passed(ending) => farewell(&reader, &rest, &notice::ended(ending)),
        End::Draining => farewell(&reader, &rest, &notice::draining()),
        End::Left => {}
    }
}

fn seat(reader: Reader, splice: Splice) {
    let watched = reader.held.watch.watched().clone();
    watched.tell(Control::Seat(reader, splice));
}

/// In the middle of an event nothing else can be said.
fn farewell(reader: &Reader, rest: &[u8], notice: &str) {
    if rest.is_empty() && reader.speaks_for_itself() {
        reader.write(notice.as_bytes());
    }
}

async fn follow(means: &Means, behind: &mut Behind) -> End {
    loop {
        let _turn = behind.reader.turn().await;
        if let Err(end) = write_rest(means, behind).await {
            return end;
        }
        if behind.reader.is_gone() {
            return End::Left;
        }
        let watched = behind.reader.held.watch.watched().clone();
        let piece = piece(means, &watched, behind.seen);
        match awake(&behind.reader, piece).await {
            Err(end) => return end,
            Ok(frames) => match frames.last() {
                None => return End::CaughtUp,
                Some(last) => {
                    means.backlog.meters.deliveries.increment(frames.len() as u64);
                    behind.rest = text(&watched, &mut behind.reader, behind.seen, &frames);
                    behind.seen = last.cursor();
                    if let Err(end) = write_rest(means, behind).await {
                        return end;
                    }
                }
            },
        }
    }
}

/// The events as the reader sees them, after its greeting where it had none.
fn text(watched: &Watched, reader: &mut Reader, seen: Cursor, frames: &[Frame]) -> Bytes {
    let batch = Batch::new(frames, &reader.view);
    if std::mem::replace(&mut reader.is_greeted, true) {
        return batch.text().clone();
    }
    let hello = notice::hello(reader, notice::resumed(reader.pass.stream_id, watched, seen));
    [&hello[..], batch.text()].concat().into()
}

/// Writes the rest as the socket takes it.
async fn write_rest(means: &Means, behind: &mut Behind) -> Result<(), End> {
    let Behind { reader, rest, .. } = behind;
    while !rest.is_empty() {
        match reader.write(rest) {
            Wrote::All => *rest = Bytes::new(),
            Wrote::Part(written) => {
                *rest = rest.slice(written..);
                let _held = Counted::many(&means.backlog.meters.behind_bytes, rest.len());
                let writable = reader.writable();
                match tokio::time::timeout(means.config.stall(), writable).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return Err(End::Left),
                    Err(_) => return Err(End::Stalled),
                }
            }
            Wrote::Gone => return Err(End::Left),
        }
    }
    Ok(())
}

/// What follows `seen`; while the log is away, waits for it.
async fn piece(means: &Means, watched: &Watched, seen: Cursor) -> Result<Vec<Frame>, End> {
    let mut retry_ms = RETRY_FIRST_MS;
    loop {
        match means.backlog.piece(watched, seen).await {
            Ok(frames) => return Ok(frames),
            Err(Broken::Gone) => return Err(End::Lost(Reason::Gone)),
            Err(error @ (Broken::Unavailable(_) | Broken::Late | Broken::Unreadable)) => {
                tracing::debug!(error = node::health::one_line(&error), "a reader waits for the log");
                tokio::time::sleep(jittered(retry_ms)).await;
                retry_ms = (retry_ms * 2).min(RETRY_MAX_MS);
            }
        }
    }
}

/// Up to twice `ms`, so that not all come back at once.
pub(crate) fn jittered(ms: u64) -> Duration {
    Duration::from_millis(rand::rng().random_range(ms..ms * 2))
}

/// Awaits `work`, and meanwhile keeps the reader's connection awake.
async fn awake<T>(reader: &Reader, work: impl Future<Output = Result<T, End>>) -> Result<T, End> {
    let mut work = pin!(work);
    loop {
        match tokio::time::timeout(Duration::from_secs(HEARTBEAT_SECS), work.as_mut()).await {
            Ok(done) => return done,
            Err(_) if reader.is_gone() => return Err(End::Left),
            Err(_) => match reader.keep_awake() {
                Wrote::All | Wrote::Part(0) => {}
                // The socket was empty: one that takes part of three bytes is no use.
                Wrote::Part(_) | Wrote::Gone => return Err(End::Left),
            },
        }
    }
}
