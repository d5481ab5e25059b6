//! What is said in threads, on both rails: everyone reads the same, wherever and however it was said.

use harness::{Edge, Reader, Socket, Thread, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use subjects::code::Code;
use subjects::event::{EventType, Persist, Priority};
use subjects::ids::{Env, Role};
use uuid::Uuid;

async fn thread_in(world: &World) -> Thread {
    world.signs_up().await.starts_thread().await
}

/// A socket at this edge that is subscribed to the thread.
async fn socket(thread: &Thread, edge: Edge, cursor: Option<&str>) -> Socket {
    let mut socket = thread.person.at(edge).opens_socket().await;
    socket.subscribes(json!({ "thread_id": thread.id, "cursor": cursor })).await;
    socket
}

fn publish(thread: &Thread, event: &str, data: Value, key: &str) -> Value {
    json!({ "type": "publish", "thread_id": thread.id, "event": event, "data": data, "idempotency_key": key })
}

async fn publishes(socket: &mut Socket, thread: &Thread, event: &str, data: Value) -> Value {
    let answer = socket.asks(publish(thread, event, data, &Uuid::now_v7().to_string())).await;
    assert_eq!(answer["type"], "ack", "{answer}");
    answer
}

/// The texts of the messages of these places, which must come next.
async fn reads(reader: &mut Reader, seqs: RangeInclusive<u64>) -> Vec<String> {
    let mut texts = Vec::new();
    for seq in seqs {
        let event = reader.next_event().await.body;
        assert_eq!((event.event_type, event.seq), (EventType::ChatMessage, Some(seq)));
        texts.push(event.data["text"].as_str().expect("a text").to_owned());
    }
    texts
}

/// As [`reads`], on a socket.
async fn hears(socket: &mut Socket, seqs: RangeInclusive<u64>) -> Vec<String> {
    let mut texts = Vec::new();
    for seq in seqs {
        let event = socket.next_event().await.body;
        assert_eq!((event.event_type, event.seq), (EventType::ChatMessage, Some(seq)));
        texts.push(event.data["text"].as_str().expect("a text").to_owned());
    }
    texts
}

#[tokio::test]
async fn what_is_said_on_any_rail_is_read_on_both_by_all() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let bob = world.signs_up().await;
    let bob = thread.person.welcomes(&bob, Role::Viewer).await;
    let mut readers = [thread.watches(Edge(0)).await, thread.seen_by(&bob).watches(Edge(1)).await];
    let mut sockets = [socket(&thread, Edge(1), None).await, socket(&thread.seen_by(&bob), Edge(0), None).await];
    for seq in 1..=3 {
        thread.at(Edge(seq % 2)).says(&format!("posted {seq}")).await.is(200);
        let answer = publishes(&mut sockets[0], &thread, "chat_message", json!({ "text": "published" })).await;
        assert_eq!(answer["seq"], seq as u64 * 2, "{answer}");
    }
    let all = ["posted 1", "published", "posted 2", "published", "posted 3", "published"];
    for reader in &mut readers {
        assert_eq!(reads(reader, 1..=6).await, all);
    }
    for socket in &mut sockets {
        assert_eq!(hears(socket, 1..=6).await, all);
    }
    assert_eq!(thread.texts().await, all);
    let refused = publish(&thread, "chat_message", json!({ "text": "Me, too" }), "k");
    sockets[1].is_refused(refused, Code::RoleTooLow).await;
}

#[tokio::test]
async fn one_key_is_one_message_on_whichever_rail_it_comes() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let mut socket = socket(&thread, Edge(1), None).await;
    let posted = thread.says_once("Hi", "k").await.is(200).json();
    let answer = socket.asks(publish(&thread, "chat_message", json!({ "text": "Hi" }), "k")).await;
    assert_eq!((&answer["message_id"], &answer["replayed"]), (&posted["message_id"], &json!(true)), "{answer}");
    socket.is_refused(publish(&thread, "chat_message", json!({ "text": "Ho" }), "k"), Code::IdempotencyConflict).await;
    socket.is_refused(publish(&thread, "presence_state", json!({}), "k2"), Code::BodyInvalid).await;
    socket
        .is_refused(publish(&thread.person.knows_thread("none"), "chat_message", json!({}), "k"), Code::NotFound)
        .await;
    assert_eq!(hears(&mut socket, 1..=1).await, ["Hi"]);
    assert_eq!(thread.texts().await, ["Hi"]);
}

#[tokio::test]
async fn an_event_says_who_where_and_how() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let mut reader = thread.watches(Edge(0)).await;
    let data = json!({ "run_id": "r", "step_id": "s", "parts": [1, { "text": "Hi" }] });
    let said = thread.tells("tool_call", data.clone()).await.is(200).json();
    let event = reader.next_event().await.body;
    assert_eq!(
        (event.event_type, event.data, event.event_id.to_string()),
        (EventType::ToolCall, data, text(&said["message_id"]))
    );
    assert_eq!((event.meta.priority, event.meta.persist), (Priority::Truth, Persist::Always));
    assert_eq!((event.ids.run_id.as_deref(), event.ids.step_id.as_deref()), (Some("r"), Some("s")));
    let keys = event.routing.keys;
    assert_eq!((event.routing.tenant_id, event.routing.env), (thread.person.tenant_id.clone(), Env::Dev));
    assert_eq!(keys.thread_id.map(|id| id.to_string()), Some(thread.id));
    assert_eq!(keys.actor_id.map(|id| id.to_string()), Some(thread.person.user_id));
    assert_eq!(keys.app_id.map(|id| id.to_string()).as_deref(), Some("a1"));
}

#[tokio::test]
async fn however_it_was_written_it_stands_on_one_line() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let mut reader = thread.watches(Edge(0)).await;
    let mut socket = socket(&thread, Edge(1), None).await;
    let written = "{\n  \"text\": \"one\\n two\",\r\n\t\"more\": [ 1.50,\n{ } ]\n}";
    thread
        .asks(Method::POST, "/messages")
        .body("application/json", format!("{{\n\"data\": {written}\n}}\n"))
        .sends()
        .await
        .is(200);
    let id = thread.id.clone();
    let frame = format!(
        "{{\"id\":\"w\",\n\"type\":\"publish\",\"thread_id\":\"{id}\",\"event\":\"chat_message\",\"data\":{written}}}"
    );
    socket.says(&frame).await;
    assert_eq!(socket.is_answered("w").await["seq"], 2);
    let data = json!({ "text": "one\n two", "more": [1.5, {}] });
    for seq in 1..=2 {
        for event in [reader.next_event().await.body, socket.next_event().await.body] {
            assert_eq!((event.seq, &event.data), (Some(seq), &data));
        }
    }
    thread.says("After").await.is(200);
    assert_eq!(reads(&mut reader, 3..=3).await, ["After"]);
    let mut again = thread.watch(Edge(1)).cursor("0").opens().await;
    for seq in 1..=3 {
        assert_eq!(again.next_event().await.body.seq, Some(seq));
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn a_run_is_seen_as_it_goes_and_holds_no_message_back() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let mut reader = thread.watches(Edge(0)).await;
    let mut watcher = socket(&thread, Edge(0), None).await;
    let mut runner = socket(&thread, Edge(1), None).await;
    let course = [
        ("run_start", json!({ "run_id": "r" })),
        ("step_start", json!({ "run_id": "r", "step_id": "s" })),
        ("token_chunk", json!({ "run_id": "r", "index": 0, "text": "Hel" })),
        ("token_chunk", json!({ "run_id": "r", "index": 1, "text": "lo" })),
        ("step_end", json!({ "run_id": "r", "step_id": "s" })),
    ];
    for (event, data) in &course {
        publishes(&mut runner, &thread, event, data.clone()).await;
    }
    for (event, data) in &course {
        for seen in [reader.next_event().await, watcher.next_event().await, runner.next_event().await] {
            assert_eq!((seen.body.event_type.as_str(), &seen.body.data, seen.body.seq), (*event, data, None));
            assert_eq!((seen.body.meta.priority, seen.body.meta.persist), (Priority::Info, Persist::Never));
        }
    }
    publishes(&mut runner, &thread, "agent_message", json!({ "run_id": "r", "text": "Hello" })).await;
    for seen in [reader.next_event().await, watcher.next_event().await] {
        assert_eq!((seen.body.event_type, seen.body.seq), (EventType::AgentMessage, Some(1)));
    }
}

#[tokio::test]
async fn a_runner_sees_that_it_is_stopped() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let mut runner = thread.person.at(Edge(1)).opens_socket().await;
    runner.subscribes(json!({ "thread_id": thread.id, "channels": ["runs"] })).await;
    publishes(&mut runner, &thread, "run_start", json!({ "run_id": "r" })).await;
    assert_eq!(runner.next_event().await.body.event_type, EventType::RunStart);
    thread.person.asks(Method::POST, "/nexus/runs/r/cancel").sends().await.is(200);
    let end = runner.next_event().await.body;
    assert_eq!(
        (end.event_type, &end.data["run_id"], &end.data["cancelled"]),
        (EventType::RunEnd, &json!("r"), &json!(true))
    );
    let step = publish(&thread, "step_start", json!({ "run_id": "r", "step_id": "s" }), "k");
    runner.is_refused(step, Code::RunEnded).await;
}

#[tokio::test]
async fn a_reader_sees_its_channels_and_its_place_in_the_chain_is_kept() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let mut messages = thread.watch(Edge(0)).channels("messages").opens().await;
    let mut runs = thread.watch(Edge(1)).channels("runs").opens().await;
    thread.says("one").await.is(200);
    thread.tells("run_start", json!({ "run_id": "r" })).await.is(200);
    thread.says("two").await.is(200);
    assert_eq!(reads(&mut messages, 1..=2).await, ["one", "two"]);
    assert_eq!(runs.next_event().await.body.event_type, EventType::RunStart);
    thread.tells("run_end", json!({ "run_id": "r" })).await.is(200);
    assert_eq!(runs.next_event().await.body.event_type, EventType::RunEnd);
    let refused = thread.watch(Edge(0)).channels("commits").is_refused().await;
    refused.refuses(400, Code::QueryInvalid);
}

#[tokio::test]
async fn a_reader_goes_on_after_what_it_saw_at_any_edge_on_any_rail() {
    let world = World::shared().await;
    let thread = thread_in(&world).await;
    let mut reader = thread.watches(Edge(0)).await;
    let mut marks = Vec::new();
    for number in 1..=4 {
        let said = thread.says(&number.to_string()).await.is(200).json();
        marks.push(text(&said["cursor"]));
    }
    assert_eq!(reads(&mut reader, 1..=2).await, ["1", "2"]);
    let cursor = reader.cursor.clone();
    drop(reader);
    thread.says("5").await.is(200);
    let mut again = thread.watch(Edge(1)).last_event_id(&cursor).opens().await;
    assert_eq!(again.hello["resumed"], true, "{}", again.hello);
    assert_eq!(reads(&mut again, 3..=5).await, ["3", "4", "5"]);
    let mut elsewhere = socket(&thread, Edge(1), Some(&cursor)).await;
    assert_eq!(hears(&mut elsewhere, 3..=5).await, ["3", "4", "5"]);
    let mut answered = socket(&thread, Edge(0), Some(&marks[3])).await;
    assert_eq!(hears(&mut answered, 5..=5).await, ["5"]);
    let mut whole = thread.watch(Edge(1)).cursor("0").opens().await;
    assert_eq!(reads(&mut whole, 1..=5).await, ["1", "2", "3", "4", "5"]);
    let other = thread.person.starts_thread().await;
    let forged = other.watch(Edge(0)).cursor(&cursor).opens().await;
    assert_eq!((&forged.hello["resumed"], &forged.hello["reason"]), (&json!(false), &json!("forged")));
}

#[tokio::test]
async fn readers_of_namesakes_see_their_own_and_nothing_else() {
    let world = World::shared().await;
    let people = [world.signs_up().await, world.signs_up().await];
    let mut seats = Vec::new();
    for (number, person) in people.iter().enumerate() {
        for env in Env::ALL {
            let thread = person.in_env(env).starts_thread_named("general").await;
            let (reader, socket) = (thread.watches(Edge(number)).await, socket(&thread, Edge(1 - number), None).await);
            seats.push((format!("secret of {} {env}", person.tenant_id), thread, reader, socket));
        }
    }
    for (secret, thread, ..) in &seats {
        thread.tells("run_start", json!({ "run_id": "r", "secret": secret })).await.is(200);
        thread.tells("token_chunk", json!({ "run_id": "r", "index": 0, "text": secret })).await.is(200);
        thread.says(secret).await.is(200);
    }
    for (secret, _, reader, socket) in &mut seats {
        for _ in 0..3 {
            for seen in [reader.next_event().await, socket.next_event().await] {
                assert!(seen.body.data.to_string().contains(&**secret), "{:?}", seen.body);
            }
        }
    }
}
