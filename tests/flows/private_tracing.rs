//! Where spans are collected, one trace shows a command's whole way.

use harness::ops::add;
use harness::{Collector, World, draft};

#[tokio::test]
async fn edge_and_worker_send_the_spans_of_one_trace() {
    let collector = Collector::listens().await;
    let world = World::private(|config| {
        let config = config.edge_env("NORTHSTAR_OTLP_ENDPOINT", &collector.endpoint);
        config.worker_env("NORTHSTAR_OTLP_ENDPOINT", &collector.endpoint)
    })
    .await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let ask = canvas.asks_for(&draft(0, [add("a")]));
    ask.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01")).sends().await.is_rev(1);
    for service in ["northstar-edge", "northstar-workers"] {
        collector.has_heard(service, trace).await;
    }
}
