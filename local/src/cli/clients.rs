//! `northstar-local clients`: the packages of the ready-made clients that the tests run.

use anyhow::Result;
use local::Progress;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Clients {
    /// Where they are installed.
    #[arg(long, default_value = ".dev/clients")]
    dir: PathBuf,
    /// The folder of `package-lock.json` and `requirements.txt`.
    manifest: PathBuf,
}

pub(crate) fn run(args: &Clients) -> Result<ExitCode> {
    local::node_packages(&args.dir, &args.manifest, Progress::Told)?;
    local::python_packages(&args.dir, &args.manifest, Progress::Told)?;
    Ok(ExitCode::SUCCESS)
}
