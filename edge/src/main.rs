//! The edge's process.

use edge::config::Config;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let config: Config = node::config::parse();
    if let Err(reason) = config.check() {
        node::config::refuse(&reason);
    }
    let served = match edge::serve::prepare(config).await {
        Ok(prepared) => edge::serve::run(prepared).await,
        Err(reason) => node::config::refuse(&format!("{reason:#}")),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("northstar-edge: {error:#}");
            ExitCode::FAILURE
        }
    }
}
