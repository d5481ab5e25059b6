//! Grafts: what is done on a canvas is recorded, seen by others as it happens or afterwards, and can be played back.

use harness::ops::add;
use harness::{Canvas, Edge, Person, Playback, Played, Replica, Reply, Socket, World, gestures, until};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::event::{CanvasCommit, EventType, StreamEvent};
use subjects::graft::Replay;
use subjects::ids::{Env, Role};

/// As fast as it goes.
const FAST: f64 = 100.0;

async fn tries_to_start(canvas: &Canvas, body: Value) -> Reply {
    canvas.asks(Method::POST, "/graft").json(&body).sends().await
}

async fn starts(canvas: &Canvas, body: Value) -> String {
    text(&tries_to_start(canvas, body).await.is(201).json()["session_id"])
}

async fn tries_to_stop(canvas: &Canvas, session_id: &str) -> Reply {
    canvas.asks(Method::POST, &format!("/graft/{session_id}/stop")).sends().await
}

/// Stops it, and gives the replay, however long that takes.
async fn stops(canvas: &Canvas, session_id: &str) -> String {
    until("its replay is made", async || {
        let reply = tries_to_stop(canvas, session_id).await;
        assert!([200, 202].contains(&reply.status), "{}", reply.text());
        (reply.status == 200).then(|| text(&reply.json()["artifact_id"]))
    })
    .await
}

async fn replays(canvas: &Canvas) -> Vec<Value> {
    let page = canvas.asks(Method::GET, "/replays").sends().await.is(200).json();
    page["replays"].as_array().expect("replays").clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

fn drag(canvas: &Canvas, n: u64) -> Value {
    json!({ "type": "gesture", "canvas_id": canvas.id, "gesture_kind": "drag", "payload": { "n": n } })
}

async fn drags(hand: &mut Socket, canvas: &Canvas, numbers: std::ops::Range<u64>) {
    for n in numbers {
        let answer = hand.asks(drag(canvas, n)).await;
        assert_eq!(answer["type"], "ack", "{answer}");
    }
}

async fn watches(person: &Person, canvas: &Canvas) -> Socket {
    let mut socket = person.opens_socket().await;
    socket.subscribes(json!({ "canvas_id": canvas.id, "channels": ["gestures", "commits"] })).await;
    socket
}

/// The content of a replay, as it is stored.
async fn content(world: &World, canvas: &Canvas, artifact_id: &str) -> Replay {
    let Person { tenant_id, env, .. } = &canvas.person;
    let key = format!("tenants/{tenant_id}/{env}/artifacts/replay/{artifact_id}");
    serde_json::from_slice(&world.object(&key).await).expect("a replay")
}

/// What was committed in the replay, done once more, leads to what the canvas is.
async fn leads_to_the_canvas(world: &World, canvas: &Canvas, artifact_id: &str) -> Replay {
    let replay = content(world, canvas, artifact_id).await;
    let mut replica = Replica::from_atoms(replay.start.atoms.clone(), replay.start.rev);
    assert_eq!(replica.hash(), replay.start.state_hash);
    for commit in &replay.commits {
        assert_eq!(commit.rev, replica.rev + 1);
        replica.follows(&commit.ops, commit.rev, &commit.state_hash);
    }
    let document = canvas.reads().await;
    assert_eq!((replica.rev, replica.hash()), (document.head_rev, document.state_hash.clone()));
    replay
}

fn revs(events: &[StreamEvent<Value>]) -> Vec<u64> {
    let commits = events.iter().filter(|event| event.event_type == EventType::CanvasCommit);
    commits.map(|event| serde_json::from_value::<CanvasCommit>(event.data.clone()).expect("a commit").rev).collect()
}

#[tokio::test]
async fn a_live_graft_is_seen_as_it_happens_and_can_be_played_back() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    ann.sets_flags(json!({ "gesture_log": "all" })).await.is(200);
    let canvas = ann.creates_canvas().await;
    canvas.makes_revs(2).await;
    let session_id = starts(&canvas, json!({ "mode": "live" })).await;
    let (mut hand, mut eye) = (ann.opens_socket().await, watches(&ann.at(Edge(1)), &canvas).await);
    drags(&mut hand, &canvas, 0..1).await;
    assert_eq!(eye.next_of(EventType::CanvasGesture).await.body.data["payload"]["n"], 0, "as it happens");
    drags(&mut hand, &canvas, 1..10).await;
    canvas.commits([add("a")]).await.is_rev(3);
    drags(&mut hand, &canvas, 10..12).await;
    canvas.commits([add("b")]).await.is_rev(4);
    let artifact_id = stops(&canvas, &session_id).await;
    let replay = leads_to_the_canvas(&world, &canvas, &artifact_id).await;
    assert_eq!((replay.start.rev, replay.gestures_seen, replay.gestures.len()), (2, 12, 12), "none was left out");

    let mut playback = Playback::opens(ann.at(Edge(1)).plays(&artifact_id, FAST)).await;
    assert_eq!((&playback.hello["resumed"], &playback.hello["start"]["rev"]), (&json!(false), &json!(2)));
    assert_eq!(playback.hello["start"]["state_hash"], json!(replay.start.state_hash));
    let (events, end) = playback.plays_out().await;
    assert_eq!(revs(&events), [3, 4]);
    let shown: Vec<_> = gestures(&events).iter().map(|payload| payload["n"].as_u64().expect("a number")).collect();
    assert_eq!(shown, (0..12).collect::<Vec<_>>());
    let document = canvas.reads().await;
    assert_eq!(end, json!({ "rev": 4, "state_hash": document.state_hash }));
    let keys = &events[0].routing.keys;
    assert_eq!(keys.actor_id.as_ref().map(|id| id.as_str()), Some(ann.user_id.as_str()));
    assert!(events.is_sorted_by_key(|event| event.ts), "in order of time");
    let listed = replays(&canvas).await;
    assert_eq!((listed.len(), &listed[0]["state"]), (1, &json!("done")), "{listed:?}");
    assert_eq!((&listed[0]["start_rev"], &listed[0]["end_rev"]), (&json!(2), &json!(4)));
    assert_eq!((&listed[0]["session_id"], &listed[0]["artifact_id"]), (&json!(session_id), &json!(artifact_id)));
}

#[tokio::test]
async fn playing_goes_on_where_it_was_left() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let ann = canvas.person.clone();
    let session_id = starts(&canvas, json!({})).await;
    canvas.makes_revs(5).await;
    let artifact_id = stops(&canvas, &session_id).await;
    let mut first = Playback::opens(ann.plays(&artifact_id, FAST)).await;
    let seen = [first.next_event().await, first.next_event().await];
    assert_eq!(revs(&seen), [1, 2]);
    let resumed = ann.at(Edge(1)).plays(&artifact_id, FAST).header("last-event-id", &first.mark);
    let mut second = Playback::opens(resumed).await;
    assert_eq!(second.hello["resumed"], true);
    let (rest, _) = second.plays_out().await;
    assert_eq!(revs(&rest), [3, 4, 5]);
    let over = ann.plays(&artifact_id, FAST).header("last-event-id", &second.mark);
    assert_eq!(over.sends().await.status, 204, "behind the end an EventSource stays away");
    let mut forged = Playback::opens(ann.plays(&artifact_id, FAST).header("last-event-id", "3")).await;
    let first = forged.next_event().await;
    assert_eq!((&forged.hello["resumed"], revs(&[first])), (&json!(false), vec![1]));
    for speed in ["0.01", "101", "fast", "NaN"] {
        let ask = ann.asks(Method::GET, format!("/sse/replay/{artifact_id}")).query("speed", speed);
        ask.sends().await.refuses(400, Code::QueryInvalid);
    }
}

#[tokio::test]
async fn an_auto_graft_is_seen_afterwards() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    ann.sets_flags(json!({ "gesture_log": "all" })).await.is(200);
    let canvas = ann.creates_canvas().await;
    let bob = ann.welcomes(&world.signs_up().await, Role::Member).await;
    let (mut hand, mut eye) = (ann.opens_socket().await, watches(&bob.at(Edge(1)), &canvas).await);
    let session_id = starts(&canvas, json!({ "mode": "auto" })).await;
    drags(&mut hand, &canvas, 0..20).await;
    canvas.commits([add("a")]).await.is_rev(1);
    drags(&mut hand, &canvas, 20..30).await;
    let artifact_id = stops(&canvas, &session_id).await;
    drags(&mut hand, &canvas, 100..101).await;
    let mut seen = Vec::new();
    loop {
        let event = eye.next_event().await.body;
        match event.event_type {
            EventType::CanvasGesture => break assert_eq!(event.data["payload"]["n"], 100, "the graft is over"),
            other => seen.push(other),
        }
    }
    assert!(seen.contains(&EventType::CanvasCommit), "{seen:?}");
    let replay = leads_to_the_canvas(&world, &canvas, &artifact_id).await;
    assert_eq!(replay.gestures.len(), 30, "all is in the replay, though nobody saw it");
}

#[tokio::test]
async fn an_auto_graft_takes_gestures_though_they_are_switched_off() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let flags = json!({ "gesture_fanout": "off", "gesture_log": "none", "visibility_mode": "auto" });
    ann.sets_flags(flags).await.is(200);
    let canvas = ann.creates_canvas().await;
    let mut hand = ann.opens_socket().await;
    hand.is_refused(drag(&canvas, 0), Code::RailDisabled).await;
    let session_id = starts(&canvas, json!({})).await;
    drags(&mut hand, &canvas, 1..4).await;
    let artifact_id = stops(&canvas, &session_id).await;
    hand.is_refused(drag(&canvas, 4), Code::RailDisabled).await;
    let replay = content(&world, &canvas, &artifact_id).await;
    assert_eq!((replay.recorded.as_str(), replay.gestures_seen), ("keyframe", 3));
    assert!(!replay.gestures.is_empty(), "there is something to be seen");
}

#[tokio::test]
async fn the_flag_says_which_gestures_are_recorded() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for (log, kept) in [("all", 50..=50), ("keyframe", 1..=49), ("none", 0..=0)] {
        ann.sets_flags(json!({ "gesture_log": log })).await.is(200);
        let canvas = ann.creates_canvas().await;
        let session_id = starts(&canvas, json!({})).await;
        drags(&mut ann.opens_socket().await, &canvas, 0..50).await;
        let artifact_id = stops(&canvas, &session_id).await;
        let replay = content(&world, &canvas, &artifact_id).await;
        assert!(kept.contains(&replay.gestures.len()), "{log}: {}", replay.gestures.len());
        assert_eq!(replays(&canvas).await[0]["gesture_log"], log);
    }
}

#[tokio::test]
async fn a_canvas_has_one_graft_at_a_time_and_it_ends_once() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let session_id = starts(&canvas, json!({})).await;
    tries_to_start(&canvas.at(Edge(1)), json!({})).await.refuses(409, Code::AlreadyExists);
    tries_to_start(&canvas, json!({ "mode": "slow" })).await.refuses(400, Code::BodyInvalid);
    let artifact_id = stops(&canvas, &session_id).await;
    assert_eq!(stops(&canvas.at(Edge(1)), &session_id).await, artifact_id, "the same again");
    let next = starts(&canvas, json!({})).await;
    assert_ne!(stops(&canvas, &next).await, artifact_id);
    let page = canvas.asks(Method::GET, "/replays").query("limit", 1).sends().await.is(200).json();
    assert_eq!(page["replays"][0]["session_id"], json!(session_id));
    let rest = canvas.asks(Method::GET, "/replays").query("cursor", text(&page["next"])).sends().await.is(200).json();
    assert_eq!((&rest["replays"][0]["session_id"], &rest["next"]), (&json!(next), &Value::Null));
}

#[tokio::test]
async fn every_edge_learns_that_a_graft_is_open() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let ann = canvas.person.clone();
    let (mut hand, mut eye) = (ann.at(Edge(1)).opens_socket().await, watches(&ann, &canvas).await);
    // The other edge knows the canvas before the graft begins.
    drags(&mut hand, &canvas, 0..1).await;
    assert_eq!(eye.next_of(EventType::CanvasGesture).await.body.data["payload"]["n"], 0);
    let session_id = starts(&canvas, json!({ "mode": "auto" })).await;
    let mut n = 1;
    until("the other edge keeps gestures back", async || {
        drags(&mut hand, &canvas, n..n + 1).await;
        canvas.commits([add(&format!("a{n}"))]).await.is(200);
        n += 1;
        let (mut was_shown, mut is_committed) = (false, false);
        while !is_committed {
            let event = eye.next_event().await.body;
            was_shown |= event.event_type == EventType::CanvasGesture;
            is_committed |= event.event_type == EventType::CanvasCommit;
        }
        (!was_shown).then_some(())
    })
    .await;
    stops(&canvas, &session_id).await;
}

#[tokio::test]
async fn grafts_are_for_members_of_the_tenant_and_env() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let viewer = ann.welcomes(&world.signs_up().await, Role::Viewer).await;
    tries_to_start(&canvas.seen_by(&viewer), json!({})).await.refuses(403, Code::RoleTooLow);
    let session_id = starts(&canvas, json!({})).await;
    tries_to_stop(&canvas.seen_by(&viewer), &session_id).await.refuses(403, Code::RoleTooLow);
    canvas.makes_revs(1).await;
    let (eve, elsewhere) = (world.signs_up().await, ann.in_env(Env::Prod));
    for other in [&eve, &elsewhere] {
        let theirs = other.creates_canvas_named(&canvas.id).await;
        tries_to_stop(&theirs, &session_id).await.refuses(404, Code::NotFound);
        assert_eq!(replays(&theirs).await, Vec::<Value>::new());
    }
    let another = ann.creates_canvas().await;
    tries_to_stop(&another, &session_id).await.refuses(404, Code::NotFound);
    let artifact_id = stops(&canvas, &session_id).await;
    for other in [&eve, &elsewhere] {
        other.plays(&artifact_id, FAST).sends().await.refuses(404, Code::NotFound);
    }
    eve.in_tenant(&ann.tenant_id).plays(&artifact_id, FAST).sends().await.refuses(403, Code::NotAMember);
    let mut playback = Playback::opens(viewer.plays(&artifact_id, FAST)).await;
    assert_eq!(revs(&playback.plays_out().await.0), [1], "who may read may watch");
}

#[tokio::test]
async fn a_replay_is_played_while_its_reader_may_read() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let session_id = starts(&canvas, json!({})).await;
    canvas.makes_revs(3).await;
    let artifact_id = stops(&canvas, &session_id).await;
    let scope = format!("/sse/replay/{artifact_id}");
    let given = ann.asks(Method::POST, "/tickets").json(&json!({ "scope": scope })).sends().await.is(201).json();
    let bare = || ann.asks_as_nobody(Method::GET, scope.clone()).query("ticket", text(&given["ticket"]));
    let mut playback = Playback::opens(bare().query("speed", FAST)).await;
    assert_eq!(playback.hello["stream_id"], given["stream_id"]);
    let Played::Event(_) = playback.next().await else { panic!("it ended too soon") };
    bare().sends().await.refuses(401, Code::Unauthenticated);
    let mut again = Playback::opens(bare().query("speed", 0.1).header("last-event-id", &playback.mark)).await;
    assert_eq!(again.hello["resumed"], true, "an EventSource comes back with its ticket");
    ann.sets_flags(json!({ "sse_enabled": false })).await.is(200);
    let said = again.sees_it_close().await;
    let last = said.last().and_then(|last| last.data.clone()).expect("why");
    assert!(last.contains(Code::RailDisabled.as_str()) || last.contains("state_hash"), "{last}");
    until("nobody is let in", async || {
        let reply = ann.plays(&artifact_id, 1.0).header("last-event-id", &again.mark).tries().await.ok()?;
        (reply.status == 503).then_some(())
    })
    .await;
}
