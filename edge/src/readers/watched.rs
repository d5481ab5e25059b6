//! A log that is watched: what its feed, its readers and the sweeps share.

use super::frame::Seals;
use super::passing::Passer;
use super::reader::Reader;
use super::ring::{Head, Ring};
use super::splice::Splice;
use async_nats::Subscriber;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::OnceCell;
use tokio::sync::mpsc::UnboundedSender;

/// A log that is watched.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Which log, and what seals its cursors.
    pub(crate) seals: Seals,
    /// Held while the ring is extended backwards, so that all who miss the same read it once.
    pub(crate) extending: tokio::sync::Mutex<()>,
    /// A place to which the ring could not be extended: no use to try again.
    pub(crate) unextendable: AtomicU64,
    /// Whether the feed hears what passes on the bus, too.
    pub(crate) hears_passing: OnceCell<()>,
    ring: Mutex<Ring>,
    /// Unbounded, but not without limit: readers are counted by the connection limit, the sweeps send a few a second.
    control: UnboundedSender<Control>,
    is_look_due: AtomicBool,
    interest: AtomicUsize,
    idle_looks: AtomicUsize,
}

/// What a feed is told.
#[derive(Debug)]
pub(crate) enum Control {
    /// A reader wants to be live, from here.
    Seat(Reader, Splice),
    /// Somebody wants to hear what passes: it comes here.
    Hear(Subscriber),
    /// This passes here, on this edge alone.
    Pass(Vec<Passer>),
    /// A second has passed.
    Tick(Tick),
    /// A pass of somebody here changed.
    Look,
    /// The log had come so far a while ago: what is missing was lost on the way.
    Behind(u64),
    /// The log ends before what was heard: the system was restored from older data.
    Restored(Head),
    /// Nobody reads any more.
    Close,
}

/// A second has passed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tick {
    /// How many so far.
    pub(crate) number: usize,
    /// When it was.
    pub(crate) now: Instant,
}

impl Watched {
    /// The log that ends at `head`; its feed listens at the other end of `control`.
    pub(crate) fn new(seals: Seals, head: Head, control: UnboundedSender<Control>) -> Self {
        Self {
            seals,
            extending: tokio::sync::Mutex::default(),
            unextendable: AtomicU64::default(),
            hears_passing: OnceCell::new(),
            ring: Mutex::new(Ring::new(head)),
            control,
            is_look_due: AtomicBool::default(),
            interest: AtomicUsize::default(),
            idle_looks: AtomicUsize::default(),
        }
    }

    /// The ring. Held for a moment only, never across an await.
    pub(crate) fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the log ends, as far as it was heard.
    pub(crate) fn head(&self) -> Head {
        self.ring().head()
    }

    /// Tells the feed. A feed that ended closes what it is sent.
    pub(crate) fn tell(&self, control: Control) {
        let _ = self.control.send(control);
    }

    /// Lets the feed look at the passes of its readers, soon and once, however many of them changed.
    pub(crate) fn look(&self) {
        if !self.is_look_due.swap(true, Ordering::AcqRel) {
            self.tell(Control::Look);
        }
    }

    /// The feed looks now: what changes from here on is due again.
    pub(crate) fn looks(&self) {
        self.is_look_due.store(false, Ordering::Release);
    }

    /// Whether the feed is there.
    pub(crate) fn is_open(&self) -> bool {
        !self.control.is_closed()
    }

    /// For how many looks in a row, this one included, nobody has been reading or about to.
    pub(crate) fn idle_looks(&self) -> usize {
        if self.interest.load(Ordering::Acquire) > 0 {
            self.idle_looks.store(0, Ordering::Relaxed);
            return 0;
        }
        self.idle_looks.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Keeps a log watched for as long as it lives.
#[derive(Debug)]
pub(crate) struct Watch(Arc<Watched>);

impl Watch {
    /// One more who reads.
    pub(crate) fn new(watched: Arc<Watched>) -> Self {
        watched.interest.fetch_add(1, Ordering::AcqRel);
        Self(watched)
    }

    /// The log.
    pub(crate) fn watched(&self) -> &Arc<Watched> {
        &self.0
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.interest.fetch_sub(1, Ordering::AcqRel);
    }
}
