//! What is published of a log, as files below a folder or objects below a prefix: `checkpoint`, `tile/{L}/{N}`, and
//! `tile/entries/{N}` (c2sp.org/tlog-tiles).

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use tlog_tiles::Tile;

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
const FILE_BYTES_MAX: u64 = 256 * (2 + 65_535);

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

/// A tile's number in groups of three digits, all but the last with an `x`; and its width where it is not full.
fn place(tile: &Tile) -> String {
    let (mut rest, mut place) = (tile.level_index() / 1_000, format!("{:03}", tile.level_index() % 1_000));
    while rest > 0 {
        place = format!("x{:03}/{place}", rest % 1_000);
        rest /= 1_000;
    }
    if tile.width() == 1 << tile.height() { place } else { format!("{place}.p/{}", tile.width()) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
