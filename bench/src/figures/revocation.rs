//! Figure 12, of revocation: how soon open streams are closed, on every edge, when the token is revoked that opened them.

use crate::clock;
use crate::http::{self, Connection};
use crate::latency::Latencies;
use crate::table::{Goal, Row};
use crate::world::{self, World};
use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const STREAMS: usize = 1_000;
const EDGES: usize = 2;
const OPENED_AT_ONCE: usize = 32;
const GOAL_MS: f64 = 1_000.0;
const READ_BYTES: usize = 8 * 1024;

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let streams = world.pick(STREAMS, STREAMS / 5);
    let rounds = world.pick(5, 1);
    let key = world.canvases(1).await?.remove(0);
    let mut closed = Latencies::new();
    for _ in 0..rounds {
        closed.add(&round(world, &world::sse_path(&key), streams).await?);
    }
    let summary = closed.summary();
    let p99_ms = summary.p99_us as f64 / 1_000.0;
    Ok(vec![
        Row::new(12, "token revoked -> its streams closed, p99", "ms", p99_ms, Goal::AtMost(GOAL_MS))
            .note(format!("{streams} streams on {EDGES} edges, {rounds} times; from the request on: {summary}")),
    ])
}

async fn round(world: &World, path: &str, streams: usize) -> Result<Latencies> {
    let own = world.headers();
    let agent = ask(world, "/auth/agents", &own, &json!({ "actor_id": "bench" })).await?.context("no token")?;
    let token = agent["access_token"].as_str().context("no token")?;
    let rest = own.split_once("\r\n").context("no headers")?.1;
    let request = http::request("GET", path, &format!("Authorization: Bearer {token}\r\n{rest}"), "");
    let edges = (0..EDGES).map(|edge| world.edge(edge)).collect::<Result<Vec<_>>>()?;
    let open = (0..streams).map(|number| opened(&edges[number % EDGES], &request));
    let open: Vec<_> = stream::iter(open).buffer_unordered(OPENED_AT_ONCE).try_collect().await?;
    let mut closing: JoinSet<Result<u64>> = open.into_iter().map(closed_at).collect();
    let asked_us = clock::now_us();
    ask(world, "/auth/revoke", &own, &json!({ "jti": agent["jti"] })).await?;
    let mut latencies = Latencies::new();
    while let Some(at) = closing.join_next().await {
        latencies.record(at??.saturating_sub(asked_us));
    }
    Ok(latencies)
}

/// What there is to say, if anything.
async fn ask(world: &World, path: &str, headers: &str, body: &Value) -> Result<Option<Value>> {
    let mut connection = Connection::open(&world.edge(0)?).await?;
    let answer = connection.ask(&http::request("POST", path, headers, &body.to_string())).await?;
    match answer.status {
        201 => Ok(Some(serde_json::from_slice(&answer.body)?)),
        204 => Ok(None),
        status => bail!("POST {path} says {status} {}", String::from_utf8_lossy(&answer.body)),
    }
}

/// A stream that was greeted.
async fn opened(at: &str, request: &[u8]) -> Result<TcpStream> {
    let mut socket = TcpStream::connect(at).await?;
    socket.write_all(request).await?;
    let mut heard = Vec::with_capacity(READ_BYTES);
    while memchr::memmem::find(&heard, b"event: hello").is_none() {
        if socket.read_buf(&mut heard).await? == 0 {
            bail!("no stream: {}", String::from_utf8_lossy(&heard));
        }
    }
    Ok(socket)
}

/// When the stream had ended.
async fn closed_at(mut socket: TcpStream) -> Result<u64> {
    let mut heard = [0; READ_BYTES];
    while socket.read(&mut heard).await.is_ok_and(|bytes| bytes > 0) {}
    Ok(clock::now_us())
}
