//! Refusals that the domain gives, each with what is needed to go on.

use harness::ops::{add, add_at, delete, insert, move_to, remove, replace, set, unset};
use harness::{Canvas, Edge, Replica, World, draft};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::document::Op;

async fn canvas_in(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

#[tokio::test]
async fn who_is_behind_is_told_all_that_happened() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(2).await;
    let seen = canvas.reads().await;
    canvas.makes_revs(3).await;
    let problem = canvas.at(Edge(1)).sends(&draft(2, [add("late")])).await.refuses(409, Code::RevMismatch);
    assert_eq!((&problem["head_rev"], &problem["base_rev"]), (&json!(5), &json!(2)));
    let ops: Vec<Op> = serde_json::from_value(problem["ops_since_base"].clone()).expect("operations");
    let mut replica = Replica::of(&seen);
    replica.follows(&ops, 5, &canvas.reads().await.state_hash);
    // The cursor it brings shows the same, as events.
    let mut reader = canvas.watch(Edge(0)).cursor(problem["since"].as_str().expect("a cursor")).opens().await;
    reader.sees_revs(3..=5).await;
    canvas.sends(&draft(5, [add("late")])).await.is_rev(6);
}

#[tokio::test]
async fn who_is_far_behind_is_told_where_to_start_again() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let tokens = |rev: usize| set("a", "text", "x".repeat(60_000) + &rev.to_string());
    canvas.commits([add("a")]).await.is_rev(1);
    for rev in 2..=30 {
        canvas.commits([tokens(rev)]).await.is(200);
    }
    let problem = canvas.sends(&draft(1, [add("late")])).await.refuses(409, Code::RevMismatch);
    assert_eq!(problem["head_rev"], 30);
    let catches_up = match (&problem["ops_since_base"], &problem["snapshot_ref"]) {
        (Value::Array(ops), _) => {
            let ops: Vec<Op> = serde_json::from_value(json!(ops)).expect("operations");
            let mut replica = Replica::of(&canvas.reads_rev(1).await);
            replica.follows(&ops, 30, &canvas.reads().await.state_hash);
            true
        }
        (Value::Null, Value::String(reference)) => {
            let document = canvas.person.asks(Method::GET, reference).sends().await.is(200);
            document.json()["head_rev"] == 30
        }
        _ => false,
    };
    assert!(catches_up, "{problem}");
}

#[tokio::test]
async fn a_base_from_the_future_is_no_base() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(1).await;
    for base_rev in [2, 1_000, u64::from(u32::MAX), (1 << 53) - 1] {
        let problem = canvas.sends(&draft(base_rev, [add("early")])).await.refuses(409, Code::RevMismatch);
        assert_eq!((&problem["head_rev"], &problem["base_rev"]), (&json!(1), &json!(base_rev)));
        assert_eq!(problem["ops_since_base"], json!(null));
    }
    canvas.commits([add("in-time")]).await.is_rev(2);
}

#[tokio::test]
async fn an_invalid_operation_is_named_with_its_reason() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.commits([add("a"), add_at("b", Some("a"), 0), set("a", "t", "a😀b"), set("a", "n", 7)]).await.is_rev(1);
    let check = async |op: Op, reason: &str| {
        let problem = canvas.sends(&draft(1, [set("a", "ok", true), op])).await.refuses(422, Code::OpInvalid);
        assert_eq!((&problem["op_index"], &problem["reason"]), (&json!(1), &json!(reason)), "{problem}");
    };
    check(add("a"), "atom_exists").await;
    check(add_at("c", Some("missing"), 0), "parent_missing").await;
    check(add_at("c", None, 2), "index_beyond_end").await;
    check(remove("missing"), "atom_missing").await;
    check(move_to("a", Some("b"), 0), "cycle").await;
    check(move_to("a", None, 1), "index_beyond_end").await;
    check(set("missing", "t", 1), "atom_missing").await;
    check(set("a", "", 1), "path_invalid").await;
    check(set("a", "n", (1_u64 << 53) + 1), "number_out_of_range").await;
    check(unset("a", "missing"), "token_missing").await;
    check(insert("a", "n", 0, "x"), "token_not_text").await;
    check(insert("a", "missing", 0, "x"), "token_missing").await;
    check(insert("a", "t", 5, "x"), "position_beyond_end").await;
    check(insert("a", "t", 2, "x"), "position_in_surrogate_pair").await;
    check(delete("a", "t", 1, 2), "position_in_surrogate_pair").await;
    check(delete("a", "t", 3, 1), "range_reversed").await;
    check(replace("a", "t", (0, 9), "x"), "position_beyond_end").await;
    assert_eq!(canvas.reads().await.head_rev, 1);
}

#[tokio::test]
async fn a_wrong_base_is_said_before_a_wrong_operation() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(1).await;
    canvas.sends(&draft(0, [remove("missing")])).await.refuses(409, Code::RevMismatch);
}

#[tokio::test]
async fn the_status_of_a_command_can_be_asked() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let (done, refused) = (draft(0, [add("a")]), draft(7, [add("b")]));
    let answer = canvas.sends(&done).await.is_rev(1);
    canvas.sends(&refused).await.refuses(409, Code::RevMismatch);
    let status = async |command_id: &str| {
        canvas.person.at(Edge(1)).asks(Method::GET, format!("/commands/{command_id}")).sends().await
    };
    let said = status(done.command_id()).await.is(200).json();
    assert_eq!(said["status"], "applied", "{said}");
    assert_eq!(said["commit_id"], answer.json()["commit_id"], "{said}");
    let said = status(refused.command_id()).await.is(200).json();
    assert_eq!(said["status"], "rejected", "{said}");
    status(&uuid::Uuid::now_v7().to_string()).await.refuses(404, Code::NotFound);
    status("no-uuid").await.is(404);
}
