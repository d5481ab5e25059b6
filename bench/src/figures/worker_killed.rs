//! Figure 14: a worker is killed under light load.

use crate::clock;
use crate::commands::{self, Client, Outcome};
use crate::latency::{Latencies, Summary};
use crate::table::{Goal, Row};
use crate::world::{self, World};
use anyhow::{Result, bail, ensure};
use local::Service;
use std::collections::HashSet;
use std::time::Duration;
use subjects::routing::StreamKey;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

const CANVASES: usize = 32;
/// A command per canvas so often.
const EVERY: Duration = Duration::from_millis(200);
const DEAD_FOR: Duration = Duration::from_secs(4);
const BETWEEN: Duration = Duration::from_secs(2);
/// How long a command is sent again and again.
const ANSWER_AT_MOST: Duration = Duration::from_secs(30);
const RETRY_AFTER: Duration = Duration::from_millis(50);
const GOAL_S: f64 = 3.0;
const PAGE: u64 = 200;

/// What one canvas's writer did.
struct Writer {
    key: StreamKey,
    client: Client,
    base_rev: u64,
    acknowledged: Vec<Uuid>,
    latencies: Latencies,
}

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for n in 0..CANVASES {
        let key = world.canvas().await?;
        let client = world.client(&key, n % 2).await?;
        let writer = Writer { key, client, base_rev: 1, acknowledged: Vec::new(), latencies: Latencies::new() };
        tasks.spawn(writer.run(stopped.clone()));
    }
    tokio::time::sleep(BETWEEN).await;
    for kill in 0..world.pick(4, 1) {
        let worker = Service::Worker(kill % 2);
        world.stack.kill(worker)?;
        tokio::time::sleep(DEAD_FOR).await;
        world.stack.start_service(worker).await?;
        tokio::time::sleep(BETWEEN).await;
    }
    stop.send(true)?;
    let (mut all, mut faults) = (Latencies::new(), Vec::new());
    let mut acknowledged = 0;
    while let Some(writer) = tasks.join_next().await {
        let writer = writer??;
        all.add(&writer.latencies);
        acknowledged += writer.acknowledged.len();
        faults.extend(faults_of(world, &writer).await?);
    }
    let Summary { max_us, .. } = all.summary();
    let answers =
        Row::new(14, "worker killed: longest wait for an answer", "s", max_us as f64 / 1e6, Goal::AtMost(GOAL_S))
            .note(format!("{CANVASES} canvases, {acknowledged} commands, {}", all.summary()));
    let kept =
        Row::new(14, "acknowledged and lost, or there twice", "commands", faults.len() as f64, Goal::AtMost(0.0));
    Ok(vec![answers, faults.into_iter().take(3).fold(kept, Row::note)])
}

impl Writer {
    async fn run(mut self, stopped: watch::Receiver<bool>) -> Result<Self> {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !*stopped.borrow() {
            ticks.tick().await;
            let begun_us = clock::now_us();
            self.insist().await?;
            self.latencies.record(clock::now_us() - begun_us);
        }
        Ok(self)
    }

    /// Sends one command, again and again, until it is applied.
    async fn insist(&mut self) -> Result<()> {
        let command = commands::set(self.base_rev, clock::now_us());
        let deadline = Instant::now() + ANSWER_AT_MOST;
        loop {
            self.client.send(&command).await?;
            match self.client.outcome().await? {
                Outcome::Applied(applied) => {
                    self.base_rev = applied.head_rev;
                    self.acknowledged.push(applied.commit_id);
                    return Ok(());
                }
                Outcome::Mismatch { head_rev } => bail!("{} is at {head_rev}, not {}", self.key, self.base_rev),
                Outcome::Refused(status, body) if status < 500 => bail!("{} says {status} {body}", self.key),
                Outcome::Pending | Outcome::Refused(..) => {}
            }
            ensure!(Instant::now() < deadline, "{} does not answer", self.key);
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }
}

/// Whether the history has each acknowledged commit once, densely, and no other.
async fn faults_of(world: &World, writer: &Writer) -> Result<Vec<String>> {
    let mut history = Vec::new();
    loop {
        let path = format!("{}/commits?after_rev={}&limit={PAGE}", world::canvas_path(&writer.key), history.len());
        let page = world.get(1, &path).await?;
        let commits = page["commits"].as_array().cloned().unwrap_or_default();
        if commits.is_empty() {
            break;
        }
        for commit in commits {
            history.push((commit["rev"].as_u64(), commit["commit_id"].as_str().and_then(|id| id.parse::<Uuid>().ok())));
        }
    }
    let mut faults = Vec::new();
    if let Some(at) = (1..).zip(&history).position(|(rev, (found, _))| *found != Some(rev)) {
        faults.push(format!("{} has a hole after rev {at}", writer.key));
    }
    let there: HashSet<_> = history.iter().filter_map(|(_, id)| *id).collect();
    let lost = writer.acknowledged.iter().filter(|id| !there.contains(id));
    faults.extend(lost.map(|id| format!("{} lost {id}", writer.key)));
    // The first commit put the atom there.
    if history.len() != writer.acknowledged.len() + 1 || there.len() != history.len() {
        let (found, told) = (history.len(), writer.acknowledged.len() + 1);
        faults.push(format!("{} has {found} commits, {told} were acknowledged", writer.key));
    }
    Ok(faults)
}
