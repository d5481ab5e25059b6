//! How many of the same commits a second the server does for 64 clients.

use super::commit;
use crate::world::World;
use anyhow::{Context, Result, bail};
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::task::JoinSet;

/// 64 connections alone take a second on a busy machine.
const SECS_MIN: u64 = 4;

/// A rate, and who drove it.
#[derive(Debug)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    pub(crate) driver: &'static str,
}

/// Commits per second by 64 clients, each on a canvas of its own.
pub(crate) async fn run(world: &World, duration: Duration) -> Result<Rate> {
    commit::prepare(world).await?;
    let program = world.stack.access().postgres_bin.join("pgbench");
    if program.exists() {
        return Ok(Rate { per_second: pgbench(world, &program, duration).await?, driver: "pgbench" });
    }
    Ok(Rate { per_second: clients(world, duration).await?, driver: "64 connections of ours (no pgbench here)" })
}

async fn pgbench(world: &World, program: &std::path::Path, duration: Duration) -> Result<f64> {
    let script = std::env::temp_dir().join(format!("northstar-bench-{}.sql", std::process::id()));
    tokio::fs::write(&script, format!("{};\n", commit::statement(":client_id"))).await?;
    let clients = commit::CANVASES.to_string();
    let seconds = duration.as_secs().max(SECS_MIN).to_string();
    let output = Command::new(program)
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--client", &clients, "--time", &seconds, "--file"])
        .arg(&script)
        .arg(&world.stack.access().postgres_admin_url)
        .output()
        .await;
    tokio::fs::remove_file(&script).await?;
    let output = output.context("cannot run pgbench")?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().find_map(tps) {
        Some(per_second) if output.status.success() => Ok(per_second),
        Some(_) | None => bail!("pgbench failed: {text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// `tps = 1234.5 (without initial connection time)`.
fn tps(line: &str) -> Option<f64> {
    line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok()
}

async fn clients(world: &World, duration: Duration) -> Result<f64> {
    let mut tasks = JoinSet::new();
    let deadline = Instant::now() + duration;
    for canvas in 0..commit::CANVASES {
        let client = world.postgres().await?;
        tasks.spawn(async move {
            let statement = client.prepare(&commit::statement("$1")).await?;
            let mut commits = 0_u64;
            while Instant::now() < deadline {
                client.query_one(&statement, &[&(canvas as i32)]).await?;
                commits += 1;
            }
            Ok::<_, tokio_postgres::Error>(commits)
        });
    }
    let mut commits = 0;
    while let Some(done) = tasks.join_next().await {
        commits += done??;
    }
    Ok(commits as f64 / duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_what_pgbench_prints() {
        assert_eq!(tps("tps = 4321.5 (without initial connection time)"), Some(4321.5));
        assert_eq!(tps("number of clients: 64"), None);
    }
}
