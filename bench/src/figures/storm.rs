//! Figure 8: all readers drop, events pass, and all come back at once.

use super::source::Source;
use crate::commands::{self, Client};
use crate::proc;
use crate::readers::{Group, Rail, Readers, Report};
use crate::table::{Goal, Row};
use crate::world::{self, World};
use anyhow::{Result, ensure};

const READERS: usize = 5_000;
const MISSED: u64 = 100;
const BYTES_READ: &str = "northstar_backlog_bytes_total";

/// What a storm came to.
struct Storm {
    report: Report,
    /// What the edges read of stream and log.
    bytes_read: f64,
    cpu_s: f64,
}

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let key = world.canvas().await?;
    let mut client = world.client(&key, 0).await?;
    let group = Group { path: world::sse_path(&key), rail: Rail::Sse, readers: READERS, bytes_per_s: None };
    let mut readers = Readers::start(&world.headers(), vec![group]).await?;
    readers.open(&world.edge(0)?).await?;
    let head = client.apply(&commands::set(1, 0)).await?.seq;
    readers.await_seq(head).await?;
    let same = storm(world, &mut readers, &mut client, 0, head).await?;
    let other = storm(world, &mut readers, &mut client, 1, head + MISSED).await?;
    let frame_bytes = other.report.bytes / other.report.events.max(1);
    let bare = bare(world, frame_bytes as usize).await?;
    let unique_bytes = (frame_bytes * MISSED) as f64;
    Ok(vec![
        row("storm of 5 000 at the same edge", &same, &bare),
        row("storm of 5 000 at an edge that never saw the canvas", &other, &bare),
        Row::new(8, "bytes read of stream and log, the other edge", "B", other.bytes_read, Goal::Informative)
            .beside(unique_bytes, Goal::RatioAtMost(1.2))
            .note(format!("at the same edge {} B", same.bytes_read)),
    ])
}

fn row(name: &str, ours: &Storm, bare: &Storm) -> Row {
    let seconds = |storm: &Storm| storm.report.open_to_last_us as f64 / 1e6;
    let goal = Goal::RatioAtMost(2.0);
    let is_whole = |storm: &Storm| storm.report.is_whole() && storm.report.events == READERS as u64 * MISSED;
    Row::new(8, name, "s until all are whole", seconds(ours), goal)
        .beside(seconds(bare), goal)
        .note(format!("CPU {:.2} s, bare {:.2} s", ours.cpu_s, bare.cpu_s))
        .and(is_whole(ours), &ours.report.faults())
        .and(is_whole(bare), "the bare writer was not whole")
}

/// All drop, events pass, all come to `edge`.
async fn storm(world: &World, readers: &mut Readers, client: &mut Client, edge: usize, head: u64) -> Result<Storm> {
    readers.close().await?;
    readers.reset().await?;
    for seq in head..head + MISSED {
        let applied = client.apply(&commands::set(seq, 0)).await?;
        ensure!(applied.seq == seq + 1, "another writes to this canvas: {applied:?}");
    }
    let bytes_before = bytes_read(world).await?;
    let pids = world.edge_pids();
    let cpu_before = proc::cpu_us(&pids)?;
    readers.open(&world.edge(edge)?).await?;
    let report = readers.await_seq(head + MISSED).await?;
    let cpu_s = (proc::cpu_us(&pids)? - cpu_before) as f64 / 1e6;
    Ok(Storm { report, bytes_read: bytes_read(world).await? - bytes_before, cpu_s })
}

async fn bare(world: &World, frame_bytes: usize) -> Result<Storm> {
    let mut source = Source::bare(1, frame_bytes).await?;
    let mut readers = source.readers(world, READERS).await?;
    source.publish(0, 1, 0).await?;
    readers.await_seq(1).await?;
    readers.close().await?;
    readers.reset().await?;
    source.burst(0, 2..=1 + MISSED).await?;
    let pids = source.pids(world)?;
    let cpu_before = proc::cpu_us(&pids)?;
    readers.open(&source.address(world)?).await?;
    let report = readers.await_seq(1 + MISSED).await?;
    Ok(Storm { report, bytes_read: 0.0, cpu_s: (proc::cpu_us(&pids)? - cpu_before) as f64 / 1e6 })
}

async fn bytes_read(world: &World) -> Result<f64> {
    Ok(world.metric(0, BYTES_READ).await? + world.metric(1, BYTES_READ).await?)
}
