//! Reading a canvas: as it is, as it was, and how it came to be.

use harness::ops::{add, set};
use harness::{Canvas, Commit, Edge, Replica, World};
use reqwest::Method;
use serde_json::json;
use subjects::code::Code;

async fn canvas_in(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

#[tokio::test]
async fn a_document_names_its_rev_and_is_sent_once() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let get = |edge: Edge| canvas.at(edge).asks(Method::GET, "");
    assert_eq!(get(Edge(0)).sends().await.is(200).header("etag"), Some("\"rev-0\""));
    canvas.makes_revs(2).await;
    assert_eq!(get(Edge(1)).sends().await.is(200).header("etag"), Some("\"rev-2\""));
    for same in ["\"rev-2\"", "W/\"rev-2\"", "\"rev-1\", \"rev-2\"", "*"] {
        let reply = get(Edge(1)).header("if-none-match", same).sends().await.is(304);
        assert!(reply.body.is_empty(), "{same}");
        assert_eq!(reply.header("etag"), Some("\"rev-2\""));
    }
    for other in ["\"rev-1\"", "rev-2", "\"\""] {
        get(Edge(1)).header("if-none-match", other).sends().await.is(200);
    }
    canvas.makes_revs(1).await;
    get(Edge(1)).header("if-none-match", "\"rev-2\"").sends().await.is(200);
}

#[tokio::test]
async fn what_was_written_is_read_at_every_edge() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    for rev in 1..=10 {
        canvas.at(Edge(rev as usize % 2)).commits([add(&format!("a{rev}"))]).await.is_rev(rev);
        for edge in [Edge(0), Edge(1)] {
            assert_eq!(canvas.at(edge).reads().await.head_rev, rev, "an answered command is seen by the next read");
        }
    }
}

#[tokio::test]
async fn every_past_rev_can_be_read() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(8).await;
    let history = canvas.history().await;
    let mut replica = Replica::empty();
    for Commit { rev, ops, state_hash, .. } in &history {
        replica.follows(ops, *rev, state_hash);
        let document = canvas.at(Edge(*rev as usize % 2)).reads_rev(*rev).await;
        assert_eq!((document.head_rev, &document.state_hash), (*rev, state_hash));
        assert_eq!(document.atoms, replica.atoms());
    }
    assert_eq!(canvas.reads_rev(0).await.atoms, []);
    canvas.asks(Method::GET, "").query("rev", 9).sends().await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn a_documents_cursor_is_where_to_watch_from() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(2).await;
    let (now, then) = (canvas.reads().await, canvas.reads_rev(1).await);
    canvas.makes_revs(1).await;
    let mut from_now = canvas.watch(Edge(0)).cursor(&now.cursor).opens().await;
    let mut from_then = canvas.watch(Edge(1)).cursor(&then.cursor).opens().await;
    from_now.sees_revs(3..=3).await;
    from_then.sees_revs(2..=3).await;
}

#[tokio::test]
async fn the_history_is_read_page_by_page() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(7).await;
    let page = async |after_rev: u64, limit: usize| {
        let ask = canvas.at(Edge(1)).asks(Method::GET, "/commits").query("after_rev", after_rev).query("limit", limit);
        let said = ask.sends().await.is(200).json();
        assert_eq!(said["head_rev"], 7);
        let commits: Vec<Commit> = serde_json::from_value(said["commits"].clone()).expect("commits");
        commits.iter().map(|commit| commit.rev).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 3).await, [1, 2, 3]);
    assert_eq!(page(3, 3).await, [4, 5, 6]);
    assert_eq!(page(6, 3).await, [7]);
    assert_eq!(page(7, 3).await, [0; 0]);
    assert_eq!(page(1_000, 3).await, [0; 0]);
    let whole = canvas.asks(Method::GET, "/commits").sends().await.is(200).json();
    assert_eq!(whole["commits"].as_array().map(Vec::len), Some(7));
}

#[tokio::test]
async fn a_document_is_not_kept_by_proxies() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.commits([add("a"), set("a", "secret", json!("of one tenant"))]).await.is_rev(1);
    for tail in ["", "/commits"] {
        let reply = canvas.asks(Method::GET, tail).sends().await.is(200);
        let said = reply.header("cache-control").unwrap_or_default().to_owned();
        assert!(said.contains("no-store") || said.contains("private") || said.contains("no-cache"), "{tail}: {said:?}");
    }
}
