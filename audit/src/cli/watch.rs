//! `northstar-audit watch`: the tenant's own witness. It keeps the last checkpoint that it believed, and believes the next only
//! with a proof that the log goes on where it ended.

use super::remote::{Asker, Remote};
use anyhow::{Context, Result};
use audit::{Checkpoint, CheckpointError, Keys, Next, Rewritten, proves, seen};
use clap::Args;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is watched, and how.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// The address below which `checkpoint` and `tile/` stand, e.g. `https://northstar.example/audit/log`.
    #[arg(long = "from", visible_alias = "url", value_name = "URL")]
    url: String,
    #[command(flatten)]
    asker: Asker,
    /// A key whose signature is believed, as `/.well-known/audit-keys` says it. May be given more than once.
    #[arg(long, required = true)]
    vkey: Vec<String>,
    /// The file that keeps the last checkpoint that was believed. Keep it where the server's keeper cannot reach it.
    #[arg(long)]
    state: PathBuf,
    /// How long to wait between two looks, in seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Looks once, and ends.
    #[arg(long)]
    once: bool,
}

/// Why a checkpoint is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Disbelief {
    /// By itself.
    #[error("the checkpoint is not believed")]
    Checkpoint(#[from] CheckpointError),
    /// After the last one.
    #[error("the log is not the one that was signed before")]
    Rewritten(#[from] Rewritten),
}

impl Watch {
    /// Watches; returns when what it sees is not to be believed, or once. A server that does not answer is asked again.
    pub(crate) async fn run(self) -> Result<Option<Disbelief>> {
        let keys = Keys::new(self.vkey)?;
        let remote = Remote::at(self.url, self.asker)?;
        loop {
            match look(&remote, &keys, &self.state).await {
                Ok(Ok(now)) => eprintln!("{}: {} records, root {}", now.origin, now.size, now.root),
                Ok(Err(disbelief)) => return Ok(Some(disbelief)),
                Err(error) if self.once => return Err(error),
                Err(error) => eprintln!("northstar-audit: {error:#}"),
            }
            if self.once {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_secs(self.every)).await;
        }
    }
}

/// One look. What is believed is kept.
async fn look(remote: &Remote, keys: &Keys, state: &Path) -> Result<Result<Checkpoint, Disbelief>> {
    let last = last(state, keys)?;
    let note = remote.note().await?;
    let believed = match Checkpoint::open(&note, keys) {
        Ok(now) => now,
        Err(error) => return Ok(Err(error.into())),
    };
    match (seen(last.as_ref(), &believed), &last) {
        (Err(rewritten), _) => return Ok(Err(rewritten.into())),
        (Ok(Next::Demand(question)), Some(last)) => {
            let hashes = remote.proof(question).await?;
            if let Err(rewritten) = proves(last, &believed, &hashes) {
                return Ok(Err(rewritten.into()));
            }
        }
        (Ok(Next::Demand(_) | Next::Believe), _) => {}
    }
    keep(state, &note)?;
    Ok(Ok(believed))
}

/// The checkpoint that was believed last.
fn last(state: &Path, keys: &Keys) -> Result<Option<Checkpoint>> {
    match fs::read(state) {
        Ok(note) => Checkpoint::open(&note, keys).map(Some).with_context(|| state.display().to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| state.display().to_string()),
    }
}

/// In one piece, or not at all.
fn keep(state: &Path, note: &[u8]) -> Result<()> {
    let new = state.with_added_extension("new");
    let kept = fs::write(&new, note).and_then(|()| fs::rename(&new, state));
    kept.with_context(|| state.display().to_string())
}
