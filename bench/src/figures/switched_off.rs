//! Figure 12, for actions: how long after a kill switch was thrown the last effect begins, while actions are allowed and carried
//! out as fast as they can be.

use super::closing::{EDGES, ask};
use crate::clock;
use crate::http::{self, Connection};
use crate::latency::Latencies;
use crate::table::{Goal, Row};
use crate::world::World;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const ASKERS: usize = 8;
const GOAL_MS: f64 = 1_000.0;
/// How long actions are carried out before the switch is thrown.
const LOAD: Duration = Duration::from_secs(2);
/// How long is watched whether an effect begins afterwards.
const WATCH: Duration = Duration::from_secs(3);

pub(crate) async fn run(world: &World) -> Result<Row> {
    let rounds = world.pick(20, 2);
    let (mut last, mut effects) = (Latencies::new(), 0);
    for round in 0..rounds {
        let (last_us, count) = one_round(world, round).await?;
        last.record(last_us);
        effects += count;
    }
    let summary = last.summary();
    let per_second = effects as f64 / (f64::from(rounds) * LOAD.as_secs_f64());
    let what = "kill switch thrown -> the last effect begins, p99";
    Ok(Row::new(12, what, "ms", summary.p99_us as f64 / 1_000.0, Goal::AtMost(GOAL_MS)).note(format!(
        "{rounds} times, from the 200 on, 0 where none began; about {per_second:.0} effects/s before, {ASKERS} askers: {summary}"
    )))
}

/// How long after the 200 the last effect began, and how many there were.
async fn one_round(world: &World, round: u32) -> Result<(u64, u64)> {
    let action = format!("bench:{round}");
    let receiver = Receiver::listens().await?;
    let (goes_on, mut askers) = (Arc::new(AtomicBool::new(true)), JoinSet::new());
    let body = json!({
        "action": action, "subject": { "type": "tool", "id": "bench" }, "webhook_url": receiver.url,
    });
    let request = http::request("POST", "/actions", &world.headers(), &body.to_string());
    for number in 0..ASKERS {
        let (connection, goes_on) = (Connection::open(&world.edge(number % EDGES)?).await?, goes_on.clone());
        askers.spawn(asks(connection, request.clone(), goes_on));
    }
    tokio::time::sleep(LOAD).await;
    let before = receiver.effects();
    ensure!(before > 0, "nothing was carried out");
    let thrown = json!({ "target": { "kind": "action", "name": action }, "thrown": true, "reason": "bench" });
    ask(world, "PUT", "/kill-switches", &world.headers(), &thrown).await?;
    let thrown_us = clock::now_us();
    tokio::time::sleep(WATCH).await;
    goes_on.store(false, Ordering::Relaxed);
    while let Some(asked) = askers.join_next().await {
        asked??;
    }
    Ok((receiver.last_us().saturating_sub(thrown_us), before))
}

/// Asks for the action again and again; once it is refused, it goes on being refused.
async fn asks(mut connection: Connection, request: Vec<u8>, goes_on: Arc<AtomicBool>) -> Result<()> {
    while goes_on.load(Ordering::Relaxed) {
        let answer = connection.ask(&request).await?;
        let says = || String::from_utf8_lossy(&answer.body).into_owned();
        ensure!([200, 403].contains(&answer.status), "POST /actions says {} {}", answer.status, says());
    }
    Ok(())
}

/// Takes whatever comes, and knows when the last came.
struct Receiver {
    url: String,
    seen: Arc<Seen>,
    _listening: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    effects: AtomicU64,
    last_us: AtomicU64,
}

impl Receiver {
    async fn listens() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let (seen, mut listening) = (Arc::<Seen>::default(), JoinSet::new());
        let accepting = seen.clone();
        listening.spawn(async move {
            let mut exchanges = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                exchanges.spawn(exchange(socket, accepting.clone()));
                while exchanges.try_join_next().is_some() {}
            }
        });
        Ok(Self { url, seen, _listening: listening })
    }

    fn effects(&self) -> u64 {
        self.seen.effects.load(Ordering::Relaxed)
    }

    fn last_us(&self) -> u64 {
        self.seen.last_us.load(Ordering::Relaxed)
    }
}

/// An effect begins when its request is here. Webhooks come one to a connection.
async fn exchange(mut socket: TcpStream, seen: Arc<Seen>) {
    let taken = async {
        let mut heard = Vec::new();
        while memchr::memmem::find(&heard, b"\r\n\r\n").is_none() {
            let bytes = socket.read_buf(&mut heard).await.context("broken off")?;
            ensure!(bytes > 0, "broken off");
        }
        seen.last_us.fetch_max(clock::now_us(), Ordering::Relaxed);
        seen.effects.fetch_add(1, Ordering::Relaxed);
        socket.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await?;
        anyhow::Ok(())
    };
    // Whoever breaks off tries again.
    let _ = taken.await;
}
