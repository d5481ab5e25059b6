//! `northstar-local node-packages`: ready-made clients that the tests run.

use anyhow::Result;
use local::Progress;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct NodePackages {
    /// Where they are installed.
    #[arg(long, default_value = ".dev/clients")]
    dir: PathBuf,
    /// The folder of their package-lock.json.
    manifest: PathBuf,
}

pub(crate) fn run(args: &NodePackages) -> Result<ExitCode> {
    let home = local::node_packages(&args.dir, &args.manifest, Progress::Told)?;
    println!("{}", home.display());
    Ok(ExitCode::SUCCESS)
}
