//! `northstar-local cargo-tool`: a tool that is only to be had as source.

use anyhow::Result;
use local::Progress;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct CargoTool {
    /// Where tools are.
    #[arg(long, default_value = ".dev/tools")]
    dir: PathBuf,
    /// The name of its crate and program.
    name: String,
    /// Its exact version.
    version: String,
}

pub(crate) fn run(args: &CargoTool) -> Result<ExitCode> {
    let program = local::cargo_tool(&args.dir, &args.name, &args.version, Progress::Told)?;
    println!("{}", program.display());
    Ok(ExitCode::SUCCESS)
}
