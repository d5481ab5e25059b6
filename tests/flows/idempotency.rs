//! The same wish, said again: granted once, answered the same.

use futures_util::future::join_all;
use harness::ops::add;
use harness::{Canvas, Edge, World, draft};
use std::collections::BTreeSet;
use subjects::code::Code;
use subjects::ids::Role;
use uuid::Uuid;

const REPLAYED: &str = "idempotent-replayed";

async fn canvas_in(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_to_the_byte() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let wish = draft(0, [add("a")]);
    let first = canvas.sends(&wish).await.is_rev(1);
    assert_eq!(first.header(REPLAYED), None);
    canvas.commits([add("b")]).await.is_rev(2);
    for edge in [Edge(0), Edge(1)] {
        let repeat = canvas.at(edge).sends(&wish).await.is(200);
        assert_eq!(repeat.body, first.body);
        assert_eq!(repeat.header(REPLAYED), Some("true"));
    }
    assert_eq!(canvas.history().await.len(), 2);
}

#[tokio::test]
async fn the_same_body_in_another_order_is_the_same() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let wish = draft(0, [add("a")]);
    let first = canvas.sends(&wish).await.is_rev(1);
    let members = wish.body().as_object().expect("an object");
    let backwards: Vec<_> = members.iter().rev().map(|(name, value)| format!("{name:?} : {value}")).collect();
    let ask =
        canvas.asks_for(&wish).body("application/json; charset=utf-8", format!("{{ {} }}", backwards.join(" , ")));
    let repeat = ask.sends().await.is(200);
    assert_eq!((repeat.body.clone(), repeat.header(REPLAYED)), (first.body, Some("true")));
}

#[tokio::test]
async fn another_body_under_the_same_key_is_a_conflict() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let wish = draft(0, [add("a")]).key("once");
    canvas.sends(&wish).await.is_rev(1);
    let conflict = async |wish| {
        canvas.at(Edge(1)).sends(&wish).await.refuses(422, Code::IdempotencyConflict);
    };
    conflict(draft(1, [add("b")]).key("once")).await;
    conflict(draft(0, [add("b")]).key("once")).await;
    conflict(wish.clone().label("Another label")).await;
    conflict(draft(1, [add("b")]).with("command_id", wish.command_id())).await;
    assert_eq!(canvas.history().await.len(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_one_actor_and_one_canvas() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let (one, other) = (ann.creates_canvas().await, ann.creates_canvas().await);
    let bob_there = ann.welcomes(&bob, Role::Member).await;
    one.sends(&draft(0, [add("a")]).key("k")).await.is_rev(1);
    other.sends(&draft(0, [add("a")]).key("k")).await.is_rev(1);
    one.seen_by(&bob_there).sends(&draft(1, [add("b")]).key("k")).await.is_rev(2);
}

#[tokio::test]
async fn what_was_refused_does_not_bind_the_key() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.commits([add("a")]).await.is_rev(1);
    let wish = draft(0, [add("b")]);
    canvas.sends(&wish).await.refuses(409, Code::RevMismatch);
    canvas.sends(&wish.clone().rebased(1)).await.is_rev(2);
}

#[tokio::test]
async fn who_was_refused_and_asks_again_is_judged_again() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let early = draft(1, [add("b")]);
    canvas.sends(&early).await.refuses(409, Code::RevMismatch);
    canvas.commits([add("a")]).await.is_rev(1);
    let granted = canvas.sends(&early).await.is_rev(2);
    assert_eq!(granted.header(REPLAYED), None);
    assert_eq!(canvas.sends(&early).await.is(200).header(REPLAYED), Some("true"));
}

#[tokio::test]
async fn fifty_at_once_under_one_key_are_done_once() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut reader = canvas.watches(Edge(0)).await;
    let wish = draft(0, [add("a")]);
    let sent = (0..50).map(async |number| canvas.at(Edge(number % 2)).sends(&wish).await.is_rev(1));
    let replies = join_all(sent).await;
    let bodies: BTreeSet<_> = replies.iter().map(|reply| reply.body.clone()).collect();
    assert_eq!(bodies.len(), 1, "one answer for all");
    let firsts = replies.iter().filter(|reply| reply.header(REPLAYED).is_none()).count();
    assert_eq!(firsts, 1, "all others are told that it is a repeat");
    canvas.commits([add("b")]).await.is_rev(2);
    reader.sees_revs(1..=2).await;
    assert_eq!(canvas.history().await.len(), 2);
}

#[tokio::test]
async fn fifty_wishes_at_once_under_one_key_grant_one() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let key = Uuid::now_v7().to_string();
    let sent = (0..50).map(async |number: usize| {
        let wish = draft(0, [add(&format!("a{number}"))]).key(&key);
        canvas.at(Edge(number % 2)).sends(&wish).await.status
    });
    let statuses = join_all(sent).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409, 422].contains(status)), "{statuses:?}");
    assert_eq!(canvas.history().await.len(), 1);
}
