//! `northstar-bench`: the figures, each beside its baseline of the same run.

mod author;
mod bare;
mod baseline;
mod clock;
mod commands;
mod event;
mod figures;
mod frames;
mod http;
mod lane;
mod latency;
mod pieces;
mod proc;
mod readers;
mod report;
mod sse;
mod stages;
mod table;
mod tenant;
mod world;
mod ws;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The figures of the rails, each beside its baseline of the same run.
#[derive(Debug, Parser)]
#[command(name = "northstar-bench", version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    run: report::Run,
}

/// What this binary is when it starts itself: load and baseline are processes of their own, so that `/proc` tells their
/// costs apart from those of the edges.
#[derive(Debug, Subcommand)]
enum Role {
    /// The baseline of fan-out: one epoll loop, one write per event and reader.
    #[command(hide = true)]
    BareWriter,
    /// Thousands of readers in one epoll loop, told on stdin what to do.
    #[command(hide = true)]
    Readers,
}

fn main() -> ExitCode {
    let done = proc::raise_open_files().and_then(|()| match Args::parse() {
        Args { role: Some(Role::BareWriter), .. } => bare::writer::run(),
        Args { role: Some(Role::Readers), .. } => readers::fleet::run(),
        Args { role: None, run } => tokio::runtime::Runtime::new()?.block_on(report::run(run)),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("northstar-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
