//! An edge that is asked to stop: finishes what it has, sends its readers elsewhere, and ends.

use harness::ops::add;
use harness::{Canvas, Edge, World, draft, until, within};
use local::Service;
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::time::Duration;

/// Of the drain, by its configuration.
const DRAIN_AT_MOST: Duration = Duration::from_secs(30);
const READERS: usize = 30;

#[tokio::test]
async fn a_stopping_edge_sends_its_readers_to_the_other() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_DRAIN_MS", 2_000)).await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(canvas.watches(Edge(0)).await);
    }
    canvas.makes_revs(3).await;
    for reader in &mut readers {
        reader.sees_revs(1..=3).await;
    }
    let in_flight: Vec<_> = (0..20).map(|number| tokio::spawn(one_more(canvas.clone(), number))).collect();
    stack.signal(Service::Edge(0), Signal::SIGTERM).expect("it is told");
    let mut waits = BTreeSet::new();
    for mut reader in readers {
        let (retry_ms, seen) = is_sent_away(&mut reader).await;
        waits.insert(retry_ms);
        let mut again = canvas.watch(Edge(1)).last_event_id(&reader.cursor).opens().await;
        assert_eq!(again.hello["resumed"], true, "{}", again.hello);
        let next = canvas.at(Edge(1)).reads().await.head_rev;
        again.sees_revs(3 + seen + 1..=next).await;
    }
    assert!(waits.len() > READERS / 2, "they are told to wait for different times: {waits:?}");
    for command in in_flight {
        command.await.expect("what was asked is answered, or the connection was not taken");
    }
    let gone = until("the edge has ended", async || stack.info().edges[0].pid.is_none().then_some(()));
    within(DRAIN_AT_MOST, "the edge ends", gone).await;
}

/// Reads on until `draining` and the end of the stream; says how long to wait, and how many revs came on the way.
async fn is_sent_away(reader: &mut harness::Reader) -> (u64, u64) {
    let said = reader.sees_it_close().await;
    let revs = said.iter().filter(|block| block.event.as_deref() == Some("canvas_commit")).count() as u64;
    let last = said.iter().rfind(|block| block.event.is_some()).expect("something is said");
    assert_eq!(last.event.as_deref(), Some("draining"), "{said:?}");
    (last.retry_ms.expect("when to come back"), revs)
}

/// A command in flight while the edge stops: it is answered, or it was never taken.
async fn one_more(canvas: Canvas, number: usize) {
    let wish = draft(3, [add(&format!("late-{number}"))]);
    if let Ok(reply) = canvas.asks_for(&wish).tries().await {
        assert!([200, 409, 503].contains(&reply.status), "{}: {}", reply.status, reply.text());
    }
}

#[tokio::test]
async fn a_stopping_edge_says_that_it_is_not_ready() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_DRAIN_MS", 10_000)).await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    let reader = canvas.watches(Edge(1)).await;
    stack.signal(Service::Edge(1), Signal::SIGTERM).expect("it is told");
    stack.unready_within(Service::Edge(1), DRAIN_AT_MOST).await.expect("it is not ready");
    drop(reader);
    let gone = until("the edge has ended", async || stack.info().edges[1].pid.is_none().then_some(()));
    within(DRAIN_AT_MOST, "the edge ends", gone).await;
    canvas.makes_revs(1).await;
}
