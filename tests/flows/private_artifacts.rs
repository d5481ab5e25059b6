//! A worker that is killed while it registers an artifact: it is ready once, and told once.

use harness::ops::add;
use harness::{Edge, Upload, World, promise, until};
use local::Service;
use serde_json::json;
use subjects::event::EventType;

#[tokio::test]
async fn a_worker_killed_at_any_point_leaves_each_artifact_registered_once() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut reader = canvas.watches(Edge(1)).await;
    // Before each, the decision that lets it pass.
    for (seq, point) in (2..).step_by(2).zip(["before_transaction", "after_transaction", "after_sending"]) {
        let mut body = promise(point.as_bytes(), "note.txt", "text/plain");
        (body["kind"], body["canvas_id"]) = (json!("export"), json!(canvas.id));
        let said = canvas.person.writes_artifact(&body).await.is(201).json();
        let upload = Upload::told(&canvas.person, &said);
        assert_eq!(upload.brings(point.as_bytes()).await, 200);
        // Only the one that will die takes work, until it is dead.
        stack.stop_service(Service::Worker(1)).await.expect("it stops");
        let fate = [("NORTHSTAR_WORKERS_DIE_AT", point), ("NORTHSTAR_WORKERS_DIE_ON_LABEL", &upload.object_id)];
        stack.restart_with_env(Service::Worker(0), &fate).await.expect("it starts");
        let rescue = async {
            let what = format!("the worker dies {point}");
            until(what, async || stack.info().workers[0].pid.is_none().then_some(())).await;
            stack.start_service(Service::Worker(1)).await.expect("the other one starts");
        };
        let registered = canvas.person.registers_artifact(&upload.object_id);
        let (reply, ()) = futures_util::future::join(registered, rescue).await;
        assert!([200, 202].contains(&reply.status), "{point}: {}", reply.text());
        let event = reader.next_of(EventType::ArtifactWritten).await;
        assert_eq!((event.body.event_type, event.body.seq), (EventType::ArtifactWritten, Some(seq)), "{point}");
        assert_eq!(event.body.data["artifact_id"], upload.object_id, "{point}");
        let again = canvas.person.at(Edge(1)).registers_artifact(&upload.object_id).await.is(200).json();
        assert_eq!(again["status"], "ready", "{point}");
        let artifact = canvas.person.artifact(&upload.object_id).await;
        assert_eq!(canvas.person.downloads(&artifact).await.is(200).body.as_ref(), point.as_bytes());
    }
    canvas.commits([add("a")]).await.is_rev(1);
    assert_eq!(reader.sees_revs(1..=1).await[0].body.seq, Some(7), "nothing was told twice");
    let database = world.database().await;
    let count = "SELECT count(*) FROM dataset_events WHERE tenant_id = $1 AND action = 'artifact.write'";
    let row = database.query_one(count, &[&canvas.person.tenant_id.as_str()]).await.expect("an answer");
    assert_eq!(row.get::<_, i64>(0), 3, "each has its DatasetEvent, once");
}
