//! Figure 10: a tenant that sends a hundred times what it may, beside others that keep to their limit.

use crate::clock;
use crate::commands::{self, Client, Outcome};
use crate::latency::{Latencies, Summary};
use crate::proc;
use crate::table::{Goal, Row};
use crate::tenant::Tenant;
use crate::world::{COMMANDS_PER_SECOND, World};
use anyhow::Result;
use futures_util::future::try_join_all;
use local::Service;
use std::time::Duration;
use tokio::time::Instant;

/// What a tenant may send: little, so that a hundred times as much is a load that this machine can make.
const LIMIT_PER_SECOND: u32 = 20;
const BURST: u32 = 40;
/// A hundred times that.
const NOISE_PER_SECOND: u32 = 100 * LIMIT_PER_SECOND;
const QUIET_TENANTS: usize = 8;
const QUIET_PER_SECOND: u32 = 10;
/// Connections of the noisy tenant, half of them to each edge, each with a canvas of its own.
const NOISY_CONNECTIONS: usize = 32;
/// Runs without and with it take turns, so that what else the machine does is in both.
const TURNS: usize = 4;
const EDGES: usize = 2;
/// How long the noise is made before anything is measured: what a tenant may do at once after a rest lies within its
/// limit, and is over by then.
const LEAD: Duration = Duration::from_secs(2);
const GOAL: Goal = Goal::RatioAtMost(1.1);
/// The noise counts as made if at least so much of it was sent.
const NOISE_SHARE_MIN: f64 = 0.9;

/// A tenant's writer with a canvas of its own.
struct Writer {
    client: Client,
    rev: u64,
}

/// What became of commands.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    granted: u64,
    limited: u64,
    other: u64,
}

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    set_limit(world, LIMIT_PER_SECOND, BURST).await?;
    let measured = measure(world).await;
    set_limit(world, COMMANDS_PER_SECOND, COMMANDS_PER_SECOND).await?;
    Ok(vec![measured?])
}

/// What is told of a run with the noise or without it.
struct Leg {
    latencies: Latencies,
    counts: Counts,
    cpu_us: u64,
}

async fn measure(world: &World) -> Result<Row> {
    let noisy = Tenant::new(world).await?;
    let mut noise_makers = try_join_all((0..NOISY_CONNECTIONS).map(|n| Writer::of(world, &noisy, n % EDGES))).await?;
    let mut quiet = Vec::new();
    for n in 0..QUIET_TENANTS {
        quiet.push(Writer::of(world, &Tenant::new(world).await?, n % EDGES).await?);
    }
    let leg = Duration::from_secs(world.pick(10, 3));
    all(&mut quiet, QUIET_PER_SECOND, leg / 2).await?; // Warms up.
    let (mut without, mut with, mut noise) = (Leg::new(), Leg::new(), Leg::new());
    for _ in 0..TURNS {
        let before_us = proc::cpu_us(&world.edge_pids())?;
        without.add(all(&mut quiet, QUIET_PER_SECOND, leg).await?);
        without.cpu_us += proc::cpu_us(&world.edge_pids())? - before_us;
        let (heard, made) = tokio::try_join!(
            beside_noise(world, &mut quiet, leg),
            all(&mut noise_makers, NOISE_PER_SECOND / NOISY_CONNECTIONS as u32, LEAD + leg)
        )?;
        with.add(heard);
        noise.add(made);
    }
    let due = f64::from(NOISE_PER_SECOND) * (LEAD + leg).as_secs_f64() * TURNS as f64;
    Ok(row(&without, &with, &noise.counts, due, leg.as_secs_f64() * TURNS as f64))
}

/// The quiet tenants, when the noise has been there for a while.
async fn beside_noise(world: &World, quiet: &mut [Writer], leg: Duration) -> Result<Leg> {
    tokio::time::sleep(LEAD).await;
    let before_us = proc::cpu_us(&world.edge_pids())?;
    let mut heard = all(quiet, QUIET_PER_SECOND, leg).await?;
    heard.cpu_us = proc::cpu_us(&world.edge_pids())? - before_us;
    Ok(heard)
}

fn row(without: &Leg, with: &Leg, noise: &Counts, due: f64, secs: f64) -> Row {
    let (before, beside) = (without.latencies.summary(), with.latencies.summary());
    let ms = |summary: &Summary| summary.p99_us as f64 / 1_000.0;
    let Counts { granted, limited, other } = *noise;
    let answered = (granted + limited) as f64;
    let cost_us = with.cpu_us.saturating_sub(without.cpu_us) as f64 / (f64::from(NOISE_PER_SECOND) * secs);
    let quiet = [without, with].map(|leg| leg.counts.limited + leg.counts.other);
    Row::new(10, "others' command -> answer beside a noisy tenant, p99", "ms", ms(&beside), GOAL)
        .beside(ms(&before), GOAL)
        .note(format!("with {beside}; without {before}"))
        .note(format!("of {due:.0} commands it was granted {granted}, and {limited} were answered 429"))
        .note(format!("edges spent {cost_us:.0} us of CPU on each"))
        .and(answered >= NOISE_SHARE_MIN * due, "too little noise was made")
        .and(other == 0 && quiet == [0, 0], &format!("{other} of the noise and {quiet:?} of the others went wrong"))
}

/// Each tenant's limit, at every edge, from now on.
async fn set_limit(world: &World, per_second: u32, burst: u32) -> Result<()> {
    let (per_second, burst) = (per_second.to_string(), burst.to_string());
    let env = [("NORTHSTAR_COMMANDS_PER_SECOND", per_second.as_str()), ("NORTHSTAR_COMMANDS_BURST", burst.as_str())];
    for edge in 0..EDGES {
        world.stack.restart_with_env(Service::Edge(edge), &env).await?;
    }
    Ok(())
}

/// All writers at once, each at this pace, for so long.
async fn all(writers: &mut [Writer], per_second: u32, how_long: Duration) -> Result<Leg> {
    try_join_all(writers.iter_mut().map(|writer| writer.client.reconnect())).await?;
    let begin = Instant::now();
    let count = how_long.as_millis() as u32 * per_second / 1_000;
    let step = Duration::from_secs(1) / per_second;
    let spread = step / writers.len() as u32; // So that they do not all come at once.
    let paced = writers.iter_mut().enumerate().map(|(n, writer)| {
        let first = begin + spread * n as u32;
        async move {
            let mut leg = Leg::new();
            for n in 0..count {
                writer.write(first + step * n, &mut leg).await?;
            }
            anyhow::Ok(leg)
        }
    });
    let mut sum = Leg::new();
    try_join_all(paced).await?.into_iter().for_each(|leg| sum.add(leg));
    Ok(sum)
}

impl Writer {
    async fn of(world: &World, tenant: &Tenant, edge: usize) -> Result<Self> {
        Ok(Self { client: tenant.writer(world, edge).await?, rev: 1 })
    }

    /// One command when it is due. Its latency counts from then, however late those before it were.
    async fn write(&mut self, due: Instant, Leg { latencies, counts, .. }: &mut Leg) -> Result<()> {
        tokio::time::sleep_until(due).await;
        self.client.send(&commands::set(self.rev, clock::now_us())).await?;
        let outcome = self.client.outcome().await?;
        latencies.record(due.elapsed().as_micros() as u64);
        match outcome {
            Outcome::Applied(applied) => (self.rev, counts.granted) = (applied.head_rev, counts.granted + 1),
            Outcome::Refused(429, _) => counts.limited += 1,
            Outcome::Mismatch { head_rev } => (self.rev, counts.other) = (head_rev, counts.other + 1),
            Outcome::Pending | Outcome::Refused(..) => counts.other += 1,
        }
        Ok(())
    }
}

impl Leg {
    fn new() -> Self {
        Self { latencies: Latencies::new(), counts: Counts::default(), cpu_us: 0 }
    }

    fn add(&mut self, other: Self) {
        self.latencies.add(&other.latencies);
        self.counts.granted += other.counts.granted;
        self.counts.limited += other.counts.limited;
        self.counts.other += other.counts.other;
        self.cpu_us += other.cpu_us;
    }
}
