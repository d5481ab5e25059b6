//! Appending to a log whose hashes are kept in tiles elsewhere: what must be read for it, and what it changes.

use crate::log::{LogError, TILE_HEIGHT, TILE_WIDTH};
use sha2::{Digest, Sha256};
use std::mem;
use tlog_tiles::{HASH_SIZE, Hash, Tile, node_hash};

/// Names a tile of a log. One that is not full grows in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 holds the hashes of records, each further level those of the full tiles below.
    pub level: u8,
    /// Its place in the level.
    pub number: u64,
}

/// The tile without its width.
impl From<&Tile> for TileId {
    fn from(tile: &Tile) -> Self {
        Self { level: tile.level(), number: tile.level_index() }
    }
}

/// A tile's hashes, one after the other: at most 256 of 32 bytes.
pub type TileBytes = Vec<u8>;

/// The end of a log, to which records are appended: the tiles that are not full.
#[derive(Debug, Clone)]
pub struct Growing {
    old: u64,
    size: u64,
    /// By level.
    open: Vec<TileBytes>,
    full: Vec<(TileId, TileBytes)>,
}

const TILE_BYTES: usize = TILE_WIDTH as usize * HASH_SIZE;

impl Growing {
    /// What must be read to append to a log of this size: the tiles that are not full. They are few, whatever the size.
    pub fn needs(size: u64) -> Vec<TileId> {
        (0..levels(size)).filter(|level| open_width(size, *level) > 0).map(|level| open_tile(size, level)).collect()
    }

    /// The end of a log of this size. `read` gives the tiles that it [needs](Growing::needs).
    pub fn new(size: u64, mut read: impl FnMut(TileId) -> Option<TileBytes>) -> Result<Self, LogError> {
        let open = (0..levels(size)).map(|level| {
            let (width, id) = (open_width(size, level), open_tile(size, level));
            let hashes = if width == 0 { Some(TileBytes::new()) } else { read(id) };
            let hashes = hashes.filter(|hashes| hashes.len() == width * HASH_SIZE);
            hashes.ok_or(LogError::Tile { level: id.level, number: id.number })
        });
        Ok(Self { old: size, size, open: open.collect::<Result<_, _>>()?, full: Vec::new() })
    }

    /// How many records the log has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a record by its hash.
    pub fn append(&mut self, record: Hash) {
        self.size += 1;
        let (mut hash, mut level) = (record, 0);
        loop {
            if self.open.len() == level {
                self.open.push(TileBytes::new());
            }
            let tile = &mut self.open[level];
            tile.extend(hash.0);
            if tile.len() < TILE_BYTES {
                return;
            }
            let tile = mem::take(tile);
            hash = Tile::subtree_hash(&tile);
            let id = open_tile(self.size, level as u8);
            self.full.push((TileId { number: id.number - 1, ..id }, tile));
            level += 1;
        }
    }

    /// The root of all its records.
    pub fn root(&self) -> Hash {
        let peaks = self.open.iter().rev().flat_map(|tile| peaks(tile));
        let peaks: Vec<Hash> = peaks.collect();
        let root = peaks.into_iter().rev().reduce(|right, left| node_hash(left, right));
        root.unwrap_or_else(|| Hash(Sha256::digest([]).into()))
    }

    /// The tiles that are other than they were, whole.
    pub fn changed(self) -> Vec<(TileId, TileBytes)> {
        let (old, size) = (self.old, self.size);
        let open = self.open.into_iter().zip(0_u8..);
        let grown = open.filter(|(tile, level)| !tile.is_empty() && reach(old, *level) != reach(size, *level));
        let grown = grown.map(|(tile, level)| (open_tile(size, level), tile));
        self.full.into_iter().chain(grown).collect()
    }
}

/// How many hashes a level has in a log of this size.
fn reach(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(TILE_HEIGHT) * u32::from(level)).unwrap_or(0)
}

fn levels(size: u64) -> u8 {
    (0..8).take_while(|level| reach(size, *level) > 0).count() as u8
}

/// The tile of the level that is not full, or the next where all are.
fn open_tile(size: u64, level: u8) -> TileId {
    TileId { level, number: reach(size, level + 1) }
}

/// How many hashes it has.
fn open_width(size: u64, level: u8) -> usize {
    (reach(size, level) % u64::from(TILE_WIDTH)) as usize
}

/// The roots of the whole trees that a tile is made of, the largest first.
fn peaks(tile: &[u8]) -> Vec<Hash> {
    let (mut rest, mut peaks) = (tile, Vec::new());
    while let Some(log) = (rest.len() / HASH_SIZE).checked_ilog2() {
        let (whole, tail) = rest.split_at((1 << log) * HASH_SIZE);
        peaks.push(Tile::subtree_hash(whole));
        rest = tail;
    }
    peaks
}
