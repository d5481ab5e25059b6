//! Figure 12: how soon open streams are closed, on every edge, when the token is revoked that opened them, or their rail is
//! switched off by a flag; and how soon no action is carried out any more when a kill switch is thrown.

use super::closing::{EDGES, Streams, ask};
use super::switched_off as actions;
use crate::http;
use crate::latency::Latencies;
use crate::table::{Goal, Row};
use crate::world::{self, World};
use anyhow::{Context, Result};
use serde_json::json;
use std::time::{Duration, Instant};

const STREAMS: usize = 1_000;
const GOAL_MS: f64 = 1_000.0;
/// How long an edge may take to let readers in again.
const OPEN_AGAIN: Duration = Duration::from_secs(5);

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let (streams, rounds) = (world.pick(STREAMS, STREAMS / 5), world.pick(5, 1));
    let path = world::sse_path(&world.canvases(1).await?.remove(0));
    let (mut revoked, mut switched_off) = (Latencies::new(), Latencies::new());
    for _ in 0..rounds {
        revoked.add(&by_revocation(world, &path, streams).await?);
        switched_off.add(&by_flag(world, &path, streams).await?);
    }
    let row = |what: &str, closed: &Latencies| {
        let summary = closed.summary();
        Row::new(12, what, "ms", summary.p99_us as f64 / 1_000.0, Goal::AtMost(GOAL_MS))
            .note(format!("{streams} streams on {EDGES} edges, {rounds} times; from the request on: {summary}"))
    };
    Ok(vec![
        row("token revoked -> its streams closed, p99", &revoked),
        row("sse_enabled off -> the tenant's streams closed, p99", &switched_off),
        actions::run(world).await?,
    ])
}

async fn by_revocation(world: &World, path: &str, streams: usize) -> Result<Latencies> {
    let own = world.headers();
    let agent = ask(world, "POST", "/auth/agents", &own, &json!({ "actor_id": "bench" })).await?;
    let token = agent["access_token"].as_str().context("no token")?;
    let context = own.split_once("\r\n").context("no headers")?.1;
    let request = http::request("GET", path, &format!("Authorization: Bearer {token}\r\n{context}"), "");
    let open = Streams::open(world, streams, &request).await?;
    let body = json!({ "jti": agent["jti"] });
    open.closed_by(async { ask(world, "POST", "/auth/revoke", &own, &body).await.map(drop) }).await
}

async fn by_flag(world: &World, path: &str, streams: usize) -> Result<Latencies> {
    let own = world.headers();
    let request = http::request("GET", path, &own, "");
    let open = Streams::open(world, streams, &request).await?;
    let set = async |to: serde_json::Value| {
        ask(world, "PUT", "/feature-flags", &own, &json!({ "flags": { "sse_enabled": to } })).await.map(drop)
    };
    let closed = open.closed_by(set(json!(false))).await;
    set(serde_json::Value::Null).await?;
    let begun = Instant::now();
    while let Err(error) = Streams::open(world, EDGES, &request).await {
        anyhow::ensure!(begun.elapsed() < OPEN_AGAIN, "no streams again: {error:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    closed
}
