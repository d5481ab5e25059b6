//! Readers of a canvas: greeted, told everything in order, and told nothing that is not theirs to see.

use harness::ops::add;
use harness::{Canvas, Edge, World, until, until_within};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use subjects::code::Code;
use subjects::event::{EventType, Persist, Priority};

/// A proxy that closes silent connections is kept awake more often than this.
const HEARTBEAT_AT_MOST: Duration = Duration::from_secs(20);

async fn canvas_in(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

#[tokio::test]
async fn a_reader_is_greeted() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(3).await;
    let (one, other) = (canvas.watches(Edge(0)).await, canvas.watches(Edge(1)).await);
    let members =
        |hello: &serde_json::Value| hello.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    let expected = ["stream_id", "resumed", "reason", "head_rev", "snapshot_ref", "cursor"].map(str::to_owned).into();
    assert_eq!(members(&one.hello), expected);
    assert_eq!(one.hello["reason"], json!(null));
    assert!(one.hello["head_rev"].as_u64().is_some_and(|rev| rev <= 3), "{}", one.hello);
    assert_eq!(one.hello["cursor"], json!(one.cursor));
    assert_ne!(one.hello["stream_id"], other.hello["stream_id"]);
    assert!((500..60_000).contains(&one.retry_ms), "{}", one.retry_ms);
}

#[tokio::test]
async fn every_reader_sees_every_rev_in_order() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut readers = [canvas.watches(Edge(0)).await, canvas.watches(Edge(1)).await, canvas.watches(Edge(0)).await];
    canvas.makes_revs(20).await;
    let mut seen = Vec::new();
    for reader in &mut readers {
        let events = reader.sees_revs(1..=20).await;
        assert!(events.iter().zip(1..).all(|(event, seq)| event.body.seq == Some(seq)), "seq is dense");
        seen.push(events);
    }
    let first = &seen[0][0].body;
    assert_eq!(
        (first.event_type, first.meta.priority, first.meta.persist),
        (EventType::CanvasCommit, Priority::Truth, Persist::Always)
    );
    // The same event everywhere, but for the cursor, which may say more or less of where it stands.
    let bare = |events: &[harness::Event]| {
        let bodies = events.iter().map(|event| {
            let mut body = event.body.clone();
            body.meta.cursor = None;
            body
        });
        bodies.collect::<Vec<_>>()
    };
    assert_eq!(bare(&seen[0]), bare(&seen[1]));
    assert_eq!(bare(&seen[0]), bare(&seen[2]));
}

#[tokio::test]
async fn without_a_cursor_a_reader_starts_now() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(3).await;
    until("the edge has heard of rev 3", async || (canvas.watches(Edge(1)).await.hello["head_rev"] == 3).then_some(()))
        .await;
    let mut reader = canvas.watches(Edge(1)).await;
    canvas.makes_revs(1).await;
    reader.sees_revs(4..=4).await;
}

#[tokio::test]
async fn a_quiet_stream_is_kept_awake() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut reader = canvas.watches(Edge(0)).await;
    let block = harness::within(HEARTBEAT_AT_MOST, "a comment", reader.next_block()).await.expect("an open stream");
    assert_eq!((block.event, block.data), (None, None), "it fires no handler");
    assert!(!block.comments.is_empty() || block.id.is_some());
}

#[tokio::test]
async fn what_a_readers_channels_hide_moves_its_cursor() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut blind = canvas.watch(Edge(0)).channels("artifacts").opens().await;
    canvas.makes_revs(3).await;
    until_within(HEARTBEAT_AT_MOST * 2, "the blind reader stands behind rev 3", async || {
        let block = blind.next_block().await.expect("an open stream");
        assert_eq!((block.event, block.data), (None, None), "it sees nothing");
        (world.opens(&blind.cursor, &canvas).seq == 3).then_some(())
    })
    .await;
    let mut seeing = canvas.watch(Edge(1)).last_event_id(&blind.cursor).opens().await;
    assert_eq!(seeing.hello["resumed"], true, "{}", seeing.hello);
    canvas.makes_revs(1).await;
    seeing.sees_revs(4..=4).await;
}

#[tokio::test]
async fn channels_can_be_named_together() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut reader = canvas.watch(Edge(0)).channels("artifacts,commits,gestures").opens().await;
    canvas.makes_revs(2).await;
    reader.sees_revs(1..=2).await;
}

#[tokio::test]
async fn nobody_watches_without_a_token_a_context_or_a_canvas() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let stream = canvas.asks(Method::GET, "").without("x-tenant-id");
    stream.sends().await.refuses(400, Code::ContextMissing);
    let path = format!("/sse/canvas/{}", canvas.id);
    ann.asks(Method::GET, &path).without("authorization").sends().await.refuses(401, Code::Unauthenticated);
    ann.asks(Method::GET, &path).bearer("garbage").sends().await.refuses(401, Code::Unauthenticated);
    ann.asks(Method::GET, &path).without("x-env").sends().await.refuses(400, Code::ContextMissing);
    canvas.seen_by(&eve.in_tenant(&ann.tenant_id)).watch(Edge(0)).is_refused().await.refuses(403, Code::NotAMember);
    canvas.seen_by(&eve).watch(Edge(1)).is_refused().await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn a_reader_of_a_canvas_hears_of_no_other() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let (one, other) = (ann.creates_canvas().await, ann.creates_canvas().await);
    let mut reader = one.watches(Edge(0)).await;
    for rev in 1..=5 {
        other.commits([add(&format!("other-{rev}"))]).await.is_rev(rev);
        one.commits([add(&format!("one-{rev}"))]).await.is_rev(rev);
    }
    for event in reader.sees_revs(1..=5).await {
        assert_eq!(json!(event.body.routing.keys.canvas_id), json!(one.id));
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut claims = canvas.person.claims();
    let now = claims["iat"].as_i64().expect("a time");
    // Good for a few seconds of the leeway.
    (claims["iat"], claims["exp"]) = (json!(now - 900), json!(now - 25));
    let brief = canvas.seen_by(&canvas.person.with_token(world.forger().signs(&claims)));
    let said = brief.watches(Edge(0)).await.sees_it_close().await;
    let last = said.iter().rfind(|block| block.event.is_some()).expect("it says why");
    assert_eq!(last.event.as_deref(), Some("error"), "{said:?}");
    assert!(last.data.as_ref().is_some_and(|data| data.contains(Code::AuthExpired.as_str())), "{said:?}");
}
