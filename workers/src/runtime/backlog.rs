//! How long the oldest command has waited that nobody has done yet.

use node::bus::Bus;
use node::stop::Stop;
use std::time::{Duration, SystemTime};
use subjects::streams::{COMMAND_STREAMS, commands};

const EVERY_SECS: u64 = 3;

/// Keeps the gauges of the command streams until stop is asked.
pub(crate) async fn watch(bus: Bus, stop: Stop) {
    let mut ticks = tokio::time::interval(Duration::from_secs(EVERY_SECS));
    loop {
        tokio::select! { () = stop.asked() => return, _ = ticks.tick() => {} }
        if let Err(error) = look(&bus).await {
            tracing::debug!(error = %format!("{error:#}"), "the command streams cannot be looked at");
        }
    }
}

async fn look(bus: &Bus) -> anyhow::Result<()> {
    let (mut waiting, mut oldest) = (0, Duration::ZERO);
    for number in 0..COMMAND_STREAMS {
        let state = bus.jetstream.get_stream_no_info(commands(number)).await?.get_info().await?.state;
        if state.messages > 0 {
            let first: SystemTime = state.first_timestamp.into();
            oldest = oldest.max(SystemTime::now().duration_since(first).unwrap_or_default());
            waiting += state.messages;
        }
    }
    metrics::gauge!("northstar_commands_oldest_seconds").set(oldest.as_secs_f64());
    metrics::gauge!("northstar_commands_waiting").set(waiting as f64);
    Ok(())
}
