//! The tamper-evident log of what happened, as an outsider sees it: one RFC 6962 Merkle log for each tenant and env, in the
//! formats of C2SP (tlog-tiles, tlog-checkpoint, signed-note, tlog-proof).
//!
//! Nothing here knows a database or a server: what a tenant was given is verified with what it holds itself.

mod checkpoint;
mod files;
mod growing;
mod leaf;
mod log;
mod proof;
mod question;
mod recorded;
mod verify;
mod watch;

pub use checkpoint::{Checkpoint, CheckpointError, Keys, SigningPair, origin};
pub use files::{FILE_BYTES_MAX, Files, Part, Unreadable, bundle, entries_path, published, tile_path};
pub use growing::{Growing, TileBytes, TileId};
pub use leaf::{Leaf, LeafError, PayloadCommitment};
pub use log::{Log, LogError, TILE_HEIGHT, TILE_WIDTH};
pub use proof::{Proof, ProofError};
pub use question::Question;
pub use recorded::Recorded;
pub use tlog_tiles::{HASH_SIZE, Hash, Tile, record_hash};
pub use verify::{Failure, Tampered, Verified, verify};
pub use watch::{Next, Rewritten, proves, seen};
