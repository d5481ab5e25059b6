//! `northstar-local cargo-tool`: a tool of the checks.

use anyhow::Result;
use local::Progress;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct CargoTool {
    /// Where tools are.
    #[arg(long, default_value = ".dev/tools")]
    dir: PathBuf,
    /// Which.
    tool: local::CargoTool,
}

pub(crate) fn run(args: &CargoTool) -> Result<ExitCode> {
    let program = local::cargo_tool(&args.dir, args.tool, Progress::Told)?;
    println!("{}", program.display());
    Ok(ExitCode::SUCCESS)
}
