//! The tamper-evident log: what happens gets its place, and whoever may ask can prove it.

use audit::{Checkpoint, Leaf, PayloadCommitment, Proof, Question, proves};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::{AuditTail, Edge, Person, World, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use subjects::code::Code;
use subjects::ids::{Env, Role};

/// Someone does something that a worker puts down; gives its name.
async fn writes(person: &Person, canvas_id: &str) -> String {
    let body = json!({ "kind": "export", "canvas_id": canvas_id, "content": 1 });
    let said = person.writes_artifact(&body).await.is(201).json();
    format!("artifact.{}", said["artifact_id"].as_str().expect("an id"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}"))
}

#[tokio::test]
async fn what_happens_gets_its_place_and_is_proved() {
    let world = World::shared().await;
    let keys = world.audit_keys().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let ann = &canvas.person;
    let mut resources = vec![writes(ann, &canvas.id).await, writes(ann, &canvas.id).await];
    resources.push(writes(&ann.at(Edge(1)), &canvas.id).await);
    let seen = ann.sees_happened("artifact.write", 3).await;
    let named: Vec<_> = seen.iter().map(|event| text(&event["resource"])).collect();
    assert_eq!(named, resources, "in the order in which they happened");
    let all = ann.what_happened(None).await;
    let seqs: Vec<_> = all.iter().map(|event| event["seq"].as_u64().expect("a number")).collect();
    assert_eq!(seqs, (0..all.len() as u64).collect::<Vec<_>>(), "dense, from 0");
    for event in &seen {
        assert_eq!((text(&event["actor"]["actor_id"]), text(&event["outcome"])), (ann.user_id.as_str(), "done"));
        let (leaf, checkpoint) = ann.at(Edge(1)).proves(text(&event["event_id"]), &keys).await;
        assert_eq!(says(&leaf), said(event), "{event}");
        assert_eq!((leaf.tenant_id.as_str(), leaf.env.as_str()), (ann.tenant_id.as_str(), "dev"));
        assert!(checkpoint.size > leaf.seq);
        let salt: [u8; 32] = hex::decode(text(&event["salt"])).expect("hex").try_into().expect("32 bytes");
        let commitment = PayloadCommitment::new(&salt, &event["payload"]).expect("a payload");
        assert_eq!(commitment.to_hex(), leaf.payload_commitment, "the payload is the one that was committed to");
    }
}

/// What a record says that an event says, too.
fn says(leaf: &Leaf) -> Value {
    let Leaf { seq, event_id, ts, actor_id, actor_type, action, resource, outcome, request_id, trace_id, .. } = leaf;
    json!([seq, event_id, ts, { "actor_id": actor_id, "actor_type": actor_type }, action, resource, outcome, request_id,
        trace_id, leaf.train_ok, leaf.routing, leaf.payload_commitment])
}

fn said(event: &Value) -> Value {
    let members = [
        "seq",
        "event_id",
        "ts",
        "actor",
        "action",
        "resource",
        "outcome",
        "request_id",
        "trace_id",
        "train_ok",
        "routing",
        "payload_commitment",
    ];
    members.map(|member| event[member].clone()).to_vec().into()
}

#[tokio::test]
async fn a_checkpoint_is_a_second_behind_at_most() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let mut quickest = Duration::MAX;
    for round in 0..5 {
        let action = format!("flow.round_{round}");
        world.happens(&ann, &action, 1).await;
        let begun = Instant::now();
        ann.sees_happened(&action, 1).await;
        quickest = quickest.min(begun.elapsed());
    }
    assert!(quickest < Duration::from_secs(1), "{quickest:?}");
}

#[tokio::test]
async fn the_log_goes_on_where_it_ended() {
    let world = World::shared().await;
    let keys = world.audit_keys().await;
    let ann = world.signs_up().await;
    world.happens(&ann, "flow.first", 300).await;
    ann.sees_happened("flow.first", 300).await;
    let note = ann.note().await.is(200).body.to_vec();
    let then = Checkpoint::open(&note, &keys).expect("a signed checkpoint");
    world.happens(&ann, "flow.second", 2_500).await;
    let second = ann.sees_happened("flow.second", 2_500).await;
    let now = ann.at(Edge(1)).checkpoint(&keys).await;
    let asks =
        |from: u64, to: u64| ann.asks(Method::GET, "/audit/proof/consistency").query("from", from).query("to", to);
    let hashes = ann.proof_of(Question::Consistency { old: then.size, new: now.size }).await;
    proves(&then, &now, &hashes).expect("it begins with what was signed before");
    for (from, to) in [(0, 1), (2, 1), (1, now.size + 1_000_000)] {
        asks(from, to).sends().await.refuses(400, Code::QueryInvalid);
    }
    // In a log of a size of which the asker keeps the checkpoint.
    let first = ann.sees_happened("flow.first", 300).await;
    let seq = first[7]["seq"].as_u64().expect("a number");
    let prove =
        |seq: u64, size: u64| ann.asks(Method::GET, "/audit/proof/inclusion").query("seq", seq).query("size", size);
    let proof = prove(seq, then.size).sends().await.is(200).json();
    let hash = |hash: &Value| audit::Hash(STANDARD.decode(text(hash)).expect("base64").try_into().expect("32 bytes"));
    let hashes = proof["hashes"].as_array().expect("hashes").iter().map(hash).collect();
    let record = STANDARD.decode(text(&proof["record"])).expect("base64");
    let (leaf, _) = Proof { record, seq, hashes, note }.check(&keys).expect("it was there then");
    assert_eq!(leaf.event_id, text(&first[7]["event_id"]));
    let late = second[0]["seq"].as_u64().expect("a number");
    prove(late, then.size).sends().await.refuses(400, Code::QueryInvalid);
    prove(late, now.size + 1_000_000).sends().await.refuses(400, Code::QueryInvalid);
}

#[tokio::test]
async fn events_are_found_by_what_they_say() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    world.happens(&ann, "flow.many", 120).await;
    world.happens(&ann, "flow.few", 2).await;
    ann.sees_happened("flow.many", 120).await;
    ann.sees_happened("flow.few", 2).await;
    let found = async |query: &[(&str, &str)]| {
        let ask = query.iter().fold(ann.asks_what_happened(), |ask, (name, value)| ask.query(name, value));
        ask.sends().await.is(200).json()
    };
    let count = |page: &Value| page["events"].as_array().expect("events").len();
    let many = ("action", "flow.many");
    assert_eq!(count(&found(&[many]).await), 50, "a page has 50 where nothing is said");
    assert_eq!(count(&found(&[many, ("resource", "thing.7")]).await), 1);
    assert_eq!(count(&found(&[("actor_id", "u_flow"), ("limit", "200")]).await), 122);
    assert_eq!(count(&found(&[many, ("actor_id", "u_other")]).await), 0);
    assert_eq!(count(&found(&[many, ("outcome", "NOT_FOUND")]).await), 0);
    assert_eq!(count(&found(&[many, ("outcome", "done"), ("limit", "200")]).await), 120);
    let page = found(&[many, ("limit", "7")]).await;
    let last = page["events"][6]["seq"].clone();
    assert_eq!(page["next"], last);
    let next = found(&[many, ("limit", "1"), ("after", &last.to_string())]).await;
    assert!(next["events"][0]["seq"].as_u64() > last.as_u64());
    let none = found(&[("after", "1000000000")]).await;
    assert_eq!((count(&none), &none["next"]), (0, &Value::Null));
    for bad in [("limit", "0"), ("limit", "201"), ("after", "-1"), ("after", "x")] {
        ann.asks_what_happened().query(bad.0, bad.1).sends().await.refuses(400, Code::QueryInvalid);
    }
    let prove = |name: &str, value: &str| ann.asks(Method::GET, "/audit/proof/inclusion").query(name, value);
    prove("x", "1").sends().await.refuses(400, Code::QueryInvalid);
    prove("seq", "1").query("event_id", uuid::Uuid::nil()).sends().await.refuses(400, Code::QueryInvalid);
    prove("event_id", &uuid::Uuid::nil().to_string()).sends().await.refuses(404, Code::NotFound);
    prove("seq", "1000000000").sends().await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    world.happens(&ann, "flow.before", 60).await;
    ann.sees_happened("flow.before", 60).await;
    let mut tail = AuditTail::opens(ann.watches_audit()).await;
    assert_eq!((&tail.hello["resumed"], &tail.hello["reason"]), (&json!(false), &Value::Null));
    world.happens(&ann, "flow.now", 3).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let event = tail.next().await.expect("more");
        if event["action"] == "flow.now" {
            told.push(event);
        }
    }
    let ask = ann.at(Edge(1)).watches_audit().header("last-event-id", &tail.mark);
    let mut resumed = AuditTail::opens(ask).await;
    assert_eq!(resumed.hello["resumed"], true);
    told.push(resumed.next().await.expect("the third"));
    assert_eq!(told, ann.sees_happened("flow.now", 3).await, "as they are listed, in order, none twice");
    let mut whole = AuditTail::opens(ann.watches_audit().query("cursor", 0)).await;
    for event in ann.what_happened(None).await {
        assert_eq!(whole.next().await.as_ref(), Some(&event));
    }
    let forged = AuditTail::opens(eve.watches_audit().query("cursor", &tail.mark)).await;
    assert_eq!((&forged.hello["resumed"], &forged.hello["reason"]), (&json!(false), &json!("forged")));
}

#[tokio::test]
async fn who_may_look() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    world.happens(&ann, "flow.own", 5).await;
    let own = ann.sees_happened("flow.own", 5).await;
    let event_id = text(&own[0]["event_id"]);
    let member = ann.welcomes(&world.signs_up().await, Role::Member).await;
    let admin = ann.welcomes(&world.signs_up().await, Role::Admin).await;
    let eve = world.signs_up().await;
    let paths = [
        "/audit/events",
        "/audit/checkpoint",
        "/audit/proof/consistency?from=1",
        "/audit/log/checkpoint",
        "/audit/log/tile/0/000.p/1",
        "/sse/audit",
        &format!("/audit/proof/inclusion?event_id={event_id}"),
    ];
    for path in paths {
        member.asks(Method::GET, path).sends().await.refuses(403, Code::RoleTooLow);
        eve.in_tenant(&ann.tenant_id).asks(Method::GET, path).sends().await.refuses(403, Code::NotAMember);
        let opened = admin.asks(Method::GET, path).opens().await.expect("an answer");
        assert_eq!(opened.status(), 200, "{path}");
    }
    assert_eq!(eve.what_happened(Some("flow.own")).await, Vec::<Value>::new());
    eve.asks_to_prove(event_id).await.refuses(404, Code::NotFound);
    assert_eq!(ann.in_env(Env::Staging).what_happened(None).await, Vec::<Value>::new());
    ann.in_env(Env::Staging).note().await.refuses(404, Code::NotFound);
    for path in ["tile/0/999", "tile/9/000", "tile/0/000.p/300", "checkpoints", "tile/entries/999.p/1"] {
        ann.asks(Method::GET, format!("/audit/log/{path}")).sends().await.refuses(404, Code::NotFound);
    }
}

#[tokio::test]
async fn a_tail_ends_with_the_role_that_it_takes() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let admin = ann.welcomes(&world.signs_up().await, Role::Admin).await;
    let mut tail = AuditTail::opens(admin.watches_audit()).await;
    ann.gives(&admin, Role::Member).await.is(200);
    let last = until("it ends", async || match tail.next().await {
        Some(data) if data["code"].is_string() => Some(data),
        Some(_) => None,
        None => panic!("it ended without a word"),
    });
    assert_eq!(last.await["code"], Code::RoleTooLow.as_str());
    assert_eq!(tail.next().await, None);
}
