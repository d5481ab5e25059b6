//! Everything at once: 16 writers on 8 canvases while workers are killed.

use harness::{Crowd, World};
use local::{Restart, Service};
use std::time::Duration;
use tokio::time::{Instant, interval_at};

const SHIFT: Duration = Duration::from_secs(20);
const KILL_EVERY: Duration = Duration::from_secs(4);

#[tokio::test]
async fn sixteen_writers_lose_nothing_while_workers_are_killed() {
    let world = World::private(|mut config| {
        config.restart = Restart::EdgesAndWorkers;
        config.edge_env("NORTHSTAR_COMMANDS_PER_SECOND", 10_000)
    })
    .await;
    let stack = world.stack();
    let crowd = Crowd::gathers(&world, 8, 2).await;
    let shift = crowd.works(SHIFT);
    let mut next = interval_at(Instant::now() + KILL_EVERY, KILL_EVERY);
    for kill in 0..4 {
        next.tick().await;
        stack.kill(Service::Worker(kill % 2)).expect("it is killed");
    }
    let tally = shift.ends().await;
    assert!(tally.acked > 500, "{tally:?}");
}

#[tokio::test]
async fn sixteen_writers_lose_nothing_while_edges_are_killed() {
    let world = World::private(|mut config| {
        config.restart = Restart::EdgesAndWorkers;
        config.edge_env("NORTHSTAR_COMMANDS_PER_SECOND", 10_000)
    })
    .await;
    let stack = world.stack();
    let crowd = Crowd::gathers(&world, 8, 2).await;
    let shift = crowd.works(SHIFT / 2);
    let mut next = interval_at(Instant::now() + KILL_EVERY / 2, KILL_EVERY / 2);
    for kill in 0..4 {
        next.tick().await;
        stack.kill(Service::Edge(kill % 2)).expect("it is killed");
    }
    let tally = shift.ends().await;
    assert!(tally.acked > 100 && tally.resumed > 0, "{tally:?}");
}
