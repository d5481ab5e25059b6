//! Every limit, and every body that is not what is asked for: refused by name, and nothing is changed.

use harness::ops::{add, set};
use harness::{Ask, Canvas, Draft, Edge, World, draft};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;

async fn canvas_in(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

fn post(canvas: &Canvas) -> Ask {
    canvas.asks(Method::POST, "/commands")
}

#[tokio::test]
async fn a_command_has_at_most_512_operations() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let ops = |count: usize| (0..count).map(|number| set("a", &format!("p{number}"), number));
    canvas.commits([add("a")]).await.is_rev(1);
    let problem = canvas.sends(&draft(1, ops(513))).await.refuses(422, Code::TooManyOps);
    assert!(problem["detail"].as_str().is_some_and(|said| said.contains("512")), "{problem}");
    canvas.sends(&draft(1, ops(512))).await.is_rev(2);
}

#[tokio::test]
async fn a_command_has_at_most_512_kibibytes() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let sized = |bytes: usize| {
        let command = draft(0, [add("a")]).body().to_string();
        format!("{command}{}", " ".repeat(bytes - command.len()))
    };
    let most = 512 * 1024;
    post(&canvas).body("application/json", sized(most + 1)).sends().await.refuses(413, Code::BodyTooLarge);
    assert_eq!(canvas.reads().await.head_rev, 0);
    post(&canvas).body("application/json", sized(most)).sends().await.is_rev(1);
}

#[tokio::test]
async fn an_event_has_at_most_256_kibibytes() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let holding = |bytes: usize| [add("a"), set("a", "x", "x".repeat(bytes / 2)), set("a", "y", "y".repeat(bytes / 2))];
    canvas.sends(&draft(0, holding(257 * 1024))).await.refuses(422, Code::EventTooLarge);
    assert_eq!(canvas.reads().await.head_rev, 0);
    canvas.sends(&draft(0, holding(250 * 1024))).await.is_rev(1);
}

#[tokio::test]
async fn an_idempotency_key_has_1_to_128_characters() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.sends(&draft(0, [add("a")]).key(&"é".repeat(128))).await.is_rev(1);
    for key in [String::new(), "k".repeat(129), "é".repeat(129)] {
        canvas.sends(&draft(1, [add("b")]).key(&key)).await.refuses(400, Code::BodyInvalid);
    }
}

#[tokio::test]
async fn an_unknown_operation_is_named() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let ops = json!([{ "op": "remove_atom", "atom_id": "a" }, { "op": "paint_atom", "atom_id": "a" }]);
    let problem = canvas.sends(&draft(0, []).with("ops", ops)).await.refuses(400, Code::BodyInvalid);
    assert!(problem["detail"].as_str().is_some_and(|said| said.contains("paint_atom")), "{problem}");
    assert!(problem["at"].as_str().is_some_and(|at| at.contains("ops[1]")), "{problem}");
}

#[tokio::test]
async fn a_body_of_the_wrong_form_is_refused_with_its_place() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let good = || draft(0, [add("a")]);
    let op = |op: Value| good().with("ops", json!([op]));
    let wrong: [(&str, Draft); 24] = [
        ("command_id", good().with("command_id", "no uuid")),
        ("command_id", good().with("command_id", 7)),
        ("command_id", good().without("command_id")),
        ("idempotency_key", good().without("idempotency_key")),
        ("idempotency_key", good().with("idempotency_key", json!(null))),
        ("base_rev", good().without("base_rev")),
        ("base_rev", good().with("base_rev", -1)),
        ("base_rev", good().with("base_rev", 1.5)),
        ("base_rev", good().with("base_rev", "0")),
        ("v", good().with("v", 2)),
        ("v", good().with("v", "1")),
        ("ops", good().without("ops")),
        ("ops", good().with("ops", json!({}))),
        ("ops", good().with("ops", json!([7]))),
        ("ops[0]", op(json!({}))),
        ("ops[0]", op(json!({ "op": "remove_atom" }))),
        ("ops[0]", op(json!({ "op": "remove_atom", "atom_id": "a.b" }))),
        ("ops[0]", op(json!({ "op": "remove_atom", "atom_id": "a", "more": 1 }))),
        ("ops[0]", op(json!({ "op": "add_atom", "atom_id": "a", "parent_id": null, "index": -1, "kind": "k" }))),
        ("ops[0]", op(json!({ "op": "insert_text", "atom_id": "a", "path": "t", "at": "0", "text": "x" }))),
        ("ops[0]", op(json!({ "op": "insert_text", "atom_id": "a", "path": "t", "at": 0, "text": null }))),
        ("intent", good().with("intent", json!({ "label": 7 }))),
        ("intent", good().with("intent", json!({ "label": "x".repeat(2_001) }))),
        ("correlation_id", good().with("correlation_id", "no uuid")),
    ];
    for (place, command) in wrong {
        let problem = canvas.sends(&command).await.refuses(400, Code::BodyInvalid);
        let said = format!("{} {}", problem["at"], problem["detail"]);
        assert!(said.contains(place), "{place}: {problem}");
    }
    assert_eq!(canvas.reads().await.head_rev, 0);
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let good = draft(0, [add("a")]).body().to_string();
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "{",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{}",
        "\u{feff}{}",
        "{'v': 1}",
        deep.as_str(),
        &good[1..],
        &format!("{good}x"),
    ] {
        post(&canvas).body("application/json", body).sends().await.refuses(400, Code::BodyInvalid);
    }
    let not_utf8 = [good.as_bytes(), b"\xff\xfe"].concat();
    post(&canvas).body("application/json", not_utf8).sends().await.refuses(400, Code::BodyInvalid);
    let twice = good.replacen('{', "{\"base_rev\":0,", 1);
    post(&canvas).body("application/json", twice).sends().await.refuses(400, Code::BodyInvalid);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""] {
        post(&canvas).body(kind, good.clone()).sends().await.refuses(415, Code::MediaTypeUnsupported);
    }
    assert_eq!(canvas.reads().await.head_rev, 0);
}

#[tokio::test]
async fn a_command_without_operations_is_refused() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.sends(&draft(0, [])).await.refuses(400, Code::BodyInvalid);
}

#[tokio::test]
async fn queries_of_the_wrong_form_are_refused() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    for (tail, name, value) in [
        ("", "rev", "x"),
        ("", "rev", "-1"),
        ("", "rev", "1.5"),
        ("/commits", "after_rev", "x"),
        ("/commits", "limit", "0"),
        ("/commits", "limit", "201"),
    ] {
        let ask = canvas.asks(Method::GET, tail).query(name, value);
        ask.sends().await.refuses(400, Code::QueryInvalid);
    }
    for channels in ["nonsense", "commits,nonsense", ""] {
        canvas.watch(Edge(0)).channels(channels).is_refused().await.refuses(400, Code::QueryInvalid);
    }
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let large = ann.asks(Method::GET, "/canvas").header("x-large", "x".repeat(100 * 1024));
    let many = (0..200).fold(ann.asks(Method::GET, "/canvas"), |ask, number| ask.header(&format!("x-{number}"), "x"));
    for ask in [large, many] {
        let reply = ask.tries().await;
        assert!(reply.is_err() || reply.is_ok_and(|reply| reply.status == 431));
    }
    ann.asks(Method::GET, "/canvas").sends().await.is(200);
}
