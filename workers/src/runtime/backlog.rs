//! How long the oldest command has waited that nobody has done yet.

use node::bus::Bus;
use node::stop::Stop;
use std::time::{Duration, SystemTime};
use subjects::streams::COMMANDS;

const EVERY_SECS: u64 = 3;

/// Keeps the gauges of the command stream until stop is asked.
pub(crate) async fn watch(bus: Bus, stop: Stop) {
    let mut ticks = tokio::time::interval(Duration::from_secs(EVERY_SECS));
    loop {
        tokio::select! { () = stop.asked() => return, _ = ticks.tick() => {} }
        if let Err(error) = look(&bus).await {
            tracing::debug!(error = %format!("{error:#}"), "the command stream cannot be looked at");
        }
    }
}

async fn look(bus: &Bus) -> anyhow::Result<()> {
    let state = bus.jetstream.get_stream_no_info(COMMANDS).await?.get_info().await?.state;
    let first: SystemTime = state.first_timestamp.into();
    let waited = SystemTime::now().duration_since(first).unwrap_or_default();
    let oldest_secs = if state.messages == 0 { 0.0 } else { waited.as_secs_f64() };
    metrics::gauge!("northstar_commands_oldest_seconds").set(oldest_secs);
    metrics::gauge!("northstar_commands_waiting").set(state.messages as f64);
    Ok(())
}
