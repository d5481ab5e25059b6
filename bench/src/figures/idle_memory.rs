//! Figure 3: the memory that an idle reader costs its edge.

use crate::proc;
use crate::readers::{Group, Readers};
use crate::table::{Goal, Row};
use crate::world::{self, World};
use anyhow::Result;
use std::time::Duration;

const READERS: usize = 5_000;
/// Opened and closed before, so that what an edge needs once is not counted.
const WARM_UP: usize = 100;
const GOAL_KIB: f64 = 10.0;
/// Timers of the edge run in the meantime, and memory is in its final state.
const IDLE: Duration = Duration::from_secs(3);

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let one = kib_per_reader(world, 1).await?;
    let many = kib_per_reader(world, 1_000).await?;
    Ok(vec![
        Row::new(3, "SSE, 5 000 idle readers of 1 canvas", "KiB/reader", one, Goal::AtMost(GOAL_KIB))
            .note("proportional set size of the edge; what the kernel holds for sockets is not in it"),
        Row::new(3, "SSE, 1 000 canvases x 5 idle readers", "KiB/reader", many, Goal::Informative),
    ])
}

async fn kib_per_reader(world: &World, canvases: usize) -> Result<f64> {
    let keys = world.canvases(canvases).await?;
    let group = |readers| {
        let group = move |key| Group { path: world::sse_path(key), readers, bytes_per_s: None };
        keys.iter().map(group).collect::<Vec<_>>()
    };
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
