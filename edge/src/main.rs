//! The edge's process.

use edge::config::Config;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let config: Config = node::config::parse();
    if let Err(reason) = config.check() {
        node::config::refuse(&reason);
    }
    match edge::serve::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("northstar-edge: {error:#}");
            ExitCode::FAILURE
        }
    }
}
