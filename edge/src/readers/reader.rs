//! A reader: a socket with a place in a feed. No task, no HTTP, no buffer of its own.

use super::channels::Channels;
use super::watched::Watch;
use crate::access::Pass;
use crate::limits::holdings::Permit;
use metrics::Gauge;
use std::io::{ErrorKind, IoSlice, Result};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

/// A reader whose request was checked and whose response has begun.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Where it is written to.
    pub(crate) socket: TcpStream,
    /// What it sees.
    pub(crate) channels: Channels,
    /// What lets it stay.
    pub(crate) pass: Arc<Pass>,
    /// Whether it was told where it stands.
    pub(crate) is_greeted: bool,
    /// What lasts as long as the stream.
    pub(crate) held: Held,
}

/// What a stream holds as long as it is open.
#[derive(Debug)]
pub(crate) struct Held {
    /// The log, which is watched for it.
    pub(crate) watch: Watch,
    /// Its place among the connections of this edge.
    pub(crate) _place: OwnedSemaphorePermit,
    /// Its place among the streams of its tenant.
    pub(crate) _admission: Permit,
    /// One more reader.
    pub(crate) _counted: Counted,
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
    /// Everything went out.
    All,
    /// So many bytes went out; the socket is full.
    Part(usize),
    /// The peer is gone.
    Gone,
}

impl Reader {
    /// Writes what the socket takes at once.
    pub(crate) fn write(&self, text: &[u8]) -> Wrote {
        wrote(self.socket.try_write(text), text.len())
    }

    /// The same, of two texts that follow each other.
    pub(crate) fn write_both(&self, first: &[u8], second: &[u8]) -> Wrote {
        let texts = [IoSlice::new(first), IoSlice::new(second)];
        let length = first.len() + second.len();
        wrote(self.socket.try_write_vectored(&texts), length)
    }

    /// Whether the peer has closed. What it sends is thrown away. Costs no system call unless something came.
    pub(crate) fn is_gone(&self) -> bool {
        let mut unwanted = [0; 512];
        match self.socket.try_read(&mut unwanted) {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }
}

fn wrote(result: Result<usize>, length: usize) -> Wrote {
    match result {
        Ok(written) if written == length => Wrote::All,
        Ok(written) => Wrote::Part(written),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Wrote::Part(0),
        Err(_) => Wrote::Gone,
    }
}
