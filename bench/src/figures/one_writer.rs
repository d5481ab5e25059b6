//! Figure 4: how long one writer waits for the answer to a command.

use crate::baseline::commit;
use crate::clock;
use crate::commands;
use crate::latency::{Latencies, Summary};
use crate::stages::Stages;
use crate::table::{Goal, Row};
use crate::world::World;
use anyhow::Result;

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let commits = world.pick(1_000, 200);
    let before = commit::one_client(world, commits).await?;
    let stages = Stages::now(world).await?;
    let ours = commands_one_by_one(world, world.pick(2_000, 300)).await?;
    let stages = Stages::now(world).await?.since(&stages);
    let after = commit::one_client(world, commits).await?;
    let ms = |us: u64| us as f64 / 1_000.0;
    let mean_ms = |a: u64, b: u64| (ms(a) + ms(b)) / 2.0;
    let (p50, p99) = (Goal::RatioAtMost(2.5), Goal::RatioAtMost(4.0));
    Ok(vec![
        Row::new(4, "command -> answer, one writer, p50", "ms", ms(ours.p50_us), p50)
            .beside(mean_ms(before.p50_us, after.p50_us), p50)
            .note(format!("{ours}; one synced commit before: {before}; after: {after}")),
        Row::new(4, "command -> answer, one writer, p99", "ms", ms(ours.p99_us), p99)
            .beside(mean_ms(before.p99_us, after.p99_us), p99)
            .note(format!("means in ms: {stages}")),
    ])
}

async fn commands_one_by_one(world: &World, count: u64) -> Result<Summary> {
    let key = world.canvas().await?;
    let mut client = world.client(&key, 0).await?;
    let mut latencies = Latencies::new();
    let warm_up = count / 10;
    for n in 0..count + warm_up {
        let sent_us = clock::now_us();
        client.apply(&commands::set(1 + n, sent_us)).await?;
        if n >= warm_up {
            latencies.record(clock::now_us() - sent_us);
        }
    }
    Ok(latencies.summary())
}
