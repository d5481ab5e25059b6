//! OFREP: what OpenFeature clients are told, to the letter.

use harness::{Ask, Edge, Person, World, until};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::{Env, TenantId};

fn evaluates(person: &Person, key: &str) -> Ask {
    let ask = person.asks(Method::POST, format!("/ofrep/v1/evaluate/flags/{key}"));
    ask.json(&json!({ "context": { "targetingKey": "somebody" } }))
}

fn evaluates_all(person: &Person) -> Ask {
    person.asks(Method::POST, "/ofrep/v1/evaluate/flags").json(&json!({ "context": { "targetingKey": "somebody" } }))
}

#[tokio::test]
async fn one_flag_is_evaluated() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    ann.sets_flags(json!({ "sse_enabled": true, "gesture_fanout": "off" })).await.is(200);
    for (key, value, variant, source) in [
        ("ws_enabled", json!(true), "on", "default"),
        ("sse_enabled", json!(true), "on", "tenant"),
        ("gesture_fanout", json!("off"), "off", "tenant"),
    ] {
        let metadata = json!({ "source": source, "locked": false });
        let said = json!({ "key": key, "value": value, "variant": variant, "reason": "STATIC", "metadata": metadata });
        let reply = evaluates(&ann, key).sends().await.is(200);
        assert_eq!(reply.json(), said);
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn what_cannot_be_evaluated_is_a_problem_in_the_words_of_ofrep() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let one = || evaluates(&ann, "ws_enabled");
    for (what, ask, status, code, word) in [
        ("an unknown flag", evaluates(&ann, "paint"), 404, Code::NotFound, "FLAG_NOT_FOUND"),
        ("no JSON", one().body("application/json", "{"), 400, Code::BodyInvalid, "PARSE_ERROR"),
        ("a context that is none", one().json(&json!({ "context": 7 })), 400, Code::BodyInvalid, "PARSE_ERROR"),
        ("no env", one().without("x-env"), 400, Code::ContextMissing, "INVALID_CONTEXT"),
        (
            "an env that is none",
            one().without("x-env").header("x-env", "moon"),
            400,
            Code::ContextInvalid,
            "INVALID_CONTEXT",
        ),
    ] {
        let problem = ask.sends().await.refuses(status, code);
        assert_eq!(problem["errorCode"], word, "{what}: {problem}");
        assert_eq!(problem["errorDetails"], problem["detail"], "{what}: {problem}");
        assert!(problem["key"].is_string(), "{what}: {problem}");
    }
    one().without("authorization").sends().await.refuses(401, Code::Unauthenticated);
    let problem = evaluates_all(&ann).body("application/json", "[").sends().await.refuses(400, Code::BodyInvalid);
    assert_eq!(problem["errorCode"], "PARSE_ERROR", "{problem}");
}

#[tokio::test]
async fn the_tenant_comes_from_the_token_never_from_the_context() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    ann.sets_flags(json!({ "replay_mode": "auto" })).await.is(200);
    let context =
        json!({ "context": { "targetingKey": "u", "tenant_id": bob.tenant_id, "X-Tenant-Id": bob.tenant_id } });
    let said = evaluates(&ann, "replay_mode").json(&context).sends().await.is(200).json();
    assert_eq!(said["value"], "auto");
    let of_the_token = evaluates(&ann, "replay_mode").without("x-tenant-id").sends().await.is(200).json();
    assert_eq!(of_the_token["value"], "auto", "who states no tenant is in the token's first");
    for tenant_id in [&bob.tenant_id, &TenantId::system()] {
        let elsewhere = ann.in_tenant(tenant_id);
        evaluates(&elsewhere, "replay_mode").sends().await.refuses(403, Code::NotAMember);
        evaluates_all(&elsewhere).sends().await.refuses(403, Code::NotAMember);
    }
    assert_eq!(evaluates(&bob, "replay_mode").sends().await.is(200).json()["value"], "live");
    let in_prod = evaluates(&ann.in_env(Env::Prod), "replay_mode").sends().await.is(200).json();
    assert_eq!(in_prod["value"], "live", "another env");
}

#[tokio::test]
async fn all_flags_are_sent_again_only_when_they_are_others() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let reply = evaluates_all(&ann).sends().await.is(200);
    let etag = reply.header("etag").expect("a tag").to_owned();
    let flags = reply.json()["flags"].as_array().expect("a list").clone();
    assert_eq!(flags.len(), 7);
    for flag in &flags {
        assert!(flag["key"].is_string() && flag["reason"] == "STATIC" && !flag["value"].is_null(), "{flag}");
    }
    let again = |edge, etag: &str| evaluates_all(&ann.at(edge)).header("if-none-match", etag);
    for edge in [Edge(0), Edge(1)] {
        for tag in [etag.clone(), format!("\"x\", {etag}"), format!("W/{etag}")] {
            let reply = again(edge, &tag).sends().await.is(304);
            assert_eq!((reply.header("etag"), reply.body.len()), (Some(etag.as_str()), 0));
        }
        again(edge, "\"x\"").sends().await.is(200);
    }
    ann.sets_flags(json!({ "replay_mode": "auto" })).await.is(200);
    for edge in [Edge(0), Edge(1)] {
        let changed = until("the change is there", async || {
            Some(again(edge, &etag).sends().await).filter(|reply| reply.status == 200)
        });
        let changed = changed.await;
        let replay_mode = changed.json()["flags"]
            .as_array()
            .and_then(|flags| flags.iter().find(|flag| flag["key"] == "replay_mode").map(|flag| flag["value"].clone()));
        assert_eq!(replay_mode, Some(Value::from("auto")));
        assert_ne!(changed.header("etag"), Some(etag.as_str()));
    }
    ann.sets_flags(json!({ "replay_mode": null })).await.is(200);
    again(Edge(0), &etag).sends().await.is(304);
}
