//! `northstar-local down`: asks the one who runs the stack to stop it, and waits.

use anyhow::{Result, bail};
use nix::sys::signal::{Signal, kill};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Longer than all groups of services take together at most.
const STOP_AT_MOST: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);

#[derive(Debug, clap::Args)]
pub(crate) struct Down {
    /// The folder of the stack.
    #[arg(long, default_value = ".dev")]
    dir: PathBuf,
}

pub(crate) async fn run(args: &Down) -> Result<ExitCode> {
    let was_running = stop(&args.dir).await?;
    println!("{}", if was_running { "Northstar is down; its data stays in place." } else { "Nothing runs." });
    Ok(ExitCode::SUCCESS)
}

/// Whether there was something to stop. Afterwards nothing runs.
pub(crate) async fn stop(dir: &Path) -> Result<bool> {
    let Some(owner) = local::owner(dir)? else { return Ok(false) };
    kill(owner, Signal::SIGTERM)?;
    let deadline = Instant::now() + STOP_AT_MOST;
    while local::owner(dir)?.is_some() {
        if Instant::now() > deadline {
            bail!("the stack (process {owner}) does not stop");
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(true)
}
