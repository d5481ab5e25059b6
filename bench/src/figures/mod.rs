//! The figures, one file each.

mod audit;
mod closing;
mod edge_killed;
mod fan_out;
mod idle_memory;
mod in_force;
mod many_canvases;
mod noisy_tenant;
mod one_canvas;
mod one_writer;
mod other_edge;
mod register;
mod slow_reader;
mod source;
mod storm;
mod switched_off;
mod worker_killed;

use crate::table::Row;
use crate::world::World;
use anyhow::{Result, bail};

/// Those there are, in the order they are run.
pub(crate) const ALL: [u8; 15] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 17];

/// Measures one.
pub(crate) async fn run(figure: u8, world: &World) -> Result<Vec<Row>> {
    match figure {
        1 => fan_out::sse(world).await,
        2 => fan_out::ws(world).await,
        3 => idle_memory::run(world).await,
        4 => one_writer::run(world).await,
        5 => many_canvases::run(world).await,
        6 => one_canvas::run(world).await,
        7 => other_edge::run(world).await,
        8 => storm::run(world).await,
        9 => slow_reader::run(world).await,
        10 => noisy_tenant::run(world).await,
        12 => in_force::run(world).await,
        13 => edge_killed::run(world).await,
        14 => worker_killed::run(world).await,
        15 => audit::run(world).await,
        17 => register::run(world).await,
        other => bail!("there is no figure {other} here"),
    }
}
