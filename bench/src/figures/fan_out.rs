//! Figures 1 and 2: what it costs to bring one event to one reader, over SSE and over WebSockets.

use super::source::Source;
use crate::proc;
use crate::readers::Report;
use crate::table::{Goal, Row};
use crate::world::World;
use anyhow::Result;

const WS_GOAL: Goal = Goal::RatioAtMost(1.8);

/// Who listens, and how events come.
struct Load {
    name: &'static str,
    ws_name: &'static str,
    rail: Rail,
    keys: usize,
    readers_of_each: usize,
    pace: Pace,
    /// Of each key.
    events: u64,
    goal: Goal,
}

#[derive(Clone, Copy)]
enum Rail {
    Sse,
    Ws,
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

/// Figure 1: over SSE.
pub(crate) async fn sse(world: &World) -> Result<Vec<Row>> {
    let loads = loads(world);
    run(world, 1, &loads).await
}

/// Figure 2: over WebSockets, with one subscription each.
pub(crate) async fn ws(world: &World) -> Result<Vec<Row>> {
    let on_ws = |load: Load| Load { name: load.ws_name, rail: Rail::Ws, goal: WS_GOAL, ..load };
    let loads = loads(world).map(on_ws);
    run(world, 2, &loads).await
}

fn loads(world: &World) -> [Load; 3] {
    let paced = Load {
        name: "SSE, 1 000 readers of 1 canvas, paced",
        ws_name: "WS, 1 000 readers of 1 canvas, paced",
        rail: Rail::Sse,
        keys: 1,
        readers_of_each: 1_000,
        pace: Pace::PerSecond(100),
        events: world.pick(1_000, 200),
        goal: Goal::RatioAtMost(1.5),
    };
    let flat_out = Load {
        name: "SSE, 1 000 readers of 1 canvas, flat out",
        ws_name: "WS, 1 000 readers of 1 canvas, flat out",
        pace: Pace::FlatOut,
        events: world.pick(2_000, 500),
        goal: Goal::RatioAtMost(0.45),
        ..paced
    };
    let wide = Load {
        name: "SSE, 1 000 canvases x 5 readers, paced",
        ws_name: "WS, 1 000 canvases x 5 readers, paced",
        keys: 1_000,
        readers_of_each: 5,
        pace: Pace::PerSecond(1_000),
        events: world.pick(10, 3),
        ..paced
    };
    [paced, flat_out, wide]
}

async fn run(world: &World, figure: u8, loads: &[Load]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for load in loads {
        rows.push(row(world, figure, load).await?);
    }
    Ok(rows)
}

async fn row(world: &World, figure: u8, load: &Load) -> Result<Row> {
    let edge = cost(world, load, Source::edge(world, load.keys).await?).await?;
    let frame_bytes = edge.report.bytes / edge.report.events.max(1);
    let bare = cost(world, load, Source::bare(load.keys, frame_bytes as usize).await?).await?;
    let latencies = match load.pace {
        Pace::PerSecond(_) => format!("edge {}; bare {}", edge.report.latency, bare.report.latency),
        Pace::FlatOut => String::new(),
    };
    Ok(Row::new(figure, load.name, "CPU us/delivery", edge.us_per_delivery, load.goal)
        .beside(bare.us_per_delivery, load.goal)
        .note(format!("both write frames of {frame_bytes} B, which is our envelope"))
        .note(latencies)
        .and(edge.report.is_whole(), &edge.report.faults())
        .and(bare.report.is_whole(), "the bare writer was not whole"))
}

async fn cost(world: &World, load: &Load, mut source: Source) -> Result<Cost> {
    const WARM_UP: u64 = 2;
    let mut readers = match load.rail {
        Rail::Sse => source.readers(world, load.readers_of_each).await?,
        Rail::Ws => source.sockets(world, load.readers_of_each).await?,
    };
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
