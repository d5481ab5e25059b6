//! What feeds and readers work with.

use super::backlog::Backlog;
use super::config::ReadersConfig;
use node::stop::Stop;

/// What feeds and readers work with. One of each edge.
#[derive(Debug)]
pub(crate) struct Means {
    /// What was missed.
    pub(crate) backlog: Backlog,
    /// How readers are kept.
    pub(crate) config: ReadersConfig,
    /// Asks to stop, and waits for the tasks of feeds and readers.
    pub(crate) stop: Stop,
}
