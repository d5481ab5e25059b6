//! Workers that are killed while they give events their places, and a bucket that is away: no gap, no fork, nothing twice.

use audit::{Next, proves, seen};
use harness::{Person, World, until};
use local::Service;
use serde_json::Value;
use std::collections::BTreeSet;
use tempfile::TempDir;

/// So much happens before each death.
const EVENTS: i64 = 6_000;

async fn verifies(world: &World, ann: &Person) {
    let folder = TempDir::new().expect("a folder");
    let address = ann.log_address(&folder.path().join("token"));
    let log = folder.path().join("log");
    let args = ["verify", log.to_str().expect("a path")].into_iter().chain(address.iter().map(String::as_str));
    let ended = world.runs_audit(&args.collect::<Vec<_>>()).await;
    assert_eq!(ended.exit_code, Some(0), "{ended:?}");
}

/// Everything stands in the log once, and nothing lies between.
fn is_dense(events: &[Value]) {
    let seqs: Vec<_> = events.iter().map(|event| event["seq"].as_u64().expect("a number")).collect();
    assert_eq!(seqs, (0..events.len() as u64).collect::<Vec<_>>());
    let names: BTreeSet<_> = events.iter().map(|event| event["event_id"].as_str().expect("a name")).collect();
    assert_eq!(names.len(), events.len());
}

#[tokio::test]
async fn workers_killed_in_the_middle_leave_one_log() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let keys = world.audit_keys().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let mut last = None;
    for round in 0..6 {
        let worker = Service::Worker(round % 2);
        let action = format!("flow.{round}");
        let before = ann.checkpoint_size(&keys).await.unwrap_or(0);
        world.happens(&ann, &action, EVENTS).await;
        world.happens(&bob, &action, 100).await;
        // It is in the middle once some have their place; both workers share the logs until then.
        until("some have their place", async || {
            let size = ann.checkpoint_size(&keys).await?;
            (size > before).then_some(())
        })
        .await;
        stack.kill(worker).expect("it dies");
        let now = ann.checkpoint(&keys).await;
        if let Some(last) = &last
            && let Next::Demand(question) = seen(Some(last), &now).expect("no fork, and no way back")
        {
            let hashes = ann.proof_of(question).await;
            proves(last, &now, &hashes).expect("it goes on where it ended");
        }
        last = Some(now);
        ann.sees_happened(&action, EVENTS.unsigned_abs() as usize).await;
        until("it is dead", async || stack.info().workers[round % 2].pid.is_none().then_some(())).await;
        stack.start_service(worker).await.expect("it starts");
    }
    for person in [&ann, &bob] {
        is_dense(&person.what_happened(None).await);
        verifies(&world, person).await;
    }
    assert_eq!(bob.what_happened(Some("flow.5")).await.len(), 100);
    let database = world.database().await;
    let waiting = database.query_one("SELECT count(*) FROM audit_queue", &[]).await.expect("an answer");
    assert_eq!(waiting.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn the_log_goes_on_while_the_bucket_is_away() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let keys = world.audit_keys().await;
    let ann = world.signs_up().await;
    stack.stop_service(Service::S3).await.expect("it stops");
    world.happens(&ann, "flow.away", 2_000).await;
    ann.sees_happened("flow.away", 2_000).await;
    let size = ann.checkpoint(&keys).await.size;
    verifies(&world, &ann).await;
    stack.start_service(Service::S3).await.expect("it starts");
    let key = format!("tenants/{}/dev/audit/checkpoint", ann.tenant_id);
    until("the copy is there", async || {
        let note = if world.objects(&key).await.is_empty() { return None } else { world.object(&key).await };
        (audit::Checkpoint::open(&note, &keys).expect("a signed checkpoint").size >= size).then_some(())
    })
    .await;
    let folder = TempDir::new().expect("a folder");
    world.copies_the_log(&ann, folder.path()).await;
    let ended = world.runs_audit(&["verify", folder.path().to_str().expect("a path")]).await;
    assert_eq!(ended.exit_code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn a_worker_that_pauses_and_comes_back_forks_nothing() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let ann = world.signs_up().await;
    for round in 0..4 {
        let worker = Service::Worker(round % 2);
        let action = format!("flow.{round}");
        world.happens(&ann, &action, EVENTS).await;
        // It may hold the log's head: the database ends its transaction, and the other one goes on.
        stack.pause(worker).expect("it pauses");
        ann.sees_happened(&action, EVENTS.unsigned_abs() as usize).await;
        stack.resume(worker).expect("it goes on");
        stack.ready(worker).await.expect("it is well");
    }
    is_dense(&ann.what_happened(None).await);
    verifies(&world, &ann).await;
}
