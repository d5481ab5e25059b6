//! The slow: readers who do not read, and sockets that do not finish what they say.

use futures_util::future::join_all;
use harness::ops::{add, set};
use harness::{Edge, SlowSockets, World};
use reqwest::Method;
use std::time::Duration;

/// Far more than the sockets between a reader and an edge can hold.
const EVENTS: u64 = 60;
const EVENT_BYTES: usize = 200 * 1024;
/// Heads are awaited for 5 s; the rest is for a busy machine.
const HEAD_AT_MOST: Duration = Duration::from_secs(30);
const SOCKETS: usize = 2_000;

#[tokio::test]
async fn a_slow_reader_misses_nothing_and_holds_up_nobody() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut slow = canvas.watches(Edge(0)).await;
    let mut quick = canvas.watches(Edge(0)).await;
    canvas.commits([add("a")]).await.is_rev(1);
    quick.sees_revs(1..=1).await;
    for rev in 2..=EVENTS {
        canvas.commits([set("a", "text", "x".repeat(EVENT_BYTES))]).await.is_rev(rev);
        quick.sees_revs(rev..=rev).await;
    }
    slow.sees_revs(1..=EVENTS).await;
    canvas.commits([add("b")]).await.is_rev(EVENTS + 1);
    slow.sees_revs(EVENTS + 1..=EVENTS + 1).await;
    quick.sees_revs(EVENTS + 1..=EVENTS + 1).await;
}

#[tokio::test]
async fn slow_sockets_are_cut_and_keep_nobody_out() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let sockets = SlowSockets::connect(&world.access().edge_urls[1], SOCKETS).await;
    let canvas = canvas.at(Edge(1));
    let mut reader = canvas.watches(Edge(1)).await;
    canvas.makes_revs(10).await;
    reader.sees_revs(1..=10).await;
    let reads = (0..20).map(async |_| canvas.asks(Method::GET, "").sends().await.is(200));
    join_all(reads).await;
    sockets.are_cut(HEAD_AT_MOST).await;
}
