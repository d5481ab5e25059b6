//! `northstar-local up`: starts the stack and keeps it running.

use super::signals::{Signals, Told};
use super::{background, down, summary};
use anyhow::{Result, bail};
use local::{Access, Progress, Restart, STACK_FILE, Stack, StackConfig, StackInfo};
use nix::sys::signal::{Signal, kill};
use nix::unistd::setsid;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Where people look first.
const EDGE_PORT: u16 = 8080;
/// How many edges and workers there are when nothing is said.
const PROCESSES: usize = 1;
const HEAL_AT_MOST: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// Renewing tokens that live very short must not keep an edge busy.
const RENEW_AFTER_MIN: Duration = Duration::from_secs(5);
const RENEW_AFTER_NONE: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Up {
    /// Goes on in the background; returns when the stack is ready.
    #[arg(long)]
    detach: bool,
    /// How many edges; 1 when not said.
    #[arg(long)]
    edges: Option<usize>,
    /// How many worker processes; 1 when not said.
    #[arg(long)]
    workers: Option<usize>,
    /// Begins with no data. Stops the stack first when it runs.
    #[arg(long)]
    reset: bool,
    /// The folder of the stack.
    #[arg(long, default_value = ".dev")]
    dir: PathBuf,
    /// We are what `--detach` started.
    #[arg(long, hide = true)]
    in_background: bool,
}

pub(crate) async fn run(args: Up) -> Result<ExitCode> {
    std::fs::create_dir_all(&args.dir)?;
    let dir = args.dir.canonicalize()?;
    if args.reset {
        down::stop(&dir).await?;
        local::reset(&dir)?;
    }
    if local::owner(&dir)?.is_some() {
        let info = heal(&dir).await?;
        as_asked(&args, &info)?;
        print_summary(&info, &dir)?;
    } else if args.detach {
        print_summary(&background::start(&dir, &in_background(&args, &dir)).await?, &dir)?;
    } else {
        keep(&args, &dir).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The same again, for the process that stays.
fn in_background(args: &Up, dir: &Path) -> Vec<String> {
    let (edges, workers) = (args.edges.unwrap_or(PROCESSES), args.workers.unwrap_or(PROCESSES));
    let args = ["up", "--in-background", "--edges", &edges.to_string(), "--workers", &workers.to_string()];
    args.into_iter().map(String::from).chain(["--dir".into(), dir.display().to_string()]).collect()
}

/// A stack that runs keeps the number of its processes.
fn as_asked(args: &Up, info: &StackInfo) -> Result<()> {
    let (edges, workers) = (info.edges.len(), info.workers.len());
    if args.edges.is_some_and(|asked| asked != edges) || args.workers.is_some_and(|asked| asked != workers) {
        bail!("the stack runs with --edges {edges} --workers {workers}: stop it first, with ./dev down");
    }
    Ok(())
}

/// Runs the stack until told to stop.
async fn keep(args: &Up, dir: &Path) -> Result<()> {
    if args.in_background {
        setsid()?; // The terminal may go.
    }
    let mut signals = Signals::listen()?;
    let stack = tokio::select! {
        stack = Stack::start(config(args, dir)) => stack?,
        () = signals.stop() => return Ok(()), // What had started goes with the drop.
    };
    if !args.in_background {
        print_summary(&stack.info(), dir)?;
    }
    let mut renew_after = renewal(stack.demo_good_for());
    loop {
        tokio::select! {
            told = signals.next() => match told {
                Told::Stop => break,
                Told::Heal => report(stack.heal().await),
            },
            () = tokio::time::sleep(renew_after) => renew_after = renewal(stack.renew_demo().await.ok()),
        }
    }
    stack.stop().await
}

fn config(args: &Up, dir: &Path) -> StackConfig {
    let mut config = StackConfig::new(dir);
    config.edges = args.edges.unwrap_or(PROCESSES);
    config.workers = args.workers.unwrap_or(PROCESSES);
    config.edge_port = Some(EDGE_PORT);
    config.restart = Restart::EdgesAndWorkers;
    config.progress = Progress::Told;
    config
}

/// When the demo user's token is renewed: `stack.json` never shows one that has run out.
fn renewal(good_for: Option<Duration>) -> Duration {
    good_for.map_or(RENEW_AFTER_NONE, |good_for| (good_for / 2).max(RENEW_AFTER_MIN))
}

/// Has the owner start what does not run, and waits until all of it does.
async fn heal(dir: &Path) -> Result<StackInfo> {
    let deadline = Instant::now() + HEAL_AT_MOST;
    if let Some(owner) = local::owner(dir)? {
        kill(owner, Signal::SIGUSR1)?;
    }
    loop {
        // There is no stack.json while another `up` is still starting it.
        if let Ok(info) = StackInfo::read(&dir.join(STACK_FILE))
            && is_whole(&info)
        {
            return Ok(info);
        }
        if local::owner(dir)?.is_none() || Instant::now() > deadline {
            bail!("the stack that runs already is not whole; see {}", dir.join("log").display());
        }
        tokio::time::sleep(POLL).await;
    }
}

fn is_whole(info: &StackInfo) -> bool {
    let servers = [info.nats.pid, info.postgres.pid, info.s3.pid].into_iter();
    let ours = info.edges.iter().map(|edge| edge.pid).chain(info.workers.iter().map(|worker| worker.pid));
    servers.chain(ours).all(|pid| pid.is_some())
}

fn print_summary(info: &StackInfo, dir: &Path) -> Result<()> {
    println!("{}", summary::text(info, &Access::beside(&dir.join(STACK_FILE))?, dir));
    Ok(())
}

fn report(done: Result<()>) {
    if let Err(error) = done {
        eprintln!("  ! {error:#}");
    }
}
