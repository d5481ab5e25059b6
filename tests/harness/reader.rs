//! A reader of a canvas: sees events in order, none twice, none missing, or says so.

use crate::block::{Block, Blocks};
use crate::catalogue;
use crate::until::{SOON, within};
use serde_json::Value;
use std::ops::RangeInclusive;
use subjects::event::{CanvasCommit, EventType, StreamEvent};

/// An open stream. It is read only when it is asked.
#[derive(Debug)]
pub struct Reader {
    blocks: Blocks,
    /// What it was greeted with.
    pub hello: Value,
    /// Where it stands: the last `id:` it saw.
    pub cursor: String,
    /// The `retry:` it was told.
    pub retry_ms: u64,
    last_seq: Option<u64>,
}

/// An event, as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `data:`, read in its form.
    pub body: StreamEvent<Value>,
}

impl Event {
    /// The commit in it.
    #[track_caller]
    pub fn commit(&self) -> CanvasCommit {
        assert_eq!(self.body.event_type, EventType::CanvasCommit);
        serde_json::from_value(self.body.data.clone()).expect("the data of a commit")
    }
}

impl Reader {
    /// Reads up to `hello`, which comes first. None when the stream ends before it.
    pub(crate) async fn greets(response: reqwest::Response) -> Option<Self> {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert!(header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")));
        assert!(header("cache-control").is_some_and(|said| said.contains("no-store")));
        let mut blocks = Blocks::of(response);
        let mut retry_ms = None;
        loop {
            let block = within(SOON, "hello", blocks.next()).await?;
            retry_ms = retry_ms.or(block.retry_ms);
            let Some(name) = block.event else { continue };
            assert_eq!(name, "hello", "the first event");
            let hello: Value = serde_json::from_str(&block.data.expect("hello says something")).expect("JSON");
            catalogue::check_event(&name, &hello);
            let cursor = block.id.unwrap_or_else(|| hello["cursor"].as_str().expect("a cursor").to_owned());
            let retry_ms = retry_ms.expect("retry is said");
            return Some(Self { blocks, hello, cursor, retry_ms, last_seq: None });
        }
    }

    /// The next block, of whatever kind; none when the stream was closed.
    pub async fn next_block(&mut self) -> Option<Block> {
        let block = within(SOON, "something on the stream", self.blocks.next()).await?;
        if let Some(id) = &block.id {
            self.cursor.clone_from(id);
        }
        Some(block)
    }

    /// The next event of the log; none when the stream was closed. Nothing else may come before it.
    pub async fn tries_next(&mut self) -> Option<Event> {
        loop {
            let block = self.next_block().await?;
            match block.event.as_deref() {
                None => assert_eq!(block.data, None, "data without a type"),
                Some("draining") => {}
                Some(name) => return Some(self.takes(name, &block)),
            }
        }
    }

    /// The next event of the log.
    pub async fn next_event(&mut self) -> Event {
        self.tries_next().await.expect("the stream stays open")
    }

    /// The next event of this type; others before it are passed over.
    pub async fn next_of(&mut self, event_type: EventType) -> Event {
        loop {
            let event = self.next_event().await;
            if event.body.event_type == event_type {
                return event;
            }
        }
    }

    /// Demands that all come next that `hello` did not know of yet, up to this rev.
    pub async fn sees_what_follows(&mut self, up_to: u64) -> Vec<Event> {
        let known = self.hello["head_rev"].as_u64().expect("a rev");
        assert!(known <= up_to, "{}", self.hello);
        self.sees_revs(known + 1..=up_to).await
    }

    /// Demands that the commits of these revs come next, and nothing else.
    pub async fn sees_revs(&mut self, revs: RangeInclusive<u64>) -> Vec<Event> {
        let mut events = Vec::new();
        for rev in revs {
            let event = self.next_event().await;
            assert_eq!(event.commit().rev, rev);
            events.push(event);
        }
        events
    }

    /// Reads to the end of the stream, which must come; gives what was said on the way.
    pub async fn sees_it_close(&mut self) -> Vec<Block> {
        let mut said = Vec::new();
        while let Some(block) = self.next_block().await {
            said.push(block);
        }
        said
    }

    fn takes(&mut self, name: &str, block: &Block) -> Event {
        let data = block.data.as_deref().unwrap_or_default();
        let json: Value = serde_json::from_str(data).unwrap_or_else(|error| panic!("{name}: {error}: {data}"));
        catalogue::check_event(name, &json);
        let body: StreamEvent<Value> =
            serde_json::from_str(data).unwrap_or_else(|error| panic!("{name} is no event: {error}: {data}"));
        assert_eq!(name, body.event_type.as_str(), "the event line is the type");
        assert_eq!(block.id, body.meta.cursor, "the id is the cursor");
        if let Some(seq) = body.seq {
            let after = self.last_seq.replace(seq);
            assert!(after.is_none_or(|last| seq > last), "{seq} came after {after:?}");
        }
        Event { body }
    }
}
