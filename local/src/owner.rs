//! Who runs the stack in a folder: the process that holds the lock there.

use crate::postgres;
use anyhow::{Context, Result};
use nix::unistd::Pid;
use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

const LOCK_FILE: &str = "stack.lock";

/// The process that runs the stack in `dir`. The lock says that there is one; the number in the file cannot be stale then.
pub fn owner(dir: &Path) -> Result<Option<Pid>> {
    let Ok(mut file) = File::open(dir.join(LOCK_FILE)) else { return Ok(None) };
    match file.try_lock_shared() {
        Ok(()) => return Ok(None),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(Some(Pid::from_raw(text.trim().parse().context("the lock does not say whose it is")?)))
}

/// Makes this process the owner, as long as it keeps the file.
pub(crate) fn claim(dir: &Path) -> Result<File> {
    let mut file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK_FILE))?;
    file.try_lock().map_err(|_| anyhow::anyhow!("a stack runs in {} already", dir.display()))?;
    file.set_len(0)?;
    write!(file, "{}", std::process::id())?;
    Ok(file)
}

/// Removes all data of the stack in `dir`. Ports and secrets stay as they were. Nobody may run it.
pub fn reset(dir: &Path) -> Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    let _claim = claim(dir)?;
    postgres::remove(&dir.join("postgres"))?;
    for data in ["nats", "s3", "log"].map(|name| dir.join(name)).into_iter().filter(|data| data.exists()) {
        fs::remove_dir_all(data)?;
    }
    Ok(())
}
