//! Commands: all eight operations, all or nothing, one rev after the other, the same for everyone.

use harness::ops::{add, add_at, add_with, delete, insert, move_to, remove, replace, set, unset};
use harness::{Canvas, Edge, Replica, World, draft};
use serde_json::json;
use subjects::document::Op;
use uuid::Uuid;

async fn canvas_in(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

#[tokio::test]
async fn all_eight_operations_do_what_they_say() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let tokens = [("title".to_owned(), json!("Hello")), ("size".to_owned(), json!(1.5))].into();
    canvas.commits([add_with("a", None, 0, tokens), add_at("b", None, 1), add_at("c", Some("a"), 0)]).await.is_rev(1);
    canvas.commits([set("a", "note", json!({ "deep": [1, null, true] })), set("b", "text", "")]).await.is_rev(2);
    canvas.commits([insert("b", "text", 0, "wörld"), insert("b", "text", 0, "hello ")]).await.is_rev(3);
    canvas.commits([replace("b", "text", (6, 7), "W"), delete("b", "text", 0, 6)]).await.is_rev(4);
    canvas.commits([move_to("c", Some("b"), 0), move_to("b", None, 0), unset("a", "size")]).await.is_rev(5);
    let document = canvas.at(Edge(1)).reads().await;
    assert_eq!(document.atom_ids(), ["b", "c", "a"]);
    assert_eq!(document.atoms[0].tokens["text"], "Wörld");
    assert_eq!(document.atoms[1].parent_id.as_ref().map(ToString::to_string), Some("b".to_owned()));
    assert_eq!(json!(document.atoms[2].tokens), json!({ "title": "Hello", "note": { "deep": [1, null, true] } }));
    canvas.commits([remove("b")]).await.is_rev(6);
    assert_eq!(canvas.reads().await.atom_ids(), ["a"]);
}

#[tokio::test]
async fn positions_are_counted_as_a_browser_counts() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.commits([add("a"), set("a", "t", "a😀b")]).await.is_rev(1);
    canvas
        .commits([insert("a", "t", 3, "é"), replace("a", "t", (1, 3), "😎😎"), delete("a", "t", 0, 1)])
        .await
        .is_rev(2);
    assert_eq!(canvas.reads().await.atoms[0].tokens["t"], "😎😎éb");
}

#[tokio::test]
async fn the_answer_says_what_was_made() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut reader = canvas.watches(Edge(1)).await;
    let answer = canvas.commits([add("a")]).await.is_rev(1).json();
    let document = canvas.reads().await;
    assert_eq!(answer["state_hash"], json!(document.state_hash));
    assert_eq!(answer["seq"], 1);
    let event = reader.next_event().await;
    assert_eq!(answer["commit_id"], json!(event.commit().commit_id));
    assert_eq!(answer["commit_id"], json!(event.body.event_id));
    canvas.commits([add("b")]).await.is_rev(2);
    // The answer's cursor is a place to watch from.
    let mut later = canvas.watch(Edge(0)).cursor(answer["cursor"].as_str().expect("a cursor")).opens().await;
    later.sees_revs(2..=2).await;
}

#[tokio::test]
async fn a_commit_says_who_did_what_where_and_why() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut reader = canvas.watches(Edge(0)).await;
    let correlation_id = Uuid::now_v7();
    let routing = json!({ "panel_id": "left", "projection_id": "wide", "session_id": "s-1", "device_id": "d-1" });
    let command = draft(0, [add("a")]).label("Add a heading").with("routing", routing);
    let command = command.with("correlation_id", correlation_id.to_string());
    canvas.asks_for(&command).header("x-request-id", "r-of-the-test").sends().await.is_rev(1);
    let event = reader.next_event().await;
    let body = &event.body;
    assert_eq!((body.v, body.seq), (1, Some(1)));
    assert_eq!(body.meta.schema, "canvas_commit/1");
    assert_eq!(body.ids.request_id.as_deref(), Some("r-of-the-test"));
    assert_eq!(body.ids.correlation_id, Some(correlation_id));
    let expected = json!({
        "tenant_id": canvas.person.tenant_id, "env": "dev", "canvas_id": canvas.id,
        "workspace_id": "w1", "project_id": "p1", "app_id": "a1", "surface_id": "s1",
        "panel_id": "left", "projection_id": "wide", "session_id": "s-1", "device_id": "d-1",
        "actor_id": canvas.person.user_id, "actor_type": "human",
    });
    assert_eq!(json!(body.routing), expected);
    let commit = event.commit();
    assert_eq!(commit.command_id.to_string(), command.command_id());
    assert_eq!(json!(commit.intent), command.body()["intent"]);
    let stood = &canvas.history().await[0];
    assert_eq!((stood.commit_id, &stood.ops, &stood.state_hash), (commit.commit_id, &commit.ops, &commit.state_hash));
    assert_eq!((stood.actor_id.as_str(), &stood.intent), (canvas.person.user_id.as_str(), &commit.intent));
    assert!(stood.ts.ends_with('Z') && stood.ts.len() == "2026-11-20T20:13:58.123Z".len(), "{}", stood.ts);
}

#[tokio::test]
async fn a_command_is_done_whole_or_not_at_all() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.commits([add("a"), set("a", "t", "x")]).await.is_rev(1);
    let before = canvas.reads().await;
    let bad: [Vec<Op>; 3] = [
        vec![add("b"), set("a", "t", "y"), remove("missing")],
        vec![remove("a"), set("a", "t", "y")],
        vec![insert("a", "t", 1, "yz"), delete("a", "t", 0, 9)],
    ];
    for ops in bad {
        canvas.commits(ops).await.is(422);
        let after = canvas.reads().await;
        assert_eq!(
            (after.head_rev, after.state_hash, after.atoms),
            (1, before.state_hash.clone(), before.atoms.clone())
        );
    }
    canvas.commits([add("b")]).await.is_rev(2);
}

#[tokio::test]
async fn many_who_write_at_once_make_one_history() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut reader = canvas.watches(Edge(1)).await;
    // All on the same base: one is first, the others are told what they missed.
    for round in 0..5 {
        let head = canvas.head();
        let tries = (0..8).map(async |who| {
            let wish = draft(head, [add(&format!("r{round}-{who}"))]);
            canvas.at(Edge(who % 2)).sends(&wish).await.status
        });
        let statuses = futures_util::future::join_all(tries).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    }
    let mut replica = Replica::empty();
    for event in reader.sees_revs(1..=5).await {
        let commit = event.commit();
        replica.follows(&commit.ops, commit.rev, &commit.state_hash);
    }
    assert_eq!(replica.atoms(), canvas.reads().await.atoms);
    assert_eq!(canvas.history().await.len(), 5);
}

#[tokio::test]
async fn numbers_and_texts_come_back_as_they_went() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let values = [
        json!(9_007_199_254_740_992_u64),
        json!(-9_007_199_254_740_992_i64),
        json!(0.1),
        json!(-0.0),
        json!(1e300),
        json!(5e-324),
        json!(333_333_333.333_333_3),
        json!("\u{0}\u{1f}\"\\\u{2028}\u{fffd}😀"),
        json!({ "z": 1, "a": { "é": [], "": {} } }),
    ];
    let sets = values.iter().enumerate().map(|(number, value)| set("a", &format!("v{number}"), value.clone()));
    canvas.commits([add("a")].into_iter().chain(sets)).await.is_rev(1);
    let document = canvas.at(Edge(1)).reads().await;
    for (number, value) in values.iter().enumerate() {
        assert_eq!(&document.atoms[0].tokens[&format!("v{number}")], value);
    }
}
