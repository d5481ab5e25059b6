//! Edges that die or go while people are present through them, and a bus that comes back.

use harness::{Edge, Onlooker, World};
use local::Service;
use serde_json::json;
use std::time::Instant;
use subjects::ids::Role;
use subjects::presence::Change;

/// What the contract promises: who comes back by then was never away, and who does not is gone.
const GRACE_SECS: u64 = 5;
const LEASE_SECS: u64 = 10;

#[tokio::test]
async fn the_people_of_a_killed_edge_are_gone_in_time_and_who_comes_back_never_was() {
    let world = World::private(|config| config).await;
    let ann = world.signs_up().await;
    let bob = ann.welcomes(&world.signs_up().await, Role::Member).await;
    let cleo = ann.welcomes(&world.signs_up().await, Role::Member).await;
    let place = json!({ "canvas_id": ann.creates_canvas().await.id });
    let mut onlooker = Onlooker::watches(&ann, &place).await;
    let _bobs = bob.at(Edge(1)).shows(&place, "tab", json!({})).await;
    let mut _cleos = cleo.at(Edge(1)).shows(&place, "tab", json!({})).await;
    onlooker.sees_people(&[&bob, &cleo]).await;

    world.stack().kill(Service::Edge(1)).expect("it is killed");
    let start = Instant::now();
    _cleos = cleo.shows(&place, "tab", json!({ "back": true })).await;
    onlooker.sees_people(&[&cleo]).await;
    let secs = start.elapsed().as_secs_f64();
    assert!((GRACE_SECS as f64..LEASE_SECS as f64).contains(&secs), "{secs} s");
    assert_eq!(onlooker.changes_of(&bob), [Change::Joined, Change::Left]);
    assert_eq!(onlooker.changes_of(&cleo), [Change::Joined, Change::Updated], "she came back in time");

    // The one that takes its place knows nobody at first, and soon everybody.
    world.stack().start_service(Service::Edge(1)).await.expect("it starts");
    let mut newcomer = Onlooker::watches(&ann.at(Edge(1)), &place).await;
    newcomer.sees_people(&[&cleo]).await;
    let _bobs = bob.at(Edge(1)).shows(&place, "tab", json!({})).await;
    onlooker.sees_people(&[&bob, &cleo]).await;
}

#[tokio::test]
async fn nobody_leaves_because_the_bus_was_away() {
    let world = World::private(|config| config).await;
    let ann = world.signs_up().await;
    let bob = ann.welcomes(&world.signs_up().await, Role::Member).await;
    let place = json!({ "canvas_id": ann.creates_canvas().await.id });
    let mut onlooker = Onlooker::watches(&ann, &place).await;
    let mut bobs = bob.at(Edge(1)).shows(&place, "tab", json!({ "n": 1 })).await;
    onlooker.sees_people(&[&bob]).await;
    world.stack().kill(Service::Nats).expect("it is killed");
    bobs.shows(&place, json!({ "n": 2 })).await;
    world.stack().start_service(Service::Nats).await.expect("it starts");
    onlooker.sees(|all| all.shown_by(&bob) == [&json!({ "n": 2 })]).await;
    assert_eq!(onlooker.changes_of(&bob), [Change::Joined, Change::Updated]);
}
