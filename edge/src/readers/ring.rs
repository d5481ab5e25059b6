//! The recent events of one log, in order and without holes, up to its head.

use super::frame::Frame;
use crate::queries::log;
use std::collections::VecDeque;
use std::time::Instant;
use subjects::cursor::{BusPlace, Cursor};

/// The most events that a ring holds.
pub(crate) const EVENTS_MAX: usize = 512;
/// The most bytes that a ring holds, unless one event alone is larger.
pub(crate) const BYTES_MAX: usize = 256 * 1024;

/// Where a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its last event; 0 before the first.
    pub(crate) seq: u64,
    /// The rev of its last commit.
    pub(crate) rev: u64,
    /// Where the last event stands on the bus, where this is known.
    pub(crate) place: Option<BusPlace>,
}

impl Head {
    /// The place after the last event.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor { seq: self.seq, place: self.place }
    }
}

impl From<log::Head> for Head {
    fn from(head: log::Head) -> Self {
        Self { seq: head.seq, rev: head.rev, place: None }
    }
}

/// What an event is to those who have seen all up to the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They saw it.
    Seen,
    /// The next.
    Next,
    /// Others are missing before it.
    Hole,
}

/// What follows a place in the log, as far as the ring knows.
#[derive(Debug)]
pub(crate) enum Stretch {
    /// Nothing yet.
    Nothing,
    /// These, at least one.
    Events(Vec<Frame>),
    /// Something older than the ring, which begins at `first`.
    Older {
        /// The ring's first event, or where it would stand.
        first: u64,
    },
    /// The place lies beyond the head.
    Beyond,
}

/// The recent events of one log.
#[derive(Debug)]
pub(crate) struct Ring {
    frames: VecDeque<(Instant, Frame)>,
    bytes: usize,
    head: Head,
}

impl Ring {
    /// Empty, at `head`.
    pub(crate) fn new(head: Head) -> Self {
        Self { frames: VecDeque::new(), bytes: 0, head }
    }

    /// Where the log ends, as far as it was heard.
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// The first event that is here, or the one that would be.
    pub(crate) fn first(&self) -> u64 {
        self.head.seq + 1 - self.frames.len() as u64
    }

    /// What the event `seq` is to those who have seen all up to the head.
    pub(crate) fn judge(&self, seq: u64) -> Verdict {
        match seq.cmp(&(self.head.seq + 1)) {
            std::cmp::Ordering::Less => Verdict::Seen,
            std::cmp::Ordering::Equal => Verdict::Next,
            std::cmp::Ordering::Greater => Verdict::Hole,
        }
    }

    /// Takes `frame` in if it is the next; the oldest give way to it.
    pub(crate) fn take(&mut self, now: Instant, frame: &Frame) -> Verdict {
        let verdict = self.judge(frame.seq);
        if verdict == Verdict::Next {
            self.head = Head { seq: frame.seq, rev: frame.rev.unwrap_or(self.head.rev), place: frame.place };
            self.bytes += frame.block().len();
            self.frames.push_back((now, frame.clone()));
            while self.frames.len() > EVENTS_MAX || (self.bytes > BYTES_MAX && self.frames.len() > 1) {
                self.drop_oldest();
            }
        }
        verdict
    }

    /// Whether older events could still be put in front.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes < BYTES_MAX / 2 && self.frames.len() < EVENTS_MAX / 2
    }

    /// Puts what came just before the first event in front of it. Says no, and changes nothing, where that is
    /// not what `older` holds or where it does not fit.
    pub(crate) fn put_in_front(&mut self, now: Instant, older: &[Frame]) -> bool {
        let bytes: usize = older.iter().map(|frame| frame.block().len()).sum();
        let expected = (1..self.first()).rev().take(older.len());
        let fits = self.bytes + bytes <= BYTES_MAX && self.frames.len() + older.len() <= EVENTS_MAX;
        if !fits || !older.iter().rev().map(|frame| frame.seq).eq(expected) {
            return false;
        }
        self.bytes += bytes;
        for frame in older.iter().rev() {
            self.frames.push_front((now, frame.clone()));
        }
        true
    }

    /// What follows the event `seen`, at most `bytes_max` of it unless the first alone is larger.
    pub(crate) fn after(&self, seen: u64, bytes_max: usize) -> Stretch {
        if seen > self.head.seq {
            return Stretch::Beyond;
        }
        if seen == self.head.seq {
            return Stretch::Nothing;
        }
        let first = self.first();
        if seen + 1 < first {
            return Stretch::Older { first };
        }
        let rest = self.frames.range((seen + 1 - first) as usize..);
        Stretch::Events(within(bytes_max, rest.map(|(_, frame)| frame)))
    }

    /// Lets go of what was heard before `oldest`: it is in the log.
    pub(crate) fn forget_before(&mut self, oldest: Instant) {
        while self.frames.front().is_some_and(|(heard, _)| *heard < oldest) {
            self.drop_oldest();
        }
        if self.frames.is_empty() {
            self.frames = VecDeque::new();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, frame)) = self.frames.pop_front() {
            self.bytes -= frame.block().len();
        }
    }
}

/// As many frames as `bytes_max` holds, but at least the first.
pub(crate) fn within<'a>(bytes_max: usize, frames: impl Iterator<Item = &'a Frame>) -> Vec<Frame> {
    let mut bytes = 0;
    frames
        .take_while(|frame| {
            let is_first = bytes == 0;
            bytes += frame.block().len();
            is_first || bytes <= bytes_max
        })
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::commit;
    use super::*;

    fn ring(seqs: std::ops::RangeInclusive<u64>) -> Ring {
        let mut ring = Ring::new(Head { seq: seqs.start() - 1, rev: seqs.start() - 1, place: None });
        for seq in seqs {
            assert_eq!(ring.take(Instant::now(), &commit(seq)), Verdict::Next);
        }
        ring
    }

    fn seqs(stretch: Stretch) -> Result<Vec<u64>, &'static str> {
        match stretch {
            Stretch::Events(frames) => Ok(frames.iter().map(|frame| frame.seq).collect()),
            Stretch::Nothing => Err("nothing"),
            Stretch::Older { .. } => Err("older"),
            Stretch::Beyond => Err("beyond"),
        }
    }

    #[test]
    fn an_event_is_judged_by_its_number() {
        let ring = ring(4..=6);
        for (seq, verdict) in [(1, Verdict::Seen), (6, Verdict::Seen), (7, Verdict::Next), (8, Verdict::Hole)] {
            assert_eq!(ring.judge(seq), verdict, "{seq}");
        }
    }

    #[test]
    fn only_the_next_is_taken_in() {
        let mut ring = ring(4..=6);
        for seq in [6, 8] {
            ring.take(Instant::now(), &commit(seq));
            assert_eq!(ring.head().seq, 6);
        }
        ring.take(Instant::now(), &commit(7));
        assert_eq!((ring.head().seq, ring.head().rev, ring.first()), (7, 7, 4));
    }

    #[test]
    fn what_follows_a_place() {
        let ring = ring(4..=6);
        let check = |seen, expected| assert_eq!(seqs(ring.after(seen, BYTES_MAX)), expected);
        check(2, Err("older"));
        check(3, Ok(vec![4, 5, 6]));
        check(5, Ok(vec![6]));
        check(6, Err("nothing"));
        check(7, Err("beyond"));
        assert_eq!(seqs(ring.after(3, 1)), Ok(vec![4]));
        assert_eq!(seqs(ring.after(3, 2 * commit(4).block().len())), Ok(vec![4, 5]));
    }

    #[test]
    fn it_holds_no_more_than_its_limits() {
        let full = ring(1..=EVENTS_MAX as u64 + 9);
        assert!(full.frames.len() <= EVENTS_MAX && full.bytes <= BYTES_MAX);
        assert_eq!(full.first() + full.frames.len() as u64, full.head().seq + 1);
    }

    #[test]
    fn what_came_before_can_be_put_in_front() {
        let mut ring = ring(4..=6);
        let put = |ring: &mut Ring, seqs: &[u64]| {
            let frames: Vec<_> = seqs.iter().map(|seq| commit(*seq)).collect();
            ring.put_in_front(Instant::now(), &frames)
        };
        assert!(!put(&mut ring, &[1, 2]));
        assert!(!put(&mut ring, &[3, 4]));
        assert!(!put(&mut ring, &[1, 3]));
        assert!(put(&mut ring, &[2, 3]));
        assert_eq!(seqs(ring.after(1, BYTES_MAX)), Ok(vec![2, 3, 4, 5, 6]));
        assert!(!put(&mut ring, &[0, 1]));
        assert!(put(&mut ring, &[1]));
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let mut ring = ring(4..=6);
        let later = Instant::now();
        ring.take(later, &commit(7));
        ring.forget_before(later);
        assert_eq!((ring.first(), ring.head().seq), (7, 7));
    }
}
