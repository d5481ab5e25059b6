//! A log in memory: the hashes of its tree, to which records are appended, and what is published of it.

use crate::files::{Files, bundle, entries_path, tile_path};
use crate::leaf::Leaf;
use std::io;
use tlog_tiles::{
    Error, Hash, HashReader, RecordProof, Tile, TreeProof, prove_record, prove_tree, stored_hashes, tree_hash,
};

/// Hashes and records of a log.
#[derive(Debug, Clone, Default)]
pub struct Log {
    hashes: Vec<Hash>,
    records: Vec<Vec<u8>>,
}

/// What cannot be done with a log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The tree cannot say it.
    #[error("the tree has no such hash")]
    Tree(#[from] Error),
    /// A record is longer than a bundle can say.
    #[error("a record has {0} bytes; {max} are the most", max = Leaf::BYTES_MAX)]
    TooLong(usize),
    /// A tile that was kept is not what it must be.
    #[error("the tile {number} of level {level} is not as long as it must be")]
    Tile {
        /// Its level.
        level: u8,
        /// Its place there.
        number: u64,
    },
    /// A file could not be written.
    #[error("a file could not be written")]
    Io(#[from] io::Error),
}

/// Tiles are 2^8 hashes wide.
pub const TILE_HEIGHT: u8 = 8;
/// How many hashes a full tile has.
pub const TILE_WIDTH: u32 = 1 << TILE_HEIGHT;

impl Log {
    /// A log without records.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many records it has.
    pub fn size(&self) -> u64 {
        self.records.len() as u64
    }

    /// Appends a record's bytes.
    pub fn append(&mut self, record: Vec<u8>) -> Result<(), LogError> {
        if record.len() > Leaf::BYTES_MAX {
            return Err(LogError::TooLong(record.len()));
        }
        let new = stored_hashes(self.size(), &record, &Reader(&self.hashes))?;
        self.hashes.extend(new);
        self.records.push(record);
        Ok(())
    }

    /// The root of the first `size` records.
    pub fn root(&self, size: u64) -> Result<Hash, LogError> {
        Ok(tree_hash(size, &Reader(&self.hashes))?)
    }

    /// That the record at `seq` is among the first `size`.
    pub fn prove_inclusion(&self, seq: u64, size: u64) -> Result<RecordProof, LogError> {
        Ok(prove_record(size, seq, &Reader(&self.hashes))?)
    }

    /// That the first `new` records begin with the first `old`.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<TreeProof, LogError> {
        Ok(prove_tree(new, old, &Reader(&self.hashes))?)
    }

    /// Writes the tiles and bundles that are new since `old`.
    pub fn write(&self, files: &Files, old: u64) -> Result<(), LogError> {
        for tile in Tile::new_tiles(TILE_HEIGHT, old, self.size()) {
            files.write(&tile_path(&tile), &self.tile(&tile)?)?;
            if tile.level() == 0 {
                files.write(&entries_path(&tile), &self.bundle(&tile))?;
            }
        }
        Ok(())
    }

    /// The hashes of a tile.
    pub(crate) fn tile(&self, tile: &Tile) -> Result<Vec<u8>, LogError> {
        Ok(tile.read_data(&Reader(&self.hashes))?)
    }

    fn bundle(&self, tile: &Tile) -> Vec<u8> {
        let first = (tile.level_index() << TILE_HEIGHT) as usize;
        bundle(&self.records[first..first + tile.width() as usize])
    }
}

struct Reader<'a>(&'a [Hash]);

impl HashReader for Reader<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| self.0.get(usize::try_from(*index).ok()?).copied();
        indexes.iter().map(read).collect::<Option<_>>().ok_or(Error::IndexesNotInTree)
    }
}
