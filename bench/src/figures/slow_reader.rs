//! Figure 9: one reader that reads slowly, among a thousand that do not.

use super::source::Source;
use crate::readers::{Group, Rail, Readers, Report};
use crate::table::{Goal, Row};
use crate::world::{self, World};
use anyhow::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const READERS: usize = 1_000;
const SLOW_BYTES_PER_S: u32 = 1_024;
const EVENTS_PER_S: u32 = 100;
const HELD: &str = "northstar_readers_behind_bytes";
const HELD_BYTES_MAX: f64 = 64.0 * 1024.0;
/// What two runs of the same differ by on a machine that others use, too.
const NOISE: f64 = 1.25;

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let mut source = Source::edge(world, 1).await?;
    let mut readers = source.readers(world, READERS).await?;
    let events = world.pick(1_000, 300);
    let mut next = 1;
    let mut leg = async |source: &mut Source, readers: &mut Readers| -> Result<Report> {
        readers.reset().await?;
        source.paced(next..=next + events - 1, EVENTS_PER_S).await?;
        next += events;
        readers.await_seq(next - 1).await
    };
    leg(&mut source, &mut readers).await?; // Warms up.
    let before = leg(&mut source, &mut readers).await?;
    let mut slow = slow(world, &source).await?;
    let (with, held) = while_sampled(world, leg(&mut source, &mut readers)).await?;
    let while_slow = slow.tell().await?;
    slow.hasten().await?;
    let converged = slow.await_seq(3 * events).await?;
    let left = events.abs_diff(converged.events);
    let after = leg(&mut source, &mut readers).await?;
    source.settled().await?;
    let ms = |report: &Report| report.latency.p99_us as f64 / 1_000.0;
    let goal = Goal::RatioAtMost(NOISE);
    Ok(vec![
        Row::new(9, "p99 of 1 000 readers beside a slow one", "ms", ms(&with), goal)
            .beside(ms(&before).max(ms(&after)), goal)
            .note(format!("with {}; before {}; after {}", with.latency, before.latency, after.latency))
            .and(before.is_whole(), &format!("before: {}", before.faults()))
            .and(with.is_whole(), &format!("with: {}", with.faults()))
            .and(after.is_whole(), &format!("after: {}", after.faults())),
        Row::new(9, "held for the slow reader at most", "B", held as f64, Goal::AtMost(HELD_BYTES_MAX)),
        Row::new(9, "events left for the slow reader at the end", "events", left as f64, Goal::AtMost(0.0))
            .note(format!("it had seen {} of {events} when it began to hurry", while_slow.events))
            .and(converged.is_whole(), &converged.faults()),
    ])
}

async fn slow(world: &World, source: &Source) -> Result<Readers> {
    let Source::Edge(author) = source else { anyhow::bail!("not an edge") };
    let path = world::sse_path(&author.keys[0]);
    let group = Group { path, rail: Rail::Sse, readers: 1, bytes_per_s: Some(SLOW_BYTES_PER_S) };
    let mut readers = Readers::start(&world.headers(), vec![group]).await?;
    readers.open(&world.edge(0)?).await?;
    Ok(readers)
}

/// Does `work`, and meanwhile notes the most that the edge holds for readers who are behind.
async fn while_sampled<T>(world: &World, work: impl Future<Output = Result<T>>) -> Result<(T, u64)> {
    let (most, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let sample = async {
        while !over.load(Ordering::Relaxed) {
            most.fetch_max(world.metric(0, HELD).await? as u64, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    };
    let work = async {
        let done = work.await;
        over.store(true, Ordering::Relaxed);
        done
    };
    let (done, ()) = tokio::try_join!(work, sample)?;
    Ok((done, most.load(Ordering::Relaxed)))
}
