//! Which life of the event streams this is, and how far it has come: sequences of another life mean nothing.

use node::bus::Bus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use subjects::cursor::BusPlace;
use subjects::routing::StreamKey;
use subjects::streams;
use subjects::subject::{SHARDS, shard};

/// The epoch of each event stream. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Epochs(Arc<[Life; SHARDS as usize]>);

#[derive(Debug, Default)]
struct Life {
    epoch: AtomicU32,
    /// The highest sequence that was seen in it.
    newest: AtomicU64,
}

const UNKNOWN: u32 = 0;

impl Epochs {
    /// Where a message of this log stands; none while the epoch is unknown.
    pub(crate) fn place(&self, stream: &StreamKey, sequence: u64) -> Option<BusPlace> {
        let life = self.of(stream);
        life.newest.fetch_max(sequence, Ordering::Relaxed);
        let epoch = life.epoch.load(Ordering::Relaxed);
        (epoch != UNKNOWN).then_some(BusPlace { epoch, sequence })
    }

    /// How many messages the stream has taken since this place; none where the place is of another life.
    pub(crate) fn distance(&self, stream: &StreamKey, place: BusPlace) -> Option<u64> {
        let life = self.of(stream);
        let is_current = place.epoch == life.epoch.load(Ordering::Relaxed);
        let newest = life.newest.load(Ordering::Relaxed);
        is_current.then(|| newest.saturating_sub(place.sequence))
    }

    /// Asks the server. What it does not answer becomes unknown, which costs a short cut and nothing else. Once it
    /// answered, it has also taken in every subscription that was made before on this connection.
    pub(crate) async fn refresh(&self, bus: &Bus) {
        for (shard, life) in (0..).zip(self.0.iter()) {
            let (epoch, newest) = match bus.jetstream.get_stream(streams::events(shard)).await {
                Ok(stream) => {
                    let info = stream.cached_info();
                    let created_ns = info.created.unix_timestamp_nanos();
                    (hash(created_ns), info.state.last_sequence)
                }
                Err(error) => {
                    tracing::debug!(%error, shard, "the epoch of the event stream is unknown");
                    (UNKNOWN, 0)
                }
            };
            life.epoch.store(epoch, Ordering::Relaxed);
            life.newest.store(newest, Ordering::Relaxed);
        }
    }

    /// Whether the server is still to be asked.
    pub(crate) fn is_unknown(&self) -> bool {
        let mut lives = self.0.iter();
        lives.any(|life| life.epoch.load(Ordering::Relaxed) == UNKNOWN)
    }

    fn of(&self, stream: &StreamKey) -> &Life {
        &self.0[shard(&stream.tenant_id) as usize]
    }
}

/// FNV-1a, never [`UNKNOWN`].
fn hash(created_ns: i128) -> u32 {
    let mix = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let bytes = created_ns.to_be_bytes();
    bytes.into_iter().fold(0x811c_9dc5, mix).max(UNKNOWN + 1)
}
