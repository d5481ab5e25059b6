//! A reader: a place in a feed, and the socket or subscription that it is written to. No task, no HTTP, no buffer of its
//! own.

use super::batch::Batch;
use super::conn::{Conn, Delivered};
use super::passing::Counts;
use super::view::View;
use super::watched::Watch;
use crate::access::{Pass, Rail};
use crate::limits::holdings::Permit;
use metrics::Gauge;
use std::io::{ErrorKind, IoSlice, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use subjects::event::RawEvent;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

/// A reader whose request was checked and answered.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Where it is written to.
    pub(crate) sink: Sink,
    /// What it sees.
    pub(crate) view: View,
    /// What lets it stay.
    pub(crate) pass: Arc<Pass>,
    /// Whether it was told where it stands.
    pub(crate) is_greeted: bool,
    /// What had passed when it was last given what passes; none before it was live.
    pub(crate) passed: Option<Counts>,
    /// What lasts as long as the stream.
    pub(crate) held: Held,
}

/// Where a reader is written to.
#[derive(Debug)]
pub(crate) enum Sink {
    /// A socket of its own, whose response has begun.
    Sse(TcpStream),
    /// A subscription on a socket that others share.
    Ws(Arc<Subscription>),
}

/// A subscription on a WebSocket.
#[derive(Debug)]
pub(crate) struct Subscription {
    /// The socket.
    pub(crate) conn: Arc<Conn>,
    /// The client's name for the frame that asked for it.
    pub(crate) id: String,
    /// What it is told first, of what passes.
    pub(crate) welcome: Option<Welcome>,
    is_ended: AtomicBool,
}

/// What stands at the time among what passes. Asked when the reader takes its place, so that nothing falls in between.
pub(crate) struct Welcome(pub(crate) Box<dyn Fn() -> Vec<RawEvent> + Send + Sync>);

impl std::fmt::Debug for Welcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Welcome")
    }
}

/// What a stream holds as long as it is open.
#[derive(Debug)]
pub(crate) struct Held {
    /// The log, which is watched for it.
    pub(crate) watch: Watch,
    /// Its places among the connections of this edge and the streams of its tenant.
    pub(crate) _admission: Admission,
    /// One more reader.
    pub(crate) _counted: Counted,
}

/// What lets a reader in, and is free for another when it goes.
#[derive(Debug)]
pub(crate) enum Admission {
    /// A connection of its own, among those of this edge and of its tenant.
    Connection { _place: OwnedSemaphorePermit, _permit: Permit },
    /// A subscription on a connection, which holds its own, among those of its tenant.
    Subscription { _permit: Permit },
}

/// Some of what a gauge counts, for as long as it lives.
pub(crate) struct Counted(Gauge, f64);

impl Counted {
    /// One more.
    pub(crate) fn one(gauge: &Gauge) -> Self {
        Self::many(gauge, 1)
    }

    /// So many more.
    pub(crate) fn many(gauge: &Gauge, count: usize) -> Self {
        let count = count as f64;
        gauge.increment(count);
        Self(gauge.clone(), count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(self.1);
    }
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counted")
    }
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// Everything is on its way.
    All,
    /// So many bytes are; there is no room for more. A socket that is shared takes all or nothing.
    Part(usize),
    /// The peer is gone.
    Gone,
}

impl Subscription {
    /// Nothing was told to it yet.
    pub(crate) fn new(conn: Arc<Conn>, id: String, welcome: Option<Welcome>) -> Self {
        Self { conn, id, welcome, is_ended: AtomicBool::new(false) }
    }

    /// Nothing more is told to it. Its reader leaves the feed when it is next looked at.
    pub(crate) fn end(&self) {
        self.is_ended.store(true, Ordering::Release);
    }

    fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Acquire)
    }

    fn write(&self, write: impl FnOnce(&Conn) -> Option<bool>) -> Wrote {
        if self.is_ended() {
            return Wrote::Gone;
        }
        match write(&self.conn) {
            Some(true) => Wrote::All,
            Some(false) => Wrote::Part(0),
            None => Wrote::Gone,
        }
    }
}

impl Reader {
    /// Writes what is taken at once of events before which it has seen `before`.
    pub(crate) fn deliver(&self, batch: &Batch, before: u64) -> Delivered {
        let socket = match &self.sink {
            Sink::Sse(socket) => socket,
            Sink::Ws(subscription) if subscription.is_ended() => return Delivered::Gone,
            Sink::Ws(subscription) => return subscription.conn.deliver(batch, before),
        };
        match wrote(socket.try_write(batch.text()), batch.text().len()) {
            Wrote::All => Delivered::All,
            Wrote::Part(written) => Delivered::Cut(batch.cut(before, written)),
            Wrote::Gone => Delivered::Gone,
        }
    }

    /// Writes what is taken at once.
    pub(crate) fn write(&self, text: &[u8]) -> Wrote {
        match &self.sink {
            Sink::Sse(socket) => wrote(socket.try_write(text), text.len()),
            Sink::Ws(subscription) => subscription.write(|conn| conn.offer(text)),
        }
    }

    /// The same, of two texts that follow each other.
    pub(crate) fn write_both(&self, first: &[u8], second: &[u8]) -> Wrote {
        match &self.sink {
            Sink::Sse(socket) => {
                let texts = [IoSlice::new(first), IoSlice::new(second)];
                wrote(socket.try_write_vectored(&texts), first.len() + second.len())
            }
            Sink::Ws(subscription) => subscription.write(|conn| conn.offer(&[first, second].concat())),
        }
    }

    /// Writes what passes, if that can be done at once.
    pub(crate) fn pass(&self, text: &[u8]) -> Wrote {
        match &self.sink {
            Sink::Sse(socket) => wrote(socket.try_write(text), text.len()),
            Sink::Ws(subscription) => subscription.write(|conn| conn.pass(text)),
        }
    }

    /// Waits until there may be room for more.
    pub(crate) async fn writable(&self) -> Result<()> {
        let conn = match &self.sink {
            Sink::Sse(socket) => return socket.writable().await,
            Sink::Ws(subscription) => &subscription.conn,
        };
        let mut progress = std::pin::pin!(conn.progress.notified());
        progress.as_mut().enable();
        if conn.waiting() > 0 && !conn.is_closed() {
            progress.await;
        }
        Ok(())
    }

    /// Waits until it may catch up: of those who share a socket, one does at a time.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        match &self.sink {
            Sink::Sse(_) => None,
            // It is never closed: no permit means no more than that there is none to hold.
            Sink::Ws(subscription) => subscription.conn.turn.clone().acquire_owned().await.ok(),
        }
    }

    /// It took nothing for too long. A socket that is shared ends for all: one of them would have a hole.
    pub(crate) fn give_up(self) {
        if let Sink::Ws(subscription) = &self.sink {
            subscription.conn.close(b"");
        }
    }

    /// Says that it is still there, where nothing else does.
    pub(crate) fn keep_awake(&self) -> Wrote {
        match &self.sink {
            Sink::Sse(_) => self.write(HEARTBEAT),
            // The connection pings.
            Sink::Ws(_) => Wrote::All,
        }
    }

    /// Whether the peer has closed. What it sends is thrown away. Costs no system call unless something came.
    pub(crate) fn is_gone(&self) -> bool {
        let socket = match &self.sink {
            Sink::Sse(socket) => socket,
            Sink::Ws(subscription) => return subscription.is_ended() || subscription.conn.is_closed(),
        };
        let mut unwanted = [0; 512];
        match socket.try_read(&mut unwanted) {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }

    /// Whether what is no event is said to it alone: that it is still there, that its token ends, and why it is closed. On
    /// a socket that is shared it is said once, for all.
    pub(crate) fn speaks_for_itself(&self) -> bool {
        self.view.rail == Rail::Sse
    }
}

/// A comment: it keeps proxies awake and fires no handler.
pub(crate) const HEARTBEAT: &[u8] = b":\n\n";

fn wrote(result: Result<usize>, length: usize) -> Wrote {
    match result {
        Ok(written) if written == length => Wrote::All,
        Ok(written) => Wrote::Part(written),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Wrote::Part(0),
        Err(_) => Wrote::Gone,
    }
}
