//! What is published of a log, as files below a folder or objects below a prefix: `checkpoint`, `tile/{L}/{N}`, and
//! `tile/entries/{N}` (c2sp.org/tlog-tiles).

use crate::log::{TILE_HEIGHT, TILE_WIDTH};
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use tlog_tiles::Tile;

/// One thing that is published of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The signed checkpoint.
    Checkpoint,
    /// Hashes.
    Tile(Tile),
    /// The records whose hashes are a tile of level 0.
    Entries(Tile),
}

/// A folder that holds a log.
#[derive(Debug, Clone)]
pub struct Files {
    home: PathBuf,
}

/// A file that should be there and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be read")]
pub struct Unreadable {
    path: String,
    source: io::Error,
}

/// The checkpoint's name.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// The largest file that is read: a full bundle of the longest records.
pub const FILE_BYTES_MAX: u64 = 256 * (2 + 65_535);
/// No log has a tile behind this one.
const NUMBER_MAX: u64 = 1 << 48;
/// Levels of tiles: as many as a size in 64 bits has.
const LEVELS: u8 = 8;

impl Files {
    /// The log below this folder.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self { home: home.into() }
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.home.join(path);
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(file, bytes)
    }

    /// Writes the signed checkpoint.
    pub fn write_checkpoint(&self, note: &[u8]) -> io::Result<()> {
        self.write(CHECKPOINT, note)
    }

    /// Reads a file; none where there is none.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        match read(&self.home.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Unreadable { path: path.to_owned(), source }),
        }
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = fs::File::open(file)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if read as u64 > FILE_BYTES_MAX { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Where a tile of hashes is.
pub fn tile_path(tile: &Tile) -> String {
    format!("tile/{}/{}", tile.level(), place(tile))
}

/// Where the records are whose hashes are a tile of level 0.
pub fn entries_path(tile: &Tile) -> String {
    format!("tile/entries/{}", place(tile))
}

/// Everything that is to be published once a log has grown from `old` to `new`, the checkpoint last.
pub fn published(old: u64, new: u64) -> Vec<Part> {
    let of = |tile: Tile| {
        let entries = (tile.level() == 0).then_some(Part::Entries(tile));
        [Some(Part::Tile(tile)), entries].into_iter().flatten()
    };
    let tiles = Tile::new_tiles(TILE_HEIGHT, old, new);
    tiles.into_iter().flat_map(of).chain([Part::Checkpoint]).collect()
}

impl Part {
    /// What stands at a path; none where nothing can.
    pub fn at(path: &str) -> Option<Self> {
        if path == CHECKPOINT {
            return Some(Part::Checkpoint);
        }
        let (level, place) = path.strip_prefix("tile/")?.split_once('/')?;
        let (number, width) = read_place(place)?;
        let part = match level {
            "entries" => Part::Entries(Tile::new(TILE_HEIGHT, 0, number, width, false)),
            level => {
                let level = level.parse().ok().filter(|level| *level < LEVELS)?;
                Part::Tile(Tile::new(TILE_HEIGHT, level, number, width, false))
            }
        };
        // One spelling each.
        (part.to_string() == path).then_some(part)
    }
}

/// Its path.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Checkpoint => f.write_str(CHECKPOINT),
            Part::Tile(tile) => f.write_str(&tile_path(tile)),
            Part::Entries(tile) => f.write_str(&entries_path(tile)),
        }
    }
}

/// Records in one file, each behind its length in 16 bits. None is longer than [`crate::Leaf::BYTES_MAX`].
pub fn bundle<R: AsRef<[u8]>>(records: &[R]) -> Vec<u8> {
    let mut bundle = Vec::new();
    for record in records.iter().map(AsRef::as_ref) {
        bundle.extend((record.len() as u16).to_be_bytes());
        bundle.extend(record);
    }
    bundle
}

/// A tile's number in groups of three digits, all but the last with an `x`; and its width where it is not full.
fn place(tile: &Tile) -> String {
    let (mut rest, mut place) = (tile.level_index() / 1_000, format!("{:03}", tile.level_index() % 1_000));
    while rest > 0 {
        place = format!("x{:03}/{place}", rest % 1_000);
        rest /= 1_000;
    }
    if tile.width() == 1 << tile.height() { place } else { format!("{place}.p/{}", tile.width()) }
}

/// Number and width, of what [`place`] says.
fn read_place(place: &str) -> Option<(u64, u32)> {
    let (number, width) = match place.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?),
        None => (place, TILE_WIDTH),
    };
    let group = |sum: u64, group: &str| {
        let digits: u16 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        Some(sum * 1_000 + u64::from(digits)).filter(|sum| *sum < NUMBER_MAX)
    };
    Some((number.split('/').try_fold(0, group)?, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_is_written() {
        for part in published(0, 70_000).into_iter().chain(published(256_256_000, 256_256_300)) {
            assert_eq!(Part::at(&part.to_string()), Some(part));
        }
        for bad in [
            "",
            "checkpoints",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/000.p/256",
            "tile/0/000.p/0",
            "tile/8/000",
            "tile/00/000",
            "tile/0/x000/000",
            "tile/0/../000",
            "tile/entries/-01",
            "tile/entries/000/",
            "tile/+0/000",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/x/000",
        ] {
            assert_eq!(Part::at(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_tile_stands_where_c2sp_says() {
        let check = |level, number, width, expected: &str| {
            assert_eq!(tile_path(&Tile::new(8, level, number, width, false)), format!("tile/{expected}"));
        };
        check(0, 0, 256, "0/000");
        check(0, 1, 7, "0/001.p/7");
        check(1, 999, 256, "1/999");
        check(0, 1_234_067, 256, "0/x001/x234/067");
        assert_eq!(entries_path(&Tile::new(8, 0, 1_000, 3, false)), "tile/entries/x001/000.p/3");
    }
}
