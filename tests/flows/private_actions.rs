//! Actions while things go wrong: receivers that are away, workers that are killed, kill switches that are thrown, and a
//! database that is silent.

use harness::{Edge, Person, Receiver, World, action, until};
use local::{Service, StackConfig};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;

/// Retries come soon, and what a killed worker had is taken over soon.
fn impatient(config: StackConfig) -> StackConfig {
    let config =
        config.worker_env("NORTHSTAR_WEBHOOKS_FIRST_PAUSE_MS", 200).worker_env("NORTHSTAR_WEBHOOKS_PAUSE_MS_MAX", 400);
    config.worker_env("NORTHSTAR_WEBHOOKS_ATTEMPT_SECS", 2).worker_env("NORTHSTAR_WEBHOOKS_ATTEMPTS_MAX", 6)
}

fn to(receiver: &Receiver, members: Value) -> Value {
    let mut body = action("send_newsletter", members);
    body["webhook_url"] = json!(receiver.url);
    body
}

async fn asks(person: &Person, body: &Value) -> String {
    person.acts(body).await.is(200).json()["action_id"].as_str().expect("an id").to_owned()
}

async fn reserved(world: &World, person: &Person) -> i64 {
    let count = "SELECT count(*) FROM budget_reservations WHERE tenant_id = $1";
    let row = world.database().await.query_one(count, &[&person.tenant_id.as_str()]).await.expect("a count");
    row.get(0)
}

fn cost() -> Value {
    json!({ "amount": 1, "currency": "EUR" })
}

#[tokio::test]
async fn a_receiver_that_comes_back_gets_what_it_missed() {
    let world = World::private(impatient).await;
    let (ann, receiver) = (world.signs_up().await, Receiver::listens().await);
    receiver.says("503 Service Unavailable\r\nretry-after: 0");
    let action_id = asks(&ann, &to(&receiver, json!({ "cost": cost() }))).await;
    receiver.takes(2).await;
    assert_eq!(reserved(&world, &ann).await, 1, "it may still be spent");
    receiver.says("200 OK");
    let done = ann.sees_action(&action_id, "done").await;
    let attempts = done["attempts"].as_u64().expect("a number");
    assert!(attempts >= 3, "{done}");
    assert_eq!(receiver.effects(), [(action_id, attempts as usize)].into(), "the same id each time");
    assert_eq!(reserved(&world, &ann).await, 0);

    // One that says never is not asked again.
    receiver.says("410 Gone");
    let gone = asks(&ann, &to(&receiver, json!({ "cost": cost() }))).await;
    let failed = ann.sees_action(&gone, "failed").await;
    assert_eq!((&failed["attempts"], &failed["last_error"]), (&json!(1), &json!("the receiver says 410 Gone")));
    // One that never comes back is given up.
    receiver.says("500 Internal Server Error");
    let lost = asks(&ann, &to(&receiver, json!({ "cost": cost() }))).await;
    let failed = ann.sees_action(&lost, "failed").await;
    assert_eq!(failed["attempts"], 6);
    assert_eq!(reserved(&world, &ann).await, 0, "what was reserved is free again");
    // It follows nobody elsewhere.
    let elsewhere = Receiver::listens().await;
    receiver.says(&format!("302 Found\r\nlocation: {}", elsewhere.url));
    let led = asks(&ann, &to(&receiver, json!({}))).await;
    ann.sees_action(&led, "failed").await;
    assert!(elsewhere.taken().is_empty());
}

#[tokio::test]
async fn a_worker_killed_between_effect_and_settlement_leaves_one_effect() {
    let world = World::private(impatient).await;
    let (stack, ann, receiver) = (world.stack(), world.signs_up().await, Receiver::listens().await);
    let canvas = ann.creates_canvas().await;
    let mut reader = canvas.watches(Edge(1)).await;
    // Only the one that will die carries anything out, until it is dead.
    stack.stop_service(Service::Worker(1)).await.expect("it stops");
    let fate = [("NORTHSTAR_WORKERS_DIE_AT", "after_effect"), ("NORTHSTAR_WORKERS_DIE_ON_LABEL", "")];
    stack.restart_with_env(Service::Worker(0), &fate).await.expect("it starts");
    let body = to(&receiver, json!({ "cost": cost(), "routing": { "canvas_id": canvas.id } }));
    let action_id = asks(&ann, &body).await;
    until("the worker dies", async || stack.info().workers[0].pid.is_none().then_some(())).await;
    assert_eq!(ann.action(&action_id).await["status"], "pending", "nobody knows that it was done");
    stack.start_service(Service::Worker(1)).await.expect("the other one starts");
    let done = ann.sees_action(&action_id, "done").await;
    assert_eq!(done["attempts"], 2);
    assert_eq!(receiver.effects(), [(action_id.clone(), 2)].into(), "one id: whoever keeps ids acts once");
    let told: Vec<_> =
        [reader.next_event().await, reader.next_event().await].map(|event| event.body.data["status"].clone()).into();
    assert_eq!(told, ["pending", "done"]);
    let spent = "SELECT count(*), sum(micros)::bigint FROM budget_usage WHERE tenant_id = $1";
    let row = world.database().await.query_one(spent, &[&ann.tenant_id.as_str()]).await.expect("a count");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 1_000_000), "spent once");
    assert_eq!(reserved(&world, &ann).await, 0);
}

#[tokio::test]
async fn a_worker_killed_while_it_decides_decides_once() {
    let world = World::private(impatient).await;
    let (stack, ann) = (world.stack(), world.signs_up().await);
    for (n, point) in ["before_transaction", "after_transaction", "after_sending"].into_iter().enumerate() {
        stack.stop_service(Service::Worker(1)).await.expect("it stops");
        let fate = [("NORTHSTAR_WORKERS_DIE_AT", point), ("NORTHSTAR_WORKERS_DIE_ON_LABEL", "")];
        stack.restart_with_env(Service::Worker(0), &fate).await.expect("it starts");
        let rescue = async {
            until(format!("the worker dies {point}"), async || stack.info().workers[0].pid.is_none().then_some(()))
                .await;
            stack.start_service(Service::Worker(1)).await.expect("the other one starts");
        };
        let key = format!("k-{n}");
        let body = action("send", json!({ "cost": cost(), "idempotency_key": key }));
        let (first, ()) = futures_util::future::join(ann.acts(&body), rescue).await;
        assert!([200, 403, 503].contains(&first.status), "{point}: {}", first.text());
        // Asked again, it is the same action: done, or refused because nobody knew in time.
        let again = ann.acts(&body).await;
        assert!([200, 403].contains(&again.status), "{point}: {}", again.text());
        let rows = "SELECT count(*) FROM actions WHERE tenant_id = $1";
        let row = world.database().await.query_one(rows, &[&ann.tenant_id.as_str()]).await.expect("a count");
        assert_eq!(row.get::<_, i64>(0), n as i64 + 1, "{point}");
    }
    let database = world.database().await;
    let sums = "
        SELECT (SELECT count(*) FROM actions WHERE tenant_id = $1 AND status = 'done'),
               (SELECT count(*) FROM budget_usage WHERE tenant_id = $1),
               (SELECT count(*) FROM dataset_events WHERE tenant_id = $1 AND action = 'action.decide')";
    let row = database.query_one(sums, &[&ann.tenant_id.as_str()]).await.expect("counts");
    assert_eq!(row.get::<_, i64>(0), row.get::<_, i64>(1), "what was done was spent, once");
    assert_eq!(row.get::<_, i64>(2), 3, "each decision is audited, once");
}

#[tokio::test]
async fn a_kill_switch_stops_what_waits_for_its_retry() {
    let world = World::private(|config| {
        let config = config.worker_env("NORTHSTAR_WEBHOOKS_FIRST_PAUSE_MS", 1_000);
        config.worker_env("NORTHSTAR_WEBHOOKS_PAUSE_MS_MAX", 2_000)
    })
    .await;
    let (ann, receiver) = (world.signs_up().await, Receiver::listens().await);
    receiver.says("503 Service Unavailable\r\nretry-after: 2");
    let action_id = asks(&ann, &to(&receiver, json!({ "cost": cost() }))).await;
    receiver.takes(1).await;
    ann.sets_switch(json!({ "kind": "action", "name": "send_newsletter" }), true).await.is(200);
    receiver.says("200 OK");
    let stopped = ann.sees_action(&action_id, "stopped").await;
    assert_eq!(stopped["last_error"], "a kill switch stops it");
    assert_eq!(receiver.effects(), [(action_id, 1)].into(), "it was never taken");
    assert_eq!(reserved(&world, &ann).await, 0);
    let body = to(&receiver, json!({}));
    ann.acts(&body).await.refuses(403, Code::KillSwitch);
    assert_eq!(receiver.taken().len(), 1);
}

#[tokio::test]
async fn what_waited_for_the_database_is_refused() {
    let world = World::private(|config| StackConfig { workers: 1, ..config }).await;
    let (stack, ann, receiver) = (world.stack(), world.signs_up().await, Receiver::listens().await);
    let body = to(&receiver, json!({ "idempotency_key": "k" }));
    // Nobody works on it for longer than facts are good.
    stack.stop_service(Service::Worker(0)).await.expect("it stops");
    let unanswered = ann.acts(&body).await;
    let said = unanswered.refuses(503, Code::Unavailable);
    let action_id = said["action_id"].as_str().expect("an id").to_owned();
    stack.start_service(Service::Worker(0)).await.expect("it starts");
    let refused = until("it is decided about", async || {
        let reply = ann.asks(Method::GET, format!("/actions/{action_id}")).sends().await;
        (reply.status == 200).then(|| reply.json())
    })
    .await;
    assert_eq!((&refused["status"], &refused["decision"]["code"]), (&json!("refused"), &json!("KILL_SWITCH_UNKNOWN")));
    ann.acts(&body).await.refuses(403, Code::KillSwitchUnknown);
    assert!(receiver.taken().is_empty());
}
