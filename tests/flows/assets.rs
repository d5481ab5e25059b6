//! Media assets: what was made of which, and the artifacts that were derived from them.

use harness::{Person, Upload, World, promise};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::artifact::ArtifactKind;
use subjects::code::Code;

/// Uploads a media asset and registers it; gives its id.
async fn brings(person: &Person, bytes: &[u8], parent: Option<&str>) -> String {
    let mut body = promise(bytes, "photo.png", "image/png");
    if let Some(parent) = parent {
        body["parent_asset_id"] = json!(parent);
    }
    let said = person.asks(Method::POST, "/media-v2/assets").json(&body).sends().await.is(201).json();
    let upload = Upload::told(person, &said);
    assert_eq!(upload.brings(bytes).await, 200);
    let path = format!("/media-v2/assets/{}/register", upload.object_id);
    assert_eq!(person.asks(Method::POST, path).sends().await.is(200).json()["status"], "ready");
    upload.object_id
}

fn ids(page: &Value, list: &str, id: &str) -> Vec<String> {
    let entries = page[list].as_array().expect("a list");
    entries.iter().map(|it| it[id].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn media_know_what_they_were_made_of() {
    let world = World::of_objects().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let original = brings(&ann, b"original", None).await;
    let (small, smaller) =
        (brings(&ann, b"small", Some(&original)).await, brings(&ann, b"smaller", Some(&original)).await);
    let get = async |person: &Person, path: String| person.asks(Method::GET, path).sends().await;
    let asset = get(&ann, format!("/media-v2/assets/{small}")).await.is(200).json();
    assert_eq!((&asset["parents"], &asset["status"]), (&json!([original]), &json!("ready")), "{asset}");
    let below = format!("tenants/{}/dev/media_v2/{small}/", ann.tenant_id);
    assert_eq!(world.objects(&below).await, [format!("{below}photo.png")]);
    assert_eq!(ann.downloads(&asset).await.is(200).body.as_ref(), b"small");
    let of = get(&ann, format!("/media-v2/assets?parent_asset_id={original}")).await.is(200).json();
    assert_eq!(ids(&of, "assets", "asset_id"), [small.clone(), smaller]);
    let all = get(&ann, "/media-v2/assets".into()).await.is(200).json();
    assert_eq!(ids(&all, "assets", "asset_id").len(), 3);
    for path in [format!("/media-v2/assets/{small}"), format!("/media-v2/assets?parent_asset_id={original}")] {
        get(&eve, path).await.refuses(404, Code::NotFound);
    }
    let mut theirs = promise(b"x", "x.png", "image/png");
    theirs["parent_asset_id"] = json!(original);
    eve.asks(Method::POST, "/media-v2/assets").json(&theirs).sends().await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn an_artifact_is_derived_from_an_asset() {
    let world = World::of_objects().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let asset = brings(&ann, b"original", None).await;
    let path = format!("/media-v2/assets/{asset}/artifacts");
    let wish = json!({ "kind": ArtifactKind::Media, "canvas_id": canvas.id, "content": { "crop": [0, 0, 10, 10] } });
    let said = ann.asks(Method::POST, &path).json(&wish).sends().await.is(201).json();
    let artifact_id = said["artifact_id"].as_str().expect("an id").to_owned();
    assert_eq!(ann.artifact(&artifact_id).await["parents"], json!([asset]));
    let derived = ann.asks(Method::GET, &path).sends().await.is(200).json();
    assert_eq!(ids(&derived, "artifacts", "artifact_id"), std::slice::from_ref(&artifact_id));
    let lineage = ann.asks(Method::GET, format!("/artifacts/{artifact_id}/lineage")).sends().await.is(200).json();
    assert_eq!(lineage["ancestors"][0]["uri"], format!("/media-v2/assets/{asset}"), "{lineage}");
    eve.asks(Method::GET, &path).sends().await.refuses(404, Code::NotFound);
    let own = eve.creates_canvas().await;
    let wish = json!({ "kind": "media", "canvas_id": own.id, "content": 1 });
    eve.asks(Method::POST, &path).json(&wish).sends().await.refuses(404, Code::NotFound);
    // What is no media asset has nothing derived from it here.
    let wish = json!({ "kind": "media", "canvas_id": canvas.id, "content": 1 });
    let wrong = format!("/media-v2/assets/{artifact_id}/artifacts");
    ann.asks(Method::POST, wrong).json(&wish).sends().await.refuses(404, Code::NotFound);
}
