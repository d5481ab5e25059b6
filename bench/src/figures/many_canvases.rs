//! Figure 5: commands per second on many canvases at once.

use crate::baseline::pgbench;
use crate::lane::{Done, Lane};
use crate::latency::Latencies;
use crate::stages::Stages;
use crate::table::{Goal, Row};
use crate::world::World;
use anyhow::Result;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CANVASES: usize = 64;
const IN_FLIGHT_OF_EACH: usize = 4;
/// Longer than an edge takes to admit a command, so that few overtake each other.
const GAP: Duration = Duration::from_millis(1);
const WARM_UP: Duration = Duration::from_secs(2);

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let duration = world.pick(Duration::from_secs(10), Duration::from_secs(3));
    let before = pgbench::run(world, duration / 2).await?;
    let stages = Stages::now(world).await?;
    let (done, latencies) = load(world, duration).await?;
    let stages = Stages::now(world).await?.since(&stages);
    let after = pgbench::run(world, duration / 2).await?;
    let goal = Goal::RatioAtLeast(0.5);
    let rate = done.applied as f64 / duration.as_secs_f64();
    let row = Row::new(5, "commands, 64 canvases, 256 in flight", "1/s", rate, goal)
        .beside((before.per_second + after.per_second) / 2.0, goal)
        .note(format!("{}: {:.0}/s before, {:.0}/s after", before.driver, before.per_second, after.per_second))
        .note(format!("command -> answer {}", latencies.summary()))
        .note(done.faults())
        .note(format!("means in ms: {stages}"));
    Ok(vec![row.and(done.pending + done.refused == 0, "not all were answered")])
}

/// Half of the canvases at each edge.
async fn load(world: &World, duration: Duration) -> Result<(Done, Latencies)> {
    let mut lanes = Vec::new();
    for n in 0..CANVASES {
        lanes.push(Lane::open(world, n % 2, IN_FLIGHT_OF_EACH, GAP).await?);
    }
    let counted_from = Instant::now() + WARM_UP;
    let mut tasks = JoinSet::new();
    for lane in lanes {
        tasks.spawn(async move {
            let mut latencies = Latencies::new();
            let done = lane.run(counted_from, counted_from + duration, &mut latencies).await;
            (done, latencies)
        });
    }
    let (mut all, mut latencies) = (Done::default(), Latencies::new());
    while let Some(ended) = tasks.join_next().await {
        let (done, of_lane) = ended?;
        all.add(done?);
        latencies.add(&of_lane);
    }
    Ok((all, latencies))
}
