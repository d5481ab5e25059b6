//! Connections that are closed by an edge: because they are silent, or because it stops.

use harness::{Edge, World, until, within};
use local::Service;
use nix::sys::signal::Signal;
use serde_json::json;
use std::time::Duration;

const SILENCE: u64 = 3;
const DRAIN_AT_MOST: Duration = Duration::from_secs(30);

#[tokio::test]
async fn silence_closes() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_WS_SILENCE_SECS", SILENCE)).await;
    let ann = world.signs_up().await;
    let (mut silent, mut talking) = (ann.opens_socket().await, ann.opens_socket().await);
    let talks = async {
        loop {
            assert_eq!(talking.asks(json!({ "type": "ping" })).await["type"], "pong");
            tokio::task::yield_now().await;
        }
    };
    let (_, code, reason) = tokio::select! { closed = silent.sees_it_close() => closed, () = talks => unreachable!() };
    assert_eq!((code, reason.as_str()), (4002, "SILENT"));
    assert_eq!(talking.asks(json!({ "type": "ping" })).await["type"], "pong");
}

#[tokio::test]
async fn a_stopping_edge_sends_its_sockets_to_the_other() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_DRAIN_MS", 1_000)).await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut sockets = Vec::new();
    for _ in 0..10 {
        let mut socket = canvas.person.opens_socket().await;
        socket.subscribes(json!({ "canvas_id": canvas.id, "cursor": "0" })).await;
        sockets.push(socket);
    }
    canvas.makes_revs(2).await;
    stack.signal(Service::Edge(0), Signal::SIGTERM).expect("it is told");
    for mut socket in sockets {
        let (said, code, reason) = socket.sees_it_close().await;
        assert_eq!((code, reason.as_str()), (4001, "DRAINING"));
        assert_eq!(said.last().map(|frame| &frame["type"]), Some(&json!("draining")), "{said:?}");
        let last = said
            .iter()
            .rfind(|frame| frame["seq"].is_u64())
            .map_or(json!("0"), |event| event["meta"]["cursor"].clone());
        let seen = said.iter().filter(|frame| frame["seq"].is_u64()).count() as u64;
        let mut again = canvas.at(Edge(1)).person.opens_socket().await;
        again.subscribes(json!({ "canvas_id": canvas.id, "cursor": last })).await;
        for rev in seen + 1..=2 {
            assert_eq!(again.next_event().await.commit().rev, rev);
        }
    }
    let gone = until("the edge has ended", async || stack.info().edges[0].pid.is_none().then_some(()));
    within(DRAIN_AT_MOST, "the edge ends", gone).await;
}
