//! Someone to whom a replay is played: sees what happened in a graft, once more.

use crate::ask::Ask;
use crate::block::{Block, Blocks};
use crate::catalogue;
use crate::person::Person;
use crate::until::{SOON, within};
use reqwest::Method;
use serde_json::Value;
use subjects::event::{EventType, StreamEvent};

/// A replay that is played. It is read only when it is asked.
#[derive(Debug)]
pub struct Playback {
    blocks: Blocks,
    /// What it began with.
    pub hello: Value,
    /// Where it stands: the last `id:` it saw.
    pub mark: String,
}

/// What is said next.
#[derive(Debug, Clone, PartialEq)]
pub enum Played {
    /// What happened.
    Event(Box<StreamEvent<Value>>),
    /// It is over: the rev and the document's hash.
    End(Value),
}

impl Person {
    /// A replay that is to be played.
    pub fn plays(&self, artifact_id: &str, speed: f64) -> Ask {
        self.asks(Method::GET, format!("/sse/replay/{artifact_id}")).query("speed", speed)
    }
}

impl Playback {
    /// Opens it, and sees `hello`.
    pub async fn opens(ask: Ask) -> Self {
        ask.learns_the_catalogue().await;
        let response = within(SOON, "a replay", ask.opens()).await.expect("an answer");
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
        let mut blocks = Blocks::of(response);
        let block = within(SOON, "hello", blocks.next()).await.expect("hello");
        assert!(block.event.as_deref() == Some("hello") && block.retry_ms.is_some(), "{block:?}");
        let hello = read(&block, "sse_replay_hello");
        Self { blocks, hello, mark: block.id.expect("a mark") }
    }

    /// What is said next; comments are passed over.
    pub async fn next(&mut self) -> Played {
        let block = loop {
            let block = within(SOON, "more of a replay", self.blocks.next()).await.expect("it goes on until its end");
            if block.event.is_some() {
                break block;
            }
        };
        self.mark.clone_from(block.id.as_ref().expect("a mark"));
        let name = block.event.as_deref().expect("an event");
        if name == "end" {
            return Played::End(read(&block, "sse_replay_end"));
        }
        let body: StreamEvent<Value> = serde_json::from_value(read(&block, name)).expect("an event");
        assert_eq!((body.event_type.as_str(), &body.meta.cursor, body.seq), (name, &block.id, None), "{block:?}");
        Played::Event(Box::new(body))
    }

    /// Everything up to the end, and the end; then the stream must close.
    pub async fn plays_out(&mut self) -> (Vec<StreamEvent<Value>>, Value) {
        let mut events = Vec::new();
        loop {
            match self.next().await {
                Played::Event(event) => events.push(*event),
                Played::End(end) => {
                    assert_eq!(within(SOON, "the stream closes", self.blocks.next()).await, None);
                    return (events, end);
                }
            }
        }
    }

    /// The next of what happened.
    pub async fn next_event(&mut self) -> StreamEvent<Value> {
        match self.next().await {
            Played::Event(event) => *event,
            Played::End(end) => panic!("it is over: {end}"),
        }
    }

    /// Reads to the end of the stream, which must come; gives what was said on the way.
    pub async fn sees_it_close(&mut self) -> Vec<Block> {
        let mut said = Vec::new();
        while let Some(block) = within(SOON, "the stream closes", self.blocks.next()).await {
            said.push(block);
        }
        said
    }
}

/// The gestures among events, by their payload.
pub fn gestures(events: &[StreamEvent<Value>]) -> Vec<&Value> {
    let gestures = events.iter().filter(|event| event.event_type == EventType::CanvasGesture);
    gestures.map(|event| &event.data["payload"]).collect()
}

fn read(block: &Block, name: &str) -> Value {
    let data: Value = serde_json::from_str(block.data.as_deref().unwrap_or_default()).expect("JSON");
    catalogue::check(name, &data);
    data
}
