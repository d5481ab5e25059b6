//! What the run and a process of readers say to each other, a line of JSON each.

use crate::latency::Summary;
use serde::{Deserialize, Serialize};

/// Who the readers are. The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Header lines of every request, each with its line end.
    pub(crate) headers: String,
    pub(crate) groups: Vec<Group>,
}

/// Readers of one stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) path: String,
    pub(crate) rail: Rail,
    pub(crate) readers: usize,
    /// How fast each reads; none is as fast as it can.
    pub(crate) bytes_per_s: Option<u32>,
}

/// How readers listen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Rail {
    /// To Server-Sent Events.
    Sse,
    /// To one subscription on a WebSocket each.
    Ws {
        /// Of this canvas.
        canvas_id: String,
    },
}

/// What the readers are to do. Each order is answered by one report, when it is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Connect all to `host:port`, each from where it left off, and hear `hello`.
    Open { at: String },
    /// Drop all connections.
    Close,
    /// Count from nothing.
    Reset,
    /// Go on until every reader has seen this event of its stream.
    Await { seq: u64 },
    /// Read as fast as can be from now on.
    Hasten,
    /// Say how it stands.
    Tell,
}

/// How it stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Why the order could not be carried out.
    pub(crate) failed: Option<String>,
    /// Connections that are open and have heard `hello`.
    pub(crate) open: usize,
    /// The least event that any reader has seen last.
    pub(crate) seen_min: u64,
    /// Numbered events that were delivered.
    pub(crate) events: u64,
    /// Their bytes as they came, blank line included.
    pub(crate) bytes: u64,
    /// Events that came twice.
    pub(crate) repeats: u64,
    /// Events that were left out.
    pub(crate) holes: u64,
    /// `reset` events, and `hello`s that refused a cursor.
    pub(crate) resets: u64,
    /// Connections that the server closed.
    pub(crate) closed: u64,
    /// From the last `Open` to the last numbered event.
    pub(crate) open_to_last_us: u64,
    /// From an event's `sent_us` until it was read.
    pub(crate) latency: Summary,
}

impl Report {
    /// Whether every event came to every reader once.
    pub(crate) fn is_whole(&self) -> bool {
        (self.repeats, self.holes, self.resets, self.closed) == (0, 0, 0, 0)
    }

    /// What went wrong, in words.
    pub(crate) fn faults(&self) -> String {
        let Self { repeats, holes, resets, closed, .. } = self;
        format!("{holes} left out, {repeats} twice, {resets} resets, {closed} closed")
    }
}
