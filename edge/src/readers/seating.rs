//! How a reader becomes live: it is told where it stands and given what it missed.

use super::batch::Batch;
use super::catch_up::{self, Behind};
use super::live::Live;
use super::means::Means;
use super::notice;
use super::reader::{Reader, Wrote};
use super::ring::{self, Stretch};
use super::splice::Splice;
use super::view::View;
use super::watched::Watched;
use bytes::Bytes;
use std::sync::Arc;
use subjects::cursor::Cursor;
use subjects::frames::Reason;

/// Brings readers to the live path of one log.
#[derive(Debug)]
pub(crate) struct Seating {
    means: Arc<Means>,
    watched: Arc<Watched>,
    /// Readers who saw an event elsewhere that has not come here yet.
    waiting: Vec<(Reader, Cursor)>,
    /// The last rest that was made: in a storm all want the same.
    last_rest: Option<Rest>,
}

/// What is missing between a place and the head.
#[derive(Debug)]
struct Rest {
    seen: u64,
    head: u64,
    view: View,
    batch: Batch,
    /// How far it goes: to the head, but for very large events.
    last: Cursor,
}

impl Seating {
    /// Nobody waits.
    pub(crate) fn new(means: Arc<Means>, watched: Arc<Watched>) -> Self {
        Self { means, watched, waiting: Vec::new(), last_rest: None }
    }

    /// Tells the reader where it stands, gives it what it missed, and puts it among the live. One that missed more
    /// than is at hand, or cannot take it now, goes by way of the catch-up.
    pub(crate) fn seat(&mut self, live: &mut Live, mut reader: Reader, splice: Splice) {
        if self.means.stop.is_asked() {
            if reader.speaks_for_itself() {
                reader.write(notice::draining().as_bytes());
            }
            return;
        }
        match splice {
            Splice::Live(reason) => self.seat_at_head(live, reader, reason),
            Splice::Resumed(seen) => {
                let head = self.watched.head().seq;
                if seen.seq > head && reader.is_greeted {
                    // It was at home here: the log has become shorter since.
                    self.seat_at_head(live, reader, Some(Reason::Ahead));
                } else if seen.seq > head {
                    self.waiting.push((reader, seen));
                } else if seen.seq == head {
                    let hello = self.greeting(&mut reader, seen);
                    self.write_hello(live, reader, hello, seen);
                } else if self.make_rest(seen.seq, head, &reader.view) {
                    self.seat_with_rest(live, reader, seen);
                } else {
                    self.follow(reader, seen, Bytes::new());
                }
            }
        }
    }

    /// Seats those whose event has come.
    pub(crate) fn seat_those_who_wait(&mut self, live: &mut Live) {
        if self.waiting.is_empty() {
            return;
        }
        let head = self.watched.head().seq;
        let came = |(_, seen): &mut (Reader, Cursor)| seen.seq <= head;
        let ready: Vec<_> = self.waiting.extract_if(.., came).collect();
        for (reader, seen) in ready {
            self.seat(live, reader, Splice::Resumed(seen));
        }
    }

    /// The last event that somebody waits for.
    pub(crate) fn awaited(&self) -> Option<u64> {
        self.waiting.iter().map(|(_, seen)| seen.seq).max()
    }

    /// Nobody may ask for the same again soon: what was made for them need not be kept.
    pub(crate) fn rest(&mut self) {
        self.last_rest = None;
    }

    /// Takes out those who wait: what they wait for will not come.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Reader> + use<> {
        self.last_rest = None;
        std::mem::take(&mut self.waiting).into_iter().map(|(reader, _)| reader)
    }

    fn seat_at_head(&self, live: &mut Live, mut reader: Reader, reason: Option<Reason>) {
        let head = self.watched.head();
        let standing = notice::live(reader.pass.stream_id, &self.watched, head, reason);
        let notice = if std::mem::replace(&mut reader.is_greeted, true) {
            self.means.backlog.meters.resets.increment(1);
            notice::reset(&reader, standing)
        } else {
            notice::hello(&reader, standing)
        };
        self.write_hello(live, reader, notice, head.cursor());
    }

    /// What is still to be said of where the reader stands.
    fn greeting(&self, reader: &mut Reader, seen: Cursor) -> Bytes {
        if std::mem::replace(&mut reader.is_greeted, true) {
            return Bytes::new();
        }
        notice::hello(reader, notice::resumed(reader.pass.stream_id, &self.watched, seen))
    }

    fn write_hello(&self, live: &mut Live, reader: Reader, hello: Bytes, seen: Cursor) {
        if hello.is_empty() {
            return live.push(reader);
        }
        match reader.write(&hello) {
            Wrote::All => live.push(reader),
            Wrote::Part(written) => self.follow(reader, seen, hello.slice(written..)),
            Wrote::Gone => {}
        }
    }

    fn seat_with_rest(&self, live: &mut Live, mut reader: Reader, seen: Cursor) {
        let Some(rest) = &self.last_rest else { return };
        if !reader.is_greeted {
            self.means.backlog.meters.from_ring.increment(1);
        }
        let hello = self.greeting(&mut reader, seen);
        match reader.write_both(&hello, rest.batch.text()) {
            Wrote::All => {
                self.means.backlog.meters.deliveries.increment(rest.last.seq - seen.seq);
                if rest.last.seq == rest.head {
                    live.push(reader);
                } else {
                    self.follow(reader, rest.last, Bytes::new());
                }
            }
            Wrote::Part(written) => match written.checked_sub(hello.len()) {
                Some(written) => {
                    let cut = rest.batch.cut(seen.seq, written);
                    self.means.backlog.meters.deliveries.increment(cut.seen - seen.seq);
                    catch_up::start(&self.means, Behind::cut(reader, cut));
                }
                None => self.follow(reader, seen, hello.slice(written..)),
            },
            Wrote::Gone => {}
        }
    }

    fn follow(&self, reader: Reader, seen: Cursor, rest: Bytes) {
        catch_up::start(&self.means, Behind { reader, seen, rest });
    }

    /// Makes what is missing after `seen`, from the ring. Says whether it is at hand.
    fn make_rest(&mut self, seen: u64, head: u64, view: &View) -> bool {
        let is_same = |rest: &Rest| (rest.seen, rest.head) == (seen, head) && rest.view.sees_the_same_as(view);
        if self.last_rest.as_ref().is_some_and(is_same) {
            return true;
        }
        let stretch = self.watched.ring().after(seen, ring::BYTES_MAX);
        let frames = match stretch {
            Stretch::Events(frames) => frames,
            Stretch::Nothing | Stretch::Older { .. } | Stretch::Beyond => return false,
        };
        self.last_rest = frames.last().map(|last| Rest {
            seen,
            head,
            view: view.clone(),
            batch: Batch::new(&frames, view),
            last: last.cursor(),
        });
        self.last_rest.is_some()
    }
}
