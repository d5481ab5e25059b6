//! What is not of its form changes nothing, and the place of the mistake is named.

use harness::{World, in_secs};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;

fn with(body: &Value, member: &str, value: Value) -> Value {
    let mut body = body.clone();
    let pointer = format!("/{}", member.replace('.', "/"));
    match body.pointer_mut(&pointer) {
        Some(place) => *place = value,
        None => body[member] = value,
    }
    body
}

#[tokio::test]
async fn the_place_of_a_mistake_is_named() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let (long, names) = ("a".repeat(2_001), vec!["a"; 201]);
    let (until, past) = (in_secs(3_600), in_secs(-60));
    let switch = json!({ "target": { "kind": "action", "name": "a" }, "thrown": true, "reason": "x" });
    let licence =
        json!({ "subject": { "type": "agent", "id": "a" }, "level": "low", "scope": ["a"], "expires_at": until });
    let lock = json!({ "title": "x", "allowed_actions": ["a"], "constraints": { "surfaces": ["s"], "providers": ["p"], "cost_max": { "amount": 1, "currency": "EUR" } }, "valid_from": past, "valid_until": until });
    let overriding = json!({ "gate": "kpi", "reason": "x", "expires_at": until });
    let corridor = json!({ "surface": "s", "kpi": "k", "min": 1, "max": 2 });
    let usage = json!({ "amount": 1, "currency": "EUR", "used_at": past });
    let (put, post) = (Method::PUT, Method::POST);
    for (method, path, body, at) in [
        (&put, "/kill-switches", with(&switch, "target.kind", json!("world")), "target"),
        (&put, "/kill-switches", with(&switch, "target.kind", json!("everything")), "target"),
        (&put, "/kill-switches", with(&switch, "target", json!({ "kind": "provider" })), "target"),
        (&put, "/kill-switches", with(&switch, "target.name", json!("two words")), "target.name"),
        (&put, "/kill-switches", with(&switch, "reason", json!(" ")), "reason"),
        (&put, "/kill-switches", with(&switch, "reason", json!("a\0b")), "reason"),
        (&put, "/kill-switches", with(&switch, "reason", json!(long)), "reason"),
        (&put, "/kill-switches", with(&switch, "thrown", json!("yes")), "thrown"),
        (&put, "/firearms/dangerous-actions", json!({ "action": "a", "level": "extreme" }), "level"),
        (&put, "/firearms/dangerous-actions", json!({ "action": "", "level": "low" }), "action"),
        (&post, "/firearms/licences", with(&licence, "subject.type", json!("god")), "subject.type"),
        (&post, "/firearms/licences", with(&licence, "level", json!("none")), "level"),
        (&post, "/firearms/licences", with(&licence, "scope", json!([])), "scope"),
        (&post, "/firearms/licences", with(&licence, "scope", json!(names)), "scope"),
        (&post, "/firearms/licences", with(&licence, "expires_at", json!(past)), "expires_at"),
        (&post, "/firearms/licences", with(&licence, "expires_at", json!("soon")), "expires_at"),
        (&post, "/firearms/licences", with(&licence, "expires_at", json!("+10000-01-01T00:00:00Z")), "expires_at"),
        (&post, "/firearms/licences", with(&licence, "licence_id", json!("a.b")), "licence_id"),
        (&post, "/strategy-locks", with(&lock, "allowed_actions", json!([])), "allowed_actions"),
        (&post, "/strategy-locks", with(&lock, "constraints.surfaces", json!([])), "constraints.surfaces"),
        (
            &post,
            "/strategy-locks",
            with(&lock, "constraints.cost_max.amount", json!(-1)),
            "constraints.cost_max.amount",
        ),
        (
            &post,
            "/strategy-locks",
            with(&lock, "constraints.cost_max.currency", json!("€")),
            "constraints.cost_max.currency",
        ),
        (&post, "/strategy-locks", with(&lock, "valid_until", json!(past)), "valid_until"),
        (&post, "/strategy-locks", with(&lock, "valid_from", json!(in_secs(3_601))), "valid_until"),
        (&post, "/three-wise/questions", json!({ "question": "" }), "question"),
        (&post, "/three-wise/questions/q/opinions", json!({ "opinion": "PERHAPS", "reason": "x" }), "opinion"),
        (&put, "/budget/limits", json!({ "window": "year", "amount": 1, "currency": "EUR" }), "window"),
        (&put, "/budget/limits", json!({ "window": "day", "amount": 1, "currency": "eur" }), "currency"),
        (&post, "/budget/usage", with(&usage, "used_at", json!(until)), "used_at"),
        (&post, "/budget/usage", with(&usage, "surface", json!("a b")), "surface"),
        (&post, "/kpi/definitions", json!({ "kpi": "a b", "title": "x", "unit": "x" }), "kpi"),
        (&put, "/kpi/corridors", with(&corridor, "min", json!(3)), "min"),
        (&put, "/kpi/corridors", json!({ "surface": "s", "kpi": "k" }), "min"),
        (&put, "/kpi/corridors", with(&corridor, "max", json!(1e101)), "max"),
        (&post, "/kpi/measurements", json!({ "kpi": "k", "value": "1" }), "value"),
        (&put, "/temperature/weights", json!({ "k": -1 }), "k"),
        (&put, "/temperature/weights", json!({ "k": 1e7 }), "k"),
        (&put, "/temperature/floors", json!({ "k": 1e101 }), "k"),
        (&post, "/gates/overrides", with(&overriding, "gate", json!("all")), "gate"),
        (&post, "/gates/overrides", with(&overriding, "expires_at", json!(past)), "expires_at"),
    ] {
        let reply = ann.asks(method.clone(), path).json(&body).sends().await;
        let problem = reply.refuses(400, Code::BodyInvalid);
        assert_eq!(problem["at"], at, "{path} {body}: {problem}");
        let reply = ann.asks(method.clone(), path).json(&with(&body, "more", json!("1"))).sends().await;
        reply.refuses(400, Code::BodyInvalid);
    }
    for (path, list) in [("/firearms/licences", "licences"), ("/strategy-locks", "strategy_locks")] {
        assert!(ann.reads_all(path, list).await.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_page_is_of_its_own_list() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for action in ["a", "b"] {
        ann.drafts_lock(&[action]).await;
        ann.drafts_lock(&[action]).await;
        ann.posts("/three-wise/questions", json!({ "question": action })).await.is(201);
    }
    let page = async |path: &str, query: &[(&str, &str)]| {
        let ask = query.iter().fold(ann.asks(Method::GET, path), |ask, (name, value)| ask.query(name, value));
        ask.sends().await
    };
    let first = page("/strategy-locks", &[("limit", "1"), ("action", "a")]).await.is(200).json();
    let cursor = first["next"].as_str().expect("there is more").to_owned();
    page("/strategy-locks", &[("cursor", &cursor), ("action", "a")]).await.is(200);
    for (path, query) in [
        ("/strategy-locks", vec![("cursor", cursor.as_str())]),
        ("/strategy-locks", vec![("cursor", cursor.as_str()), ("action", "b")]),
        ("/three-wise/questions", vec![("cursor", cursor.as_str())]),
        ("/budget/usage", vec![("cursor", "x")]),
        ("/kpi/measurements", vec![("limit", "201")]),
        ("/firearms/licences", vec![("limit", "0")]),
        ("/firearms/licences", vec![("subject_id", "a\0b")]),
        ("/temperature/history", vec![("limit", "all")]),
    ] {
        page(path, &query).await.refuses(400, Code::QueryInvalid);
    }
    ann.asks(Method::DELETE, "/kpi/corridors?surface=s").sends().await.refuses(400, Code::QueryInvalid);
    ann.asks(Method::DELETE, "/kpi/corridors?surface=a%20b&kpi=k").sends().await.refuses(400, Code::QueryInvalid);
}
