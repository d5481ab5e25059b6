//! Tokens that end under open streams: a warning, a newer token in band, or the end.

use harness::{Block, Canvas, Edge, Person, Reader, World};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;

/// How long a stream outlives its token.
const LEEWAY_SECS: i64 = 30;

/// The same person with a token that lets a stream stay for so many seconds.
fn staying(world: &World, person: &Person, secs: i64) -> Person {
    let mut claims = person.claims();
    let now = chrono_now();
    claims["iat"] = json!(now - 900);
    claims["exp"] = json!(now - LEEWAY_SECS + secs);
    claims["jti"] = json!(uuid::Uuid::new_v4());
    person.with_token(world.forger().signs(&claims))
}

fn chrono_now() -> i64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a time").as_secs().cast_signed()
}

async fn renews(person: &Person, reader: &Reader, edge: Edge) -> harness::Reply {
    let stream_id = reader.hello["stream_id"].as_str().expect("an id");
    person.at(edge).asks(Method::POST, format!("/streams/{stream_id}/auth")).sends().await
}

fn data(block: &Block) -> Value {
    serde_json::from_str(block.data.as_deref().expect("data")).expect("JSON")
}

fn named<'a>(said: &'a [Block], name: &str) -> Vec<&'a Block> {
    said.iter().filter(|block| block.event.as_deref() == Some(name)).collect()
}

/// Reads on until this commit, past warnings.
async fn sees_rev(reader: &mut Reader, rev: u64) {
    loop {
        let block = reader.next_block().await.expect("the stream stays open");
        match block.event.as_deref() {
            Some("canvas_commit") => return assert_eq!(data(&block)["data"]["rev"], rev),
            Some("auth_expiring") | None => {}
            Some(other) => panic!("{other}: {block:?}"),
        }
    }
}

async fn a_canvas(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

#[tokio::test]
async fn a_stream_is_warned_and_closed_when_its_token_ends() {
    let world = World::shared().await;
    let canvas = a_canvas(&world).await;
    let ending = canvas.seen_by(&staying(&world, &canvas.person, 4));
    for mut reader in [ending.watches(Edge(0)).await, ending.watches(Edge(1)).await] {
        let said = reader.sees_it_close().await;
        let warnings = named(&said, "auth_expiring");
        assert_eq!(warnings.len(), 1, "one warning for each token: {said:?}");
        assert_eq!(data(warnings[0])["stream_id"], reader.hello["stream_id"]);
        let last = said.last().expect("a reason");
        assert_eq!((last.event.as_deref(), &data(last)["code"]), (Some("error"), &json!("AUTH_EXPIRED")));
    }
}

#[tokio::test]
async fn a_newer_token_keeps_a_stream_open_whichever_edge_it_is_given_to() {
    let world = World::shared().await;
    let canvas = a_canvas(&world).await;
    let ending = canvas.seen_by(&staying(&world, &canvas.person, 6));
    let mut twin = ending.watches(Edge(0)).await;
    let (mut here, mut there) = (ending.watches(Edge(0)).await, ending.watches(Edge(0)).await);
    renews(&canvas.person, &here, Edge(0)).await.is(204);
    renews(&canvas.person, &there, Edge(1)).await.is(204);
    // When the one is closed that has no newer token, the others would be, too.
    twin.sees_it_close().await;
    canvas.commits([harness::ops::add("a")]).await.is_rev(1);
    sees_rev(&mut here, 1).await;
    sees_rev(&mut there, 1).await;
}

#[tokio::test]
async fn a_socket_stays_open_by_a_newer_token_in_band() {
    let world = World::shared().await;
    let canvas = a_canvas(&world).await;
    let ann = &canvas.person;
    let ending = staying(&world, ann, 6);
    let (mut renewed, mut twin) = (ending.opens_socket().await, ending.opens_socket().await);
    renewed.subscribes(json!({ "canvas_id": canvas.id })).await;
    let answer = renewed.asks(json!({ "type": "auth", "token": ann.access_token })).await;
    assert_eq!(answer["type"], "ack", "{answer}");
    for bad in ["", "x", &world.signs_up().await.access_token] {
        let answer = renewed.asks(json!({ "type": "auth", "token": bad })).await;
        assert_eq!(answer["type"], "error", "{answer}");
    }
    let (said, code, reason) = twin.sees_it_close().await;
    assert_eq!((code, reason.as_str()), (4401, "AUTH_EXPIRED"));
    assert!(said.iter().any(|frame| frame["type"] == "auth_expiring"), "{said:?}");
    canvas.commits([harness::ops::add("a")]).await.is_rev(1);
    loop {
        let frame = renewed.next_frame().await;
        if frame["type"] == "canvas_commit" {
            break assert_eq!(frame["data"]["rev"], 1, "{frame}");
        }
        assert_eq!(frame["type"], "auth_expiring", "{frame}");
    }
}

#[tokio::test]
async fn a_stream_goes_on_only_for_the_one_whose_it_is() {
    let world = World::shared().await;
    let canvas = a_canvas(&world).await;
    let eve = world.signs_up().await;
    let reader = canvas.watches(Edge(0)).await;
    for edge in [Edge(0), Edge(1)] {
        renews(&eve, &reader, edge).await.refuses(404, Code::NotFound);
        let ended = staying(&world, &canvas.person, -5);
        renews(&ended, &reader, edge).await.refuses(401, Code::AuthExpired);
        for stream_id in ["x".to_owned(), uuid::Uuid::new_v4().to_string()] {
            let path = format!("/streams/{stream_id}/auth");
            canvas.person.at(edge).asks(Method::POST, path).sends().await.refuses(404, Code::NotFound);
        }
    }
}
