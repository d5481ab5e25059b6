//! Proofs from tiles that are kept elsewhere: which must be read, and what follows from them.

use crate::growing::{TileBytes, TileId};
use crate::log::{LogError, TILE_HEIGHT, TILE_WIDTH};
use std::cell::RefCell;
use std::collections::BTreeMap;
use tlog_tiles::{Error, HASH_SIZE, Hash, HashReader, Tile, prove_record, prove_tree};

/// What is to be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// That a record is among the first `size`.
    Inclusion {
        /// The record's place.
        seq: u64,
        /// More than `seq`.
        size: u64,
    },
    /// That the first `new` records begin with the first `old`.
    Consistency {
        /// At least 1.
        old: u64,
        /// At least `old`.
        new: u64,
    },
}

impl Question {
    /// The tiles that the proof is made of, each at least as wide as it was at that size: one for each level at most twice.
    pub fn tiles(&self) -> Result<Vec<TileId>, LogError> {
        let noting = Noting::default();
        self.ask(&noting)?;
        let id = |index: &u64| {
            let tile = Tile::from_index(TILE_HEIGHT, *index);
            TileId::from(&tile)
        };
        let mut tiles: Vec<_> = noting.0.borrow().iter().map(id).collect();
        tiles.sort_unstable();
        tiles.dedup();
        Ok(tiles)
    }

    /// How wide a tile is in the tree that the question is about.
    pub fn width(&self, id: TileId) -> u32 {
        let (Question::Inclusion { size, .. } | Question::Consistency { new: size, .. }) = *self;
        let reach = size.checked_shr(u32::from(TILE_HEIGHT) * u32::from(id.level)).unwrap_or(0);
        let width = reach.saturating_sub(id.number << TILE_HEIGHT).min(u64::from(TILE_WIDTH));
        width as u32
    }

    /// The proof, from these tiles.
    pub fn answer(&self, tiles: &BTreeMap<TileId, TileBytes>) -> Result<Vec<Hash>, LogError> {
        Ok(self.ask(&Reader(tiles))?)
    }

    fn ask(&self, reader: &impl HashReader) -> Result<Vec<Hash>, Error> {
        match *self {
            Question::Inclusion { seq, size } => prove_record(size, seq, reader),
            Question::Consistency { old, new } => prove_tree(new, old, reader),
        }
    }
}

/// Notes what is read, and gives nothing of use.
#[derive(Default)]
struct Noting(RefCell<Vec<u64>>);

impl HashReader for Noting {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        self.0.borrow_mut().extend(indexes);
        Ok(vec![Hash([0; HASH_SIZE]); indexes.len()])
    }
}

struct Reader<'a>(&'a BTreeMap<TileId, TileBytes>);

impl HashReader for Reader<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| {
            let tile = Tile::from_index(TILE_HEIGHT, *index);
            let bytes = self.0.get(&TileId::from(&tile));
            tile.hash_at_index(bytes.ok_or(Error::IndexesNotInTree)?, *index)
        };
        indexes.iter().map(read).collect()
    }
}
