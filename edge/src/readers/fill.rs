//! A hole in what was heard, and what is read from the log to fill it.

use super::backlog::Broken;
use super::catch_up::jittered;
use super::frame::Frame;
use super::means::Means;
use super::ring::Head;
use super::watched::Watched;
use crate::queries::{QueryError, log};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// The most events that are read at once.
const EVENTS_MAX: u64 = 256;
const RETRY_FIRST_MS: u64 = 100;
const RETRY_MAX_MS: u64 = 2_000;

/// A hole that is being filled.
pub(crate) struct Fill {
    /// The last event that is known to be there.
    pub(crate) until: u64,
    /// Brings what comes next, however long it takes.
    pub(crate) work: BoxFuture<'static, Filled>,
}

/// What came of it.
pub(crate) enum Filled {
    /// The next events.
    Frames(Vec<Frame>),
    /// The log no longer has them; it ends here.
    Lost(Head),
}

impl Fill {
    /// Reads on from the head, as far as `until`.
    pub(crate) fn start(means: &Arc<Means>, watched: &Arc<Watched>, until: u64) -> Self {
        Self { until, work: fill(means.clone(), watched.clone(), until).boxed() }
    }
}

/// Where the log ends now, says the database.
pub(crate) async fn head(means: &Means, watched: &Watched) -> Result<Head, QueryError> {
    let head = log::head(&means.backlog.pool, &watched.seals.stream).await?;
    Ok(head.map_or(NOTHING, Head::from))
}

const NOTHING: Head = Head { seq: 0, rev: 0, place: None };

async fn fill(means: Arc<Means>, watched: Arc<Watched>, until: u64) -> Filled {
    let mut retry_ms = RETRY_FIRST_MS;
    loop {
        match attempt(&means, &watched, until).await {
            Ok(filled) => return filled,
            Err(error) => {
                let error = node::health::one_line(&error);
                tracing::warn!(error, stream = %watched.seals.stream, until, "a hole waits for the log");
            }
        }
        tokio::time::sleep(jittered(retry_ms)).await;
        retry_ms = (retry_ms * 2).min(RETRY_MAX_MS);
    }
}

async fn attempt(means: &Means, watched: &Watched, until: u64) -> Result<Filled, Broken> {
    let after = watched.head().seq;
    let last = until.min(after + EVENTS_MAX);
    match means.backlog.log(&watched.seals, after, last).await {
        Err(Broken::Gone) => {
            let head = head(means, watched).await;
            let head = head.map_err(|error| Broken::Unavailable(Arc::new(error)))?;
            Ok(Filled::Lost(head))
        }
        Ok(frames) => Ok(Filled::Frames(frames)),
        // The bus lost it on the way to us, but may still keep it.
        Err(error) => match means.backlog.tail(&watched.seals, watched.head().cursor(), last).await {
            Some(frames) => Ok(Filled::Frames(frames)),
            None => Err(error),
        },
    }
}
