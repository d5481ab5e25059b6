//! An event made ready to go out: sealed, framed once, and shared by all who read it.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use subjects::cursor::{BusPlace, Cursor};
use subjects::event::{Channel, EventType};
use subjects::routing::StreamKey;
use subjects::seal::SealKey;

/// What seals the cursors of one log.
#[derive(Debug, Clone)]
pub(crate) struct Seals {
    /// The deployment's.
    pub(crate) key: SealKey,
    /// The log.
    pub(crate) stream: StreamKey,
}

impl Seals {
    /// The cursor as the client holds it.
    pub(crate) fn seal(&self, cursor: Cursor) -> String {
        cursor.seal(&self.key, &self.stream)
    }
}

/// A truth event, sealed and framed. Clones share its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Its number in the log.
    pub(crate) seq: u64,
    /// Where it stands on the bus, where this is known.
    pub(crate) place: Option<BusPlace>,
    /// The rev that it made, where it is a commit.
    pub(crate) rev: Option<u64>,
    channel: Option<Channel>,
    /// An SSE block. Another framing takes the JSON out of it.
    block: Bytes,
    id_bytes: usize,
    json_at: usize,
}

const BLOCK_END: &str = "\n\n";

/// A line that is no truth event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Not of the envelope's form.
    #[error("the event is not of the envelope's form")]
    Form(#[from] serde_json::Error),
    /// It has no `seq`, or `meta` is no object.
    #[error("the event is not a truth event")]
    NotTruth,
}

/// What there is to know of an event without looking into it.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(rename = "type")]
    event_type: EventType,
    seq: Option<u64>,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    meta: &'a RawValue,
}

#[derive(Deserialize)]
struct Commit {
    rev: u64,
}

impl Frame {
    /// The event in `line`: one line of JSON without `meta.cursor`, which is added here.
    pub(crate) fn new(line: &str, seals: &Seals, place: Option<BusPlace>) -> Result<Self, Unreadable> {
        let outline: Outline<'_> = serde_json::from_str(line)?;
        let seq = outline.seq.ok_or(Unreadable::NotTruth)?;
        let cursor = seals.seal(Cursor { seq, place });
        let (before, after) = around_cursor(line, outline.meta)?;
        let name = outline.event_type.as_str();
        let head = format!("id: {cursor}\nevent: {name}\ndata: ");
        let block = [&head, before, ",\"cursor\":\"", &cursor, "\"", after, BLOCK_END].concat();
        Ok(Self {
            seq,
            place,
            rev: rev(&outline)?,
            channel: outline.event_type.channel(),
            id_bytes: "id: \n".len() + cursor.len(),
            json_at: head.len(),
            block: block.into(),
        })
    }

    /// The place after it.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor { seq: self.seq, place: self.place }
    }

    /// The channel that carries it; none means all of them.
    pub(crate) fn channel(&self) -> Option<Channel> {
        self.channel
    }

    /// The whole SSE block.
    pub(crate) fn block(&self) -> &Bytes {
        &self.block
    }

    /// The event alone, as it stands in the block.
    pub(crate) fn json(&self) -> &[u8] {
        &self.block[self.json_at..self.block.len() - BLOCK_END.len()]
    }

    /// The `id:` line of the SSE block.
    pub(crate) fn id_line(&self) -> &[u8] {
        &self.block[..self.id_bytes]
    }
}

/// The line's two parts, between which `meta.cursor` belongs.
fn around_cursor<'a>(line: &'a str, meta: &RawValue) -> Result<(&'a str, &'a str), Unreadable> {
    let meta_at = meta.get().as_ptr().addr() - line.as_ptr().addr();
    let end = meta_at + meta.get().len() - 1;
    if !meta.get().starts_with("{\"") || line.contains('\n') {
        return Err(Unreadable::NotTruth);
    }
    Ok(line.split_at(end))
}

fn rev(outline: &Outline<'_>) -> Result<Option<u64>, Unreadable> {
    if outline.event_type != EventType::CanvasCommit {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str::<Commit>(outline.data.get())?.rev))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn seals() -> Seals {
        Seals { key: SealKey::new(b"secret"), stream: "t_acme.dev.canvas.c1".parse().unwrap() }
    }

    pub(crate) fn line(event_type: &str, seq: u64) -> String {
        format!(
            r#"{{"v":1,"type":"{event_type}","ts":"2026-11-20T20:13:58.123Z","seq":{seq},"event_id":"0199a1b2-0000-7000-8000-000000000001","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","ids":{{}},"routing":{{"tenant_id":"t_acme","env":"dev"}},"data":{{"rev":{seq},"text":"{{}}é"}},"meta":{{"schema":"x/1","priority":"truth","persist":"always"}}}}"#
        )
    }

    pub(crate) fn commit(seq: u64) -> Frame {
        Frame::new(&line("canvas_commit", seq), &seals(), None).unwrap()
    }

    pub(crate) fn artifact(seq: u64) -> Frame {
        Frame::new(&line("artifact_written", seq), &seals(), None).unwrap()
    }

    #[test]
    fn a_frame_is_an_sse_block() {
        let place = Some(BusPlace { epoch: 7, sequence: 11 });
        let frame = Frame::new(&line("canvas_commit", 3), &seals(), place).unwrap();
        let cursor = seals().seal(Cursor { seq: 3, place });
        let json = line("canvas_commit", 3).replace("\"always\"}", &format!("\"always\",\"cursor\":\"{cursor}\"}}"));
        let block = format!("id: {cursor}\nevent: canvas_commit\ndata: {json}\n\n");
        assert_eq!(frame.block(), &block);
        assert_eq!(frame.id_line(), format!("id: {cursor}\n").as_bytes());
        assert_eq!(frame.json(), json.as_bytes());
        assert_eq!((frame.seq, frame.rev), (3, Some(3)));
        let event: subjects::event::RawEvent = serde_json::from_str(&json).unwrap();
        assert_eq!(event.meta.cursor, Some(cursor));
    }

    #[test]
    fn what_is_no_truth_event_is_not_framed() {
        for text in [
            "",
            "{}",
            &line("nonsense", 1),
            &line("canvas_commit", 1).replace("\"seq\":1", "\"seq\":null"),
            &line("canvas_commit", 1).replace(r#"{"schema":"x/1","priority":"truth","persist":"always"}"#, "{}"),
            &line("canvas_commit", 1).replace("\"rev\":1,", ""),
        ] {
            assert!(Frame::new(text, &seals(), None).is_err(), "{text}");
        }
    }
}
