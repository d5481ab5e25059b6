//! What is registered: which canvases and threads there are, whose they are, and where they belong.

mod body;
mod filter;
pub mod list;
mod lookup;
pub mod register;
pub mod threads;

pub use body::CanvasBody;
pub use filter::Filter;
pub use lookup::Registry;

use chrono::{DateTime, Utc};
use subjects::control::Home;
use subjects::graft::OpenGraft;
use subjects::ids::{ActorId, CanvasId, ThreadId};

/// What the registry says of a canvas or thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it was registered under. It does not change.
    pub home: Home,
    /// The canvas that a thread is about, if it is about one; none for a canvas itself.
    pub canvas_id: Option<CanvasId>,
    /// For people; a thread has none.
    pub title: Option<String>,
    /// Who registered it.
    pub created_by: ActorId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// The graft that is open on a canvas; none on a thread, and none in lists, where nobody asks.
    pub graft: Option<OpenGraft>,
}

/// A canvas in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub canvas_id: CanvasId,
    /// What the registry says of it.
    pub entry: Entry,
    /// Its last rev.
    pub head_rev: u64,
}

/// A thread in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedThread {
    /// Which.
    pub thread_id: ThreadId,
    /// What the registry says of it.
    pub entry: Entry,
    /// Its last event.
    pub head_seq: u64,
}
