//! How soon a revocation ends a thousand streams, and what an edge does that hears of none.

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use harness::{Canvas, Dial, Edge, Reader, World, until};
use local::{Service, Stack};
use reqwest::Method;
use std::time::{Duration, Instant};
use subjects::code::Code;
use subjects::ids::Role;

const STREAMS: usize = 1_000;
const OPENING_AT_ONCE: usize = 32;
const AT_MOST: Duration = Duration::from_secs(1);

async fn watch(canvas: &Canvas, streams: usize) -> Vec<Reader> {
    let open = (0..streams).map(|number| canvas.watches(Edge(number % 2)));
    stream::iter(open).buffer_unordered(OPENING_AT_ONCE).collect().await
}

/// When each was closed, in order.
async fn closing(readers: Vec<Reader>) -> Vec<Instant> {
    let closing = readers.into_iter().map(|mut reader| {
        tokio::spawn(async move {
            reader.sees_it_close().await;
            Instant::now()
        })
    });
    let mut closed: Vec<_> = join_all(closing).await.into_iter().map(|at| at.expect("it is closed")).collect();
    closed.sort_unstable();
    closed
}

#[tokio::test]
async fn a_thousand_streams_are_closed_within_a_second() {
    let world = World::private(|config| config).await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let bob_there = ann.welcomes(&bob, Role::Viewer).await;
    let by_bob = canvas.seen_by(&bob_there);
    for (what, is_logout) in [("membership removed", false), ("logged out", true)] {
        let closing = tokio::spawn(closing(watch(&by_bob, STREAMS).await));
        let asked = Instant::now();
        let reply = if is_logout { bob_there.logs_out().await } else { ann.takes_out(&bob).await };
        reply.is(204);
        let answered = Instant::now();
        let closed = closing.await.expect("all are closed");
        let after =
            |part: f64, since| closed[((closed.len() - 1) as f64 * part) as usize].saturating_duration_since(since);
        println!(
            "{what}: {STREAMS} streams on 2 edges closed after p50 {:?}, p99 {:?}; p99 {:?} after the answer",
            after(0.5, asked),
            after(0.99, asked),
            after(0.99, answered)
        );
        assert!(after(0.99, answered) < AT_MOST, "{what}: {:?}", after(0.99, answered));
        if !is_logout {
            ann.gives(&bob, Role::Viewer).await.is(200);
        }
    }
}

async fn is_unready(stack: &Stack) {
    for edge in [Service::Edge(0), Service::Edge(1)] {
        stack.unready_within(edge, Duration::from_secs(15)).await.expect("it says that it is not ready");
    }
}

async fn are_ready(stack: &Stack) {
    for edge in [Service::Edge(0), Service::Edge(1)] {
        stack.ready(edge).await.expect("it is ready again");
    }
}

#[tokio::test]
async fn an_edge_that_hears_nothing_admits_no_streams_and_believes_no_token() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let bob_there = ann.welcomes(&bob, Role::Viewer).await;
    let mut stays = canvas.watches(Edge(0)).await;
    let mut taken = canvas.seen_by(&bob_there).watches(Edge(1)).await;
    stack.pause(Service::Nats).expect("it is frozen");
    until("no streams are opened", async || {
        let refused = canvas.watch(Edge(0)).is_refused_within(Duration::from_secs(2)).await;
        refused.filter(|reply| reply.status == 503 && reply.json()["code"] == "UNAVAILABLE").map(drop)
    })
    .await;
    is_unready(stack).await;
    canvas.asks(Method::GET, "").sends().await.is(200);
    // What is revoked meanwhile is known from the database, though nobody says it.
    let revoke = "INSERT INTO revocations (tenant_id, kind, subject, expires_at)
        VALUES ($1, 'member', $2, now() + interval '1 h')
        ON CONFLICT (tenant_id, kind, subject) DO UPDATE
           SET role = NULL, number = nextval('revocation_numbers'), revoked_at = clock_timestamp()";
    let database = world.database().await;
    database.execute(revoke, &[&ann.tenant_id.as_str(), &bob.user_id]).await.expect("it is revoked");
    bob_there.asks(Method::GET, "/canvas").sends().await.refuses(403, Code::NotAMember);
    taken.sees_it_close().await;
    stack.resume(Service::Nats).expect("it goes on");
    are_ready(stack).await;
    bob_there.asks(Method::GET, "/canvas").sends().await.refuses(403, Code::NotAMember);
    canvas.watches(Edge(0)).await;
    canvas.commits([harness::ops::add("a")]).await.is_rev(1);
    stays.sees_revs(1..=1).await;
}

#[tokio::test]
async fn without_workers_no_streams_are_opened() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    for worker in [Service::Worker(0), Service::Worker(1)] {
        stack.kill(worker).expect("it is killed");
    }
    is_unready(stack).await;
    canvas.watch(Edge(1)).is_refused().await.refuses(503, Code::Unavailable);
    stack.start_service(Service::Worker(0)).await.expect("it starts");
    are_ready(stack).await;
    canvas.watches(Edge(1)).await;
}

#[tokio::test]
async fn a_page_opens_a_web_socket_with_a_ticket_once() {
    const PAGE: &str = "https://app.example";
    let world = World::private(|config| config.edge_env("NORTHSTAR_CORS_ORIGINS", PAGE)).await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let ask = ann.asks(Method::POST, "/tickets").header("origin", PAGE);
    let given = ask.json(&serde_json::json!({ "scope": "/ws" })).sends().await.is(201).json();
    let offered = format!("northstar.v1, ticket.{}", given["ticket"].as_str().expect("a ticket"));
    let dial = |edge| Dial::of(ann.asks_as_nobody(Method::GET, "/ws").at(edge)).offers(&offered);
    let refused = dial(Edge(0)).from_origin("https://evil.example").tries().await.expect_err("another page");
    assert!([401, 403].contains(&refused.status), "{refused:?}");
    let mut socket = dial(Edge(1)).from_origin(PAGE).opens().await;
    assert_eq!(socket.protocol.as_deref(), Some("northstar.v1"));
    let subscribed = socket.subscribes(serde_json::json!({ "canvas_id": canvas.id })).await;
    assert_eq!(subscribed["stream_id"], given["stream_id"], "the ticket names the stream");
    for edge in [Edge(0), Edge(1)] {
        let refused = dial(edge).from_origin(PAGE).tries().await.expect_err("a ticket that is spent");
        assert_eq!(refused.status, 401, "{refused:?}");
    }
    canvas.commits([harness::ops::add("a")]).await.is_rev(1);
    assert_eq!(socket.next_event().await.commit().rev, 1);
}

#[tokio::test]
async fn a_lowered_role_takes_writing_away_from_an_open_socket() {
    let world = World::private(|config| config).await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let bob_there = ann.welcomes(&bob, Role::Member).await;
    let mut socket = bob_there.at(Edge(1)).opens_socket().await;
    socket.subscribes(serde_json::json!({ "canvas_id": canvas.id })).await;
    let gesture = serde_json::json!({ "type": "gesture", "canvas_id": canvas.id, "gesture_kind": "caret",
        "payload": { "atom_id": "a", "path": "title", "at": 0 } });
    let answer = socket.asks(gesture.clone()).await;
    assert_ne!(answer["code"], "ROLE_TOO_LOW", "{answer}");
    ann.gives(&bob, Role::Viewer).await.is(200);
    let asked = Instant::now();
    loop {
        let answer = socket.asks(gesture.clone()).await;
        if answer["code"] == "ROLE_TOO_LOW" {
            break;
        }
        assert!(asked.elapsed() < AT_MOST, "it takes writing away within a second: {answer}");
    }
    canvas.commits([harness::ops::add("a")]).await.is_rev(1);
    assert_eq!(socket.next_event().await.commit().rev, 1, "and leaves reading");
}
