//! One edge process: from its configuration to its end.

use crate::access::Revocations;
use crate::config::Config;
use crate::http::routes;
use crate::state::{AppState, Backends};
use anyhow::Context;
use node::health::{self, Check, Readiness};
use node::http::Limits;
use node::stop::Stop;
use std::time::Duration;

/// How long the end may take, all in all below what is usually granted before a process is killed.
const FINISH_SECS_MAX: u64 = 20;
const DRAIN_SECS_MAX: u64 = 3;

/// An edge that is set up and does nothing yet.
#[derive(Debug)]
pub struct Prepared {
    config: Config,
    backends: Backends,
    // Sends the last spans when all is over.
    _telemetry: node::telemetry::Guard,
}

/// Sets up what the configuration names. What fails here is the configuration's fault: nothing needs to be there yet.
pub async fn prepare(config: Config) -> anyhow::Result<Prepared> {
    let _telemetry = node::telemetry::start(&config.telemetry, "northstar-edge")?;
    let backends = Backends::connect(&config).await?;
    Ok(Prepared { config, backends, _telemetry })
}

/// Serves until a signal asks to stop: then not ready any more, no new connections, what runs is finished, readers are
/// told to come back elsewhere. What the edge needs may be away, now and later; it says so and goes on trying.
pub async fn run(prepared: Prepared) -> anyhow::Result<()> {
    let Prepared { config, backends, _telemetry } = prepared;
    node::process::raise_open_files();
    let metrics = node::metrics::install()?;
    let stop = Stop::on_signals()?;
    let readiness = Readiness::new();
    let listener = node::http::listen(config.listen);
    let listener = listener.with_context(|| format!("cannot listen on {}", config.listen))?;
    tracing::info!(address = %listener.local_addr()?, edge = config.edge_id, "serving");
    let limits = Limits { connections_max: config.connections_max, ..Limits::default() };
    let bus = backends.bus.clone();
    let state = AppState::start(config, backends.clone(), stop.clone());
    let health = health::router(checks(&backends, &state.revocations), readiness.clone(), metrics);
    stop.spawn(unready(stop.clone(), readiness));
    node::http::serve(listener, routes::router(state, health), limits, stop.clone()).await;
    if !stop.finished(Duration::from_secs(FINISH_SECS_MAX)).await {
        tracing::warn!("not everything finished in time");
    }
    let _ = tokio::time::timeout(Duration::from_secs(DRAIN_SECS_MAX), bus.drain()).await;
    tracing::info!("stopped");
    Ok(())
}

async fn unready(stop: Stop, readiness: Readiness) {
    stop.asked().await;
    readiness.draining();
}

/// What the edge needs to be of use.
fn checks(backends: &Backends, revocations: &Revocations) -> Vec<Check> {
    let Backends { bus, pool, bucket } = backends.clone();
    let revocations = revocations.clone();
    vec![
        Check::new("postgres", move || {
            let pool = pool.clone();
            Box::pin(async move { node::postgres::ping(&pool).await })
        }),
        Check::new("bus", move || {
            let bus = bus.clone();
            Box::pin(async move { bus.ping().await })
        }),
        Check::new("s3", move || {
            let bucket = bucket.clone();
            Box::pin(async move { bucket.ping().await })
        }),
        Check::new("revocations", move || {
            let heard = revocations.check();
            Box::pin(async move { heard })
        }),
    ]
}
