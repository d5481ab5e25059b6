//! Audits of a canvas: what the checks find, kept as an artifact that readers hear of.

use harness::{Canvas, Edge, Reply, World};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::document::Op;
use subjects::event::EventType;
use subjects::ids::{Env, Role};

fn adds(atom_id: &str, index: usize, kind: &str, tokens: Value) -> Op {
    let op = json!({ "op": "add_atom", "atom_id": atom_id, "parent_id": null, "index": index, "kind": kind, "tokens": tokens });
    serde_json::from_value(op).expect("an operation")
}

async fn audits(canvas: &Canvas, wish: Value) -> Reply {
    canvas.asks(Method::POST, "/audits").json(&wish).sends().await
}

fn findings(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().expect("a list").iter();
    findings.map(|it| (it["check"].as_str().expect("a word"), it["atom_id"].as_str().expect("an id"))).collect()
}

#[tokio::test]
async fn a_document_is_checked_and_its_report_kept() {
    let world = World::of_objects().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    canvas.commits([adds("h", 0, "heading", json!({ "text": "Hello", "level": 3 }))]).await.is_rev(1);
    canvas
        .commits([adds("i", 1, "image", json!({ "src": "cat.png" })), adds("t", 2, "text", json!({}))])
        .await
        .is_rev(2);
    let mut reader = canvas.watches(Edge(1)).await;

    let said = audits(&canvas, json!({})).await.is(201).json();
    let expected = [("required_token_empty", "t"), ("alt_text_missing", "i"), ("heading_order", "h")];
    assert_eq!(findings(&said["report"]), expected, "{said}");
    assert_eq!(
        (&said["report"]["passed"], &said["report"]["rev"], &said["status"]),
        (&json!(false), &json!(2), &json!("ready"))
    );
    let event = reader.next_of(EventType::ArtifactWritten).await;
    assert_eq!((&event.body.data["artifact_id"], &event.body.data["kind"]), (&said["artifact_id"], &json!("audit")));
    assert_eq!(event.body.data["rev"], 2);

    let past = audits(&canvas, json!({ "rev": 1 })).await.is(201).json();
    assert_eq!(findings(&past["report"]), [("heading_order", "h")], "{past}");
    let kept = canvas.person.artifact(past["artifact_id"].as_str().expect("an id")).await;
    assert_eq!(
        (&kept["kind"], &kept["content_type"], &kept["rev"]),
        (&json!("audit"), &json!("application/json"), &json!(1))
    );
    audits(&canvas, json!({ "rev": 3 })).await.refuses(404, Code::NotFound);
    audits(&canvas, json!({ "rev": 1, "artifact_ref": "art_x" })).await.refuses(400, Code::BodyInvalid);
    audits(&canvas, json!({ "depth": 1 })).await.refuses(400, Code::BodyInvalid);
}

#[tokio::test]
async fn an_artifact_that_holds_a_document_is_checked() {
    let world = World::of_objects().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let orphan = json!({ "atom_id": "o", "parent_id": "gone", "index": 0, "kind": "frame", "tokens": {} });
    let writes = async |canvas: &Canvas, content: Value| {
        let body = json!({ "kind": "preview", "canvas_id": canvas.id, "content": content });
        let said = canvas.person.writes_artifact(&body).await.is(201).json();
        said["artifact_id"].clone()
    };
    let preview = writes(&canvas, json!({ "atoms": [orphan] })).await;
    let said = audits(&canvas, json!({ "artifact_ref": preview })).await.is(201).json();
    assert_eq!(findings(&said["report"]), [("orphan_atom", "o")]);
    assert_eq!(said["report"]["artifact_ref"], preview);
    let kept = canvas.person.artifact(said["artifact_id"].as_str().expect("an id")).await;
    assert_eq!(kept["parents"], json!([preview]), "{kept}");

    let picture = writes(&canvas, json!({ "pixels": 1 })).await;
    audits(&canvas, json!({ "artifact_ref": picture })).await.refuses(422, Code::NoDocument);
    audits(&canvas, json!({ "artifact_ref": "art_none" })).await.refuses(404, Code::NotFound);
    let other = canvas.person.creates_canvas().await;
    audits(&other, json!({ "artifact_ref": preview })).await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn who_may_audit() {
    let world = World::of_objects().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let viewer = ann.welcomes(&world.signs_up().await, Role::Viewer).await;
    audits(&canvas.seen_by(&viewer), json!({})).await.refuses(403, Code::RoleTooLow);
    let stranger = world.signs_up().await;
    audits(&canvas.seen_by(&stranger), json!({})).await.refuses(404, Code::NotFound);
    audits(&canvas.seen_by(&ann.in_env(Env::Prod)), json!({})).await.refuses(404, Code::NotFound);
}
