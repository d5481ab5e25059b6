//! Flags: what holds for whom, who may say so, and how soon it does.

use harness::{Edge, Reader, Refused, World, until_within, within};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use subjects::code::Code;
use subjects::event::EventType;
use subjects::ids::{Env, Role};

/// What the contract promises.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(1);

/// `{key: [value, source]}`
fn said(flags: &Value, keys: &[&str]) -> Value {
    let said = |key: &&str| ((*key).to_owned(), json!([flags[key]["value"], flags[key]["source"]]));
    Value::Object(keys.iter().map(said).collect())
}

#[tokio::test]
async fn what_nobody_set_is_the_default() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for env in Env::ALL {
        let flags = ann.in_env(env).flags().await;
        for (key, value) in [
            ("ws_enabled", json!(true)),
            ("sse_enabled", json!(true)),
            ("gesture_fanout", json!("ws")),
            ("gesture_log", json!("keyframe")),
            ("replay_mode", json!("live")),
            ("visibility_mode", json!("live")),
            ("signup_open", json!(true)),
        ] {
            assert_eq!(flags[key], json!({ "value": value, "source": "default", "locked": false }), "{key} {env}");
        }
        assert_eq!(flags.as_object().map(serde_json::Map::len), Some(7), "{flags}");
    }
}

#[tokio::test]
async fn a_tenant_says_otherwise_and_takes_it_back() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let keys = ["gesture_fanout", "gesture_log", "replay_mode"];
    let by_default = json!({ "gesture_fanout": ["ws", "default"], "gesture_log": ["keyframe", "default"], "replay_mode": ["live", "default"] });
    let asked = json!({ "gesture_fanout": "ws_sse", "gesture_log": "keyframe" });
    let reply = ann.sets_flags(asked).await.is(200).json();
    let own = json!({ "gesture_fanout": ["ws_sse", "tenant"], "gesture_log": ["keyframe", "tenant"], "replay_mode": ["live", "default"] });
    assert_eq!(said(&reply["flags"], &keys), own, "the answer tells what holds now");
    assert_eq!(said(&ann.flags().await, &keys), own);
    assert_eq!(said(&ann.in_env(Env::Prod).flags().await, &keys), by_default, "another env");
    assert_eq!(said(&bob.flags().await, &keys), by_default, "another tenant");

    let reply = ann.sets_flags(json!({ "gesture_log": null, "replay_mode": "auto" })).await.is(200).json();
    let mixed = json!({ "gesture_fanout": ["ws_sse", "tenant"], "gesture_log": ["keyframe", "default"], "replay_mode": ["auto", "tenant"] });
    assert_eq!(said(&reply["flags"], &keys), mixed, "what is not named stays");
    ann.sets_flags(json!({ "gesture_fanout": null, "gesture_log": null, "replay_mode": null })).await.is(200);
    assert_eq!(said(&ann.flags().await, &keys), by_default);
}

#[tokio::test]
async fn every_member_reads_and_only_admins_set() {
    let world = World::shared().await;
    let (ann, bob, eve) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let asked = || json!({ "replay_mode": "auto" });
    for (role, sets) in [(Role::Viewer, false), (Role::Member, false), (Role::Admin, true), (Role::Owner, true)] {
        let bob_there = ann.welcomes(&bob, role).await;
        ann.sets_flags(json!({ "replay_mode": null })).await.is(200);
        assert_eq!(bob_there.flags().await["replay_mode"]["value"], "live", "{role} reads");
        let reply = bob_there.sets_flags(asked()).await;
        if sets {
            assert_eq!(reply.is(200).json()["flags"]["replay_mode"]["value"], "auto", "{role} sets");
        } else {
            reply.refuses(403, Code::RoleTooLow);
        }
        assert_eq!(ann.flags().await["replay_mode"]["value"], if sets { "auto" } else { "live" }, "{role}");
    }
    let stranger = eve.in_tenant(&ann.tenant_id);
    stranger.asks(Method::GET, "/feature-flags").sends().await.refuses(403, Code::NotAMember);
    stranger.sets_flags(asked()).await.refuses(403, Code::NotAMember);
}

#[tokio::test]
async fn what_is_not_of_its_form_is_refused_and_nothing_is_set() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for (flags, at) in [
        (json!({}), "flags"),
        (json!({ "paint": true }), "flags.paint"),
        (json!({ "WS_ENABLED": true }), "flags.WS_ENABLED"),
        (json!({ "ws_enabled": "true" }), "flags.ws_enabled"),
        (json!({ "ws_enabled": 0 }), "flags.ws_enabled"),
        (json!({ "replay_mode": "auto", "gesture_fanout": "sse" }), "flags.gesture_fanout"),
        (json!({ "replay_mode": "auto", "gesture_log": ["all"] }), "flags.gesture_log"),
        (json!({ "ws_enabled": { "value": true, "locked": true } }), "flags.ws_enabled"),
        (json!([]), "flags"),
        (json!(null), "flags"),
    ] {
        let problem = ann.sets_flags(flags.clone()).await.refuses(400, Code::BodyInvalid);
        assert_eq!(problem["at"], at, "{flags}: {problem}");
    }
    for body in [json!({}), json!({ "flags": { "replay_mode": "auto" }, "more": 1 }), json!([])] {
        let reply = ann.asks(Method::PUT, "/feature-flags").json(&body).sends().await;
        reply.refuses(400, Code::BodyInvalid);
    }
    assert_eq!(ann.flags().await["replay_mode"], json!({ "value": "live", "source": "default", "locked": false }));
}

#[tokio::test]
async fn a_change_is_in_force_on_every_edge_within_a_second() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let other = ann.at(Edge(1));
    assert_eq!(other.flags().await["ws_enabled"]["value"], true, "the other edge remembers");
    let mut slowest = Duration::ZERO;
    for round in 0..10 {
        let is_on = round % 2 == 1;
        ann.sets_flags(json!({ "ws_enabled": is_on })).await.is(200);
        let start = Instant::now();
        until_within(IN_FORCE_WITHIN, "it holds on the other edge", async || {
            (other.flags().await["ws_enabled"]["value"] == is_on).then_some(())
        })
        .await;
        slowest = slowest.max(start.elapsed());
    }
    println!("slowest of 10: {slowest:?}");
}

#[tokio::test]
async fn a_rail_that_is_switched_off_ends_its_streams_and_takes_in_nobody() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let (canvas, of_bob) = (ann.creates_canvas().await, bob.creates_canvas().await);
    let in_prod = ann.in_env(Env::Prod).creates_canvas().await;
    let mut others = [of_bob.watches(Edge(1)).await, in_prod.watches(Edge(1)).await];
    let readers = [canvas.watches(Edge(0)).await, canvas.watches(Edge(1)).await];
    ann.sets_flags(json!({ "sse_enabled": false })).await.is(200);
    let start = Instant::now();
    for reader in readers {
        is_sent_away(reader).await;
    }
    assert!(start.elapsed() < IN_FORCE_WITHIN, "{:?}", start.elapsed());
    for edge in [Edge(0), Edge(1)] {
        canvas.watch(edge).is_refused().await.refuses(503, Code::RailDisabled);
    }
    for (canvas, reader) in [&of_bob, &in_prod].into_iter().zip(&mut others) {
        canvas.makes_revs(1).await;
        reader.sees_revs(1..=1).await;
    }
    ann.sets_flags(json!({ "sse_enabled": null })).await.is(200);
    let mut reader = canvas.watches(Edge(0)).await;
    canvas.makes_revs(1).await;
    reader.sees_revs(1..=1).await;
}

/// Demands that the stream ends, and says before that the rail is switched off.
async fn is_sent_away(mut reader: Reader) {
    let blocks = reader.sees_it_close().await;
    let fault = blocks.iter().find(|block| block.event.as_deref() == Some("error")).expect("a reason");
    let said: Value = serde_json::from_str(fault.data.as_deref().expect("data")).expect("JSON");
    assert_eq!(said["code"], Code::RailDisabled.as_str(), "{said}");
}

#[tokio::test]
async fn who_reads_is_told_what_holds_now() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let mut readers = [canvas.watches(Edge(0)).await, canvas.watches(Edge(1)).await];
    ann.sets_flags(json!({ "gesture_fanout": "ws_sse" })).await.is(200);
    let flags = ann.flags().await;
    for reader in &mut readers {
        let event = within(IN_FORCE_WITHIN, "flags_changed", reader.next_event()).await.body;
        assert_eq!((event.event_type, event.seq), (EventType::FlagsChanged, None));
        assert_eq!((&event.routing.tenant_id, event.routing.env), (&ann.tenant_id, Env::Dev));
        assert_eq!(event.data["flags"], flags);
    }
    canvas.makes_revs(1).await;
    for reader in &mut readers {
        reader.sees_revs(1..=1).await;
    }
}

#[tokio::test]
async fn a_websocket_is_told_what_holds_now_and_closed_where_it_is_switched_off() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let mut sockets = [ann.dials().opens().await, ann.at(Edge(1)).dials().opens().await];
    for socket in &mut sockets {
        socket.subscribes(json!({ "canvas_id": canvas.id, "channels": ["commits"], "cursor": null })).await;
    }
    ann.sets_flags(json!({ "gesture_fanout": "off" })).await.is(200);
    for socket in &mut sockets {
        let event = within(IN_FORCE_WITHIN, "flags_changed", socket.next_of(EventType::FlagsChanged)).await.body;
        assert_eq!((event.seq, &event.data["flags"]["gesture_fanout"]["value"]), (None, &json!("off")));
    }
    ann.sets_flags(json!({ "ws_enabled": false })).await.is(200);
    let start = Instant::now();
    for socket in &mut sockets {
        let (said, code, reason) = socket.sees_it_close().await;
        assert_eq!(code, 4503, "do not come back yet: {reason}, after {said:?}");
    }
    assert!(start.elapsed() < IN_FORCE_WITHIN, "{:?}", start.elapsed());
    let disabled = Refused { status: 503, code: Some(Code::RailDisabled.as_str().to_owned()) };
    for edge in [Edge(0), Edge(1)] {
        assert_eq!(ann.at(edge).dials().tries().await.err().as_ref(), Some(&disabled));
    }
    canvas.watches(Edge(0)).await;
    ann.sets_flags(json!({ "ws_enabled": null })).await.is(200);
    ann.dials().opens().await;
}

#[tokio::test]
async fn each_change_is_kept_for_good() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    ann.sets_flags(json!({ "replay_mode": "auto", "ws_enabled": false })).await.is(200);
    ann.sets_flags(json!({ "replay_mode": "paint" })).await.refuses(400, Code::BodyInvalid);
    let reply = ann.sets_flags(json!({ "replay_mode": null })).await.is(200);
    let database = world.database().await;
    let changes = "SELECT outcome, payload, actor_id, request_id FROM dataset_events
        WHERE tenant_id = $1 AND env = 'dev' AND action = 'control.set_flags' ORDER BY ts";
    let rows = database.query(changes, &[&ann.tenant_id.as_str()]).await.expect("an answer");
    let kept: Vec<(&str, Value)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let set = |value: Value| json!({ "value": value, "locked": false });
    let change = |was: Value, becomes: Value| json!({ "was": was, "becomes": becomes });
    let first = json!({ "replay_mode": change(json!(null), set(json!("auto"))), "ws_enabled": change(json!(null), set(json!(false))) });
    let second = json!({ "replay_mode": change(set(json!("auto")), json!(null)) });
    let expected =
        [("done", json!({ "version": 1, "flags": first })), ("done", json!({ "version": 2, "flags": second }))];
    assert_eq!(kept, expected);
    assert_eq!(Some(rows[1].get::<_, &str>(3)), reply.header("x-request-id"));
    assert!(rows.iter().all(|row| row.get::<_, &str>(2) == ann.user_id));
    for change in
        ["UPDATE dataset_events SET actor_id = 'u_eve'", "DELETE FROM dataset_events", "TRUNCATE dataset_events"]
    {
        assert!(database.execute(change, &[]).await.is_err(), "{change}: not even by the database's owner");
    }
}

#[tokio::test]
async fn flags_are_described_with_their_forms_and_meanings() {
    let world = World::shared().await;
    let description = world.asks(Method::GET, "/openapi.json").sends().await.is(200).json();
    let flags =
        |schema: &str| description["components"]["schemas"][schema]["properties"]["flags"]["properties"].clone();
    for (key, flag) in flags("FlagsBody").as_object().expect("flags") {
        assert!(flag["description"].as_str().is_some_and(|meaning| meaning.len() > 20), "{key}: {flag}");
        assert!(!flag["properties"]["value"]["default"].is_null(), "{key}: {flag}");
        assert_eq!(flags("SetFlagsBody")[key]["description"], flag["description"], "{key}");
    }
    assert_eq!(flags("FlagsBody")["gesture_fanout"]["properties"]["value"]["enum"], json!(["off", "ws", "ws_sse"]));
}
