//! Counters, gauges and histograms, for Prometheus to read.

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

/// Upper bounds of all histograms, in seconds.
const BUCKETS_SECS: [f64; 14] = [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const UPKEEP_SECS: u64 = 5;

/// Makes the `metrics` facade count here. Once per process, within the runtime.
pub fn install() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&BUCKETS_SECS)
        .and_then(PrometheusBuilder::install_recorder)
        .context("the metrics recorder cannot be installed")?;
    let kept = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(UPKEEP_SECS));
        loop {
            ticks.tick().await;
            kept.run_upkeep();
        }
    });
    Ok(handle)
}
