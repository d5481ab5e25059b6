//! Figure 3: the memory that an idle reader costs its edge, on either rail.

use crate::proc;
use crate::readers::{Group, Rail, Readers};
use crate::table::{Goal, Row};
use crate::world::{self, World};
use anyhow::Result;
use std::time::Duration;
use subjects::routing::StreamKey;

const READERS: usize = 5_000;
/// Opened and closed before, so that what an edge needs once is not counted.
const WARM_UP: usize = 100;
const SSE_GOAL_KIB: f64 = 10.0;
const WS_GOAL_KIB: f64 = 12.0;
/// Timers of the edge run in the meantime, and memory is in its final state.
const IDLE: Duration = Duration::from_secs(3);

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let one = kib_per_reader(world, 1, sse).await?;
    let many = kib_per_reader(world, 1_000, sse).await?;
    let sockets = kib_per_reader(world, 1, world::ws_group).await?;
    Ok(vec![
        Row::new(3, "SSE, 5 000 idle readers of 1 canvas", "KiB/reader", one, Goal::AtMost(SSE_GOAL_KIB))
            .note("proportional set size of the edge; what the kernel holds for sockets is not in it"),
        Row::new(3, "SSE, 1 000 canvases x 5 idle readers", "KiB/reader", many, Goal::Informative),
        Row::new(3, "WS, 5 000 idle connections with 1 subscription", "KiB/reader", sockets, Goal::AtMost(WS_GOAL_KIB)),
    ])
}

fn sse(key: &StreamKey, readers: usize) -> Group {
    Group { path: world::sse_path(key), rail: Rail::Sse, readers, bytes_per_s: None }
}

async fn kib_per_reader(world: &World, canvases: usize, of: fn(&StreamKey, usize) -> Group) -> Result<f64> {
    let keys = world.canvases(canvases).await?;
    let group = |readers| keys.iter().map(|key| of(key, readers)).collect::<Vec<_>>();
    world.renew_edge(0).await?;
    let mut warm_up = Readers::start(&world.headers(), group(WARM_UP.div_ceil(canvases))).await?;
    warm_up.open(&world.edge(0)?).await?;
    drop(warm_up);
    let mut readers = Readers::start(&world.headers(), group(READERS / canvases)).await?;
    tokio::time::sleep(IDLE).await;
    let pid = world.edge_pid(0)?;
    let without = proc::pss_bytes(pid)?;
    readers.open(&world.edge(0)?).await?;
    tokio::time::sleep(IDLE).await;
    let with = proc::pss_bytes(pid)?;
    Ok(with.saturating_sub(without) as f64 / 1024.0 / READERS as f64)
}
