//! Limits per tenant, counted over all edges and surviving their restarts.

use futures_util::future::join_all;
use harness::ops::add;
use harness::{Edge, Socket, World, draft, until};
use local::Service;
use serde_json::{Value, json};
use std::time::Duration;
use subjects::code::Code;
use tokio::time::Instant;

const PER_SECOND: u64 = 2;
const BURST: u64 = 40;
/// More than are granted at once and while they are sent.
const MANY: usize = 80;
/// What an edge said of what it holds is forgotten after 10 s; the others hear of that within 2 s.
const LEASE_AT_MOST: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_tenant_sends_so_many_commands_and_no_more() {
    let world = World::private(|config| {
        let config = config.edge_env("NORTHSTAR_COMMANDS_PER_SECOND", PER_SECOND);
        config.edge_env("NORTHSTAR_COMMANDS_BURST", BURST)
    })
    .await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let (canvas, others) = (ann.creates_canvas().await, bob.creates_canvas().await);
    let start = Instant::now();
    let mut granted = 0;
    let mut refused = None;
    for number in 0..MANY {
        let reply = canvas.at(Edge(number % 2)).commits([add(&format!("a{number}"))]).await;
        match reply.status {
            200 => granted += 1,
            _ => refused = Some(reply),
        }
    }
    let most = BURST + PER_SECOND * (start.elapsed().as_secs() + 1) + PER_SECOND;
    assert!((BURST..=most).contains(&granted), "{granted} of at most {most}, over both edges");
    let refused = refused.expect("a limit");
    refused.refuses(429, Code::RateLimited);
    assert!(refused.header("retry-after").is_some_and(|secs| secs.parse::<u64>().is_ok_and(|secs| secs >= 1)));
    assert!(refused.headers.keys().any(|name| name.as_str().starts_with("ratelimit")), "{:?}", refused.headers);
    others.commits([add("a")]).await.is_rev(1);

    world.stack().restart_with_env(Service::Edge(0), &[]).await.expect("it restarts");
    let spent = (0..MANY).map(async |_| canvas.at(Edge(0)).sends(&draft(999, [add("x")])).await.status);
    let statuses = join_all(spent).await;
    let let_through = statuses.iter().filter(|status| **status != 429).count() as u64;
    // An edge that has no answer from the database in time lets its share of the limit through: half, not the whole again.
    let most = BURST / 2 + PER_SECOND * (start.elapsed().as_secs() + 2);
    assert!(let_through <= most, "a restart forgives nothing: {let_through} of at most {most}");
    until("the tenant has rested", async || {
        let head = canvas.reads().await.head_rev;
        (canvas.sends(&draft(head, [add("rested")])).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_tenant_holds_so_many_streams_and_no_more() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_CONNECTIONS_PER_TENANT", 5)).await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let (canvas, others) = (ann.creates_canvas().await, bob.creates_canvas().await);
    let mut readers = Vec::new();
    for _ in 0..5 {
        readers.push(canvas.watches(Edge(0)).await);
    }
    canvas.watch(Edge(0)).is_refused().await.refuses(429, Code::RateLimited);
    others.watches(Edge(0)).await;
    until("the other edge has heard of it", async || canvas.watch(Edge(1)).tries().await.is_none().then_some(())).await;
    readers.clear();
    until("there is room again", async || canvas.watch(Edge(0)).tries().await).await;
}

#[tokio::test]
async fn streams_and_sockets_are_counted_together() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_CONNECTIONS_PER_TENANT", 3)).await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let (_reader, socket) = (canvas.watches(Edge(0)).await, ann.opens_socket().await);
    let _another = ann.opens_socket().await;
    canvas.watch(Edge(0)).is_refused().await.refuses(429, Code::RateLimited);
    let refused = ann.dials().tries().await.expect_err("no room");
    assert_eq!((refused.status, refused.code.as_deref()), (429, Some(Code::RateLimited.as_str())));
    socket.closes().await;
    until("there is room again", async || canvas.watch(Edge(0)).tries().await).await;
}

#[tokio::test]
async fn what_a_killed_edge_held_comes_back_when_its_lease_ends() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_CONNECTIONS_PER_TENANT", 5)).await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let elsewhere = join_all((0..5).map(async |_| canvas.watches(Edge(1)).await)).await;
    until("the other edge has heard of it", async || canvas.watch(Edge(0)).tries().await.is_none().then_some(())).await;
    world.stack().kill(Service::Edge(1)).expect("it is killed");
    let killed_at = Instant::now();
    drop(elsewhere);
    let mut readers = Vec::new();
    while readers.len() < 5 {
        readers.push(until("there is room again", async || canvas.watch(Edge(0)).tries().await).await);
    }
    assert!(killed_at.elapsed() < LEASE_AT_MOST, "after {:?}", killed_at.elapsed());
    canvas.watch(Edge(0)).is_refused().await.refuses(429, Code::RateLimited);
}

#[tokio::test]
async fn a_socket_is_told_which_limit_it_is_at_and_when_to_come_back() {
    let world = World::private(|config| {
        let config = config.edge_env("NORTHSTAR_MESSAGES_PER_SECOND", 1).edge_env("NORTHSTAR_MESSAGES_BURST", 5);
        let config = config.edge_env("NORTHSTAR_GESTURES_PER_SECOND", 1).edge_env("NORTHSTAR_GESTURES_BURST", 5);
        config.edge_env("NORTHSTAR_SUBSCRIPTIONS_PER_TENANT", 2)
    })
    .await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let mut socket = ann.opens_socket().await;
    let mut threads = Vec::new();
    for _ in 0..3 {
        threads.push(ann.starts_thread().await.id);
    }
    for thread_id in &threads[..2] {
        socket.subscribes(json!({ "thread_id": thread_id })).await;
    }
    let third = json!({ "type": "subscribe", "thread_id": threads[2] });
    limited(&socket.is_refused(third.clone(), Code::RateLimited).await, "subscriptions");
    assert_eq!(socket.asks(json!({ "type": "unsubscribe", "thread_id": threads[0] })).await["type"], "ack");
    until("there is room again", async || (socket.asks(third.clone()).await["type"] == "subscribed").then_some(()))
        .await;

    let say = |thread_id: &str| {
        let data = json!({ "text": "Hi" });
        json!({ "type": "publish", "thread_id": thread_id, "event": "chat_message", "data": data })
    };
    limited(&refused_after(&mut socket, say(&threads[0])).await, "messages");
    let canvas = ann.creates_canvas().await.id;
    let wave = json!({ "type": "gesture", "canvas_id": canvas, "gesture_kind": "caret", "payload": {} });
    limited(&refused_after(&mut socket, wave).await, "gestures");
    let other = bob.starts_thread().await.id;
    assert_eq!(bob.opens_socket().await.asks(say(&other)).await["type"], "ack", "others are not concerned");
}

/// The first refusal when a frame is sent again and again, after as many as may be sent at once.
async fn refused_after(socket: &mut Socket, frame: Value) -> Value {
    for number in 0..MANY {
        let answer = socket.asks(frame.clone()).await;
        if answer["type"] == "error" {
            assert!(number >= 5, "{answer}");
            assert_eq!(answer["code"], Code::RateLimited.as_str(), "{answer}");
            return answer;
        }
    }
    panic!("no limit");
}

#[track_caller]
fn limited(refused: &Value, limit: &str) {
    assert_eq!(refused["limit"], limit, "{refused}");
    assert!(refused["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{refused}");
}
