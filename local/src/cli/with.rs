//! `northstar-local with`: a command beside a fresh stack of its own, as `./dev test` runs the tests.

use super::signals::Signals;
use anyhow::{Context, Result};
use local::{Progress, Restart, Stack, StackConfig};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

#[derive(Debug, clap::Args)]
pub(crate) struct With {
    /// How many edges.
    #[arg(long, default_value_t = 2)]
    edges: usize,
    /// How many worker processes.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// The folder of the stack; its data is removed first.
    #[arg(long, default_value = ".dev/test")]
    dir: PathBuf,
    /// The command.
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

pub(crate) async fn run(args: With) -> Result<ExitCode> {
    local::reset(&args.dir)?;
    let mut config = StackConfig::new(&args.dir);
    config.edges = args.edges;
    config.workers = args.workers;
    config.restart = Restart::EdgesAndWorkers;
    config.progress = Progress::Told;
    let mut signals = Signals::listen()?;
    let stack = tokio::select! {
        stack = Stack::start(config) => stack?,
        () = signals.stop() => return Ok(ExitCode::FAILURE),
    };
    let status = tokio::select! {
        status = beside(&stack, &args.command) => Some(status?),
        () = signals.stop() => None,
    };
    stack.stop().await?;
    Ok(status.map_or(ExitCode::FAILURE, exit_code))
}

async fn beside(stack: &Stack, command: &[OsString]) -> Result<ExitStatus> {
    let (program, args) = command.split_first().context("no command")?;
    let mut command = tokio::process::Command::new(program);
    command.args(args).env("NORTHSTAR_STACK", stack.path()).kill_on_drop(true);
    command.status().await.with_context(|| format!("cannot run {}", program.display()))
}

/// That of the command; a command that a signal ended has failed.
fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
