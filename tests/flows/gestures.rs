//! Gestures: what a hand does is seen while it lasts, on the rails that the flag names, and delays nothing.

use futures_util::future::{join, join_all};
use harness::ops::add;
use harness::{Canvas, Edge, Person, Socket, World, draft, until};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use subjects::code::Code;
use subjects::event::{Channel, EventType, Priority};
use subjects::gesture::{GestureKind, PAYLOAD_BYTES_MAX};
use subjects::ids::{Env, Role};

fn gesture(canvas: &Canvas, kind: &str, payload: Value) -> Value {
    json!({ "type": "gesture", "canvas_id": canvas.id, "gesture_kind": kind, "payload": payload })
}

async fn makes(socket: &mut Socket, canvas: &Canvas, n: usize) {
    let answer = socket.asks(gesture(canvas, "drag", json!({ "n": n }))).await;
    assert_eq!(answer["type"], "ack", "{answer}");
}

async fn watches(person: &Person, canvas: &Canvas) -> Socket {
    let mut socket = person.opens_socket().await;
    socket.subscribes(json!({ "canvas_id": canvas.id, "channels": ["gestures"] })).await;
    socket
}

#[tokio::test]
async fn a_gesture_is_seen_on_every_edge() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let mut hand = ann.dials().with(|ask| ask.header("x-panel-id", "p1")).opens().await;
    let mut eyes = [watches(&ann, &canvas).await, watches(&ann.at(Edge(1)), &canvas).await];
    for kind in GestureKind::ALL {
        let answer = hand.asks(gesture(&canvas, kind.as_str(), json!({ "x": 1.50, "kind": kind }))).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        for eye in &mut eyes {
            let event = eye.next_of(EventType::CanvasGesture).await.body;
            let data = json!({ "gesture_kind": kind, "payload": { "x": 1.50, "kind": kind } });
            assert_eq!((&event.data, event.seq, &event.meta.cursor), (&data, None, &None));
            assert_eq!(event.meta.priority, Priority::Gesture);
            let keys = event.routing.keys;
            assert_eq!(keys.actor_id.map(|id| id.to_string()), Some(ann.user_id.clone()));
            assert_eq!(keys.panel_id.map(|id| id.to_string()).as_deref(), Some("p1"));
            assert_eq!(keys.workspace_id.map(|id| id.to_string()).as_deref(), Some("w1"));
        }
    }
}

#[tokio::test]
async fn the_flag_says_which_rails_show_gestures() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let channels = Channel::Gestures.as_str();
    let (mut hand, mut on_ws) = (ann.opens_socket().await, watches(&ann.at(Edge(1)), &canvas).await);
    let mut on_sse = canvas.watch(Edge(1)).channels(channels).opens().await;
    makes(&mut hand, &canvas, 1).await;
    assert_eq!(on_ws.next_of(EventType::CanvasGesture).await.body.data["payload"]["n"], 1);

    let takes_force = async |fanout: &str| {
        ann.sets_flags(json!({ "gesture_fanout": fanout })).await.is(200);
        until("it is in force on the edge of the hand", async || {
            (ann.flags().await["gesture_fanout"]["value"] == fanout).then_some(())
        })
        .await;
    };
    takes_force("ws_sse").await;
    makes(&mut hand, &canvas, 2).await;
    assert_eq!(on_ws.next_of(EventType::CanvasGesture).await.body.data["payload"]["n"], 2);
    let seen = loop {
        let event = on_sse.next_event().await.body;
        if event.event_type == EventType::CanvasGesture {
            break event;
        }
    };
    assert_eq!(seen.data["payload"]["n"], 2, "the first was for WebSockets alone");

    takes_force("off").await;
    hand.is_refused(gesture(&canvas, "drag", json!({})), Code::RailDisabled).await;
}

#[tokio::test]
async fn what_is_no_gesture_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let mut hand = ann.opens_socket().await;
    let large = json!({ "a": "x".repeat(PAYLOAD_BYTES_MAX) });
    hand.is_refused(gesture(&canvas, "wave", json!({})), Code::BodyInvalid).await;
    hand.is_refused(gesture(&canvas, "drag", json!([])), Code::BodyInvalid).await;
    hand.is_refused(gesture(&canvas, "drag", Value::Null), Code::BodyInvalid).await;
    hand.is_refused(gesture(&canvas, "drag", large), Code::BodyTooLarge).await;
    hand.is_refused(gesture(&ann.knows_canvas("nowhere"), "drag", json!({})), Code::NotFound).await;
    let viewer = ann.welcomes(&world.signs_up().await, Role::Viewer).await;
    viewer.opens_socket().await.is_refused(gesture(&canvas, "drag", json!({})), Code::RoleTooLow).await;
}

#[tokio::test]
async fn a_gesture_stays_in_its_tenant_and_env() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let people = [ann.clone(), ann.in_env(Env::Prod), eve];
    let mut rooms = Vec::new();
    for person in &people {
        let canvas = person.creates_canvas_named("c1").await;
        let eye = watches(&person.at(Edge(1)), &canvas).await;
        rooms.push((canvas, person.opens_socket().await, eye));
    }
    for (n, (canvas, hand, _)) in rooms.iter_mut().enumerate() {
        makes(hand, canvas, n).await;
    }
    for (n, (canvas, hand, eye)) in rooms.iter_mut().enumerate() {
        assert_eq!(eye.next_of(EventType::CanvasGesture).await.body.data["payload"]["n"], n);
        makes(hand, canvas, n + 10).await;
        assert_eq!(eye.next_of(EventType::CanvasGesture).await.body.data["payload"]["n"], n + 10, "nothing else came");
    }
}

/// How long each of so many commits takes; nobody else commits there.
async fn commits(canvas: &Canvas, revs: std::ops::Range<u64>) -> Duration {
    let mut took = Vec::new();
    for rev in revs {
        let start = Instant::now();
        canvas.sends(&draft(rev, [add(&format!("a{rev}"))])).await.is_rev(rev + 1);
        took.push(start.elapsed());
    }
    took.sort_unstable();
    took[took.len() / 2]
}

#[tokio::test]
async fn a_storm_of_gestures_delays_no_commit() {
    const HANDS: usize = 4;
    const COMMITS: u64 = 30;
    const SLOWER_AT_MOST: u32 = 4;
    const GRACE: Duration = Duration::from_millis(50);
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let calm = commits(&canvas, 0..COMMITS).await;
    let mut hands = join_all((0..HANDS).map(|_| ann.opens_socket())).await;
    let (is_over, mut eye) = (AtomicBool::new(false), watches(&ann, &canvas).await);
    let storm = join_all(hands.iter_mut().enumerate().map(async |(n, hand)| {
        let mut made: u64 = 0;
        while !is_over.load(Ordering::Relaxed) {
            // Whether or not it is too much of it.
            hand.asks(gesture(&canvas, "drag", json!({ "n": n, "made": made }))).await;
            made += 1;
        }
        made
    }));
    let work = async {
        eye.next_of(EventType::CanvasGesture).await;
        let stormy = commits(&canvas, COMMITS..2 * COMMITS).await;
        is_over.store(true, Ordering::Relaxed);
        stormy
    };
    let (made, stormy) = join(storm, work).await;
    let made: u64 = made.into_iter().sum();
    assert!(stormy <= calm * SLOWER_AT_MOST + GRACE, "{stormy:?} with {made} gestures, {calm:?} without");
}
