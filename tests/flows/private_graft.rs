//! Grafts whose workers are killed, and grafts that nobody ends: each has one replay, told once.

use harness::{Canvas, Edge, World, until};
use local::Service;
use reqwest::Method;
use serde_json::{Value, json};
use subjects::event::EventType;

async fn starts(canvas: &Canvas) -> String {
    let said = canvas.asks(Method::POST, "/graft").json(&json!({ "mode": "live" })).sends().await.is(201).json();
    said["session_id"].as_str().expect("an id").to_owned()
}

async fn replays(canvas: &Canvas) -> Vec<Value> {
    let page = canvas.asks(Method::GET, "/replays").sends().await.is(200).json();
    page["replays"].as_array().expect("replays").clone()
}

#[tokio::test]
async fn a_worker_killed_at_any_point_leaves_each_graft_one_replay() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut reader = canvas.watches(Edge(1)).await;
    let points = ["before_transaction", "after_transaction", "after_sending"];
    for (n, point) in (1..).zip(points) {
        let session_id = starts(&canvas).await;
        canvas.makes_revs(1).await;
        reader.sees_revs(n..=n).await;
        // Only the one that will die takes work, until it is dead.
        stack.stop_service(Service::Worker(1)).await.expect("it stops");
        let fate = [("NORTHSTAR_WORKERS_DIE_AT", point), ("NORTHSTAR_WORKERS_DIE_ON_LABEL", &session_id)];
        stack.restart_with_env(Service::Worker(0), &fate).await.expect("it starts");
        let rescue = async {
            let what = format!("the worker dies {point}");
            until(what, async || stack.info().workers[0].pid.is_none().then_some(())).await;
            stack.start_service(Service::Worker(1)).await.expect("the other one starts");
        };
        let stopping = canvas.asks(Method::POST, &format!("/graft/{session_id}/stop")).sends();
        let (reply, ()) = futures_util::future::join(stopping, rescue).await;
        assert!([200, 202].contains(&reply.status), "{point}: {}", reply.text());
        let mut told = Vec::new();
        for kind in ["replay", "walkthrough_debug", "walkthrough_sales"] {
            let event = reader.next_event().await;
            assert_eq!((event.body.event_type, &event.body.data["kind"]), (EventType::ArtifactWritten, &json!(kind)));
            told.push(event.body.data["artifact_id"].clone());
        }
        let again = canvas.asks(Method::POST, &format!("/graft/{session_id}/stop")).sends().await.is(200).json();
        assert_eq!(again["artifact_id"], told[0], "{point}");
    }
    canvas.makes_revs(1).await;
    assert_eq!(reader.sees_revs(4..=4).await[0].body.seq, Some(13), "nothing was told twice");
    let listed = replays(&canvas).await;
    assert!(listed.len() == 3 && listed.iter().all(|replay| replay["state"] == "done"), "{listed:?}");
    let database = world.database().await;
    let count = "SELECT count(*) FROM dataset_events WHERE tenant_id = $1 AND action = 'graft.stop'";
    let row = database.query_one(count, &[&canvas.person.tenant_id.as_str()]).await.expect("an answer");
    assert_eq!(row.get::<_, i64>(0), 3, "each has its DatasetEvent, once");
}

#[tokio::test]
async fn a_graft_that_rests_ends_by_itself() {
    let world = World::private(|config| config.worker_env("NORTHSTAR_WORKERS_GRAFT_IDLE_SECS", 1)).await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut reader = canvas.watches(Edge(0)).await;
    let session_id = starts(&canvas).await;
    canvas.makes_revs(2).await;
    reader.sees_revs(1..=2).await;
    let event = reader.next_event().await;
    assert_eq!((event.body.event_type, &event.body.data["kind"]), (EventType::ArtifactWritten, &json!("replay")));
    assert_eq!(event.body.data["rev"], 2);
    let listed = replays(&canvas).await;
    assert_eq!((&listed[0]["session_id"], &listed[0]["state"]), (&json!(session_id), &json!("done")), "{listed:?}");
    assert_eq!(listed[0]["artifact_id"], event.body.data["artifact_id"]);
    assert_eq!(event.body.routing.keys.actor_id.as_ref().map(|id| id.as_str()), Some("system"), "nobody ended it");
    // The canvas is free for the next.
    starts(&canvas).await;
}
