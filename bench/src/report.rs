//! A run: the stack comes up, the figures are measured one after the other, the table is told.

use crate::figures;
use crate::table::{self, Goal, Row};
use crate::world::{Effort, World};
use anyhow::{Result, bail};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// Only these figures, separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<u8>,
    /// Less of each: to see that it works.
    #[arg(long)]
    quick: bool,
    /// Writes the table as JSON, too.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// The table as JSON.
#[derive(Debug, Serialize)]
struct Document<'a> {
    cores: usize,
    quick: bool,
    rows: &'a [Row],
}

pub(crate) async fn run(args: Run) -> Result<()> {
    let figures: Vec<u8> = if args.only.is_empty() { figures::ALL.to_vec() } else { args.only.clone() };
    if let Some(unknown) = figures.iter().find(|figure| !figures::ALL.contains(figure)) {
        bail!("there is no figure {unknown} here: {:?}", figures::ALL);
    }
    let world = World::start(if args.quick { Effort::Quick } else { Effort::Full }).await?;
    let mut rows = Vec::new();
    for figure in figures {
        rows.extend(measure(figure, &world).await);
    }
    world.stack.stop().await?;
    println!("{}", table::render(&rows));
    if let Some(path) = &args.out {
        let cores = std::thread::available_parallelism()?.get();
        std::fs::write(path, serde_json::to_vec_pretty(&Document { cores, quick: args.quick, rows: &rows })?)?;
    }
    Ok(())
}

/// A figure that cannot be measured is not met, and does not keep the others from being measured.
async fn measure(figure: u8, world: &World) -> Vec<Row> {
    let begun = Instant::now();
    let rows = figures::run(figure, world).await.unwrap_or_else(|error| {
        vec![
            Row::new(figure, "could not be measured", "", f64::NAN, Goal::Informative)
                .and(false, &format!("{error:#}")),
        ]
    });
    for row in &rows {
        eprintln!("{}", row.line());
    }
    eprintln!("figure {figure}: {:.0} s", begun.elapsed().as_secs_f64());
    rows
}
