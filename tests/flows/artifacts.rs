//! Artifacts of a canvas: written once, seen once, found again, with what they were made of.

use harness::ops::add;
use harness::{Canvas, Edge, Event, Upload, World, promise};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::artifact::ArtifactKind;
use subjects::code::Code;
use subjects::event::EventType;
use subjects::ids::{Env, Role};

/// Writes an artifact whose content comes with the request; gives its id.
async fn writes(canvas: &Canvas, kind: ArtifactKind, more: Value) -> String {
    let mut body = json!({ "kind": kind, "canvas_id": canvas.id, "content": { "says": more } });
    for (key, value) in more.as_object().expect("members") {
        body[key] = value.clone();
    }
    let said = canvas.person.writes_artifact(&body).await.is(201).json();
    assert_eq!((&said["status"], &said["upload"]), (&json!("ready"), &Value::Null), "{said}");
    said["artifact_id"].as_str().expect("an id").to_owned()
}

#[track_caller]
fn tells_of(event: &Event, artifact_id: &str) -> Value {
    assert_eq!(event.body.event_type, EventType::ArtifactWritten);
    assert_eq!(event.body.data["artifact_id"], artifact_id, "{:?}", event.body.data);
    assert_eq!(event.body.data["uri"], format!("/artifacts/{artifact_id}"));
    event.body.data.clone()
}

#[tokio::test]
async fn an_inline_artifact_is_ready_at_once_and_seen_by_readers() {
    let world = World::of_objects().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    canvas.commits([add("a")]).await.is_rev(1);
    let (mut one, mut other) =
        (canvas.watches(Edge(0)).await, canvas.watch(Edge(1)).channels("artifacts").opens().await);
    let correlation_id = "01998b3c-1111-7222-8333-444455556666";
    let more = json!({ "rev": 1, "correlation_id": correlation_id, "filename": "shot.json" });
    let id = writes(&canvas, ArtifactKind::Preview, more).await;
    for reader in [&mut one, &mut other] {
        let event = reader.next_of(EventType::ArtifactWritten).await;
        let data = tells_of(&event, &id);
        assert_eq!((&data["kind"], &data["rev"], &data["lineage"]), (&json!("preview"), &json!(1), &json!([])));
        assert_eq!(event.body.seq, Some(3), "the log is one: a commit, a decision, and this");
        assert_eq!(event.body.ids.correlation_id.map(|id| id.to_string()).as_deref(), Some(correlation_id));
        let keys = &event.body.routing.keys;
        assert_eq!(keys.app_id.as_ref().map(|id| id.as_str()), Some("a1"), "where the canvas belongs");
        assert_eq!(keys.actor_id.as_ref().map(|id| id.as_str()), Some(canvas.person.user_id.as_str()));
    }
    canvas.commits([add("b")]).await.is_rev(2);
    one.sees_revs(2..=2).await;
    // All of it once more, from the beginning, at the other edge.
    let mut later = canvas.watch(Edge(1)).cursor("0").opens().await;
    later.sees_revs(1..=1).await;
    tells_of(&later.next_of(EventType::ArtifactWritten).await, &id);
    later.sees_revs(2..=2).await;

    let artifact = canvas.person.at(Edge(1)).artifact(&id).await;
    for (key, value) in [("kind", json!("preview")), ("rev", json!(1)), ("filename", json!("shot.json"))] {
        assert_eq!(artifact[key], value, "{artifact}");
    }
    let fetched = canvas.person.downloads(&artifact).await.is(200);
    assert_eq!(fetched.header("content-type"), Some("application/json"));
    assert_eq!(fetched.json()["says"]["rev"], 1);
    // Registered again, it says the same and is not told again.
    canvas.person.registers_artifact(&id).await.is(200);
    canvas.commits([add("c")]).await.is_rev(3);
    one.sees_revs(3..=3).await;
}

#[tokio::test]
async fn an_uploaded_artifact_is_ready_when_it_is_registered() {
    let world = World::of_objects().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let mut reader = canvas.watches(Edge(0)).await;
    let mut body = promise(b"%PDF", "page.pdf", "application/pdf");
    (body["kind"], body["canvas_id"]) = (json!("export"), json!(canvas.id));
    let said = canvas.person.writes_artifact(&body).await.is(201).json();
    let upload = Upload::told(&canvas.person, &said);
    canvas.person.registers_artifact(&upload.object_id).await.refuses(409, Code::UploadMissing);
    assert_eq!(upload.brings(b"%PDF").await, 200);
    let elsewhere = canvas.person.at(Edge(1));
    let both = futures_util::future::join(
        canvas.person.registers_artifact(&upload.object_id),
        elsewhere.registers_artifact(&upload.object_id),
    );
    let (one, two) = both.await;
    assert_eq!(one.is(200).json(), two.is(200).json(), "registered twice at once, it is registered once");
    tells_of(&reader.next_of(EventType::ArtifactWritten).await, &upload.object_id);
    // The same bytes again: nothing is uploaded, and readers are told.
    let again = canvas.person.writes_artifact(&body).await.is(201).json();
    assert_eq!((&again["status"], &again["upload"]), (&json!("ready"), &Value::Null), "{again}");
    tells_of(&reader.next_of(EventType::ArtifactWritten).await, again["artifact_id"].as_str().expect("an id"));
    assert_eq!(world.kept(&canvas.person.tenant_id).await.len(), 1);
    canvas.commits([add("a")]).await.is_rev(1);
    assert_eq!(reader.sees_revs(1..=1).await[0].body.seq, Some(5), "a decision before each, and nothing else between");
}

#[tokio::test]
async fn artifacts_are_listed_by_canvas_kind_and_rev() {
    let world = World::of_objects().await;
    let ann = world.signs_up().await;
    let (canvas, other) = (ann.creates_canvas().await, ann.creates_canvas().await);
    let mut previews = Vec::new();
    for rev in 0..3 {
        previews.push(writes(&canvas, ArtifactKind::Preview, json!({ "rev": rev })).await);
    }
    let audit = writes(&canvas, ArtifactKind::Audit, json!({ "rev": 1 })).await;
    let elsewhere = writes(&other, ArtifactKind::Preview, json!({ "rev": 1 })).await;
    let list = async |query: &[(&str, &str)]| {
        let ask = query.iter().fold(ann.asks(Method::GET, "/artifacts"), |ask, (name, value)| ask.query(name, value));
        ask.sends().await.is(200).json()
    };
    let ids = |page: &Value| -> Vec<String> {
        let artifacts = page["artifacts"].as_array().expect("a list");
        artifacts.iter().map(|it| it["artifact_id"].as_str().expect("an id").to_owned()).collect()
    };
    let all = list(&[]).await;
    assert_eq!(ids(&all).len(), 5);
    assert!(ids(&all).contains(&elsewhere));
    assert_eq!(ids(&list(&[("canvas_id", &canvas.id), ("kind", "preview")]).await), previews);
    assert_eq!(ids(&list(&[("canvas_id", &canvas.id), ("rev", "1")]).await), [previews[1].clone(), audit.clone()]);
    assert_eq!(ids(&list(&[("canvas_id", &canvas.id), ("rev", "1"), ("kind", "audit")]).await), [audit]);
    let first = list(&[("canvas_id", &canvas.id), ("limit", "3")]).await;
    assert_eq!(ids(&first), previews);
    let next = first["next"].as_str().expect("there is more");
    let rest = list(&[("canvas_id", &canvas.id), ("limit", "3"), ("cursor", next)]).await;
    assert_eq!((ids(&rest).len(), &rest["next"]), (1, &Value::Null));
    for (name, value) in [("kind", "painting"), ("rev", "x"), ("cursor", next)] {
        let ask = ann.asks(Method::GET, "/artifacts").query(name, value);
        ask.sends().await.refuses(400, Code::QueryInvalid);
    }
    let nowhere = ann.asks(Method::GET, "/artifacts").query("canvas_id", "nowhere");
    nowhere.sends().await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn lineage_tells_ancestors_and_descendants() {
    let world = World::of_objects().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let root = writes(&canvas, ArtifactKind::Snapshot, json!({ "rev": 0 })).await;
    let left = writes(&canvas, ArtifactKind::Preview, json!({ "parents": [root], "rev": 1 })).await;
    let right = writes(&canvas, ArtifactKind::Preview, json!({ "parents": [root, root], "rev": 2 })).await;
    let last = writes(&canvas, ArtifactKind::Export, json!({ "parents": [left, right, root] })).await;
    let lineage = async |id: &str| {
        let ask = canvas.person.asks(Method::GET, format!("/artifacts/{id}/lineage"));
        ask.sends().await.is(200).json()
    };
    let told = |list: &Value| -> Vec<(String, u64)> {
        let list = list.as_array().expect("a list");
        let entry = |it: &Value| (it["id"].as_str().expect("an id").to_owned(), it["depth"].as_u64().expect("a depth"));
        list.iter().map(entry).collect()
    };
    let near = [(left.clone(), 1), (right.clone(), 1), (last.clone(), 1)];
    let said = lineage(&root).await;
    assert_eq!((told(&said["ancestors"]), told(&said["descendants"])), (vec![], near.to_vec()), "{said}");
    let said = lineage(&last).await;
    assert_eq!(told(&said["ancestors"]), [(root.clone(), 1), (left.clone(), 1), (right.clone(), 1)]);
    assert_eq!((&said["descendants"], &said["truncated"]), (&json!([]), &json!(false)));
    assert_eq!(canvas.person.artifact(&right).await["parents"], json!([root]));
    let orphan = json!({ "kind": "export", "canvas_id": canvas.id, "content": 1, "parents": ["art_nothing"] });
    canvas.person.writes_artifact(&orphan).await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn what_is_no_artifact_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let good = json!({ "kind": "export", "canvas_id": canvas.id, "content": null });
    ann.writes_artifact(&good).await.is(201);
    let with = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body
    };
    for (body, status, code) in [
        (with("kind", json!("painting")), 400, Code::BodyInvalid),
        (with("canvas_id", json!("nowhere")), 404, Code::NotFound),
        (with("canvas_id", Value::Null), 400, Code::ContextMissing),
        (with("rev", json!(-1)), 400, Code::BodyInvalid),
        (with("parents", json!(["a/b"])), 400, Code::BodyInvalid),
        (with("parents", json!((0..65).map(|n| format!("art_{n}")).collect::<Vec<_>>())), 400, Code::BodyInvalid),
        (with("size", json!(4)), 400, Code::BodyInvalid),
        (with("content_type", json!("text/html")), 422, Code::UploadInvalid),
        (with("content", json!("x".repeat(1024 * 1024))), 413, Code::BodyTooLarge),
        (json!({ "kind": "export", "canvas_id": canvas.id }), 400, Code::BodyInvalid),
    ] {
        ann.writes_artifact(&body).await.refuses(status, code);
    }
}

#[tokio::test]
async fn others_find_nothing() {
    let world = World::of_objects().await;
    let (ann, bob, eve) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let id = writes(&canvas, ArtifactKind::Preview, json!({ "rev": 0 })).await;
    let upload = ann.presigns(b"waits", "waits.txt", "text/plain").await;
    let viewer = ann.welcomes(&bob, Role::Viewer).await;
    for (who, status, code) in [
        (eve.clone(), 404, Code::NotFound),
        (ann.in_env(Env::Prod), 404, Code::NotFound),
        (eve.in_tenant(&ann.tenant_id), 403, Code::NotAMember),
    ] {
        for path in [format!("/artifacts/{id}"), format!("/artifacts/{id}/lineage")] {
            who.asks(Method::GET, path).sends().await.refuses(status, code);
        }
        who.registers_artifact(&id).await.refuses(status, code);
        who.registers_raw(&upload.object_id).await.refuses(status, code);
        let raw = who.asks(Method::GET, format!("/nexus/raw-storage/{}", upload.object_id));
        raw.sends().await.refuses(status, code);
        // Nor can it become a parent of theirs.
        if code == Code::NotFound {
            let own = who.creates_canvas().await;
            let wish = json!({ "kind": "export", "canvas_id": own.id, "content": 1, "parents": [id] });
            who.writes_artifact(&wish).await.refuses(404, Code::NotFound);
            let there = json!({ "kind": "export", "canvas_id": canvas.id, "content": 1 });
            who.writes_artifact(&there).await.refuses(404, Code::NotFound);
        }
    }
    // An asset is no artifact, nor one of another area.
    ann.asks(Method::GET, format!("/artifacts/{}", upload.object_id)).sends().await.refuses(404, Code::NotFound);
    ann.asks(Method::GET, format!("/media-v2/assets/{}", upload.object_id)).sends().await.refuses(404, Code::NotFound);
    ann.registers_artifact(&upload.object_id).await.refuses(404, Code::NotFound);
    // Who may only read reads, and is not told how to upload.
    assert_eq!(viewer.artifact(&id).await["status"], "ready");
    assert_eq!(viewer.raw(&upload.object_id).await["upload"], Value::Null);
    assert_ne!(ann.raw(&upload.object_id).await["upload"], Value::Null);
    viewer.registers_raw(&upload.object_id).await.refuses(403, Code::RoleTooLow);
    viewer.registers_artifact(&id).await.refuses(403, Code::RoleTooLow);
    let wish = json!({ "kind": "export", "canvas_id": canvas.id, "content": 1 });
    viewer.writes_artifact(&wish).await.refuses(403, Code::RoleTooLow);
    viewer.asks_to_presign(&promise(b"x", "x.txt", "text/plain")).await.refuses(403, Code::RoleTooLow);
}
