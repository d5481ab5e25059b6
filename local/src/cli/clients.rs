//! `northstar-local clients`: what the ready-made clients need that the tests run.

use anyhow::Result;
use local::Progress;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Clients {
    /// Where they are installed.
    #[arg(long, default_value = ".dev/clients")]
    dir: PathBuf,
    /// The folder of `package-lock.json`, `requirements.txt` and `rust/`.
    manifest: PathBuf,
}

pub(crate) fn run(args: &Clients) -> Result<ExitCode> {
    local::node_packages(&args.dir, &args.manifest, Progress::Told)?;
    local::python_packages(&args.dir, &args.manifest, Progress::Told)?;
    local::rust_client(&args.dir, &args.manifest, Progress::Told)?;
    Ok(ExitCode::SUCCESS)
}
