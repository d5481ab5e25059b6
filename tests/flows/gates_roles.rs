//! Who may change what gates decide on, and who sees it.

use harness::{Person, World, in_secs};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::{Env, Role};

/// What changes something, the least role that may, and the body for it.
fn changes(role: Role) -> Vec<(Role, Method, String, Value)> {
    let (put, post) = (Method::PUT, Method::POST);
    let until = in_secs(3_600);
    let switch =
        json!({ "target": { "kind": "action", "name": format!("act:{role}") }, "thrown": true, "reason": "x" });
    let released =
        json!({ "target": { "kind": "action", "name": format!("act:{role}") }, "thrown": false, "reason": "x" });
    let licence = json!({ "subject": { "type": "agent", "id": "a1" }, "level": "low", "expires_at": until });
    let lock = json!({ "title": "x", "allowed_actions": ["x"], "valid_until": until });
    let overriding = json!({ "gate": "kpi", "reason": "x", "expires_at": until });
    let rows = vec![
        (Role::Admin, put.clone(), "/kill-switches", switch),
        (Role::Admin, put.clone(), "/kill-switches", released),
        (Role::Admin, put.clone(), "/firearms/dangerous-actions", json!({ "action": "x", "level": "high" })),
        (Role::Admin, post.clone(), "/firearms/licences", licence),
        (Role::Admin, post.clone(), "/firearms/licences/lic-1/revoke", json!({})),
        (Role::Member, post.clone(), "/strategy-locks", lock),
        (Role::Admin, post.clone(), "/strategy-locks/lock-1/approve", json!({})),
        (Role::Admin, post.clone(), "/strategy-locks/lock-1/reject", json!({ "reason": "x" })),
        (Role::Admin, post.clone(), "/strategy-locks/lock-1/expire", json!({})),
        (Role::Member, post.clone(), "/three-wise/questions", json!({ "question": "Shall we?" })),
        (
            Role::Member,
            post.clone(),
            "/three-wise/questions/q-1/opinions",
            json!({ "opinion": "APPROVE", "reason": "x" }),
        ),
        (
            Role::Admin,
            put.clone(),
            "/budget/limits",
            json!({ "limit_id": "l-1", "window": "day", "amount": "1", "currency": "EUR" }),
        ),
        (Role::Admin, Method::DELETE, "/budget/limits/l-1", Value::Null),
        (Role::Admin, post.clone(), "/budget/usage", json!({ "amount": 1, "currency": "EUR" })),
        (
            Role::Admin,
            post.clone(),
            "/kpi/definitions",
            json!({ "kpi": format!("kpi-{role}"), "title": "x", "unit": "x" }),
        ),
        (Role::Admin, put.clone(), "/kpi/corridors", json!({ "surface": "s1", "kpi": "kpi-1", "min": 1 })),
        (Role::Admin, Method::DELETE, "/kpi/corridors?surface=s1&kpi=kpi-1", Value::Null),
        (Role::Member, post.clone(), "/kpi/measurements", json!({ "kpi": "kpi-1", "value": 1 })),
        (Role::Admin, put.clone(), "/temperature/floors", json!({ "kpi-1": 1 })),
        (Role::Admin, put.clone(), "/temperature/ceilings", json!({ "kpi-1": 1 })),
        (Role::Admin, put, "/temperature/weights", json!({ "kpi-1": 1 })),
        (Role::Owner, post.clone(), "/gates/overrides", overriding),
        (Role::Owner, post, "/gates/overrides/ovr-1/revoke", json!({})),
    ];
    rows.into_iter().map(|(least, method, path, body)| (least, method, path.to_owned(), body)).collect()
}

/// Everything that can be read.
const READS: [&str; 19] = [
    "/kill-switches",
    "/firearms/dangerous-actions",
    "/firearms/licences",
    "/firearms/licences/lic-1",
    "/strategy-locks",
    "/strategy-locks/lock-1",
    "/three-wise/questions",
    "/three-wise/questions/q-1",
    "/budget/limits",
    "/budget/usage",
    "/budget/usage/summary",
    "/kpi/definitions",
    "/kpi/corridors",
    "/kpi/measurements",
    "/temperature/floors",
    "/temperature/ceilings",
    "/temperature/weights",
    "/temperature/current",
    "/temperature/history",
];

/// Every action that must be agreed on before something is changed.
const AGREED: [&str; 5] = [
    "safety:kill_switch_update",
    "kpi:corridor_upsert",
    "temperature:upsert_floors",
    "temperature:upsert_ceilings",
    "temperature:upsert_weights",
];

/// One of each thing that has a name.
async fn furnish(ann: &Person) {
    let until = in_secs(3_600);
    let licence = json!({ "licence_id": "lic-1", "subject": { "type": "agent", "id": "a1" }, "level": "low", "expires_at": until });
    ann.posts("/firearms/licences", licence).await.is(201);
    let lock = json!({ "lock_id": "lock-1", "title": "SECRET", "allowed_actions": ["SECRET"], "valid_until": until });
    ann.posts("/strategy-locks", lock).await.is(201);
    ann.posts("/three-wise/questions", json!({ "question_id": "q-1", "question": "SECRET" })).await.is(201);
    let overriding = json!({ "override_id": "ovr-1", "gate": "kpi", "reason": "SECRET", "expires_at": until });
    ann.posts("/gates/overrides", overriding).await.is(201);
    ann.defines("kpi-1").await;
    ann.agrees_on(&AGREED).await;
}

#[tokio::test]
async fn each_change_takes_its_role() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    furnish(&ann).await;
    for role in Role::ALL {
        let bob = ann.welcomes(&world.signs_up().await, role).await;
        for (least, method, path, body) in changes(role) {
            let ask = bob.asks(method.clone(), path.as_str());
            let reply = if body.is_null() { ask } else { ask.json(&body) }.sends().await;
            if role < least {
                reply.refuses(403, Code::RoleTooLow);
                continue;
            }
            // What the one before did in the same way cannot be done again; but it was not the role.
            let is_done = (200..300).contains(&reply.status) || [404, 409].contains(&reply.status);
            assert!(is_done, "{role}: {method} {path}: {} {}", reply.status, reply.text());
        }
        for path in READS.iter().chain(&["/gates/overrides"]) {
            bob.gets(path).await;
        }
    }
}

#[tokio::test]
async fn nobody_elsewhere_sees_or_changes_any_of_it() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    furnish(&ann).await;
    for (_, method, path, body) in changes(Role::Owner) {
        let ask = eve.in_tenant(&ann.tenant_id).asks(method, path.as_str());
        let reply = if body.is_null() { ask } else { ask.json(&body) }.sends().await;
        reply.refuses(403, Code::NotAMember);
    }
    let reason = json!({ "target": { "kind": "everything" }, "thrown": true, "reason": "SECRET" });
    ann.puts("/kill-switches", reason).await.is(200);
    for other in [eve.clone(), ann.in_env(Env::Prod)] {
        for path in READS.iter().chain(&["/gates/overrides"]) {
            let reply = other.asks(Method::GET, *path).sends().await;
            let is_named = path.ends_with("-1");
            assert_eq!(reply.status, if is_named { 404 } else { 200 }, "{path}: {}", reply.text());
            assert!(!reply.text().contains("SECRET"), "{path}: {}", reply.text());
            assert!(!reply.text().contains("kpi-1"), "{path}: {}", reply.text());
        }
        for path in [
            "/firearms/licences/lic-1/revoke",
            "/strategy-locks/lock-1/approve",
            "/strategy-locks/lock-1/expire",
            "/gates/overrides/ovr-1/revoke",
        ] {
            other.posts(path, json!({})).await.refuses(404, Code::NotFound);
        }
    }
    assert_eq!(ann.gets("/strategy-locks/lock-1").await["state"], "draft");
    assert_eq!(ann.gets("/firearms/licences/lic-1").await["state"], "active");
    for path in READS {
        eve.in_tenant(&ann.tenant_id).asks(Method::GET, path).sends().await.refuses(403, Code::NotAMember);
    }
}
