//! The feeds of this edge: one for each log that has a reader here, and for a while after the last one left.

use super::backlog::Backlog;
use super::feed::Feed;
use super::frame::Seals;
use super::means::Means;
use super::ring::Head;
use super::tail;
use super::watched::{Control, Watch, Watched};
use crate::error::ApiError;
use crate::queries::log;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subjects::code::Code;
use subjects::routing::StreamKey;
use subjects::seal::SealKey;
use subjects::subject::Subject;
use tokio::sync::{OnceCell, mpsc};

/// How long a feed may take to begin.
const OPEN_MS: u64 = 4_000;

/// The feeds of this edge.
#[derive(Debug)]
pub(crate) struct Hub {
    /// What they work with.
    pub(crate) means: Arc<Means>,
    seal: SealKey,
    feeds: Mutex<Feeds>,
}

type Feeds = HashMap<StreamKey, Arc<OnceCell<Arc<Watched>>>>;

impl Hub {
    /// No feed yet.
    pub(crate) fn new(means: Means, seal: SealKey) -> Self {
        Self { means: Arc::new(means), seal, feeds: Mutex::default() }
    }

    /// What seals the cursors of a log.
    pub(crate) fn seals(&self, stream: &StreamKey) -> Seals {
        Seals { key: self.seal.clone(), stream: stream.clone() }
    }

    /// Watches the log. All who ask for one that is not watched yet wait for the same beginning.
    pub(crate) async fn watch(&self, stream: &StreamKey) -> Result<Watch, ApiError> {
        let opening = self.open(stream);
        tokio::time::timeout(Duration::from_millis(OPEN_MS), opening)
            .await
            .map_err(|elapsed| ApiError::unavailable("The log", &elapsed))?
    }

    async fn open(&self, stream: &StreamKey) -> Result<Watch, ApiError> {
        loop {
            if self.means.stop.is_asked() {
                return Err(draining());
            }
            let cell = self.lock().entry(stream.clone()).or_default().clone();
            let watched = cell.get_or_try_init(|| self.begin(stream)).await?;
            let feeds = self.lock();
            // It may have been forgotten while we waited.
            if watched.is_open() && feeds.get(stream).is_some_and(|now| Arc::ptr_eq(now, &cell)) {
                return Ok(Watch::new(watched.clone()));
            }
        }
    }

    /// Subscribes first and reads the head then, so that nothing falls in between.
    async fn begin(&self, stream: &StreamKey) -> Result<Arc<Watched>, ApiError> {
        let Backlog { bus, pool, epochs, .. } = &self.means.backlog;
        let subject = Subject::Live(stream.clone()).to_string();
        let line = bus.client.subscribe(subject).await;
        let line = line.map_err(|error| ApiError::unavailable("The bus", &error))?;
        let seals = self.seals(stream);
        let last = if bus.is_connected() { tail::last(bus, &seals).await } else { None };
        let head = log::head(pool, stream).await?.ok_or_else(ApiError::not_found)?;
        let place = last.filter(|last| last.seq == head.seq);
        let head = Head { place: place.and_then(|last| epochs.place(stream, last.sequence)), ..Head::from(head) };
        let (control, obeyed) = mpsc::unbounded_channel();
        let watched = Arc::new(Watched::new(seals, head, control));
        let feed = Feed::new(self.means.clone(), watched.clone(), line, obeyed);
        self.means.stop.spawn(feed.run());
        Ok(watched)
    }

    /// The log, where it is watched.
    pub(crate) fn watched(&self, stream: &StreamKey) -> Option<Arc<Watched>> {
        self.lock().get(stream)?.get().cloned()
    }

    /// All logs that are watched.
    pub(crate) fn feeds(&self) -> Vec<Arc<Watched>> {
        self.lock().values().filter_map(|cell| cell.get().cloned()).collect()
    }

    /// Closes the feeds that nobody has read for more than so many looks.
    pub(crate) fn forget_idle(&self, looks_max: usize) {
        self.lock().retain(|_, cell| match cell.get() {
            None => Arc::strong_count(cell) > 1,
            Some(watched) if !watched.is_open() => false,
            Some(watched) => {
                let stays = watched.idle_looks() <= looks_max;
                if !stays {
                    watched.tell(Control::Close);
                }
                stays
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Feeds> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn draining() -> ApiError {
    ApiError::new(Code::Draining, "This node is stopping. Come back to another.").retry_after(1)
}
