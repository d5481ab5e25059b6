//! What is said in threads: in one order, once, and read page by page.

use futures_util::future::join_all;
use harness::{Edge, Thread, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use subjects::code::Code;
use subjects::ids::{Env, Role};

const REPLAYED: &str = "idempotent-replayed";

async fn thread_in(world: &World) -> Thread {
    world.signs_up().await.starts_thread().await
}

#[tokio::test]
async fn what_is_said_at_any_edge_is_read_in_one_order_at_all() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    for number in 0..6 {
        let said = thread.at(Edge(number % 2)).says(&number.to_string()).await.is(200).json();
        assert_eq!(said["seq"], number + 1, "{said}");
        assert!(said["cursor"].is_string() && said["message_id"].is_string(), "{said}");
    }
    let at = [Edge(0), Edge(1)].map(|edge| thread.at(edge));
    let [here, there] = [at[0].messages().await, at[1].messages().await];
    assert_eq!(here, there);
    let texts: Vec<_> = here.iter().map(|message| message["data"]["text"].clone()).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5"]);
    let first = &here[0];
    assert_eq!((&first["event"], &first["actor_id"]), (&json!("chat_message"), &json!(thread.person.user_id)));
    assert_eq!(first["actor_type"], "human");
}

#[tokio::test]
async fn what_one_says_in_a_row_keeps_its_order_among_many() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let speaker = async |name: usize| {
        for number in 0..10 {
            thread.at(Edge(name % 2)).says(&format!("{name} {number}")).await.is(200);
        }
    };
    join_all((0..4).map(speaker)).await;
    let texts = thread.texts().await;
    assert_eq!(texts.len(), 40);
    for name in 0..4 {
        let own: Vec<_> = texts.iter().filter(|text| text.starts_with(&format!("{name} "))).collect();
        assert!(own.is_sorted() && own.len() == 10, "{own:?}");
    }
}

#[tokio::test]
async fn the_same_key_is_one_message() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let first = thread.says_once("Hi", "k").await.is(200);
    assert_eq!(first.header(REPLAYED), None);
    thread.says("Between").await.is(200);
    let again = thread.at(Edge(1)).says_once("Hi", "k").await.is(200);
    assert_eq!((&again.body, again.header(REPLAYED)), (&first.body, Some("true")));
    thread.says_once("Ho", "k").await.refuses(422, Code::IdempotencyConflict);
    let other =
        thread.asks_to_say(&json!({ "event": "agent_message", "data": { "text": "Hi" }, "idempotency_key": "k" }));
    other.sends().await.refuses(422, Code::IdempotencyConflict);
    let bob = world.signs_up().await;
    let bob = thread.person.welcomes(&bob, Role::Member).await;
    thread.seen_by(&bob).says_once("Hi", "k").await.is(200);
    assert_eq!(thread.texts().await, ["Hi", "Between", "Hi"]);
}

#[tokio::test]
async fn fifty_at_once_under_one_key_are_said_once() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let sent = (0..50).map(async |number| thread.at(Edge(number % 2)).says_once("Hi", "k").await.is(200));
    let replies = join_all(sent).await;
    let bodies: BTreeSet<_> = replies.iter().map(|reply| reply.body.clone()).collect();
    assert_eq!(bodies.len(), 1, "one answer for all");
    assert_eq!(replies.iter().filter(|reply| reply.header(REPLAYED).is_none()).count(), 1);
    assert_eq!(thread.texts().await, ["Hi"]);
}

#[tokio::test]
async fn without_a_key_it_is_said_again() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    for _ in 0..2 {
        thread.tells("chat_message", json!({ "text": "Hi" })).await.is(200);
    }
    assert_eq!(thread.texts().await, ["Hi", "Hi"]);
}

#[tokio::test]
async fn a_thread_is_read_page_by_page() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    for number in 0..5 {
        thread.says(&number.to_string()).await.is(200);
    }
    let page = async |cursor: Option<&str>| {
        let ask = thread.asks(Method::GET, "/messages").query("limit", 2);
        cursor.into_iter().fold(ask, |ask, cursor| ask.query("cursor", cursor)).sends().await.is(200).json()
    };
    let seqs = |page: &Value| {
        page["messages"].as_array().expect("a list").iter().map(|it| it["seq"].as_u64()).collect::<Vec<_>>()
    };
    let first = page(None).await;
    let second = page(first["next"].as_str()).await;
    thread.says("5").await.is(200);
    let third = page(second["next"].as_str()).await;
    assert_eq!(seqs(&first), [Some(1), Some(2)]);
    assert_eq!(seqs(&second), [Some(3), Some(4)]);
    assert_eq!((seqs(&third), &third["next"]), (vec![Some(5), Some(6)], &Value::Null));
    let other = thread.person.starts_thread().await;
    let mark = first["next"].as_str().expect("there is more");
    let forged = other.asks(Method::GET, "/messages").query("cursor", mark);
    forged.sends().await.refuses(400, Code::QueryInvalid);
}

#[tokio::test]
async fn every_kind_of_message_is_kept_as_it_was_said() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let kinds = ["chat_message", "agent_message", "tool_call", "tool_result"];
    let data = json!({ "run_id": "r-1", "parts": [{ "n": 1.5, "text": "né\u{0}e" }], "empty": null });
    for kind in kinds {
        thread.tells(kind, data.clone()).await.is(200);
    }
    let messages = thread.messages().await;
    assert_eq!(messages.iter().map(|message| &message["event"]).collect::<Vec<_>>(), kinds);
    assert!(messages.iter().all(|message| message["data"] == data), "{messages:?}");
}

#[tokio::test]
async fn what_has_no_form_is_refused() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let text = json!({ "text": "x" });
    let large = json!({ "data": { "text": "x".repeat(256 * 1024 - 100) } });
    for (body, status, code) in [
        (json!({}), 400, Code::BodyInvalid),
        (json!({ "data": "x" }), 400, Code::BodyInvalid),
        (json!({ "data": text, "event": "canvas_commit" }), 400, Code::BodyInvalid),
        (json!({ "data": text, "event": "shout" }), 400, Code::BodyInvalid),
        (json!({ "data": text, "event": "run_start" }), 400, Code::BodyInvalid),
        (json!({ "data": text, "idempotency_key": "" }), 400, Code::BodyInvalid),
        (json!({ "data": text, "extra": 1 }), 400, Code::BodyInvalid),
        (json!({ "data": text, "routing": { "thread_id": "other" } }), 400, Code::ContextMismatch),
        (large, 422, Code::EventTooLarge),
    ] {
        thread.asks_to_say(&body).sends().await.refuses(status, code);
    }
    assert!(thread.messages().await.is_empty());
}

#[tokio::test]
async fn namesakes_in_other_tenants_and_environments_hold_their_own() {
    let world = World::shared().await;
    let people = [world.signs_up().await, world.signs_up().await];
    let mut threads = Vec::new();
    for person in &people {
        for env in Env::ALL {
            threads.push(person.in_env(env).starts_thread_named("general").await);
        }
    }
    for (number, thread) in threads.iter().enumerate() {
        let said = thread.says_once(&format!("secret {number}"), "the-same-key").await.is(200);
        assert_eq!((said.header(REPLAYED), &said.json()["seq"]), (None, &json!(1)));
    }
    for (number, thread) in threads.iter().enumerate() {
        assert_eq!(thread.texts().await, [format!("secret {number}")]);
    }
}
