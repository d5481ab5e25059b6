//! Whatever happens on the bus and to its readers, each reader has every event once and in order.

use super::batch::Batch;
use super::channels::Channels;
use super::frame::tests::{artifact, commit};
use super::frame::{Frame, tests::seals};
use super::ring::{BYTES_MAX, Head, Ring, Stretch, Verdict};
use super::splice::{Asked, Splice, splice};
use super::view::View;
use crate::access::Rail;
use proptest::prelude::*;
use std::time::Instant;
use subjects::cursor::Cursor;
use subjects::event::Channel;

/// What can happen.
#[derive(Debug, Clone)]
enum Happening {
    /// So many events become true.
    Commit(u8),
    /// The bus brings an event, whichever it is: late, twice, or before its time.
    Bring(prop::sample::Index),
    /// Somebody comes, at any cursor.
    Attach(prop::sample::Index),
    /// A reader's socket takes only so much of the next write.
    Clog(prop::sample::Index, u16),
    /// A reader that is behind takes its next piece.
    Follow(prop::sample::Index),
    /// The ring is emptied.
    Forget,
    /// The sweep compares with the log.
    Sweep,
}

fn happening() -> impl Strategy<Value = Happening> {
    let any_one = any::<prop::sample::Index>;
    prop_oneof![
        3 => (1_u8..6).prop_map(Happening::Commit),
        6 => any_one().prop_map(Happening::Bring),
        2 => any_one().prop_map(Happening::Attach),
        1 => (any_one(), any::<u16>()).prop_map(|(who, bytes)| Happening::Clog(who, bytes)),
        3 => any_one().prop_map(Happening::Follow),
        1 => Just(Happening::Forget),
        1 => Just(Happening::Sweep),
    ]
}

/// A reader, and what came out of its socket.
#[derive(Debug)]
struct Reader {
    began: u64,
    seen: u64,
    is_live: bool,
    room: Option<usize>,
    rest: Vec<u8>,
    text: Vec<u8>,
}

/// The pure parts, put together as the feed, the seating and the catch-up do.
struct World {
    log: Vec<Frame>,
    ring: Ring,
    readers: Vec<Reader>,
}

impl World {
    fn new() -> Self {
        let start = Head { seq: 0, rev: 0, place: None };
        Self { log: Vec::new(), ring: Ring::new(start), readers: Vec::new() }
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Commit(count) => (0..*count).for_each(|_| self.commit()),
            Happening::Bring(which) if !self.log.is_empty() => self.bring(which.index(self.log.len())),
            Happening::Attach(at) => self.attach(at.index(self.log.len() + 2) as u64),
            Happening::Clog(who, bytes) if !self.readers.is_empty() => {
                let who = who.index(self.readers.len());
                self.readers[who].room = Some(usize::from(*bytes) % 3_000);
            }
            Happening::Follow(who) if !self.readers.is_empty() => {
                self.follow(who.index(self.readers.len()));
            }
            Happening::Forget => self.ring.forget_before(Instant::now()),
            Happening::Sweep => self.fill(),
            Happening::Bring(_) | Happening::Clog(..) | Happening::Follow(_) => {}
        }
    }

    fn commit(&mut self) {
        let seq = self.log.len() as u64 + 1;
        let frame = if seq.is_multiple_of(3) { artifact(seq) } else { commit(seq) };
        self.log.push(frame);
    }

    fn bring(&mut self, at: usize) {
        let frame = self.log[at].clone();
        match self.ring.take(Instant::now(), &frame) {
            Verdict::Seen => {}
            Verdict::Next => self.deliver(&[frame]),
            Verdict::Hole => self.fill_until(frame.seq),
        }
    }

    fn fill(&mut self) {
        self.fill_until(self.log.len() as u64);
    }

    fn fill_until(&mut self, until: u64) {
        let missing = self.log[self.ring.head().seq as usize..until as usize].to_vec();
        for frame in &missing {
            assert_eq!(self.ring.take(Instant::now(), frame), Verdict::Next);
        }
        self.deliver(&missing);
    }

    fn attach(&mut self, cursor: u64) {
        let asked = Asked::After(Cursor::after(cursor));
        let began = match splice(asked, self.log.len() as u64) {
            Splice::Resumed(cursor) => cursor.seq,
            Splice::Live(_) => self.ring.head().seq,
        };
        self.readers.push(Reader {
            began,
            seen: began,
            is_live: false,
            room: None,
            rest: Vec::new(),
            text: Vec::new(),
        });
        self.follow(self.readers.len() - 1);
    }

    fn deliver(&mut self, frames: &[Frame]) {
        if frames.is_empty() {
            return;
        }
        let batch = Batch::new(frames, &everything());
        for reader in self.readers.iter_mut().filter(|reader| reader.is_live) {
            write(reader, &batch, frames[0].seq - 1);
            reader.is_live = reader.rest.is_empty() && reader.seen == self.ring.head().seq;
        }
    }

    /// One piece of the backlog, or a seat among the live.
    fn follow(&mut self, who: usize) {
        let reader = &mut self.readers[who];
        if reader.is_live {
            return;
        }
        reader.text.append(&mut reader.rest);
        let frames = match self.ring.after(reader.seen, BYTES_MAX) {
            Stretch::Nothing => {
                reader.is_live = true;
                return;
            }
            // It waits for what it saw elsewhere.
            Stretch::Beyond => return,
            Stretch::Events(frames) => frames,
            Stretch::Older { first } => self.log[reader.seen as usize..first as usize - 1].to_vec(),
        };
        write(reader, &Batch::new(&frames, &everything()), reader.seen);
    }

    /// Everything calms down.
    fn settle(&mut self) {
        self.fill();
        for who in 0..self.readers.len() {
            self.readers[who].room = None;
            while !self.readers[who].is_live {
                self.follow(who);
            }
        }
    }
}

fn everything() -> View {
    View::of(Rail::Sse, Channels::of(&[Channel::Commits, Channel::Artifacts]))
}

fn write(reader: &mut Reader, batch: &Batch, before: u64) {
    let written = reader.room.take().unwrap_or(usize::MAX).min(batch.text().len());
    let cut = batch.cut(before, written);
    reader.text.extend_from_slice(&batch.text()[..written]);
    reader.seen = cut.seen;
    reader.rest = cut.rest.to_vec();
}

/// The events of a stream as its reader takes them.
fn seqs(text: &[u8]) -> Vec<u64> {
    let text = std::str::from_utf8(text).unwrap();
    let data = text.split_terminator("\n\n").map(|block| block.rsplit_once("data: ").unwrap().1);
    let event = |data| serde_json::from_str::<subjects::event::RawEvent>(data).unwrap();
    data.map(event)
        .map(|event| {
            let cursor = Cursor::open(&event.meta.cursor.unwrap(), &seals().key, &seals().stream);
            assert_eq!(cursor.map(|cursor| Some(cursor.seq)), Ok(event.seq));
            event.seq.unwrap()
        })
        .collect()
}

proptest! {
    #[test]
    fn each_reader_has_every_event_once_and_in_order(happenings in prop::collection::vec(happening(), 0..60)) {
        let mut world = World::new();
        for happening in &happenings {
            world.happen(happening);
        }
        world.settle();
        for reader in &world.readers {
            let expected: Vec<_> = (reader.began + 1..=world.log.len() as u64).collect();
            prop_assert_eq!(seqs(&reader.text), expected);
        }
    }
}
