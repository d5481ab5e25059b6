//! `northstar-local`: what `./dev` calls.

mod cli;

use clap::{Parser, Subcommand};
use local::exec_child::{self, ExecChild};
use local::s3::{self, Serve};
use std::process::ExitCode;

/// The Northstar stack on this machine.
#[derive(Debug, Parser)]
#[command(name = "northstar-local", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the stack; what runs already goes on.
    Up(cli::up::Up),
    /// Stops the stack. Its data stays.
    Down(cli::down::Down),
    /// Runs a command beside a fresh stack of its own, with NORTHSTAR_STACK naming its stack.json.
    With(cli::with::With),
    /// Installs a tool into .dev/tools unless it is there, and says where it is.
    CargoTool(cli::tool::CargoTool),
    /// Installs the packages of the ready-made clients, for node and for Python, unless they are there.
    Clients(cli::clients::Clients),
    /// Serves S3 over a folder.
    S3(Serve),
    /// Becomes another program that ends with its parent.
    #[command(hide = true)]
    ExecChild(ExecChild),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Up(args) => cli::up::run(args).await,
        Command::Down(args) => cli::down::run(&args).await,
        Command::With(args) => cli::with::run(args).await,
        Command::CargoTool(args) => cli::tool::run(&args),
        Command::Clients(args) => cli::clients::run(&args),
        Command::S3(args) => s3::serve(args).await.map(|()| ExitCode::SUCCESS),
        Command::ExecChild(args) => exec_child::run(&args).map(|never| match never {}),
    };
    done.unwrap_or_else(|error| {
        eprintln!("northstar-local: {error:#}");
        ExitCode::FAILURE
    })
}
