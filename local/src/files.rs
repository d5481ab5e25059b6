//! Where a stack keeps its files, and how a file is put there whole or not at all.

use anyhow::{Context, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The name of the file that says what runs.
pub const STACK_FILE: &str = "stack.json";
/// The name of the file that says with what rights it can be reached; beside the one above.
pub(crate) const ACCESS_FILE: &str = "access.json";
/// The name of the file with the headers of the demo user, in the form that `curl -H @file` reads.
pub const DEMO_HEADERS_FILE: &str = "demo.headers";

/// How much of a log an error quotes.
const LOG_TAIL_LINES: usize = 5;

/// Writes `value` as JSON for this user only. A reader sees the old file or the new one, never a part.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    write_private(path, &text)
}

/// Writes `text` for this user only, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let dir = path.parent().context("a file needs a folder")?;
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?; // Created with mode 0600.
    file.write_all(text.as_bytes())?;
    file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

/// What `write_json` wrote; none when there is no such file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    serde_json::from_str(&text).map(Some).with_context(|| format!("{} is damaged", path.display()))
}

/// Makes a folder that any user may pass through, so that PostgreSQL, which refuses to be root, finds its own below.
pub(crate) fn create_passable(dir: &Path) -> Result<PathBuf> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let dir = dir.canonicalize()?;
    let mode = fs::metadata(&dir)?.permissions().mode();
    if mode & 0o111 != 0o111 {
        fs::set_permissions(&dir, fs::Permissions::from_mode(mode | 0o111))?;
    }
    Ok(dir)
}

/// Makes a folder for this user only.
pub(crate) fn create_private(dir: &Path) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot create {}", dir.display()))
}

/// Whether a user without rights of its own may pass through every folder down to `path`.
pub(crate) fn is_passable(path: &Path) -> bool {
    path.ancestors()
        .all(|dir| fs::metadata(dir).is_ok_and(|meta| !meta.is_dir() || meta.permissions().mode() & 0o001 != 0))
}

/// The last lines of a log, on one line.
pub(crate) fn log_tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join(" | ")
}
