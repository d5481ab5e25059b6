//! The readers on the live path of one log. All of them have seen everything up to its head.

use super::batch::Batches;
use super::catch_up::{self, Behind};
use super::channels::Channels;
use super::conn::Delivered;
use super::frame::Frame;
use super::means::Means;
use super::notice;
use super::passing::{Counts, Passage, Passer};
use super::reader::{HEARTBEAT, Reader, Wrote};
use super::watched::Tick;
use crate::access::{Due, Rail};
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
    passage: Passage,
    is_quiet: bool,
    /// Events times readers, not counted yet: the count is shared with other feeds.
    delivered: u64,
}

impl Live {
    /// Nobody yet.
    pub(crate) fn new(means: Arc<Means>) -> Self {
        Self { means, readers: Vec::new(), passage: Passage::default(), is_quiet: true, delivered: 0 }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.readers.len()
    }

    /// Takes in a reader that has seen everything up to the head.
    pub(crate) fn push(&mut self, mut reader: Reader) {
        reader.passed.get_or_insert(self.passage.counts());
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
        match reader.deliver(batches.of(&reader.view), before) {
            Delivered::All => {
                self.delivered += batches.events();
                return 1;
            }
            Delivered::Cut(cut) => {
                self.delivered += cut.seen - before;
                let reader = self.readers.swap_remove(at);
                catch_up::start(&self.means, Behind::cut(reader, cut));
            }
            Delivered::Gone => drop(self.readers.swap_remove(at)),
        }
        0
    }

    /// Tells everybody what passes, who can take it at once. The others are told later how many they missed.
    pub(crate) async fn pass(&mut self, passers: &[Passer], head: Cursor) {
        let before = self.passage.counts();
        self.passage.note(passers);
        let mut made = Vec::new();
        let mut at = 0;
        while at < self.readers.len() {
            let turn = at + WRITES_PER_TURN;
            while at < self.readers.len().min(turn) {
                let text = self.passing_text(at, passers, &before, &mut made);
                at += self.pass_to(at, &text, &before, head);
            }
            if at < self.readers.len() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// What one reader is told of what passes, made once for all who see the same of it.
    fn passing_text(&self, at: usize, passers: &[Passer], before: &Counts, made: &mut Vec<Made>) -> Bytes {
        let Reader { view, passed, .. } = &self.readers[at];
        let seen = passed.unwrap_or(*before);
        if view.filter.is_some() || seen != *before {
            return self.passage.text(view, &seen, passers).into();
        }
        let known = made.iter().find(|made| (made.0, made.1) == (view.rail, view.channels));
        if let Some((.., text)) = known {
            return text.clone();
        }
        let text = Bytes::from(self.passage.text(view, &seen, passers));
        made.push((view.rail, view.channels, text.clone()));
        text
    }

    /// Writes what passes to one reader, when so much had passed `before`. Says how far to go on.
    fn pass_to(&mut self, at: usize, text: &Bytes, before: &Counts, head: Cursor) -> usize {
        let counts = self.passage.counts();
        let reader = &mut self.readers[at];
        if text.is_empty() {
            // Nothing that it sees. What it missed before is still to be told.
            if reader.passed.is_none_or(|seen| before.since(&seen, reader.view.channels) == 0) {
                reader.passed = Some(counts);
            }
            return 1;
        }
        match reader.pass(text) {
            Wrote::All => reader.passed = Some(counts),
            Wrote::Part(0) => {}
            Wrote::Part(written) => {
                reader.passed = Some(counts);
                let reader = self.readers.swap_remove(at);
                let rest = Bytes::copy_from_slice(&text[written..]);
                catch_up::start(&self.means, Behind { reader, seen: head, rest });
                return 0;
            }
            Wrote::Gone => {
                self.readers.swap_remove(at);
                return 0;
            }
        }
        1
    }

    /// Lets go of who left, does what is due by each pass, and tells who heard nothing that they are still there.
    pub(crate) fn tick(&mut self, tick: Tick, head: Cursor) {
        let was_quiet = std::mem::replace(&mut self.is_quiet, true);
        self.look(tick.now, head);
        self.give_what_is_owed(head);
        let mut at = 0;
        while at < self.readers.len() {
            let reader = &self.readers[at];
            if reader.is_gone() {
                self.readers.swap_remove(at);
            } else if was_quiet && reader.speaks_for_itself() && is_turn(reader, tick) {
                at += self.say(at, head, Bytes::from_static(HEARTBEAT));
            } else {
                at += 1;
            }
        }
    }

    /// Gives those who could not take some of what passed what is left of it.
    fn give_what_is_owed(&mut self, head: Cursor) {
        let (mut at, counts) = (0, self.passage.counts());
        while at < self.readers.len() {
            let Reader { view, passed, .. } = &self.readers[at];
            at += match passed {
                Some(seen) if self.passage.is_owed(view, seen) => {
                    let text = self.passage.text(view, seen, &[]).into();
                    self.pass_to(at, &text, &counts, head)
                }
                Some(_) | None => 1,
            };
        }
    }

    /// Does what is due by each reader's pass. A socket that is shared has one pass for all, and who looks after it.
    pub(crate) fn look(&mut self, now: Instant, head: Cursor) {
        let mut at = 0;
        while at < self.readers.len() {
            let reader = &self.readers[at];
            let due = if reader.speaks_for_itself() { reader.pass.look(now) } else { None };
            match due {
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
            if reader.speaks_for_itself() {
                reader.write(notice::draining().as_bytes());
            }
        }
    }
}

/// What readers of a rail who see these channels are told.
type Made = (Rail, Channels, Bytes);

fn is_turn(reader: &Reader, tick: Tick) -> bool {
    let [.., byte] = reader.pass.stream_id.into_bytes();
    (usize::from(byte) + tick.number).is_multiple_of(HEARTBEAT_SECS)
}
