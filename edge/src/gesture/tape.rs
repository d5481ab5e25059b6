//! Gestures on their way to be recorded, by canvas, none left out: gathered for a moment, within a bound of memory. Pure.

use super::outbox::ENVELOPE_BYTES;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};
use subjects::event::RawEvent;
use subjects::routing::StreamKey;

/// What is made on a canvas within this time is recorded together.
const GATHER: Duration = Duration::from_millis(100);
/// What one message carries of gestures. The next gesture goes with the next.
const PIECE_BYTES_MAX: usize = 64 * 1024;
/// What all canvases may hold here, waiting and under way. What does not fit is not recorded.
const HELD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Gestures on their way to be recorded.
#[derive(Debug, Default)]
pub(super) struct Tape {
    gathering: HashMap<StreamKey, Gathering>,
    whole: VecDeque<Piece>,
    /// How many pieces of a canvas are whole and not settled.
    unsettled: HashMap<StreamKey, usize>,
    held_bytes: usize,
}

#[derive(Debug)]
struct Gathering {
    events: Vec<RawEvent>,
    bytes: usize,
    due: Instant,
}

/// Gestures of one canvas that are recorded by one message.
#[derive(Debug)]
pub(super) struct Piece {
    /// Of which canvas.
    pub(super) stream: StreamKey,
    /// In the order in which they were made here.
    pub(super) events: Vec<RawEvent>,
    bytes: usize,
}

impl Piece {
    /// What remains of a piece once it is written for the bus.
    pub(super) fn stub(&self) -> Self {
        Self { stream: self.stream.clone(), events: Vec::new(), bytes: self.bytes }
    }
}

impl Tape {
    /// Takes in a gesture. Says whether there was room for it.
    pub(super) fn put(&mut self, now: Instant, stream: &StreamKey, event: RawEvent) -> bool {
        let bytes = event.data.get().len() + ENVELOPE_BYTES;
        if self.held_bytes + bytes > HELD_BYTES_MAX {
            return false;
        }
        if self.gathering.get(stream).is_some_and(|gathering| gathering.bytes + bytes > PIECE_BYTES_MAX) {
            self.cut(stream);
        }
        self.held_bytes += bytes;
        let begun = || Gathering { events: Vec::new(), bytes: 0, due: now + GATHER };
        let gathering = self.gathering.entry(stream.clone()).or_insert_with(begun);
        gathering.bytes += bytes;
        gathering.events.push(event);
        true
    }

    /// Gathers no longer for this canvas: the next piece begins.
    pub(super) fn cut(&mut self, stream: &StreamKey) {
        let Some(Gathering { events, bytes, .. }) = self.gathering.remove(stream) else { return };
        *self.unsettled.entry(stream.clone()).or_default() += 1;
        self.whole.push_back(Piece { stream: stream.clone(), events, bytes });
    }

    /// Gathers no longer for any canvas.
    pub(super) fn cut_all(&mut self) {
        let all: Vec<_> = self.gathering.keys().cloned().collect();
        all.iter().for_each(|stream| self.cut(stream));
    }

    /// The next piece that is to go now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Piece> {
        if self.whole.is_empty() {
            let due: Vec<_> = self.gathering.iter().filter(|(_, gathering)| gathering.due <= now).collect();
            let due: Vec<_> = due.into_iter().map(|(stream, _)| stream.clone()).collect();
            due.iter().for_each(|stream| self.cut(stream));
        }
        self.whole.pop_front()
    }

    /// When the next piece is to go; none where nothing is gathered.
    pub(super) fn wake_at(&self, now: Instant) -> Option<Instant> {
        if !self.whole.is_empty() {
            return Some(now);
        }
        self.gathering.values().map(|gathering| gathering.due).min()
    }

    /// The bus has the piece, or it was given up.
    pub(super) fn settle(&mut self, piece: &Piece) {
        self.held_bytes -= piece.bytes;
        if let Some(left) = self.unsettled.get_mut(&piece.stream) {
            *left -= 1;
            if *left == 0 {
                self.unsettled.remove(&piece.stream);
            }
        }
    }

    /// Whether nothing of the canvas is under way.
    pub(super) fn is_settled(&self, stream: &StreamKey) -> bool {
        !self.gathering.contains_key(stream) && !self.unsettled.contains_key(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str) -> StreamKey {
        format!("t_a.dev.canvas.{name}").parse().unwrap()
    }

    fn event(text: &str) -> RawEvent {
        let event = format!(
            r#"{{"v":1,"type":"canvas_gesture","ts":"2026-11-20T20:13:58.123Z","seq":null,"event_id":"0199a1b2-0000-7000-8000-000000000001","trace_id":"","span_id":"","ids":{{"request_id":null,"correlation_id":null,"run_id":null,"step_id":null}},"routing":{{"tenant_id":"t_a","env":"dev"}},"data":"{text}","meta":{{"schema":"","priority":"gesture","persist":"never"}}}}"#
        );
        serde_json::from_str(&event).unwrap()
    }

    fn texts(piece: &Piece) -> Vec<&str> {
        piece.events.iter().map(|event| event.data.get().trim_matches('"')).collect()
    }

    #[test]
    fn what_is_gathered_goes_after_a_moment_and_nothing_takes_its_place() {
        let (mut tape, now) = (Tape::default(), Instant::now());
        assert_eq!(tape.wake_at(now), None);
        for text in ["1", "2", "3"] {
            assert!(tape.put(now, &stream("c"), event(text)));
        }
        assert!(tape.put(now + GATHER / 2, &stream("d"), event("4")));
        assert!(tape.next(now).is_none());
        assert_eq!(tape.wake_at(now), Some(now + GATHER));
        let piece = tape.next(now + GATHER).unwrap();
        assert_eq!((texts(&piece), &piece.stream), (vec!["1", "2", "3"], &stream("c")));
        assert!(tape.next(now + GATHER).is_none() && !tape.is_settled(&stream("c")));
        tape.settle(&piece.stub());
        assert!(tape.is_settled(&stream("c")) && !tape.is_settled(&stream("d")));
        tape.cut_all();
        let piece = tape.next(now).unwrap();
        tape.settle(&piece);
        assert!(tape.is_settled(&stream("d")) && tape.held_bytes == 0);
    }

    #[test]
    fn pieces_and_memory_are_bounded() {
        let (mut tape, now) = (Tape::default(), Instant::now());
        let large = event(&"x".repeat(4_000));
        let mut taken = 0;
        while tape.put(now, &stream(&format!("c{}", taken % 3)), large.clone()) {
            taken += 1;
        }
        assert!(taken * 4_000 > HELD_BYTES_MAX / 2);
        tape.cut_all();
        let mut came = 0;
        while let Some(piece) = tape.next(now) {
            assert!(piece.bytes <= PIECE_BYTES_MAX);
            came += piece.events.len();
            tape.settle(&piece.stub());
        }
        assert_eq!((came, tape.held_bytes), (taken, 0));
        assert!(tape.unsettled.is_empty() && tape.put(now, &stream("c0"), large));
    }
}
