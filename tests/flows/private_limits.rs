//! Limits per tenant, counted over all edges and surviving their restarts.

use harness::ops::add;
use harness::{Edge, World, draft, until};
use local::Service;
use subjects::code::Code;
use tokio::time::Instant;

const PER_SECOND: u64 = 2;
const BURST: u64 = 40;
/// More than are granted at once and while they are sent.
const MANY: usize = 80;

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
    let statuses = futures_util::future::join_all(spent).await;
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
