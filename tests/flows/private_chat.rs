//! Workers and edges that die while people talk: nothing that was acknowledged is lost, and nothing is said twice.

use futures_util::future::{join, join_all};
use harness::{Edge, Patience, Person, Reader, Reply, SOON, Socket, Thread, World, until};
use local::{Restart, Service};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use subjects::code::Code;

/// The message with this label is the last thing that a worker does.
const FATAL: &str = "This one kills";

#[tokio::test]
async fn a_worker_killed_at_any_point_leaves_each_message_said_once() {
    let world = World::private(|config| config).await;
    let stack = world.stack();
    let thread = world.signs_up().await.starts_thread().await;
    for (seq, point) in (1_usize..).zip(["before_transaction", "after_transaction", "after_sending"]) {
        // Only the one that will die takes work, until it is dead.
        stack.stop_service(Service::Worker(1)).await.expect("it stops");
        let fate = [("NORTHSTAR_WORKERS_DIE_AT", point), ("NORTHSTAR_WORKERS_DIE_ON_LABEL", FATAL)];
        stack.restart_with_env(Service::Worker(0), &fate).await.expect("it starts");
        let wish = json!({ "data": { "text": point, "label": FATAL }, "idempotency_key": point });
        let rescue = async {
            until(format!("the worker dies {point}"), async || stack.info().workers[0].pid.is_none().then_some(()))
                .await;
            stack.start_service(Service::Worker(1)).await.expect("the other one starts");
        };
        let (reply, ()) = join(thread.asks_to_say(&wish).sends(), rescue).await;
        assert!([200, 202].contains(&reply.status), "{point}: {}", reply.text());
        let repeat = until("it is answered", async || {
            let reply = thread.at(Edge(1)).asks_to_say(&wish).sends().await;
            (reply.status != 202).then_some(reply)
        });
        let repeat = repeat.await.is(200);
        assert_eq!(
            (repeat.header("idempotent-replayed"), &repeat.json()["seq"]),
            (Some("true"), &json!(seq)),
            "{point}"
        );
        if reply.status == 200 {
            assert_eq!(reply.body, repeat.body, "{point}");
        }
        assert_eq!(thread.messages().await.len(), seq, "{point}");
    }
}

#[tokio::test]
async fn without_workers_a_message_is_accepted_and_said_later_once() {
    let world = World::private(|config| config.edge_env("NORTHSTAR_ANSWER_WAIT_MS", 300)).await;
    let stack = world.stack();
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let thread = ann.starts_thread().await;
    let mut reader = thread.watches(Edge(0)).await;
    for worker in [0, 1] {
        stack.stop_service(Service::Worker(worker)).await.expect("it stops");
    }
    let accepted = thread.says_once("Later", "k").await.is(202);
    let place = accepted.header("location").expect("where to ask").to_owned();
    thread.at(Edge(1)).says_once("Later", "k").await.is(202);
    let status = async |person: &Person| person.at(Edge(1)).asks(Method::GET, &place).sends().await;
    assert_eq!(status(&ann).await.is(200).json()["status"], "pending");
    status(&eve).await.refuses(404, Code::NotFound);
    assert!(thread.messages().await.is_empty(), "reading needs no worker");
    stack.start_service(Service::Worker(0)).await.expect("it starts");
    assert_eq!(reader.next_event().await.body.data["text"], "Later");
    let said = status(&ann).await.is(200).json();
    let again = thread.says_once("Later", "k").await.is(200).json();
    assert_eq!(
        (&said["status"], &said["message_id"], &said["seq"]),
        (&json!("applied"), &again["message_id"], &json!(1))
    );
    assert_eq!(thread.texts().await, ["Later"]);
}

const SPEAKERS: usize = 4;
const MESSAGES_EACH: usize = 25;

/// Says it until somebody says yes, at whichever edge.
async fn insists(thread: &Thread, number: usize, text: &str) -> Reply {
    let mut patience = Patience::of(SOON);
    for attempt in number.. {
        patience.lasts_for(&format!("{text} is said")).await;
        let wish = json!({ "data": { "text": text }, "idempotency_key": text });
        match thread.at(Edge(attempt % 2)).asks_to_say(&wish).tries().await {
            Ok(reply) if reply.status == 200 => return reply,
            Ok(reply) => assert!([202, 429, 503].contains(&reply.status), "{}", reply.text()),
            Err(_) => {}
        }
    }
    unreachable!("patience ends before numbers do")
}

async fn speaks(thread: Thread, name: usize) -> Vec<(u64, String)> {
    let mut acknowledged = Vec::new();
    for number in 0..MESSAGES_EACH {
        let text = format!("{name} {number:03}");
        let said = insists(&thread, name, &text).await.json();
        acknowledged.push((said["seq"].as_u64().expect("a seq"), text));
    }
    acknowledged
}

/// Speaks while somebody is killed again and again, and demands that all stands once, as acknowledged, each speaker's in order.
async fn talks_while(killed: [Service; 2]) {
    let world = World::private(|mut config| {
        config.restart = Restart::EdgesAndWorkers;
        config
    })
    .await;
    let stack = world.stack();
    let thread = world.signs_up().await.starts_thread().await;
    let speakers: Vec<_> = (0..SPEAKERS).map(|name| tokio::spawn(speaks(thread.clone(), name))).collect();
    for (kill, service) in (1..=4).zip(killed.into_iter().cycle()) {
        let seq = kill * SPEAKERS * MESSAGES_EACH / 6;
        until(format!("{seq} messages stand"), async || {
            let ask = thread.person.asks(Method::GET, "/threads").tries().await.ok()?;
            (ask.status == 200 && ask.json()["threads"][0]["head_seq"].as_u64()? >= seq as u64).then_some(())
        })
        .await;
        stack.kill(service).expect("it is killed");
        stack.ready(service).await.expect("it is back");
    }
    let acknowledged: Vec<_> = join_all(speakers).await.into_iter().flat_map(|said| said.expect("it ends")).collect();
    let texts = thread.texts().await;
    assert_eq!(texts.len(), SPEAKERS * MESSAGES_EACH, "each once");
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "none twice");
    for (seq, text) in acknowledged {
        assert_eq!(texts[seq as usize - 1], text, "it stands where it was said to stand");
    }
    for name in 0..SPEAKERS {
        assert!(
            texts.iter().filter(|text| text.starts_with(&format!("{name} "))).is_sorted(),
            "{name} keeps its order"
        );
    }
}

#[tokio::test]
async fn workers_killed_while_people_talk_lose_nothing() {
    talks_while([Service::Worker(0), Service::Worker(1)]).await;
}

#[tokio::test]
async fn edges_killed_while_people_talk_lose_nothing() {
    talks_while([Service::Edge(0), Service::Edge(1)]).await;
}

/// What a listener has seen: places in the log, in the order in which they came.
#[derive(Default)]
struct Heard {
    seqs: Vec<Option<u64>>,
    cursor: Option<String>,
}

impl Heard {
    fn takes(&mut self, frame: &Value) {
        if frame["v"].is_number() {
            self.seqs.push(frame["seq"].as_u64());
            self.cursor = frame["meta"]["cursor"].as_str().map(str::to_owned);
        }
    }

    /// On a socket, up to so many, or until it breaks.
    async fn on_socket(&mut self, socket: &mut Socket, up_to: usize) {
        while self.seqs.len() < up_to
            && let Ok(frame) = socket.tries_next().await
        {
            self.takes(&frame);
        }
    }

    /// On a stream, up to so many, or until it breaks.
    async fn on_stream(&mut self, reader: &mut Reader, up_to: usize) {
        while self.seqs.len() < up_to
            && let Some(event) = reader.tries_next().await
        {
            self.takes(&json!(event.body));
        }
    }
}

async fn listens(thread: &Thread, edge: Edge, cursor: &str) -> Socket {
    let mut socket = thread.person.at(edge).opens_socket().await;
    let said = socket.subscribes(json!({ "thread_id": thread.id, "cursor": cursor })).await;
    assert_eq!(said["resumed"], true, "{said}");
    socket
}

#[tokio::test]
async fn who_listened_at_an_edge_that_was_killed_goes_on_at_the_other() {
    const ALL: usize = SPEAKERS * MESSAGES_EACH;
    let world = World::private(|config| config).await;
    let thread = world.signs_up().await.starts_thread().await;
    let mut socket = listens(&thread, Edge(0), "0").await;
    let mut reader = thread.watch(Edge(0)).cursor("0").opens().await;
    let speakers: Vec<_> = (0..SPEAKERS).map(|name| tokio::spawn(speaks(thread.clone(), name))).collect();
    let [mut on_socket, mut on_stream] = [Heard::default(), Heard::default()];
    on_socket.on_socket(&mut socket, ALL / 4).await;
    on_stream.on_stream(&mut reader, ALL / 4).await;
    world.stack().kill(Service::Edge(0)).expect("it is killed");
    // What was on its way still comes; then it breaks.
    on_socket.on_socket(&mut socket, ALL).await;
    on_stream.on_stream(&mut reader, ALL).await;
    let mut socket = listens(&thread, Edge(1), on_socket.cursor.as_deref().expect("a place")).await;
    let mut reader = thread.watch(Edge(1)).last_event_id(on_stream.cursor.as_deref().expect("a place")).opens().await;
    assert_eq!(reader.hello["resumed"], true, "{}", reader.hello);
    on_socket.on_socket(&mut socket, ALL).await;
    on_stream.on_stream(&mut reader, ALL).await;
    let each_once: Vec<_> = (1..=ALL as u64).map(Some).collect();
    assert_eq!(on_socket.seqs, each_once);
    assert_eq!(on_stream.seqs, each_once);
    join_all(speakers).await.into_iter().for_each(|said| drop(said.expect("it ends")));
}
