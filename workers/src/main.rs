//! `northstar-workers`: behind the bus. `migrate` prepares the servers, `run` works.

use node::health::one_line;
use std::process::ExitCode;
use workers::config::{Config, Job};

#[tokio::main]
async fn main() -> ExitCode {
    let config: Config = node::config::parse();
    let ended = match config.job {
        Job::Migrate(config) => workers::migrate::migrate(*config).await,
        Job::Run(config) => workers::run::run(*config).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("northstar-workers: {}", one_line(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
