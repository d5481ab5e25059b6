//! Figure 7: how long it takes from a command to a reader at another edge.

use crate::clock;
use crate::commands;
use crate::latency::Latencies;
use crate::readers::{Group, Rail, Readers};
use crate::table::{Goal, Row};
use crate::world::{self, World};
use anyhow::Result;

pub(crate) async fn run(world: &World) -> Result<Vec<Row>> {
    let count: u64 = world.pick(2_000, 300);
    let key = world.canvas().await?;
    let group = Group { path: world::sse_path(&key), rail: Rail::Sse, readers: 1, bytes_per_s: None };
    let mut readers = Readers::start(&world.headers(), vec![group]).await?;
    readers.open(&world.edge(1)?).await?;
    let mut client = world.client(&key, 0).await?;
    let mut answers = Latencies::new();
    let warm_up = count / 10;
    for n in 0..count + warm_up {
        if n == warm_up {
            readers.await_seq(1 + n).await?;
            readers.reset().await?;
        }
        let sent_us = clock::now_us();
        client.apply(&commands::set(1 + n, sent_us)).await?;
        if n >= warm_up {
            answers.record(clock::now_us() - sent_us);
        }
    }
    let report = readers.await_seq(1 + count + warm_up).await?;
    let (heard, answered) = (report.latency, answers.summary());
    let goal = Goal::RatioAtMost(1.5);
    let ms = |us: u64| us as f64 / 1_000.0;
    Ok(vec![
        Row::new(7, "command -> reader at another edge, p99", "ms", ms(heard.p99_us), goal)
            .beside(ms(answered.p99_us), goal)
            .note(format!("reader {heard}; the same commands' answers {answered}"))
            .and(report.is_whole() && report.events == count, &report.faults()),
    ])
}
