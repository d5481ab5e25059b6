//! Tenant-0: what it sets holds for everybody who says nothing else, and what it locks, for everybody.

use harness::{Edge, Person, World, until_within};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use subjects::code::Code;
use subjects::ids::{Env, Role, TenantId};

const IN_FORCE_WITHIN: Duration = Duration::from_secs(1);

/// Nobody signs up as this: whoever runs the deployment puts them there.
async fn operator(world: &World) -> Person {
    let mut olga = world.signs_up().await;
    let database = world.database().await;
    let member = "INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, $3)";
    let member = database.execute(member, &[&TenantId::SYSTEM, &olga.user_id, &Role::Owner.as_str()]).await;
    assert_eq!(member.expect("it is written"), 1);
    olga.refreshes().await;
    olga.in_tenant(&TenantId::system())
}

async fn holds(person: &Person, key: &str, expected: (Value, &str, bool)) {
    let (value, source, locked) = expected;
    let expected = json!({ "value": value, "source": source, "locked": locked });
    for edge in [Edge(0), Edge(1)] {
        let person = person.at(edge);
        let what = format!("{key} is {expected} on {edge:?}");
        until_within(IN_FORCE_WITHIN, what, async || (person.flags().await[key] == expected).then_some(())).await;
    }
}

#[tokio::test]
async fn tenant_0_sets_the_defaults_and_locks_some() {
    let world = World::private(|config| config).await;
    let (olga, ann, bob) = (operator(&world).await, world.signs_up().await, world.signs_up().await);
    let key = "gesture_fanout";
    holds(&ann, key, (json!("ws"), "default", false)).await;
    olga.sets_flags(json!({ key: { "value": "off", "locked": false } })).await.is(200);
    holds(&ann, key, (json!("off"), "tenant_0", false)).await;
    holds(&ann.in_env(Env::Prod), key, (json!("ws"), "default", false)).await;
    ann.sets_flags(json!({ key: "ws_sse" })).await.is(200);
    holds(&ann, key, (json!("ws_sse"), "tenant", false)).await;
    holds(&bob, key, (json!("off"), "tenant_0", false)).await;
    holds(&olga, key, (json!("off"), "tenant_0", false)).await;

    olga.sets_flags(json!({ key: { "value": "off", "locked": true } })).await.is(200);
    holds(&ann, key, (json!("off"), "tenant_0", true)).await;
    let locked = ann.sets_flags(json!({ "replay_mode": "auto", key: "ws" })).await;
    locked.refuses(403, Code::FlagLocked);
    holds(&ann, "replay_mode", (json!("live"), "default", false)).await;
    olga.sets_flags(json!({ key: { "value": "ws", "locked": false } })).await.is(200);
    holds(&ann, key, (json!("ws_sse"), "tenant", false)).await;
    olga.sets_flags(json!({ key: { "value": "ws", "locked": true } })).await.is(200);
    ann.sets_flags(json!({ key: null })).await.is(200);
    olga.sets_flags(json!({ key: null })).await.is(200);
    holds(&ann, key, (json!("ws"), "default", false)).await;

    for (flags, at) in [
        (json!({ key: { "value": "sse", "locked": true } }), "flags.gesture_fanout"),
        (json!({ key: { "locked": true } }), "flags.gesture_fanout"),
        (json!({ "paint": { "value": true } }), "flags.paint"),
    ] {
        let problem = olga.sets_flags(flags.clone()).await.refuses(400, Code::BodyInvalid);
        assert_eq!(problem["at"], at, "{flags}");
    }
    ann.in_tenant(&TenantId::system()).sets_flags(json!({ key: "off" })).await.refuses(403, Code::NotAMember);
}

#[tokio::test]
async fn tenant_0_closes_a_rail_and_the_door_for_everybody() {
    let world = World::private(|config| config).await;
    let olga = operator(&world).await;
    let mut readers = Vec::new();
    for _ in 0..3 {
        let person = world.signs_up().await;
        person.sets_flags(json!({ "sse_enabled": true })).await.is(200);
        let canvas = person.creates_canvas().await;
        readers.extend([canvas.watches(Edge(0)).await, canvas.watches(Edge(1)).await]);
    }
    olga.sets_flags(json!({ "sse_enabled": { "value": false, "locked": true } })).await.is(200);
    let start = Instant::now();
    for mut reader in readers {
        let blocks = reader.sees_it_close().await;
        let fault = blocks.iter().filter(|block| block.event.as_deref() == Some("error"));
        let said: Vec<_> = fault.filter_map(|block| block.data.clone()).collect();
        assert!(matches!(said.as_slice(), [fault] if fault.contains(Code::RailDisabled.as_str())), "{blocks:?}");
    }
    assert!(start.elapsed() < IN_FORCE_WITHIN, "{:?}", start.elapsed());

    let signs_up = async |edge| {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let body =
            json!({ "email": format!("{name}@flows.test"), "password": "correct horse battery", "tenant_name": name });
        world.asks(Method::POST, "/auth/signup").at(edge).json(&body).sends().await
    };
    olga.sets_flags(json!({ "signup_open": { "value": false, "locked": false } })).await.is(200);
    signs_up(Edge(0)).await.is(201);
    olga.in_env(Env::Prod).sets_flags(json!({ "signup_open": { "value": false, "locked": false } })).await.is(200);
    signs_up(Edge(0)).await.refuses(403, Code::SignupClosed);
    until_within(IN_FORCE_WITHIN, "the other edge is closed, too", async || {
        Some(signs_up(Edge(1)).await).filter(|reply| reply.status == 403)
    })
    .await
    .refuses(403, Code::SignupClosed);
    olga.in_env(Env::Prod).sets_flags(json!({ "signup_open": null })).await.is(200);
    signs_up(Edge(0)).await.is(201);
}
