//! The lines of Server-Sent Events, to the letter: comments and blocks without data are seen, too.

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt};
use std::collections::VecDeque;

/// What stands between two empty lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// `id:`
    pub id: Option<String>,
    /// `event:`
    pub event: Option<String>,
    /// `data:`
    pub data: Option<String>,
    /// `retry:`
    pub retry_ms: Option<u64>,
    /// Lines that start with a colon.
    pub comments: Vec<String>,
}

impl Block {
    fn read(text: &str) -> Self {
        text.lines().fold(Self::default(), Self::line)
    }

    fn line(mut self, line: &str) -> Self {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match field {
            "" => self.comments.push(value),
            "id" => self.id = Some(value),
            "event" => self.event = Some(value),
            "retry" => self.retry_ms = Some(value.parse().expect("retry is a number")),
            "data" => {
                assert_eq!(self.data.replace(value), None, "data stands on one line");
            }
            _ => panic!("no field of Server-Sent Events: {line:?}"),
        }
        self
    }
}

/// The blocks of a body as it arrives. What is not asked for is not read.
pub(crate) struct Blocks {
    body: BoxStream<'static, reqwest::Result<Bytes>>,
    unread: Vec<u8>,
    ready: VecDeque<Block>,
}

impl Blocks {
    pub(crate) fn of(response: reqwest::Response) -> Self {
        Self { body: response.bytes_stream().boxed(), unread: Vec::new(), ready: VecDeque::new() }
    }

    /// The next one; none when the connection was closed, gently or not.
    pub(crate) async fn next(&mut self) -> Option<Block> {
        loop {
            if let Some(block) = self.ready.pop_front() {
                return Some(block);
            }
            self.unread.extend(self.body.next().await?.ok()?);
            self.split();
        }
    }

    fn split(&mut self) {
        let mut start = 0;
        while let Some(length) = self.unread[start..].windows(2).position(|pair| pair == b"\n\n") {
            let text = std::str::from_utf8(&self.unread[start..start + length]).expect("UTF-8");
            self.ready.push_back(Block::read(text));
            start += length + 2;
        }
        self.unread.drain(..start);
    }
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}
