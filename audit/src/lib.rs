//! The tamper-evident log of what happened, as an outsider sees it: one RFC 6962 Merkle log for each tenant and env, in the
//! formats of C2SP (tlog-tiles, tlog-checkpoint, signed-note, tlog-proof).
//!
//! Nothing here knows a database or a server: what a tenant was given is verified with what it holds itself.

mod checkpoint;
mod files;
mod leaf;
mod log;
mod proof;
mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, Keys, SigningPair, origin};
pub use files::{Files, Unreadable, entries_path, tile_path};
pub use leaf::{Leaf, LeafError, PayloadCommitment};
pub use log::{Log, LogError};
pub use proof::{Proof, ProofError};
pub use verify::{Failure, Tampered, Verified, verify};
