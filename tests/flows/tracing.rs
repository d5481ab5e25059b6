//! One name and one trace for a request, from the first header to the event.

use harness::ops::add;
use harness::{Edge, World, draft};
use reqwest::Method;
use uuid::Uuid;

#[tokio::test]
async fn a_requests_name_is_echoed_or_made() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let name = async |ask: harness::Ask| ask.sends().await.header("x-request-id").expect("a name").to_owned();
    let ask = ann.asks(Method::GET, "/canvas");
    assert_eq!(name(ask.clone().header("x-request-id", "r-1")).await, "r-1");
    assert_eq!(name(ask.clone().bearer("garbage").header("x-request-id", "r-2")).await, "r-2");
    assert_eq!(name(world.asks(Method::GET, "/nowhere").header("x-request-id", "r-3")).await, "r-3");
    let long = "x".repeat(10_000);
    for made in [
        name(ask.clone()).await,
        name(ask.clone().header("x-request-id", "a b")).await,
        name(ask.header("x-request-id", long)).await,
    ] {
        assert_eq!(made.parse::<Uuid>().expect("a UUID").get_version_num(), 7, "{made}");
    }
}

#[tokio::test]
async fn a_streams_answer_is_named_too() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let path = format!("/sse/canvas/{}", canvas.id);
    let response =
        canvas.person.asks(Method::GET, path).header("x-request-id", "r-stream").opens().await.expect("a stream");
    assert_eq!(response.headers()["x-request-id"], "r-stream");
}

#[tokio::test]
async fn the_trace_of_a_request_is_the_trace_of_its_event() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut reader = canvas.watches(Edge(1)).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let ask = canvas.asks_for(&draft(0, [add("a")]));
    ask.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01")).sends().await.is_rev(1);
    let event = reader.next_event().await.body;
    assert_eq!(event.trace_id, trace);
    assert_eq!(event.span_id.len(), 16);
    assert_ne!(event.span_id, "00f067aa0ba902b7", "a span of ours, below the client's");
    // What is no traceparent begins a trace of its own.
    canvas.asks_for(&draft(1, [add("b")])).header("traceparent", "garbage").sends().await.is_rev(2);
    let event = reader.next_event().await.body;
    assert_eq!(event.trace_id.len(), 32);
    assert_ne!(event.trace_id, trace);
}
