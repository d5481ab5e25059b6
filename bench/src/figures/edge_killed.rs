//! Figure 13: an edge is killed with people present through it. Some come back elsewhere at once, some do not.

use crate::table::{Goal, Row};
use crate::world::World;
use crate::ws::Socket;
use anyhow::{Context, Result};
use local::Service;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use subjects::routing::{Stream, StreamKey};
use tokio::time::{Instant, timeout_at};

/// Who is present through the edge; every other comes back.
const SESSIONS: usize = 100;
const GOAL_S: f64 = 10.0;
/// How long it is watched after the kill: somebody who left by mistake would have by then.
const WATCHED_FOR: Duration = Duration::from_secs(15);
/// How long what is shown may take to be seen.
const SEEN_WITHIN: Duration = Duration::from_secs(10);

/// What an onlooker through the other edge was told.
struct Seen {
    socket: Socket,
    there: HashSet<String>,
}

/// What came of one kill.
#[derive(Default)]
struct Outcome {
    /// When the last was gone who did not come back.
    gone_after_s: f64,
    ghosts: usize,
    /// Who came back, and was said to be gone in between.
    false_leaves: usize,
}

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let mut all = Outcome::default();
    let kills = world.pick(3, 1);
    for _ in 0..kills {
        let outcome = kill(world).await?;
        all.gone_after_s = all.gone_after_s.max(outcome.gone_after_s);
        all.ghosts += outcome.ghosts;
        all.false_leaves += outcome.false_leaves;
        world.stack.start_service(Service::Edge(1)).await?;
    }
    let note = format!("{SESSIONS} sessions, every other came back to another edge, {kills} kills");
    let gone = Row::new(13, "edge killed: its last presence gone after", "s", all.gone_after_s, Goal::AtMost(GOAL_S));
    Ok(vec![
        gone.note(note),
        Row::new(13, "still seen afterwards, and not there", "sessions", all.ghosts as f64, Goal::AtMost(0.0)),
        Row::new(13, "came back at once, and said to be gone", "sessions", all.false_leaves as f64, Goal::AtMost(0.0)),
    ])
}

async fn kill(world: &World) -> Result<Outcome> {
    let key = world.canvases(1).await?.remove(0);
    let mut seen = Seen::watches(world, &key).await?;
    let mut sockets = Vec::new();
    for n in 0..SESSIONS {
        sockets.push(present(world, &key, n, 1).await?);
    }
    let deadline = Instant::now() + SEEN_WITHIN;
    while seen.there.len() < SESSIONS {
        seen.hears(deadline).await?.context("not everybody was seen in time")?;
    }
    world.stack.kill(Service::Edge(1))?;
    let killed_at = Instant::now();
    let mut back = Vec::new();
    for n in (0..SESSIONS).step_by(2) {
        back.push(present(world, &key, n, 0).await?);
    }
    let mut outcome = Outcome::default();
    while let Some((session, is_there)) = seen.hears(killed_at + WATCHED_FOR).await? {
        match (comes_back(&session), is_there) {
            (true, false) => outcome.false_leaves += 1,
            (false, false) => outcome.gone_after_s = killed_at.elapsed().as_secs_f64(),
            (true | false, true) => {}
        }
    }
    outcome.ghosts = seen.there.iter().filter(|session| !comes_back(session)).count();
    Ok(outcome)
}

fn comes_back(session: &str) -> bool {
    session.trim_start_matches('s').parse::<usize>().is_ok_and(|n| n.is_multiple_of(2))
}

fn place(key: &StreamKey) -> Value {
    match &key.stream {
        Stream::Canvas(id) => json!({ "canvas_id": id }),
        Stream::Thread(id) => json!({ "thread_id": id }),
    }
}

async fn present(world: &World, key: &StreamKey, n: usize, edge: usize) -> Result<Socket> {
    let mut socket = Socket::open(world, edge, &format!("s{n}")).await?;
    let mut frame = place(key);
    (frame["type"], frame["state"]) = (json!("presence"), json!({ "n": n }));
    socket.ask(frame).await?;
    Ok(socket)
}

impl Seen {
    async fn watches(world: &World, key: &StreamKey) -> Result<Self> {
        let mut socket = Socket::open(world, 0, "onlooker").await?;
        let mut frame = place(key);
        (frame["type"], frame["channels"]) = (json!("subscribe"), json!(["presence"]));
        socket.ask(frame).await?;
        Ok(Self { socket, there: HashSet::new() })
    }

    /// The next session that something is told of, and whether it is there; none when the time is over.
    async fn hears(&mut self, deadline: Instant) -> Result<Option<(String, bool)>> {
        loop {
            let Ok(frame) = timeout_at(deadline, self.socket.hear()).await else { return Ok(None) };
            let data = &frame?["data"];
            let Some(session) = data["session_id"].as_str() else { continue };
            let is_there = !data["state"].is_null();
            if is_there {
                self.there.insert(session.to_owned());
            } else {
                self.there.remove(session);
            }
            return Ok(Some((session.to_owned(), is_there)));
        }
    }
}
