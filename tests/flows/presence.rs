//! Presence: who is on a canvas or thread, as everybody there sees it, through whichever edge.

use harness::{Edge, Onlooker, World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use subjects::code::Code;
use subjects::ids::{Env, Role};
use subjects::presence::{Change, STATE_BYTES_MAX};

/// What the contract promises.
const SEEN_WITHIN: Duration = Duration::from_secs(1);

#[tokio::test]
async fn who_comes_shows_something_and_goes_is_seen_on_every_edge() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let bob = ann.welcomes(&world.signs_up().await, Role::Viewer).await.at(Edge(1));
    let canvas = ann.creates_canvas().await;
    let thread = ann.starts_thread().await;
    for place in [json!({ "canvas_id": canvas.id }), json!({ "thread_id": thread.id })] {
        let mut anns = ann.shows(&place, "tab", json!({ "selected": ["a1"] })).await;
        for edge in [Edge(0), Edge(1)] {
            let mut newcomer = Onlooker::watches(&ann.at(edge), &place).await;
            newcomer.sees_people(&[&ann]).await;
            assert_eq!(newcomer.shown_by(&ann), [&json!({ "selected": ["a1"] })]);
        }
        let mut onlooker = Onlooker::watches(&ann, &place).await;
        onlooker.sees_people(&[&ann]).await;

        // Whoever reads there may be there.
        let mut bobs = bob.shows(&place, "tab", json!({ "focus": "a2" })).await;
        onlooker.sees_people(&[&ann, &bob]).await;
        bobs.shows(&place, json!({ "focus": "a2", "caret": 3 })).await;
        let start = Instant::now();
        let event = onlooker.sees(|all| all.shown_by(&bob) == [&json!({ "focus": "a2", "caret": 3 })]).await;
        assert!(start.elapsed() < SEEN_WITHIN, "{:?}", start.elapsed());
        let keys = &event.routing.keys;
        assert_eq!(event.routing.tenant_id, ann.tenant_id);
        let named = [keys.canvas_id.as_ref().map(|id| id.as_str()), keys.thread_id.as_ref().map(|id| id.as_str())];
        assert_eq!(named, [place["canvas_id"].as_str(), place["thread_id"].as_str()]);
        assert_eq!(keys.session_id.as_ref().map(|id| id.as_str()), Some("tab"));
        assert_eq!(event.data["actor_type"], "human", "{event:?}");

        bobs.shows(&place, Value::Null).await;
        let start = Instant::now();
        onlooker.sees_people(&[&ann]).await;
        assert!(start.elapsed() < SEEN_WITHIN, "who says goodbye is gone: {:?}", start.elapsed());
        assert_eq!(onlooker.changes_of(&bob), [Change::Joined, Change::Updated, Change::Left]);
        anns.shows(&place, Value::Null).await;
        onlooker.sees_people(&[]).await;
    }
}

#[tokio::test]
async fn who_comes_back_in_time_was_never_away() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let bob = ann.welcomes(&world.signs_up().await, Role::Member).await;
    let cleo = ann.welcomes(&world.signs_up().await, Role::Member).await;
    let place = json!({ "canvas_id": ann.creates_canvas().await.id });
    let mut onlooker = Onlooker::watches(&ann.at(Edge(1)), &place).await;
    let bobs = bob.shows(&place, "tab", json!({})).await;
    let cleos = cleo.shows(&place, "tab", json!({})).await;
    onlooker.sees_people(&[&bob, &cleo]).await;
    // Both connections break. Bob comes back: to another edge.
    drop((bobs, cleos));
    let start = Instant::now();
    let _bobs = bob.at(Edge(1)).shows(&place, "tab", json!({ "back": true })).await;
    onlooker.sees_people(&[&bob]).await;
    assert!((4..10).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(onlooker.shown_by(&bob), [&json!({ "back": true })]);
    assert_eq!(onlooker.changes_of(&bob), [Change::Joined, Change::Updated], "he never left");
    assert_eq!(onlooker.changes_of(&cleo), [Change::Joined, Change::Left]);
}

#[tokio::test]
async fn two_tabs_are_one_person_with_two_sessions() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let place = json!({ "canvas_id": ann.creates_canvas().await.id });
    let mut onlooker = Onlooker::watches(&ann, &place).await;
    let mut one = ann.shows(&place, "one", json!({ "tab": 1 })).await;
    let mut two = ann.at(Edge(1)).shows(&place, "two", json!({ "tab": 2 })).await;
    onlooker.sees(|all| all.shown_by(&ann) == [&json!({ "tab": 1 }), &json!({ "tab": 2 })]).await;
    one.shows(&place, Value::Null).await;
    onlooker.sees(|all| all.shown_by(&ann) == [&json!({ "tab": 2 })]).await;
    two.shows(&place, Value::Null).await;
    onlooker.sees_people(&[]).await;
    assert_eq!(onlooker.changes_of(&ann), [Change::Joined, Change::Updated, Change::Updated, Change::Left]);
}

#[tokio::test]
async fn nobody_is_seen_in_another_tenant_or_env() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let place = json!({ "canvas_id": "c1" });
    let mut onlookers = Vec::new();
    let people = [ann.clone(), ann.in_env(Env::Prod), eve.clone()];
    for person in &people {
        person.creates_canvas_named("c1").await;
        onlookers.push(Onlooker::watches(&person.at(Edge(1)), &place).await);
    }
    let mut sockets = Vec::new();
    for (n, person) in people.iter().enumerate() {
        sockets.push(person.shows(&place, "tab", json!({ "n": n })).await);
    }
    for (n, (onlooker, person)) in onlookers.iter_mut().zip(&people).enumerate() {
        onlooker.sees_people(&[person]).await;
        // The last thing that happens there is the second that is told.
        sockets[n].shows(&place, json!({ "last": n })).await;
        onlooker.sees(|all| all.shown_by(person) == [&json!({ "last": n })]).await;
        assert_eq!(onlooker.told.len(), 2, "{:?}", onlooker.told);
    }
    let mut stranger = eve.in_tenant(&ann.tenant_id).dials().tries().await.expect_err("no member");
    assert_eq!(stranger.code.take().as_deref(), Some(Code::NotAMember.as_str()));
}

#[tokio::test]
async fn whoever_moves_fast_is_seen_twenty_times_a_second() {
    const MOVES: usize = 300;
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let place = json!({ "canvas_id": ann.creates_canvas().await.id });
    let mut onlooker = Onlooker::watches(&ann.at(Edge(1)), &place).await;
    let mut socket = ann.shows(&place, "tab", json!({ "n": 0 })).await;
    onlooker.sees_people(&[&ann]).await;
    let start = Instant::now();
    for n in 1..=MOVES {
        socket.shows(&place, json!({ "n": n })).await;
    }
    onlooker.sees(|all| all.shown_by(&ann) == [&json!({ "n": MOVES })]).await;
    let (seen, slots) = (onlooker.told.len() - 1, start.elapsed().as_millis() / 50 + 1);
    assert!(seen as u128 <= slots && seen < MOVES, "{seen} of {MOVES} in {:?}", start.elapsed());
}

#[tokio::test]
async fn what_is_no_state_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let mut socket = ann.opens_socket().await;
    let large = "x".repeat(STATE_BYTES_MAX);
    let presence = |place: Value, state: Value| {
        let mut frame = place;
        (frame["type"], frame["state"]) = (json!("presence"), state);
        frame
    };
    let here = || json!({ "canvas_id": canvas.id });
    for (frame, code) in [
        (presence(here(), json!([])), Code::BodyInvalid),
        (presence(here(), json!("here")), Code::BodyInvalid),
        (presence(here(), json!({ "a": large })), Code::BodyTooLarge),
        (presence(json!({ "canvas_id": "nowhere" }), json!({})), Code::NotFound),
        (presence(json!({}), json!({})), Code::BodyInvalid),
        (presence(json!({ "canvas_id": canvas.id, "thread_id": "t" }), json!({})), Code::BodyInvalid),
    ] {
        socket.is_refused(frame, code).await;
    }
    // Who is not there may leave.
    socket.shows(&here(), Value::Null).await;
}
