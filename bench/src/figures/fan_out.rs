//! Figure 1: what it costs to bring one event to one reader, over SSE.

use super::source::Source;
use crate::proc;
use crate::readers::Report;
use crate::table::{Goal, Row};
use crate::world::World;
use anyhow::Result;

/// Who listens, and how events come.
struct Load {
    name: &'static str,
    keys: usize,
    readers_of_each: usize,
    pace: Pace,
    /// Of each key.
    events: u64,
    goal: Goal,
}

#[derive(Clone, Copy)]
enum Pace {
    PerSecond(u32),
    FlatOut,
}

/// What it came to.
struct Cost {
    us_per_delivery: f64,
    report: Report,
}

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let paced = Load {
        name: "SSE, 1 000 readers of 1 canvas, paced",
        keys: 1,
        readers_of_each: 1_000,
        pace: Pace::PerSecond(100),
        events: world.pick(1_000, 200),
        goal: Goal::RatioAtMost(1.5),
    };
    let flat_out = Load {
        name: "SSE, 1 000 readers of 1 canvas, flat out",
        pace: Pace::FlatOut,
        events: world.pick(2_000, 500),
        goal: Goal::RatioAtMost(0.45),
        ..paced
    };
    let wide = Load {
        name: "SSE, 1 000 canvases x 5 readers, paced",
        keys: 1_000,
        readers_of_each: 5,
        pace: Pace::PerSecond(1_000),
        events: world.pick(10, 3),
        ..paced
    };
    let mut rows = Vec::new();
    for load in [paced, flat_out, wide] {
        rows.push(row(world, &load).await?);
    }
    Ok(rows)
}

async fn row(world: &World, load: &Load) -> Result<Row> {
    let edge = cost(world, load, Source::edge(world, load.keys).await?).await?;
    let frame_bytes = edge.report.bytes / edge.report.events.max(1);
    let bare = cost(world, load, Source::bare(load.keys, frame_bytes as usize).await?).await?;
    let latencies = match load.pace {
        Pace::PerSecond(_) => format!("edge {}; bare {}", edge.report.latency, bare.report.latency),
        Pace::FlatOut => String::new(),
    };
    Ok(Row::new(1, load.name, "CPU us/delivery", edge.us_per_delivery, load.goal)
        .beside(bare.us_per_delivery, load.goal)
        .note(format!("both write frames of {frame_bytes} B, which is our envelope"))
        .note(latencies)
        .and(edge.report.is_whole(), &edge.report.faults())
        .and(bare.report.is_whole(), "the bare writer was not whole"))
}

async fn cost(world: &World, load: &Load, mut source: Source) -> Result<Cost> {
    const WARM_UP: u64 = 2;
    let mut readers = source.readers(world, load.readers_of_each).await?;
    source.paced(1..=WARM_UP, 1_000).await?;
    readers.await_seq(WARM_UP).await?;
    readers.reset().await?;
    let pids = source.pids(world)?;
    let before_us = proc::cpu_us(&pids)?;
    let seqs = WARM_UP + 1..=WARM_UP + load.events;
    match load.pace {
        Pace::PerSecond(per_second) => source.paced(seqs, per_second).await?,
        Pace::FlatOut => source.burst(0, seqs).await?,
    }
    let report = readers.await_seq(WARM_UP + load.events).await?;
    let us = proc::cpu_us(&pids)? - before_us;
    source.settled().await?;
    Ok(Cost { us_per_delivery: us as f64 / report.events.max(1) as f64, report })
}
