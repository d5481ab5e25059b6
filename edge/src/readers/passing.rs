//! Events that pass and are kept nowhere, as readers get them: framed for each rail, counted, and said to have been dropped.

use super::channels::Channels;
use super::framing;
use super::view::{Keys, View};
use crate::access::Rail;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use subjects::event::{Channel, EventType, RawEvent, StreamEvent};

/// What is kept of the pieces of answers, for readers who could not take each of them.
const CHUNK_BYTES_MAX: usize = 64 * 1024;

/// An event that passes.
#[derive(Debug, Clone)]
pub(crate) struct Passer {
    event_type: EventType,
    rails: Rails,
    json: Bytes,
}

/// Which rails show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rails {
    /// Both.
    Both,
    /// The WebSocket alone.
    Ws,
}

/// `meta` stands last in an event: before these two something can be added to it.
const END: &[u8] = b"}}";

impl Passer {
    /// The event; none where it is truth, which does not pass.
    pub(crate) fn new(event: &RawEvent, rails: Rails) -> Option<Self> {
        let mut json = serde_json::to_vec(event).ok()?;
        // What stands in `data` is as its author wrote it. Outside of texts JSON does not care; SSE does.
        json.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        let passes = event.seq.is_none() && json.ends_with(END);
        passes.then(|| Self { event_type: event.event_type, rails, json: json.into() })
    }

    fn is_seen(&self, view: &View) -> bool {
        let is_shown = self.rails == Rails::Both || view.rail == Rail::Ws;
        is_shown && view.sees(self.event_type.channel(), || Keys::of(&self.json))
    }

    /// Adds it to a write, with how many were dropped before it.
    fn put(&self, rail: Rail, dropped: u32, to: &mut Vec<u8>) {
        let (before, end) = self.json.split_at(self.json.len() - END.len());
        let said = if dropped == 0 { String::new() } else { format!(",\"dropped\":{dropped}") };
        let parts = [before, said.as_bytes(), end];
        match rail {
            Rail::Ws => framing::put_text(to, &parts),
            Rail::Sse => {
                to.extend_from_slice(format!("event: {}\ndata: ", self.event_type.as_str()).as_bytes());
                parts.iter().for_each(|part| to.extend_from_slice(part));
                to.extend_from_slice(b"\n\n");
            }
        }
    }
}

/// Events that stand when a reader takes its place, as it sees them.
pub(crate) fn welcome(view: &View, events: &[RawEvent]) -> Vec<u8> {
    let mut text = Vec::new();
    let passers = events.iter().filter_map(|event| Passer::new(event, Rails::Both));
    passers.filter(|passer| passer.is_seen(view)).for_each(|passer| passer.put(view.rail, 0, &mut text));
    text
}

/// How many events have passed, by channel. A reader's own lag behind the feed's is what it was not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts([u32; Channel::ALL.len() + 1]);

impl Counts {
    fn add(&mut self, channel: Option<Channel>) {
        let count = &mut self.0[place(channel)];
        *count = count.wrapping_add(1);
    }

    /// How many of these channels have passed since `seen`.
    pub(crate) fn since(&self, seen: &Counts, channels: Channels) -> u32 {
        let asked = [None].into_iter().chain(Channel::ALL.map(Some)).filter(|channel| channels.see(*channel));
        asked.map(|channel| self.0[place(channel)].wrapping_sub(seen.0[place(channel)])).sum()
    }

    fn runs_since(&self, seen: &Counts) -> u32 {
        let runs = place(Some(Channel::Runs));
        self.0[runs].wrapping_sub(seen.0[runs])
    }
}

fn place(channel: Option<Channel>) -> usize {
    channel.map_or(0, |channel| channel as usize + 1)
}

/// What has passed in one feed.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    counts: Counts,
    /// The last pieces of answers, each with what had passed when it did.
    chunks: VecDeque<(Counts, Passer)>,
    chunk_bytes: usize,
}

impl Passage {
    /// How many have passed.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes note of what passes.
    pub(crate) fn note(&mut self, passers: &[Passer]) {
        for passer in passers {
            self.counts.add(passer.event_type.channel());
            if passer.event_type == EventType::TokenChunk {
                self.chunk_bytes += passer.json.len();
                self.chunks.push_back((self.counts, passer.clone()));
            }
        }
        while self.chunk_bytes > CHUNK_BYTES_MAX
            && let Some((_, oldest)) = self.chunks.pop_front()
        {
            self.chunk_bytes -= oldest.json.len();
        }
    }

    /// What a reader is told who was given what had passed at `seen`: what is left of the pieces that it missed, joined,
    /// and then `fresh`, the last of what passed. The first says how many were dropped for good.
    pub(crate) fn text(&self, view: &View, seen: &Counts, fresh: &[Passer]) -> Vec<u8> {
        let mut before = self.counts;
        fresh.iter().for_each(|passer| {
            let count = &mut before.0[place(passer.event_type.channel())];
            *count = count.wrapping_sub(1);
        });
        let missed = before.since(seen, view.channels);
        let chunks: Vec<_> = if missed == 0 { Vec::new() } else { self.chunks_between(seen, &before, view) };
        let mut dropped = missed.saturating_sub(u32::try_from(chunks.len()).unwrap_or(u32::MAX));
        let (joined, mut text) = (join(&chunks), Vec::new());
        for passer in joined.iter().chain(fresh.iter().filter(|passer| passer.is_seen(view))) {
            passer.put(view.rail, std::mem::take(&mut dropped), &mut text);
        }
        text
    }

    /// Whether a reader missed something that can still be given to it.
    pub(crate) fn is_owed(&self, view: &View, seen: &Counts) -> bool {
        let is_missed = |(counts, _): &(Counts, Passer)| counts.runs_since(seen).cast_signed() > 0;
        view.channels.see(Some(Channel::Runs)) && self.chunks.back().is_some_and(is_missed)
    }

    fn chunks_between(&self, seen: &Counts, until: &Counts, view: &View) -> Vec<&Passer> {
        let is_missed =
            |counts: &Counts| counts.runs_since(seen).cast_signed() > 0 && until.runs_since(counts).cast_signed() >= 0;
        let missed = self.chunks.iter().filter(|(counts, _)| is_missed(counts));
        missed.map(|(_, passer)| passer).filter(|passer| passer.is_seen(view)).collect()
    }
}

/// The data of `token_chunk`. Pieces that were joined say which is the last of them.
#[derive(Debug, Serialize, Deserialize)]
struct Chunk {
    run_id: String,
    index: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    text: String,
}

/// The pieces, with those joined that follow each other in one run.
fn join(pieces: &[&Passer]) -> Vec<Passer> {
    let mut joined: Vec<StreamEvent<Chunk>> = Vec::new();
    for piece in pieces {
        let Ok(next) = serde_json::from_slice::<StreamEvent<Chunk>>(&piece.json) else { continue };
        match joined.iter_mut().rev().find(|event| event.data.run_id == next.data.run_id) {
            Some(before) if before.data.until.unwrap_or(before.data.index) + 1 == next.data.index => {
                before.data.until = Some(next.data.until.unwrap_or(next.data.index));
                before.data.text.push_str(&next.data.text);
            }
            Some(_) | None => joined.push(next),
        }
    }
    let passer = |event: &StreamEvent<Chunk>| {
        let json = serde_json::to_vec(event).ok()?;
        Some(Passer { event_type: event.event_type, rails: Rails::Both, json: json.into() })
    };
    joined.iter().filter_map(passer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn passer(event_type: &str, data: &str) -> Passer {
        let event = format!(
            r#"{{"v":1,"type":"{event_type}","ts":"2026-11-20T20:13:58.123Z","seq":null,"event_id":"0199a1b2-0000-7000-8000-000000000001","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","ids":{{"request_id":null,"correlation_id":null,"run_id":null,"step_id":null}},"routing":{{"tenant_id":"t_acme","env":"dev"}},"data":{data},"meta":{{"schema":"x/1","priority":"info","persist":"never"}}}}"#
        );
        Passer::new(&serde_json::from_str(&event).unwrap(), Rails::Both).unwrap()
    }

    fn chunk(index: u64) -> Passer {
        passer("token_chunk", &format!("{{\"run_id\":\"r\",\n\"index\":{index},\"text\":\"<{index}>\"}}"))
    }

    fn view(rail: Rail) -> View {
        View::of(rail, Channels::of(&[Channel::Runs, Channel::Gestures]))
    }

    /// What an SSE reader with this lag is told: of each event its data and how many were dropped before it.
    fn told(passage: &Passage, seen: &Counts, fresh: &[Passer]) -> Vec<(Value, Value)> {
        let text = String::from_utf8(passage.text(&view(Rail::Sse), seen, fresh)).unwrap();
        let data = text.split_terminator("\n\n").map(|block| block.split_once("\ndata: ").unwrap().1);
        let event = data.map(|data| serde_json::from_str::<Value>(data).unwrap());
        event.map(|event| (event["data"].clone(), event["meta"]["dropped"].clone())).collect()
    }

    #[test]
    fn who_takes_everything_is_told_each() {
        let mut passage = Passage::default();
        for passer in [chunk(0), passer("canvas_gesture", "{}"), chunk(1)] {
            let seen = passage.counts();
            passage.note(std::slice::from_ref(&passer));
            let told = told(&passage, &seen, std::slice::from_ref(&passer));
            assert!(matches!(told.as_slice(), [(_, Value::Null)]), "{told:?}");
        }
        assert_eq!(told(&passage, &passage.counts(), &[]), []);
    }

    #[test]
    fn who_missed_some_is_given_the_pieces_joined_and_told_how_many_were_dropped() {
        let mut passage = Passage::default();
        let seen = passage.counts();
        let gesture = passer("canvas_gesture", "{}");
        let presence = passer("presence_state", "{}");
        passage.note(&[chunk(3), gesture.clone(), chunk(4), presence, gesture, chunk(5), chunk(9)]);
        assert!(passage.is_owed(&view(Rail::Sse), &seen) && !passage.is_owed(&view(Rail::Sse), &passage.counts()));
        let last = [passer("run_end", "{}")];
        passage.note(&last);
        let told = told(&passage, &seen, &last);
        let joined = serde_json::json!({"run_id":"r","index":3,"until":5,"text":"<3><4><5>"});
        let alone = serde_json::json!({"run_id":"r","index":9,"text":"<9>"});
        let expected = [(joined, Value::from(2)), (alone, Value::Null), (serde_json::json!({}), Value::Null)];
        assert_eq!(told, expected, "two gestures were dropped; presence was not asked for");
    }

    #[test]
    fn what_only_the_websocket_shows_is_hidden_on_sse() {
        let gesture = Passer { rails: Rails::Ws, ..passer("canvas_gesture", "{}") };
        let mut passage = Passage::default();
        let seen = passage.counts();
        passage.note(std::slice::from_ref(&gesture));
        let fresh = std::slice::from_ref(&gesture);
        assert!(passage.text(&view(Rail::Sse), &seen, fresh).is_empty());
        assert!(!passage.text(&view(Rail::Ws), &seen, fresh).is_empty());
    }

    #[test]
    fn truth_does_not_pass() {
        let json = std::str::from_utf8(&chunk(0).json).unwrap().replace("\"seq\":null", "\"seq\":1");
        assert!(Passer::new(&serde_json::from_str(&json).unwrap(), Rails::Both).is_none());
    }
}
