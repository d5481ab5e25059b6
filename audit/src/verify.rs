//! Verifying a whole log, from its records up.

use crate::checkpoint::{Checkpoint, CheckpointError, Keys};
use crate::files::{CHECKPOINT, Files, Unreadable, entries_path, tile_path};
use crate::leaf::{Leaf, LeafError};
use crate::log::{Log, LogError, TILE_HEIGHT};
use tlog_tiles::{HASH_SIZE, Hash, Tile, record_hash};

/// A log that holds what its checkpoint says.
#[derive(Debug)]
pub struct Verified {
    /// How far it is.
    pub checkpoint: Checkpoint,
    /// The signed note that says so.
    pub note: Vec<u8>,
    /// Its records and their tree.
    pub log: Log,
    /// The records, read.
    pub leaves: Vec<Leaf>,
}

/// What does not hold.
#[derive(Debug, thiserror::Error)]
pub enum Tampered {
    /// The checkpoint is not believed.
    #[error("the checkpoint is not believed")]
    Checkpoint(#[source] CheckpointError),
    /// Something that the checkpoint promises is not there.
    #[error("{path} is missing")]
    Missing {
        /// What.
        path: String,
        /// The first record that is affected.
        first_bad_seq: u64,
    },
    /// A bundle is not a list of so many records.
    #[error("{path} does not hold {expected} records")]
    Bundle {
        /// Which.
        path: String,
        /// How many it should hold.
        expected: u32,
        /// The first record that is affected.
        first_bad_seq: u64,
    },
    /// A record is no record of this log.
    #[error("record {first_bad_seq} is none of this log")]
    Record {
        /// Which.
        first_bad_seq: u64,
        /// Why.
        source: LeafError,
    },
    /// A record is of another log or place.
    #[error("record {first_bad_seq} belongs elsewhere")]
    Place {
        /// Which.
        first_bad_seq: u64,
    },
    /// A record has another hash than the tiles say.
    #[error("record {first_bad_seq} was changed")]
    Changed {
        /// Which.
        first_bad_seq: u64,
    },
    /// A tile does not follow from those below it.
    #[error("{path} does not follow from the records")]
    Tile {
        /// Which.
        path: String,
        /// The first record below the first hash that differs.
        first_bad_seq: u64,
    },
    /// The records make another root than the checkpoint says.
    #[error("the records make another root than was signed")]
    Root,
    /// The log does not begin with what was signed before.
    #[error("the log was rewritten: it does not begin with the {size} records that were signed before")]
    Rewritten {
        /// The size of the earlier checkpoint.
        size: u64,
    },
}

impl Tampered {
    /// The first record that is known to be affected; none where it may be any.
    pub fn first_bad_seq(&self) -> Option<u64> {
        match self {
            Tampered::Missing { first_bad_seq, .. }
            | Tampered::Bundle { first_bad_seq, .. }
            | Tampered::Record { first_bad_seq, .. }
            | Tampered::Place { first_bad_seq }
            | Tampered::Changed { first_bad_seq }
            | Tampered::Tile { first_bad_seq, .. } => Some(*first_bad_seq),
            Tampered::Checkpoint(_) | Tampered::Root | Tampered::Rewritten { .. } => None,
        }
    }
}

/// Why a log was not verified.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was tampered with.
    #[error("tampered with")]
    Tampered(#[from] Tampered),
    /// What was given cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[from] Unreadable),
    /// There is no checkpoint: no log.
    #[error("there is no checkpoint")]
    NoCheckpoint,
    /// The tree could not be made.
    #[error("the tree cannot be made")]
    Log(#[from] LogError),
}

/// Verifies everything: the signature, every record, every tile, the root, and that the log begins with `since`.
pub fn verify(files: &Files, keys: &Keys, since: Option<&Checkpoint>) -> Result<Verified, Failure> {
    let note = files.read(CHECKPOINT)?.ok_or(Failure::NoCheckpoint)?;
    let checkpoint = Checkpoint::open(&note, keys).map_err(Tampered::Checkpoint)?;
    let (mut log, mut leaves) = (Log::new(), Vec::new());
    let tiles = Tile::new_tiles(TILE_HEIGHT, 0, checkpoint.size);
    for tile in tiles.iter().filter(|tile| tile.level() == 0) {
        let hashes = hashes(files, tile)?;
        for (record, hash) in bundle(files, tile)?.into_iter().zip(hashes) {
            leaves.push(leaf(&record, log.size(), &checkpoint.origin, hash)?);
            log.append(record)?;
        }
    }
    for tile in tiles.iter().filter(|tile| tile.level() > 0) {
        compare(files, tile, &log)?;
    }
    if log.root(checkpoint.size)? != checkpoint.root {
        return Err(Tampered::Root.into());
    }
    if let Some(since) = since {
        let begins = since.size <= checkpoint.size && since.origin == checkpoint.origin;
        if !begins || log.root(since.size)? != since.root {
            return Err(Tampered::Rewritten { size: since.size }.into());
        }
    }
    Ok(Verified { checkpoint, note, log, leaves })
}

fn leaf(record: &[u8], seq: u64, origin: &str, hash: Hash) -> Result<Leaf, Tampered> {
    if record_hash(record) != hash {
        return Err(Tampered::Changed { first_bad_seq: seq });
    }
    let leaf = Leaf::from_bytes(record).map_err(|source| Tampered::Record { first_bad_seq: seq, source })?;
    let is_here = origin.ends_with(&format!("/audit/{}/{}", leaf.tenant_id, leaf.env));
    if leaf.seq == seq && is_here { Ok(leaf) } else { Err(Tampered::Place { first_bad_seq: seq }) }
}

/// The hashes of a tile, as they were published.
fn hashes(files: &Files, tile: &Tile) -> Result<Vec<Hash>, Failure> {
    let (path, first_bad_seq) = (tile_path(tile), first_seq(tile));
    let bytes = files.read(&path)?.ok_or_else(|| Tampered::Missing { path: path.clone(), first_bad_seq })?;
    if bytes.len() != tile.width() as usize * HASH_SIZE {
        return Err(Tampered::Tile { path, first_bad_seq }.into());
    }
    let (hashes, _) = bytes.as_chunks::<HASH_SIZE>();
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// Compares a tile above the records with what follows from them.
fn compare(files: &Files, tile: &Tile, log: &Log) -> Result<(), Failure> {
    let published = hashes(files, tile)?;
    let expected = log.tile(tile)?;
    let differs = published.iter().zip(expected.as_chunks::<HASH_SIZE>().0).position(|(hash, bytes)| hash.0 != *bytes);
    let Some(at) = differs else { return Ok(()) };
    let below = TILE_HEIGHT * tile.level();
    let first_bad_seq = ((tile.level_index() << TILE_HEIGHT) + at as u64) << below;
    Err(Tampered::Tile { path: tile_path(tile), first_bad_seq }.into())
}

/// The records of a bundle: each behind its length in 16 bits, as many as the tile has hashes, and nothing else.
fn bundle(files: &Files, tile: &Tile) -> Result<Vec<Vec<u8>>, Failure> {
    let (path, first_bad_seq) = (entries_path(tile), first_seq(tile));
    let bytes = files.read(&path)?.ok_or_else(|| Tampered::Missing { path: path.clone(), first_bad_seq })?;
    let mut rest = bytes.as_slice();
    let mut records = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let Some((record, tail)) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length))) else { break };
        records.push(record.to_vec());
        rest = tail;
    }
    if rest.is_empty() && records.len() == tile.width() as usize {
        return Ok(records);
    }
    let whole = (records.len() as u64).min(u64::from(tile.width()));
    Err(Tampered::Bundle { path, expected: tile.width(), first_bad_seq: first_bad_seq + whole }.into())
}

fn first_seq(tile: &Tile) -> u64 {
    (tile.level_index() << TILE_HEIGHT) << (TILE_HEIGHT * tile.level())
}
