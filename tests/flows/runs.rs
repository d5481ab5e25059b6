//! Runs of agents: they begin, pass by, and end, or are stopped.

use futures_util::StreamExt;
use harness::{Edge, Person, SOON, Thread, World, within};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::event::RawEvent;
use subjects::passing::Passing;
use subjects::subject::Subject;
use uuid::Uuid;

/// Hears what passes in the thread.
async fn ear(world: &World, thread: &Thread) -> async_nats::Subscriber {
    let client = world.bus().await.client().clone();
    let ear = client.subscribe(Subject::Passing(thread.stream()).to_string()).await.expect("an ear");
    client.flush().await.expect("the server has it");
    ear
}

/// The next event that passes.
async fn hears(ear: &mut async_nats::Subscriber) -> RawEvent {
    let message = within(SOON, "something passes", ear.next()).await.expect("the bus stays");
    match serde_json::from_slice(&message.payload).expect("a message of ours") {
        Passing::Events(mut events) if events.len() == 1 => events.remove(0),
        other => panic!("one event, not {other:?}"),
    }
}

fn said(event: &RawEvent) -> (String, Value) {
    (event.event_type.as_str().to_owned(), serde_json::from_str(event.data.get()).expect("JSON"))
}

async fn run(person: &Person, run_id: &str) -> Value {
    person.asks(Method::GET, format!("/nexus/runs/{run_id}")).sends().await.is(200).json()
}

fn cancel(person: &Person, run_id: &str) -> harness::Ask {
    person.asks(Method::POST, format!("/nexus/runs/{run_id}/cancel"))
}

fn new_run() -> String {
    format!("r-{}", Uuid::new_v4().simple())
}

#[tokio::test]
async fn a_run_passes_by_and_only_what_was_said_is_kept() {
    let world = World::shared().await;
    let thread = world.signs_up().await.starts_thread().await;
    let mut ear = ear(&world, &thread).await;
    let run_id = new_run();
    let of = |more: Value| {
        let mut data = json!({ "run_id": run_id });
        more.as_object().expect("an object").iter().for_each(|(name, value)| data[name] = value.clone());
        data
    };
    let course = [
        ("run_start", of(json!({ "model": "m" }))),
        ("step_start", of(json!({ "step_id": "s1" }))),
        ("token_chunk", of(json!({ "index": 0, "text": "Hel" }))),
        ("token_chunk", of(json!({ "index": 1, "text": "lo" }))),
        ("step_end", of(json!({ "step_id": "s1" }))),
    ];
    for (event, data) in course {
        let reply = thread.tells(event, data.clone()).await.is(200).json();
        assert_eq!((&reply["seq"], &reply["cursor"]), (&Value::Null, &Value::Null), "{event}: {reply}");
        let heard = hears(&mut ear).await;
        assert_eq!(said(&heard), (event.to_owned(), data));
        assert_eq!((heard.seq, heard.event_id.to_string()), (None, reply["message_id"].as_str().unwrap().to_owned()));
        assert_eq!(heard.ids.run_id.as_deref(), Some(run_id.as_str()));
    }
    assert_eq!(run(&thread.person, &run_id).await["status"], "running");
    thread.tells("agent_message", of(json!({ "text": "Hello" }))).await.is(200);
    thread.tells("run_end", of(json!({}))).await.is(200);
    let end = of(json!({ "status": "completed", "cancelled": false }));
    assert_eq!(said(&hears(&mut ear).await), ("run_end".to_owned(), end));
    let kept = run(&thread.person.at(Edge(1)), &run_id).await;
    assert_eq!((&kept["status"], &kept["cancelled"]), (&json!("completed"), &json!(false)), "{kept}");
    assert_eq!((&kept["thread_id"], kept["ended_at"].is_string()), (&json!(thread.id), true), "{kept}");
    assert_eq!(thread.texts().await, ["Hello"]);
    cancel(&thread.person, &run_id).sends().await.refuses(409, Code::RunEnded);
}

#[tokio::test]
async fn a_run_that_is_stopped_is_over_for_its_runner() {
    let world = World::shared().await;
    let thread = world.signs_up().await.starts_thread().await;
    let mut ear = ear(&world, &thread).await;
    let run_id = new_run();
    thread.tells("run_start", json!({ "run_id": run_id })).await.is(200);
    hears(&mut ear).await;
    let stopped = cancel(&thread.person.at(Edge(1)), &run_id).sends().await.is(200).json();
    assert_eq!((&stopped["status"], &stopped["cancelled"]), (&json!("cancelled"), &json!(true)), "{stopped}");
    let (event, data) = said(&hears(&mut ear).await);
    assert_eq!((event.as_str(), &data["run_id"], &data["cancelled"]), ("run_end", &json!(run_id), &json!(true)));
    let step = thread.tells("step_start", json!({ "run_id": run_id, "step_id": "s" })).await;
    step.refuses(409, Code::RunEnded);
    let again = cancel(&thread.person, &run_id).sends().await.is(200).json();
    assert_eq!(again, stopped, "to stop it again changes nothing");
    thread.tells("run_end", json!({ "run_id": run_id, "cancelled": true, "status": "cancelled" })).await.is(200);
    thread.tells("run_end", json!({ "run_id": run_id })).await.refuses(409, Code::RunEnded);
    thread.tells("run_start", json!({ "run_id": run_id })).await.refuses(409, Code::AlreadyExists);
    thread.tells("agent_message", json!({ "run_id": run_id, "text": "I stopped." })).await.is(200);
}

#[tokio::test]
async fn a_run_belongs_to_its_thread_tenant_and_env() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let (thread, other) = (ann.starts_thread().await, ann.starts_thread().await);
    let run_id = new_run();
    thread.tells("run_start", json!({ "run_id": run_id })).await.is(200);
    other.tells("run_end", json!({ "run_id": run_id })).await.refuses(404, Code::NotFound);
    other.tells("run_start", json!({ "run_id": run_id })).await.refuses(409, Code::AlreadyExists);
    thread.tells("step_end", json!({ "run_id": new_run(), "step_id": "s" })).await.refuses(404, Code::NotFound);
    for person in [&eve, &ann.in_env(subjects::ids::Env::Prod)] {
        cancel(person, &run_id).sends().await.refuses(404, Code::NotFound);
        person.asks(Method::GET, format!("/nexus/runs/{run_id}")).sends().await.refuses(404, Code::NotFound);
    }
    cancel(&eve.in_tenant(&ann.tenant_id), &run_id).sends().await.refuses(403, Code::NotAMember);
    cancel(&ann, "no.id").sends().await.refuses(404, Code::NotFound);
    cancel(&ann, &run_id).query("thread_id", &other.id).sends().await.refuses(400, Code::ContextMismatch);
    assert_eq!(run(&ann, &run_id).await["status"], "running");
    // The same name is free elsewhere.
    eve.starts_thread().await.tells("run_start", json!({ "run_id": run_id })).await.is(200);
}
