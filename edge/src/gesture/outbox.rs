//! Gestures on their way out, by canvas: each actor's newest of a kind, and at most 20 messages a second. Pure.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};
use subjects::command::Actor;
use subjects::event::RawEvent;
use subjects::gesture::GestureKind;
use subjects::ids::SessionId;
use subjects::passing::Passing;
use subjects::routing::StreamKey;

/// What is shown within this time goes out together.
pub(super) const GAP: Duration = Duration::from_millis(50);
/// What one message carries of gestures, well below the largest one.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// What an envelope takes beside its data, about.
pub(super) const ENVELOPE_BYTES: usize = 768;
/// What may wait on one canvas. What does not fit is dropped.
const WAITING_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;

/// Gestures on their way out.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    canvases: HashMap<StreamKey, Waiting>,
}

/// What waits on one canvas, and since when the next message may go.
#[derive(Debug)]
struct Waiting {
    /// In the order of their rails: a message goes to one or the other.
    gestures: BTreeMap<Hand, RawEvent>,
    bytes: usize,
    free_at: Instant,
}

/// Which rails show a gesture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Rails {
    /// The WebSocket alone.
    Ws,
    /// Both.
    Both,
}

/// Whose gesture of which kind: a newer one takes the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Hand {
    /// Who sees it.
    pub(super) rails: Rails,
    /// Who.
    pub(super) actor: Actor,
    /// In which of their sittings.
    pub(super) session_id: Option<SessionId>,
    /// What.
    pub(super) kind: GestureKind,
}

/// What became of a gesture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It waits.
    Waits,
    /// It waits in the place of one that nobody saw.
    Replaced,
    /// There was no room for it.
    Dropped,
}

impl Outbox {
    /// Takes in a gesture.
    pub(super) fn put(&mut self, now: Instant, stream: &StreamKey, hand: Hand, event: RawEvent) -> Put {
        let waiting = self.canvases.entry(stream.clone()).or_insert_with(|| Waiting::since(now));
        let bytes = event.data.get().len() + ENVELOPE_BYTES;
        if waiting.bytes + bytes > WAITING_BYTES_MAX {
            return Put::Dropped;
        }
        waiting.bytes += bytes;
        match waiting.gestures.insert(hand, event) {
            Some(before) => {
                waiting.bytes -= before.data.get().len() + ENVELOPE_BYTES;
                Put::Replaced
            }
            None => Put::Waits,
        }
    }

    /// The messages that may go now.
    pub(super) fn take(&mut self, now: Instant) -> Vec<(StreamKey, Passing)> {
        let mut messages = Vec::new();
        self.canvases.retain(|stream, waiting| {
            if waiting.free_at > now {
                return true;
            }
            let gestures = std::mem::take(&mut waiting.gestures);
            messages.extend(packed(gestures).into_iter().map(|passing| (stream.clone(), passing)));
            // One that was silent for so long is forgotten.
            let was_silent = waiting.bytes == 0;
            *waiting = Waiting::since(now + GAP);
            !was_silent
        });
        messages
    }

    /// When the next messages may go; none where nothing waits and nothing is to be forgotten.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.canvases.values().map(|waiting| waiting.free_at).min()
    }
}

impl Waiting {
    fn since(free_at: Instant) -> Self {
        Self { gestures: BTreeMap::new(), bytes: 0, free_at }
    }
}

/// As few messages as hold them all.
fn packed(gestures: BTreeMap<Hand, RawEvent>) -> Vec<Passing> {
    let mut messages: Vec<(Rails, usize, Vec<RawEvent>)> = Vec::new();
    for (Hand { rails, .. }, event) in gestures {
        let bytes = event.data.get().len() + ENVELOPE_BYTES;
        match messages.last_mut() {
            Some((same, taken, events)) if *same == rails && *taken + bytes <= MESSAGE_BYTES_MAX => {
                *taken += bytes;
                events.push(event);
            }
            Some(_) | None => messages.push((rails, bytes, vec![event])),
        }
    }
    let passing = |(rails, _, events)| match rails {
        Rails::Ws => Passing::WsEvents(events),
        Rails::Both => Passing::Events(events),
    };
    messages.into_iter().map(passing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use subjects::ids::ActorType;

    fn stream() -> StreamKey {
        "t_a.dev.canvas.c".parse().unwrap()
    }

    fn event(text: &str) -> RawEvent {
        let event = format!(
            r#"{{"v":1,"type":"canvas_gesture","ts":"2026-11-20T20:13:58.123Z","seq":null,"event_id":"0199a1b2-0000-7000-8000-000000000001","trace_id":"","span_id":"","ids":{{"request_id":null,"correlation_id":null,"run_id":null,"step_id":null}},"routing":{{"tenant_id":"t_a","env":"dev"}},"data":"{text}","meta":{{"schema":"","priority":"gesture","persist":"never"}}}}"#
        );
        serde_json::from_str(&event).unwrap()
    }

    fn hand(rails: Rails, name: &str, kind: GestureKind) -> Hand {
        Hand {
            rails,
            actor: Actor { actor_id: name.parse().unwrap(), actor_type: ActorType::Human },
            session_id: None,
            kind,
        }
    }

    /// What went out: which rails, and the data.
    fn taken(outbox: &mut Outbox, now: Instant) -> Vec<(Rails, Vec<String>)> {
        let data = |events: Vec<RawEvent>| events.iter().map(|event| event.data.get().to_owned()).collect();
        let messages = outbox.take(now).into_iter().map(|(_, passing)| match passing {
            Passing::WsEvents(events) => (Rails::Ws, data(events)),
            Passing::Events(events) => (Rails::Both, data(events)),
        });
        messages.collect()
    }

    #[test]
    fn the_newest_of_a_kind_goes_out() {
        let (mut outbox, now) = (Outbox::default(), Instant::now());
        let mut put = |at_ms, name, kind, text, expected| {
            let put =
                outbox.put(now + Duration::from_millis(at_ms), &stream(), hand(Rails::Ws, name, kind), event(text));
            assert_eq!(put, expected, "{text}");
        };
        put(0, "a", GestureKind::Drag, "1", Put::Waits);
        put(0, "a", GestureKind::Drag, "2", Put::Replaced);
        put(0, "b", GestureKind::Drag, "3", Put::Waits);
        put(0, "a", GestureKind::Caret, "4", Put::Waits);
        let quoted = |texts: &[&str]| texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>();
        assert_eq!(taken(&mut outbox, now), [(Rails::Ws, quoted(&["4", "2", "3"]))]);
        // The first goes at once, the next not before its time.
        outbox.put(now, &stream(), hand(Rails::Ws, "a", GestureKind::Drag), event("5"));
        assert_eq!(outbox.wake_at(), Some(now + GAP));
        assert_eq!(taken(&mut outbox, now + GAP / 2), []);
        assert_eq!(taken(&mut outbox, now + GAP), [(Rails::Ws, quoted(&["5"]))]);
        assert_eq!(taken(&mut outbox, now + 2 * GAP), []);
        assert_eq!(outbox.wake_at(), None, "who is silent is forgotten");
    }

    #[test]
    fn the_rails_of_a_flag_that_changed_meanwhile_are_kept_apart() {
        let (mut outbox, now) = (Outbox::default(), Instant::now());
        outbox.put(now, &stream(), hand(Rails::Both, "a", GestureKind::Drag), event("1"));
        outbox.put(now, &stream(), hand(Rails::Ws, "a", GestureKind::Drag), event("2"));
        let rails: Vec<_> = taken(&mut outbox, now).into_iter().map(|(rails, _)| rails).collect();
        assert_eq!(rails, [Rails::Ws, Rails::Both]);
    }

    #[test]
    fn what_waits_is_bounded_and_goes_in_bounded_messages() {
        let (mut outbox, now) = (Outbox::default(), Instant::now());
        let large = event(&"x".repeat(4_000));
        let puts: Vec<_> = (0..1_000)
            .map(|n| outbox.put(now, &stream(), hand(Rails::Ws, &format!("u{n}"), GestureKind::Drag), large.clone()))
            .collect();
        let dropped = puts.iter().filter(|put| **put == Put::Dropped).count();
        let messages = taken(&mut outbox, now);
        let sent: usize = messages.iter().map(|(_, events)| events.len()).sum();
        assert!(dropped > 0 && sent + dropped == 1_000, "{sent} + {dropped}");
        let bytes = |events: &[String]| events.iter().map(String::len).sum::<usize>();
        assert!(messages.iter().all(|(_, events)| bytes(events) <= MESSAGE_BYTES_MAX) && messages.len() > 3);
    }
}
