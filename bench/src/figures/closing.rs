//! Open streams that something is to close, on both edges: how soon each is closed.

use crate::clock;
use crate::http::{self, Connection};
use crate::latency::Latencies;
use crate::world::World;
use anyhow::{Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

pub(super) const EDGES: usize = 2;
const OPENED_AT_ONCE: usize = 32;
const READ_BYTES: usize = 8 * 1024;

/// Streams of Server-Sent Events that were greeted, by turns at one edge and the other.
pub(super) struct Streams(Vec<TcpStream>);

impl Streams {
    /// Opens so many with this request.
    pub(super) async fn open(world: &World, count: usize, request: &[u8]) -> Result<Self> {
        let edges = (0..EDGES).map(|edge| world.edge(edge)).collect::<Result<Vec<_>>>()?;
        let open = (0..count).map(|number| opened(&edges[number % EDGES], request));
        Ok(Self(stream::iter(open).buffer_unordered(OPENED_AT_ONCE).try_collect().await?))
    }

    /// How long after the asking began each was closed.
    pub(super) async fn closed_by(self, asking: impl Future<Output = Result<()>>) -> Result<Latencies> {
        let mut closing: JoinSet<u64> = self.0.into_iter().map(closed_at).collect();
        let asked_us = clock::now_us();
        asking.await?;
        let mut latencies = Latencies::new();
        while let Some(at) = closing.join_next().await {
            latencies.record(at?.saturating_sub(asked_us));
        }
        Ok(latencies)
    }
}

/// Asks the first edge; gives what it says, if anything.
pub(super) async fn ask(world: &World, method: &str, path: &str, headers: &str, body: &Value) -> Result<Value> {
    let mut connection = Connection::open(&world.edge(0)?).await?;
    let answer = connection.ask(&http::request(method, path, headers, &body.to_string())).await?;
    match answer.status {
        200 | 201 => Ok(serde_json::from_slice(&answer.body)?),
        204 => Ok(Value::Null),
        status => bail!("{method} {path} says {status} {}", String::from_utf8_lossy(&answer.body)),
    }
}

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

async fn closed_at(mut socket: TcpStream) -> u64 {
    let mut heard = [0; READ_BYTES];
    while socket.read(&mut heard).await.is_ok_and(|bytes| bytes > 0) {}
    clock::now_us()
}
