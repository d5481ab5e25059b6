//! The readers on the live path of one log. All of them have seen everything up to its head.

use super::batch::Batches;
use super::catch_up::{self, Behind};
use super::frame::Frame;
use super::means::Means;
use super::notice;
use super::reader::{Reader, Wrote};
use super::watched::Tick;
use crate::access::Due;
use bytes::Bytes;
use rand::RngExt;
use std::sync::Arc;
use std::time::Instant;
use subjects::cursor::Cursor;

/// How many are written to before others may run.
const WRITES_PER_TURN: usize = 128;
/// A quiet reader is told every so many seconds that it is still there, each at a second of its own.
const HEARTBEAT_SECS: usize = 15;

/// The readers on the live path of one log.
#[derive(Debug)]
pub(crate) struct Live {
    means: Arc<Means>,
    readers: Vec<Reader>,
    is_quiet: bool,
    /// Events times readers, not counted yet: the count is shared with other feeds.
    delivered: u64,
}

impl Live {
    /// Nobody yet.
    pub(crate) fn new(means: Arc<Means>) -> Self {
        Self { means, readers: Vec::new(), is_quiet: true, delivered: 0 }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.readers.len()
    }

    /// Takes in a reader that has seen everything up to the head.
    pub(crate) fn push(&mut self, reader: Reader) {
        self.readers.push(reader);
    }

    /// Takes out everybody.
    pub(crate) fn take(&mut self) -> Vec<Reader> {
        std::mem::take(&mut self.readers)
    }

    /// Writes the next events to everybody, at once. Who cannot take all of them leaves the live path.
    pub(crate) async fn deliver(&mut self, frames: &[Frame]) {
        let Some(first) = frames.first() else { return };
        self.is_quiet = false;
        let mut batches = Batches::new(frames);
        let mut at = 0;
        while at < self.readers.len() {
            let turn = at + WRITES_PER_TURN;
            while at < self.readers.len().min(turn) {
                at += self.write(at, &mut batches, first.seq - 1);
            }
            if at < self.readers.len() {
                tokio::task::yield_now().await;
            }
        }
        self.means.backlog.meters.deliveries.increment(std::mem::take(&mut self.delivered));
    }

    /// Writes to one reader. Says how far to go on: not at all where another one took its place.
    fn write(&mut self, at: usize, batches: &mut Batches<'_>, before: u64) -> usize {
        let reader = &self.readers[at];
        let batch = batches.of(reader.channels);
        match reader.write(batch.text()) {
            Wrote::All => {
                self.delivered += batches.events();
                return 1;
            }
            Wrote::Part(written) => {
                let cut = batch.cut(before, written);
                self.delivered += cut.seen - before;
                let reader = self.readers.swap_remove(at);
                catch_up::start(&self.means, Behind::cut(reader, cut));
            }
            Wrote::Gone => drop(self.readers.swap_remove(at)),
        }
        0
    }

    /// Lets go of who left, does what is due by each pass, and tells who heard nothing that they are still there.
    pub(crate) fn tick(&mut self, tick: Tick, head: Cursor) {
        let was_quiet = std::mem::replace(&mut self.is_quiet, true);
        self.look(tick.now, head);
        let mut at = 0;
        while at < self.readers.len() {
            let reader = &self.readers[at];
            if reader.is_gone() {
                self.readers.swap_remove(at);
            } else if was_quiet && is_turn(reader, tick) {
                at += self.say(at, head, Bytes::from_static(notice::HEARTBEAT));
            } else {
                at += 1;
            }
        }
    }

    /// Does what is due by each reader's pass.
    pub(crate) fn look(&mut self, now: Instant, head: Cursor) {
        let mut at = 0;
        while at < self.readers.len() {
            let reader = &self.readers[at];
            match reader.pass.look(now) {
                None => at += 1,
                Some(Due::Warn(expiring)) => at += self.say(at, head, notice::auth_expiring(&expiring).into()),
                Some(Due::Close(ending)) => {
                    reader.write(notice::ended(ending).as_bytes());
                    self.readers.swap_remove(at);
                }
            }
        }
    }

    /// Says to one reader what is no event. Says how far to go on, as [`Live::write`].
    fn say(&mut self, at: usize, head: Cursor, text: Bytes) -> usize {
        match self.readers[at].write(&text) {
            // A full socket says by itself that somebody is there; and who takes nothing for so long is warned by the end.
            Wrote::All | Wrote::Part(0) => return 1,
            Wrote::Part(written) => {
                let behind = Behind { reader: self.readers.swap_remove(at), seen: head, rest: text.slice(written..) };
                catch_up::start(&self.means, behind);
            }
            Wrote::Gone => drop(self.readers.swap_remove(at)),
        }
        0
    }

    /// Sends so many away, picked by chance, to come back to another edge.
    pub(crate) fn send_away(&mut self, count: usize) {
        for _ in 0..count.min(self.readers.len()) {
            let at = rand::rng().random_range(0..self.readers.len());
            let reader = self.readers.swap_remove(at);
            reader.write(notice::draining().as_bytes());
        }
    }
}

fn is_turn(reader: &Reader, tick: Tick) -> bool {
    let [.., byte] = reader.pass.stream_id.into_bytes();
    (usize::from(byte) + tick.number).is_multiple_of(HEARTBEAT_SECS)
}
