//! Privacy: who lets others learn from what they do, what others learn, and what is taken back.

use harness::ops::add;
use harness::{Edge, Person, World, draft, until};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::{Env, Role};

async fn prefs(person: &Person) -> Value {
    person.asks(Method::GET, "/privacy/train-prefs").sends().await.is(200).json()
}

fn says(person: &Person, whose: &str, train_ok: Value) -> harness::Ask {
    person.asks(Method::POST, format!("/privacy/train-prefs/{whose}")).json(&json!({ "train_ok": train_ok }))
}

/// What others may learn from, line by line.
async fn exported(person: &Person) -> Vec<Value> {
    let reply = person.asks(Method::GET, "/privacy/export").sends().await.is(200);
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    reply.text_whole().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The texts of messages among them, in order.
async fn texts(person: &Person) -> Vec<String> {
    let lines = exported(person).await;
    let text = |line: &Value| line["payload"]["data"]["text"].as_str().map(str::to_owned);
    lines.iter().filter(|line| line["action"] == "thread.chat_message").filter_map(text).collect()
}

/// Erases until nothing of theirs waits for its place in the log.
async fn erases(by: &Person, whose: &Person) -> u64 {
    let body = json!({ "user_id": whose.user_id });
    let mut erased = 0;
    let all = until("what is to be erased has no place in the log", async || {
        let said = by.asks(Method::POST, "/privacy/erase").json(&body).sends().await.is(200).json();
        erased += said["erased"].as_u64().expect("a count");
        (said["waiting"] == 0).then_some(())
    });
    all.await;
    erased
}

#[tokio::test]
async fn tenants_and_people_say_whether_others_learn() {
    let world = World::shared().await;
    let (ann, bob, eve) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let bob = ann.welcomes(&bob, Role::Viewer).await;
    let nothing = json!({ "tenant": null, "user": null, "default": true, "train_ok": true });
    for person in [&ann, &bob, &eve] {
        assert_eq!(prefs(person).await, nothing);
    }
    says(&bob, "tenant", json!(false)).sends().await.refuses(403, Code::RoleTooLow);
    let own = says(&bob, "user", json!(false)).sends().await.is(200).json();
    assert_eq!(own, json!({ "tenant": null, "user": false, "default": true, "train_ok": false }));
    assert_eq!(prefs(&ann).await, nothing, "bob speaks for himself");

    says(&ann, "tenant", json!(false)).sends().await.is(200);
    let now = json!({ "tenant": false, "user": null, "default": true, "train_ok": false });
    assert_eq!(prefs(&ann.at(Edge(1))).await, now, "on every edge");
    assert_eq!(prefs(&ann.in_env(Env::Prod)).await, now, "in every env");
    assert_eq!(prefs(&eve).await, nothing, "another tenant says nothing");

    says(&ann, "tenant", json!(true)).sends().await.is(200);
    assert_eq!(prefs(&bob).await["train_ok"], false, "one no is enough");
    says(&bob, "user", Value::Null).sends().await.is(200);
    assert_eq!(prefs(&bob).await, json!({ "tenant": true, "user": null, "default": true, "train_ok": true }));

    for body in [json!({}), json!({ "train_ok": "no" }), json!({ "train_ok": true, "user_id": "u_1" })] {
        let reply = ann.asks(Method::POST, "/privacy/train-prefs/user").json(&body).sends().await;
        reply.refuses(400, Code::BodyInvalid);
    }
    eve.in_tenant(&ann.tenant_id)
        .asks(Method::GET, "/privacy/train-prefs")
        .sends()
        .await
        .refuses(403, Code::NotAMember);
}

#[tokio::test]
async fn a_no_holds_at_once() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let bob = ann.welcomes(&bob, Role::Member).await;
    let thread = ann.starts_thread().await;
    let bobs = thread.seen_by(&bob).at(Edge(1));
    thread.says("one").await.is(200);
    bobs.says("two").await.is(200);
    says(&bob, "user", json!(false)).sends().await.is(200);
    // No waiting: whoever is answered finds that it holds.
    bobs.says("three").await.is(200);
    thread.says("four").await.is(200);
    let kept = "SELECT payload -> 'data' ->> 'text', train_ok FROM dataset_events
        WHERE tenant_id = $1 AND action = 'thread.chat_message' ORDER BY ts";
    let rows = world.database().await.query(kept, &[&ann.tenant_id.as_str()]).await.expect("an answer");
    let kept: Vec<(String, bool)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [("one", true), ("two", true), ("three", false), ("four", true)];
    assert_eq!(kept, expected.map(|(text, train_ok)| (text.to_owned(), train_ok)));
    assert_eq!(texts(&ann).await, ["one", "four"], "what bob said before is not learned from either");

    says(&bob, "user", Value::Null).sends().await.is(200);
    assert_eq!(texts(&ann).await, ["one", "two", "four"], "what was forbidden when it was said stays forbidden");
    says(&ann, "tenant", json!(false)).sends().await.is(200);
    assert_eq!(exported(&ann).await, Vec::<Value>::new());
    let told = exported(&ann.in_env(Env::Prod)).await;
    assert!(told.is_empty(), "nor in another env: {told:?}");
}

#[tokio::test]
async fn an_export_names_nobody_and_is_for_admins() {
    let world = World::shared().await;
    let (ann, bob, eve) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let bob = ann.welcomes(&bob, Role::Member).await;
    bob.asks(Method::GET, "/privacy/export").sends().await.refuses(403, Code::RoleTooLow);
    let in_anns = eve.in_tenant(&ann.tenant_id);
    in_anns.asks(Method::GET, "/privacy/export").sends().await.refuses(403, Code::NotAMember);

    let canvas = ann.creates_canvas().await;
    let why = "Anna said so: anna.lee@example.org, +1 415 555 0132";
    let intent = json!({ "label": "Fix hero", "why": why });
    canvas.sends(&draft(0, [add("a")]).with("intent", intent)).await.is_rev(1);
    let thread = ann.starts_thread().await;
    let bobs = thread.seen_by(&bob);
    bobs.says(&format!("{} pays with 4111 1111 1111 1111 from 203.0.113.7", ann.user_id)).await.is(200);
    thread.says("send it to Hauptstraße 12, 10115 Berlin, IBAN DE89 3704 0044 0532 0130 00").await.is(200);

    let lines = exported(&ann).await;
    let text = Value::from(lines.clone()).to_string();
    for secret in [
        "anna.lee",
        "415 555",
        "4111 1111",
        "203.0.113",
        "Hauptstra",
        "DE89",
        ann.user_id.as_str(),
        bob.user_id.as_str(),
        ann.email.as_str(),
        "request_id",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let of = |action: &str| lines.iter().filter(|line| line["action"] == action).collect::<Vec<_>>();
    let command = of("canvas.command")[0];
    assert_eq!(command["pii"], json!(["email", "phone"]));
    assert_eq!(command["payload"]["intent"]["why"], "Anna said so: [email], [phone]", "a name is not found");
    assert_eq!(command["resource"], format!("canvas.{}", canvas.id));
    assert_eq!((&command["v"], &command["redactor_now"]), (&json!(1), &json!("1")));
    let said = of("thread.chat_message");
    assert_eq!(said[0]["pii"], json!(["card", "ip"]));
    assert_eq!(said[1]["pii"], json!(["address", "iban"]));
    assert_eq!(command["actor"], said[1]["actor"], "ann is the same in all lines");
    assert_ne!(said[0]["actor"], said[1]["actor"], "and is not bob");
    let ann_in_bobs_words = said[0]["payload"]["data"]["text"].as_str().expect("a text");
    assert!(ann_in_bobs_words.starts_with(said[1]["actor"].as_str().expect("a name")), "{ann_in_bobs_words}");

    // Nor is it kept anywhere in what is audited.
    let kept = "SELECT payload::text || resource || routing::text, redactor FROM dataset_events WHERE tenant_id = $1";
    let rows = world.database().await.query(kept, &[&ann.tenant_id.as_str()]).await.expect("an answer");
    for row in &rows {
        let (text, redactor): (String, String) = (row.get(0), row.get(1));
        for secret in ["anna.lee", "415 555", "4111 1111", "203.0.113", "Hauptstra", "DE89"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(redactor, "1", "{text}");
    }
    assert!(rows.len() >= 5, "{} events", rows.len());
}

#[tokio::test]
async fn an_export_is_whole_however_long_it_is() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let thread = ann.starts_thread().await;
    thread.says("first").await.is(200);
    // More than the edge looks at in one go, some of them erased, some not to be learned from.
    let many = "INSERT INTO dataset_events (tenant_id, env, event_id, ts, actor_id, actor_type, action, resource, outcome,
                        request_id, trace_id, payload, train_ok)
        SELECT $1, 'dev', gen_random_uuid(), now(), 'u_x', 'human', 'thread.chat_message', 'thread.x', 'done', 'r', 't',
               CASE WHEN n % 10 <> 0 THEN json_build_object('data', json_build_object('text', 'n' || n)) END, n % 10 <> 1
          FROM generate_series(1, 1730) AS n";
    let done = world.database().await.execute(many, &[&ann.tenant_id.as_str()]).await.expect("an answer");
    assert_eq!(done, 1_730);
    assert_eq!(texts(&ann).await.len(), 1 + 1_730 / 10 * 8);
}

#[tokio::test]
async fn what_somebody_did_is_erased_and_the_log_stays_whole() {
    let world = World::shared().await;
    let (ann, bob, eve) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let bob = ann.welcomes(&bob, Role::Member).await;
    let thread = ann.starts_thread().await;
    let bobs = thread.seen_by(&bob);
    bobs.says("of bob").await.is(200);
    bobs.says("of bob again").await.is(200);
    thread.says("of ann").await.is(200);
    let of_ann = json!({ "user_id": ann.user_id });
    bob.asks(Method::POST, "/privacy/erase").json(&of_ann).sends().await.refuses(403, Code::RoleTooLow);
    let in_anns = eve.in_tenant(&ann.tenant_id);
    in_anns.asks(Method::POST, "/privacy/erase").json(&of_ann).sends().await.refuses(403, Code::NotAMember);
    assert_eq!(erases(&eve, &bob).await, 0, "eve finds nothing of bob's in her own tenant");

    assert!(erases(&bob, &bob).await >= 2, "one's own may always be erased");
    assert_eq!(texts(&ann).await, ["of ann"]);
    let left = "SELECT count(*) FILTER (WHERE payload IS NULL AND salt IS NULL), count(*) FILTER (WHERE action = 'privacy.erase'),
            count(*) FILTER (WHERE payload::text LIKE '%of bob%') FROM dataset_events WHERE tenant_id = $1 AND actor_id = $2";
    let row =
        world.database().await.query_one(left, &[&ann.tenant_id.as_str(), &bob.user_id]).await.expect("an answer");
    let (erased, erasures, words): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert!(erased >= 2 && erasures >= 1 && words == 0, "{erased} erased, {erasures} erasures, {words} with words");

    assert!(erases(&ann, &ann).await >= 1, "an owner erases as well");
    assert_eq!(texts(&ann).await, Vec::<String>::new());
    assert_eq!(thread.texts().await, ["of bob", "of bob again", "of ann"], "what was said in a thread stays there");
}
