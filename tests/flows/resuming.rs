//! Coming back: everything after the cursor, in order, none twice, on whichever edge; or told why not.

use harness::{Canvas, Edge, Reader, World};
use serde_json::json;
use subjects::cursor::{BusPlace, Cursor};
use subjects::ids::Env;
use subjects::seal::SealKey;

async fn canvas_in(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

#[track_caller]
fn has_resumed(reader: &Reader) {
    assert_eq!((&reader.hello["resumed"], &reader.hello["reason"]), (&json!(true), &json!(null)), "{}", reader.hello);
}

#[tokio::test]
async fn a_reader_comes_back_to_the_other_edge() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut reader = canvas.watches(Edge(0)).await;
    canvas.makes_revs(10).await;
    let mut next = 1;
    // A place in the middle, again and again, at one edge and the other.
    for last in [3, 4, 9, 10] {
        reader.sees_revs(next..=last).await;
        let cursor = reader.cursor.clone();
        drop(reader);
        reader = canvas.watch(Edge(last as usize % 2)).last_event_id(&cursor).opens().await;
        has_resumed(&reader);
        next = last + 1;
    }
    canvas.makes_revs(2).await;
    reader.sees_revs(11..=12).await;
}

#[tokio::test]
async fn who_was_away_while_much_happened_misses_nothing() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut reader = canvas.watches(Edge(0)).await;
    canvas.makes_revs(1).await;
    reader.sees_revs(1..=1).await;
    let cursor = reader.cursor.clone();
    drop(reader);
    canvas.makes_revs(60).await;
    for edge in [Edge(1), Edge(0)] {
        let mut reader = canvas.watch(edge).last_event_id(&cursor).opens().await;
        has_resumed(&reader);
        reader.sees_revs(2..=61).await;
    }
}

#[tokio::test]
async fn from_zero_a_reader_sees_everything() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut early = canvas.watch(Edge(0)).cursor("0").opens().await;
    canvas.makes_revs(5).await;
    let mut late = canvas.watch(Edge(1)).cursor("0").opens().await;
    canvas.makes_revs(5).await;
    early.sees_revs(1..=10).await;
    late.sees_revs(1..=10).await;
}

#[tokio::test]
async fn the_last_event_seen_counts_more_than_the_url() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(3).await;
    let mut reader = canvas.watch(Edge(0)).cursor("0").opens().await;
    reader.sees_revs(1..=2).await;
    // A browser's EventSource comes back with the same URL and the header.
    let mut again = canvas.watch(Edge(1)).cursor("0").last_event_id(&reader.cursor).opens().await;
    has_resumed(&again);
    again.sees_revs(3..=3).await;
}

#[tokio::test]
async fn coming_back_at_the_moment_of_a_commit_loses_and_doubles_nothing() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let hands = canvas.clone();
    let writing = async move { hands.makes_revs(60).await };
    let reading = async {
        let (mut seen, mut cursor, mut comings) = (0, "0".to_owned(), 0);
        while seen < 60 {
            let mut reader = canvas.watch(Edge(comings % 2)).cursor(&cursor).opens().await;
            comings += 1;
            for _ in 0..3.min(60 - seen) {
                seen += 1;
                reader.sees_revs(seen..=seen).await;
            }
            cursor.clone_from(&reader.cursor);
        }
    };
    futures_util::future::join(writing, reading).await;
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_or_not_for_here_is_forged() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    canvas.makes_revs(2).await;
    let good = canvas.watches(Edge(0)).await.cursor;
    let namesake = |person: &harness::Person| {
        let person = person.clone();
        let id = canvas.id.clone();
        async move {
            let canvas = person.creates_canvas_named(&id).await;
            canvas.makes_revs(2).await;
            canvas.watches(Edge(0)).await.cursor
        }
    };
    let mut flipped = good.clone().into_bytes();
    flipped[2] = if flipped[2] == b'A' { b'B' } else { b'A' };
    let unsealed = Cursor::after(1).seal(&SealKey::new(b"another secret"), &canvas.stream());
    let forged = [
        "garbage".to_owned(),
        "1".to_owned(),
        "-1".to_owned(),
        "00".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}A"),
        String::from_utf8(flipped).expect("ASCII"),
        unsealed,
        ann.creates_canvas().await.watches(Edge(0)).await.cursor,
        namesake(&ann.in_env(Env::Prod)).await,
        namesake(&eve).await,
    ];
    for (number, cursor) in forged.iter().enumerate() {
        let edge = Edge(number % 2);
        let mut by_query = canvas.watch(edge).cursor(cursor).opens().await;
        let mut by_header = canvas.watch(edge).last_event_id(cursor).opens().await;
        for reader in [&by_query, &by_header] {
            let hello = &reader.hello;
            assert_eq!((&hello["resumed"], &hello["reason"]), (&json!(false), &json!("forged")), "{cursor}: {hello}");
            assert!(hello["snapshot_ref"].is_string(), "where to start again: {hello}");
        }
        canvas.makes_revs(1).await;
        by_query.sees_what_follows(canvas.head()).await;
        by_header.sees_what_follows(canvas.head()).await;
    }
}

#[tokio::test]
async fn a_cursor_beyond_the_head_is_said_to_be_ahead() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(2).await;
    // As if the database had been restored from a backup: we sealed it, and it lies in the future.
    let place = Some(BusPlace { epoch: 7, sequence: 1 << 40 });
    for cursor in [Cursor::after(99), Cursor { seq: 99, place }] {
        let mut reader = canvas.watch(Edge(1)).cursor(&world.seals(cursor, &canvas)).opens().await;
        let hello = reader.hello.clone();
        assert_eq!((&hello["resumed"], &hello["reason"]), (&json!(false), &json!("ahead")), "{hello}");
        let reference = hello["snapshot_ref"].as_str().expect("where to start again");
        let start = canvas.person.asks(reqwest::Method::GET, reference).sends().await.is(200).json();
        assert_eq!(start["head_rev"], hello["head_rev"]);
        canvas.makes_revs(1).await;
        reader.sees_what_follows(canvas.head()).await;
    }
}

#[tokio::test]
async fn a_cursor_of_another_life_of_the_bus_is_judged_by_its_seq() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(5).await;
    for place in
        [None, Some(BusPlace { epoch: 7, sequence: 1 }), Some(BusPlace { epoch: u32::MAX, sequence: u64::MAX })]
    {
        let cursor = world.seals(Cursor { seq: 2, place }, &canvas);
        let mut reader = canvas.watch(Edge(0)).cursor(&cursor).opens().await;
        has_resumed(&reader);
        reader.sees_revs(3..=5).await;
    }
}

#[tokio::test]
async fn a_cursor_that_was_just_given_is_never_ahead() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let _watching = [canvas.watches(Edge(0)).await, canvas.watches(Edge(1)).await];
    for rev in 1..=30 {
        // The answer may be here before the event is at the other edge.
        let answer = canvas.commits([harness::ops::add(&format!("a{rev}"))]).await.is_rev(rev).json();
        let cursor = answer["cursor"].as_str().expect("a cursor");
        has_resumed(&canvas.watch(Edge(1)).cursor(cursor).opens().await);
    }
}
