//! Actions: decided about on facts, put on record, told, and carried out by signed webhooks.

use futures_util::future::join_all;
use harness::{Client, Edge, Person, Receiver, Reply, World, action};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::event::EventType;
use subjects::ids::{Env, Role};

fn id(reply: &Reply) -> String {
    reply.json()["action_id"].as_str().expect("an id").to_owned()
}

fn to(receiver: &Receiver, members: Value) -> Value {
    let mut body = action("send_newsletter", members);
    body["webhook_url"] = json!(receiver.url);
    body
}

/// What may be spent in a day.
async fn limits(person: &Person, amount: &str) {
    let limit = json!({ "window": "day", "amount": amount, "currency": "EUR" });
    person.asks(Method::PUT, "/budget/limits").json(&limit).sends().await.is(200);
}

/// What is spent and what is reserved, in millionths.
async fn spent_and_reserved(world: &World, person: &Person) -> (i64, i64) {
    let sums = "
        SELECT (SELECT coalesce(sum(micros), 0)::bigint FROM budget_usage WHERE tenant_id = $1),
               (SELECT coalesce(sum(micros), 0)::bigint FROM budget_reservations WHERE tenant_id = $1)";
    let row = world.database().await.query_one(sums, &[&person.tenant_id.as_str()]).await.expect("sums");
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn an_allowed_action_is_carried_out_once_and_signed() {
    let world = World::shared().await;
    let (ann, receiver) = (world.signs_up().await, Receiver::listens().await);
    let payload = json!({ "to": "all", "ratio": 0.1, "nested": { "b": 1, "a": [null] } });
    let said =
        ann.acts(&to(&receiver, json!({ "payload": payload, "surface": "site", "provider": "mailer" }))).await.is(200);
    assert_eq!((&said.json()["decision"]["allowed"], &said.json()["status"]), (&json!(true), &json!("pending")));
    let action_id = id(&said);
    let done = ann.sees_action(&action_id, "done").await;
    assert_eq!((&done["attempts"], &done["last_error"], &done["payload"]), (&json!(1), &Value::Null, &payload));
    let webhook = receiver.takes(1).await.remove(0);
    assert_eq!(webhook.id(), action_id);
    let body = webhook.json();
    assert_eq!((&body["type"], &body["data"]["payload"]), (&json!("send_newsletter"), &payload));
    assert_eq!(body["data"]["routing"]["tenant_id"], json!(ann.tenant_id));
    assert_eq!((&body["data"]["surface"], &body["data"]["provider"]), (&json!("site"), &json!("mailer")));
    let secret = ann.webhook_secret().await;
    webhook.is_signed_with(&secret);
    let headers: serde_json::Map<_, _> = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .into_iter()
        .map(|name| (name.to_owned(), json!(webhook.header(name))))
        .collect();
    let (body, headers) = (String::from_utf8(webhook.body.clone()).expect("text"), Value::from(headers).to_string());
    let client = Client::named("webhooks.mjs").await.env("SECRET", &secret);
    client.env("BODY", &body).env("HEADERS", &headers).succeeds().await;
    assert_eq!(receiver.effects().into_values().collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_key_names_one_action() {
    let world = World::shared().await;
    let (ann, receiver) = (world.signs_up().await, Receiver::listens().await);
    let body = to(&receiver, json!({ "idempotency_key": "k-1", "payload": 1 }));
    let both = join_all([0, 1].map(|edge| {
        let ann = ann.at(Edge(edge));
        let body = body.clone();
        async move { ann.acts(&body).await.is(200) }
    }))
    .await;
    assert_eq!(id(&both[0]), id(&both[1]), "the same action");
    let repeats = both.iter().filter(|reply| reply.header("idempotent-replayed") == Some("true")).count();
    assert_eq!(repeats, 1, "one was first");
    ann.sees_action(&id(&both[0]), "done").await;
    let again = ann.acts(&body).await.is(200);
    assert_eq!((id(&again), &again.json()["status"]), (id(&both[0]), &json!("done")));
    let other = ann.acts(&to(&receiver, json!({ "idempotency_key": "k-1", "payload": 2 }))).await;
    other.refuses(422, Code::IdempotencyConflict);
    let by_header = ann.asks(Method::POST, "/actions").header("idempotency-key", "k-2");
    let by_header = by_header.json(&to(&receiver, json!({}))).sends().await.is(200);
    assert_ne!(id(&by_header), id(&both[0]));
    ann.sees_action(&id(&by_header), "done").await;
    assert_eq!(receiver.effects().into_values().collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn a_decision_is_explained_and_can_be_made_again() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    limits(&ann, "1").await;
    let cost = json!({ "amount": 2, "currency": "EUR" });
    let refused = ann.acts(&action("publish_sensitive", json!({ "cost": cost, "surface": "site" }))).await;
    let said = refused.refuses(403, Code::LicenceRequired);
    assert_eq!(said["decision"]["gate"], "firearms");
    assert_eq!(said["why"], json!({ "cause": "level_needed", "needed": "high", "held": null }));
    let action_id = said["action_id"].as_str().expect("an id");
    assert_eq!(said["decision"]["facts_ref"], json!(format!("/actions/{action_id}/explain")));
    let explained = ann.explains(action_id).await;
    assert_eq!(explained["is_decided_again"], true);
    let codes: Vec<_> =
        explained["gates"].as_array().expect("gates").iter().map(|gate| gate["outcome"]["code"].clone()).collect();
    let refusals = [
        Value::Null,
        json!("LICENCE_REQUIRED"),
        json!("STRATEGY_LOCK_REQUIRED"),
        json!("BUDGET_EXCEEDED"),
        Value::Null,
        Value::Null,
    ];
    assert_eq!(codes, refusals, "also behind the one that refused");
    assert_eq!(explained["facts"]["limits"]["known"][0]["most"]["micros"], 1_000_000);
    let allowed = ann.acts(&action("send_newsletter", json!({}))).await.is(200);
    assert_eq!(
        (&allowed.json()["status"], &ann.explains(&id(&allowed)).await["is_decided_again"]),
        (&json!("done"), &json!(true))
    );
    // From the rows themselves, bit for bit.
    let rows = "SELECT facts, decision FROM actions WHERE tenant_id = $1";
    let rows = world.database().await.query(rows, &[&ann.tenant_id.as_str()]).await.expect("rows");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let facts: gates::Facts = serde_json::from_str(row.get(0)).expect("facts");
        assert_eq!(serde_json::to_string(&gates::decide(&facts)).expect("JSON"), row.get::<_, String>(1));
        assert_eq!(serde_json::to_string(&facts).expect("JSON"), row.get::<_, String>(0));
    }
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = World::shared().await;
    let (ann, receiver) = (world.signs_up().await, Receiver::listens().await);
    limits(&ann, "1").await;
    let cost = json!({ "amount": "0.5", "currency": "EUR" });
    let tried = ann.acts(&to(&receiver, json!({ "cost": cost, "dry_run": true }))).await.is(200);
    let said = tried.json();
    assert_eq!((&said["decision"]["allowed"], &said["status"]), (&json!(true), &Value::Null));
    assert_eq!(said["gates"].as_array().map(Vec::len), Some(6));
    let refused = ann.acts(&action("publish_sensitive", json!({ "dry_run": true }))).await.is(200).json();
    assert_eq!(
        (&refused["decision"]["allowed"], &refused["decision"]["code"]),
        (&json!(false), &json!("LICENCE_REQUIRED"))
    );
    assert_eq!(spent_and_reserved(&world, &ann).await, (0, 0));
    ann.asks(Method::GET, format!("/actions/{}", id(&tried))).sends().await.refuses(404, Code::NotFound);
    let tries = "SELECT count(*) FROM dataset_events WHERE tenant_id = $1 AND action = 'action.try'";
    let row = world.database().await.query_one(tries, &[&ann.tenant_id.as_str()]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 2, "that it was asked is known");
    assert!(receiver.taken().is_empty());
}

#[tokio::test]
async fn readers_are_told_of_decisions_on_both_rails() {
    let world = World::shared().await;
    let (ann, receiver) = (world.signs_up().await, Receiver::listens().await);
    let canvas = ann.creates_canvas().await;
    let mut reader = canvas.watches(Edge(1)).await;
    let mut socket = ann.opens_socket().await;
    socket.subscribes(json!({ "canvas_id": canvas.id, "channels": ["commits"] })).await;
    let routing = json!({ "canvas_id": canvas.id });
    let refused = ann.acts(&action("publish_sensitive", json!({ "routing": routing }))).await;
    let refused = refused.refuses(403, Code::LicenceRequired);
    let event = reader.next_event().await;
    assert_eq!((event.body.event_type, event.body.seq), (EventType::SafetyDecision, Some(1)));
    let data = &event.body.data;
    assert_eq!(
        (&data["allowed"], &data["code"], &data["status"]),
        (&json!(false), &json!("LICENCE_REQUIRED"), &json!("refused"))
    );
    assert_eq!((&data["action_id"], &data["facts"]["asked"]["surface"]), (&refused["action_id"], &json!("s1")));
    let heard = socket.next_of(EventType::SafetyDecision).await;
    assert_eq!(heard.body.data["action_id"], refused["action_id"]);
    let allowed = ann.acts(&to(&receiver, json!({ "routing": routing }))).await.is(200);
    for (seq, status) in [(2, "pending"), (3, "done")] {
        let event = reader.next_event().await;
        assert_eq!((event.body.event_type, event.body.seq), (EventType::SafetyDecision, Some(seq)));
        let data = &event.body.data;
        assert_eq!((&data["status"], &data["allowed"]), (&json!(status), &json!(true)));
        assert_eq!(data["action_id"], json!(id(&allowed)));
    }
    // In a thread, when that is named.
    let thread = ann.starts_thread().await;
    let routing = json!({ "thread_id": thread.id });
    let said = ann.acts(&action("draft:page", json!({ "routing": routing }))).await.is(200);
    let row = "SELECT event::text FROM log WHERE tenant_id = $1 AND stream = $2";
    let row = world.database().await.query_one(row, &[&ann.tenant_id.as_str(), &format!("thread.{}", thread.id)]).await;
    let event: Value = serde_json::from_str(row.expect("one event").get(0)).expect("JSON");
    assert_eq!((&event["type"], &event["data"]["action_id"]), (&json!("safety_decision"), &json!(id(&said))));
}

#[tokio::test]
async fn drafts_stay_inside() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    limits(&ann, "0").await;
    let corridor = "
        WITH kpi AS (INSERT INTO kpi_definitions (tenant_id, env, kpi, title, unit, defined_by) VALUES ($1, 'dev', 'ctr', 't', 'u', 'x'))
        INSERT INTO kpi_corridors (tenant_id, env, surface, kpi, min, set_by) VALUES ($1, 'dev', 'site', 'ctr', 1, 'x')";
    let database = world.database().await;
    // The reference is checked at the end of the statement.
    database.execute(corridor, &[&ann.tenant_id.as_str()]).await.expect("a corridor");
    let unknown = ann.acts(&action("send_newsletter", json!({ "surface": "site" }))).await;
    assert_eq!(unknown.refuses(403, Code::KpiUnknown)["why"]["names"], json!(["ctr"]));
    let draft = ann.acts(&action("draft:newsletter", json!({ "surface": "site" }))).await.is(200).json();
    assert_eq!(draft["status"], "done");
    let gates = ann.explains(draft["action_id"].as_str().expect("an id")).await["gates"].clone();
    assert_eq!(gates[3]["outcome"]["outcome"], "skipped");
    let with_hook = action("draft:newsletter", json!({ "webhook_url": "https://hooks.example.com/x" }));
    ann.acts(&with_hook).await.refuses(400, Code::BodyInvalid);
    ann.sets_switch(json!({ "kind": "action", "name": "draft:newsletter" }), true).await;
    let stopped = ann.acts(&action("draft:newsletter", json!({}))).await;
    stopped.refuses(403, Code::KillSwitch);
}

#[tokio::test]
async fn nobody_acts_as_somebody_else_or_reaches_inside() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let bob = ann.welcomes(&world.signs_up().await, Role::Viewer).await;
    bob.acts(&action("send", json!({}))).await.refuses(403, Code::RoleTooLow);
    bob.asks(Method::GET, "/actions/webhook-secret").sends().await.refuses(403, Code::RoleTooLow);
    let as_bob = action("send", json!({ "subject": { "type": "human", "id": bob.user_id } }));
    ann.acts(&as_bob).await.refuses(403, Code::SubjectNotYours);
    let as_ann = action("send", json!({ "subject": { "type": "human", "id": ann.user_id } }));
    ann.acts(&as_ann).await.is(200);
    for url in ["https://169.254.169.254/", "http://10.0.0.1/", "http://hooks.example.com/", "ftp://x.example/"] {
        let refused = ann.acts(&action("send", json!({ "webhook_url": url }))).await;
        refused.refuses(422, Code::WebhookRefused);
    }
    let elsewhere = action("send", json!({ "routing": { "canvas_id": "no-such" } }));
    ann.acts(&elsewhere).await.refuses(404, Code::NotFound);
    let canvas = ann.creates_canvas().await;
    let other_surface = json!({ "routing": { "canvas_id": canvas.id }, "surface": "other" });
    ann.acts(&action("send", other_surface)).await.refuses(400, Code::ContextMismatch);
    // What is another env's is not there.
    let own = id(&ann.acts(&action("send", json!({}))).await.is(200));
    ann.in_env(Env::Staging).asks(Method::GET, format!("/actions/{own}")).sends().await.refuses(404, Code::NotFound);
    assert_ne!(ann.webhook_secret().await, ann.in_env(Env::Staging).webhook_secret().await);
}

#[tokio::test]
async fn actions_are_listed_by_page() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(id(&ann.acts(&action("send", json!({}))).await.is(200)));
    }
    let page = |cursor: Option<String>| {
        let ask = ann.asks(Method::GET, "/actions").query("limit", "2");
        let ask = match cursor {
            Some(cursor) => ask.query("cursor", &cursor),
            None => ask,
        };
        async move { ask.sends().await.is(200).json() }
    };
    let first = page(None).await;
    let second = page(first["next"].as_str().map(str::to_owned)).await;
    let listed: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["actions"].as_array().expect("actions").iter())
        .map(|action| action["action_id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!((listed, &second["next"]), (asked, &Value::Null));
}

#[tokio::test]
async fn registrations_in_storage_pass_the_gates() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let mut reader = canvas.watches(Edge(0)).await;
    let wish = json!({ "kind": "preview", "canvas_id": canvas.id, "content": { "n": 1 } });
    ann.writes_artifact(&wish).await.is(201);
    let told: Vec<_> = [reader.next_event().await, reader.next_event().await].map(|event| event.body.event_type).into();
    assert_eq!(told, [EventType::SafetyDecision, EventType::ArtifactWritten]);
    ann.sets_switch(json!({ "kind": "provider", "name": "s3" }), true).await;
    let wish = json!({ "kind": "preview", "canvas_id": canvas.id, "content": { "n": 2 } });
    ann.writes_artifact(&wish).await.refuses(403, Code::KillSwitch);
    let event = reader.next_event().await;
    assert_eq!((event.body.event_type, &event.body.data["code"]), (EventType::SafetyDecision, &json!("KILL_SWITCH")));
    let upload = ann.presigns(b"abc", "a.txt", "text/plain").await;
    assert_eq!(upload.brings(b"abc").await, 200);
    ann.registers_raw(&upload.object_id).await.refuses(403, Code::KillSwitch);
    assert_eq!(ann.raw(&upload.object_id).await["status"], "pending", "it may be registered again");
    let audited = "SELECT count(*) FROM dataset_events WHERE tenant_id = $1 AND action = 'gates.decide' AND outcome = 'KILL_SWITCH'";
    let row = world.database().await.query_one(audited, &[&ann.tenant_id.as_str()]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 2);
}
