//! WebSockets: many subscriptions on one connection, each told everything in order, and every frame answered.

use harness::ops::{add, set};
use harness::{Canvas, Edge, Refused, Socket, World, within};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use subjects::code::Code;
use tokio_tungstenite::tungstenite::Message;

/// Far more than a connection's queue and its sockets hold.
const EVENTS: u64 = 40;
const EVENT_BYTES: usize = 200 * 1024;

async fn canvas_in(world: &World) -> Canvas {
    world.signs_up().await.creates_canvas().await
}

fn of(canvas: &Canvas) -> Value {
    json!({ "canvas_id": canvas.id })
}

fn from(canvas: &Canvas, cursor: &Value) -> Value {
    json!({ "canvas_id": canvas.id, "cursor": cursor })
}

/// Demands that the commits of these revs come next; gives the cursor after them.
async fn sees_revs(socket: &mut Socket, canvas: &Canvas, revs: std::ops::RangeInclusive<u64>) -> Value {
    let mut cursor = Value::Null;
    for rev in revs {
        let event = socket.next_event().await;
        assert_eq!(event.commit().rev, rev);
        assert_eq!(json!(event.body.routing.keys.canvas_id), json!(canvas.id));
        cursor = json!(event.body.meta.cursor);
    }
    cursor
}

#[tokio::test]
async fn who_subscribes_is_told_where_they_stand_and_then_everything() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(2).await;
    let mut socket = canvas.person.opens_socket().await;
    let said = socket.subscribes(from(&canvas, &json!("0"))).await;
    assert_eq!(
        (&said["canvas_id"], &said["resumed"], &said["reason"]),
        (&json!(canvas.id), &json!(true), &Value::Null)
    );
    assert!(said["stream_id"].is_string() && said["cursor"].is_string(), "{said}");
    sees_revs(&mut socket, &canvas, 1..=2).await;
    canvas.makes_revs(3).await;
    sees_revs(&mut socket, &canvas, 3..=5).await;
    socket.closes().await;
}

#[tokio::test]
async fn a_commit_is_the_same_on_both_rails() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut socket = canvas.person.opens_socket().await;
    socket.subscribes(of(&canvas)).await;
    let mut reader = canvas.watches(Edge(0)).await;
    for rev in 1..=3 {
        let op = if rev == 1 { add("a") } else { set("a", "text", "é\n\u{2028}".repeat(rev as usize)) };
        canvas.commits([op]).await.is_rev(rev);
        let block = loop {
            let block = reader.next_block().await.expect("an open stream");
            if block.event.is_some() {
                break block;
            }
        };
        socket.next_event().await;
        assert_eq!(block.data.as_deref(), Some(socket.last_text.as_str()));
    }
}

#[tokio::test]
async fn a_subscription_goes_on_at_the_other_edge() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let (mut cursor, mut seen) = (json!("0"), 0);
    for turn in 0..4 {
        canvas.makes_revs(5).await;
        let mut socket = canvas.at(Edge(turn % 2)).person.opens_socket().await;
        let said = socket.subscribes(from(&canvas, &cursor)).await;
        assert_eq!((&said["resumed"], &said["reason"]), (&json!(true), &Value::Null), "{said}");
        cursor = sees_revs(&mut socket, &canvas, seen + 1..=seen + 4).await;
        seen += 4;
    }
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_is_refused_and_the_subscription_is_live() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(2).await;
    let mut socket = canvas.person.opens_socket().await;
    let said = socket.subscribes(from(&canvas, &json!("garbage"))).await;
    assert_eq!((&said["resumed"], &said["reason"]), (&json!(false), &json!("forged")), "{said}");
    assert!(said["snapshot_ref"].is_string(), "{said}");
    let known = said["head_rev"].as_u64().expect("a rev");
    canvas.makes_revs(1).await;
    sees_revs(&mut socket, &canvas, known + 1..=3).await;
}

#[tokio::test]
async fn many_subscriptions_share_one_connection() {
    const CANVASES: usize = 30;
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let mut canvases = Vec::new();
    for _ in 0..CANVASES {
        canvases.push(ann.creates_canvas().await);
    }
    let mut socket = ann.opens_socket().await;
    let mut asked = Vec::new();
    for canvas in &canvases {
        asked.push(socket.sends(json!({ "type": "subscribe", "canvas_id": canvas.id })).await);
    }
    for id in &asked {
        assert_eq!(socket.is_answered(id).await["type"], "subscribed");
    }
    for canvas in &canvases {
        canvas.makes_revs(2).await;
    }
    let mut seen: Vec<(String, u64)> = Vec::new();
    while seen.len() < CANVASES * 2 {
        let event = socket.next_event().await;
        let canvas_id = event.body.routing.keys.canvas_id.as_ref().expect("a canvas").to_string();
        seen.push((canvas_id, event.commit().rev));
    }
    for canvas in &canvases {
        let revs: Vec<_> = seen.iter().filter(|(of, _)| *of == canvas.id).map(|(_, rev)| *rev).collect();
        assert_eq!(revs, [1, 2], "{}", canvas.id);
    }
}

#[tokio::test]
async fn who_unsubscribes_hears_no_more() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let (left, kept) = (ann.creates_canvas().await, ann.creates_canvas().await);
    let mut socket = ann.opens_socket().await;
    socket.subscribes(of(&left)).await;
    socket.subscribes(of(&kept)).await;
    left.makes_revs(1).await;
    sees_revs(&mut socket, &left, 1..=1).await;
    let mut bye = of(&left);
    bye["type"] = json!("unsubscribe");
    assert_eq!(socket.asks(bye).await["type"], "ack");
    left.makes_revs(2).await;
    kept.makes_revs(1).await;
    sees_revs(&mut socket, &kept, 1..=1).await;
}

#[tokio::test]
async fn who_subscribes_again_takes_the_place_of_the_first() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    canvas.makes_revs(3).await;
    let mut socket = canvas.person.opens_socket().await;
    socket.subscribes(from(&canvas, &json!("0"))).await;
    sees_revs(&mut socket, &canvas, 1..=3).await;
    let mut again = canvas.person.opens_socket().await;
    again.subscribes(of(&canvas)).await;
    again.subscribes(from(&canvas, &json!("0"))).await;
    sees_revs(&mut again, &canvas, 1..=3).await;
    canvas.makes_revs(1).await;
    sees_revs(&mut again, &canvas, 4..=4).await;
    canvas.makes_revs(1).await;
    sees_revs(&mut again, &canvas, 5..=5).await;
}

#[tokio::test]
async fn only_what_is_asked_for_is_seen() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut socket = canvas.person.opens_socket().await;
    socket.subscribes(json!({ "canvas_id": canvas.id, "channels": ["artifacts"] })).await;
    let mut other = canvas.person.opens_socket().await;
    other.subscribes(json!({ "canvas_id": canvas.id, "actor_id": "somebody-else" })).await;
    let mut own = canvas.person.opens_socket().await;
    own.subscribes(json!({ "canvas_id": canvas.id, "actor_id": canvas.person.user_id })).await;
    canvas.makes_revs(2).await;
    sees_revs(&mut own, &canvas, 1..=2).await;
    // Whatever they were to see would have come before the answer.
    for socket in [&mut socket, &mut other] {
        let id = socket.sends(json!({ "type": "ping" })).await;
        assert_eq!(socket.next_frame().await, json!({ "type": "pong", "id": id }));
    }
}

#[tokio::test]
async fn a_slow_socket_misses_nothing_and_holds_up_nobody() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut slow = canvas.person.opens_socket().await;
    slow.subscribes(of(&canvas)).await;
    let mut quick = canvas.person.opens_socket().await;
    quick.subscribes(of(&canvas)).await;
    canvas.commits([add("a")]).await.is_rev(1);
    sees_revs(&mut quick, &canvas, 1..=1).await;
    for rev in 2..=EVENTS {
        canvas.commits([set("a", "text", "x".repeat(EVENT_BYTES))]).await.is_rev(rev);
        sees_revs(&mut quick, &canvas, rev..=rev).await;
    }
    sees_revs(&mut slow, &canvas, 1..=EVENTS).await;
    canvas.commits([add("b")]).await.is_rev(EVENTS + 1);
    sees_revs(&mut slow, &canvas, EVENTS + 1..=EVENTS + 1).await;
}

#[tokio::test]
async fn a_frame_that_cannot_be_read_is_an_error_and_no_end() {
    let world = World::shared().await;
    let canvas = canvas_in(&world).await;
    let mut socket = canvas.person.opens_socket().await;
    for text in ["", "{", "[]", "null", r#"{"type":"ping"}"#, r#"{"id":"","type":"ping"}"#] {
        socket.says(text).await;
        let answer = socket.next_frame().await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &Value::Null), "{text}: {answer}");
        assert_eq!(answer["code"], Code::BodyInvalid.as_str(), "{text}");
    }
    for frame in [
        json!({ "type": "nonsense" }),
        json!({ "type": "subscribe" }),
        json!({ "type": "subscribe", "canvas_id": "c", "thread_id": "t" }),
        json!({ "type": "subscribe", "canvas_id": "a.b" }),
        json!({ "type": "subscribe", "canvas_id": canvas.id, "channels": ["messages"] }),
        json!({ "type": "auth" }),
    ] {
        socket.is_refused(frame, Code::BodyInvalid).await;
    }
    socket.is_refused(json!({ "type": "subscribe", "canvas_id": "nowhere" }), Code::NotFound).await;
    socket.is_refused(json!({ "type": "subscribe", "thread_id": "nowhere" }), Code::NotFound).await;
    assert_eq!(socket.asks(json!({ "type": "ping" })).await["type"], "pong");
}

#[tokio::test]
async fn what_breaks_the_protocol_closes() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let large = format!(r#"{{"id":"1","type":"ping","more":"{}"}}"#, "x".repeat(300 * 1024));
    for (message, code) in [(Message::Text(large.into()), 1009), (Message::Binary(vec![1, 2, 3].into()), 1003)] {
        let mut socket = ann.opens_socket().await;
        socket.puts(message).await;
        let (_, closed_with, _) = socket.sees_it_close().await;
        assert_eq!(closed_with, code);
    }
    let mut socket = ann.opens_socket().await;
    let just_fits = format!(r#"{{"id":"1","type":"ping","more":"{}"}}"#, "x".repeat(250 * 1024));
    socket.says(&just_fits).await;
    assert_eq!(socket.is_answered("1").await["type"], "pong");
}

#[tokio::test]
async fn nobody_connects_without_a_token_a_context_and_an_origin() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let refused = |status, code: Code| Refused { status, code: Some(code.as_str().to_owned()) };
    let check = async |dial: harness::Dial, expected: Refused| {
        assert_eq!(dial.tries().await.err(), Some(expected));
    };
    check(ann.dials().with(|ask| ask.without("authorization")), refused(401, Code::Unauthenticated)).await;
    check(ann.dials().with(|ask| ask.without("x-env")), refused(400, Code::ContextMissing)).await;
    check(eve.in_tenant(&ann.tenant_id).dials(), refused(403, Code::NotAMember)).await;
    check(ann.dials().from_origin("https://evil.example"), refused(403, Code::OriginRefused)).await;
    check(ann.dials_chat("nowhere"), refused(404, Code::NotFound)).await;
    let plain = ann.asks(Method::GET, "/ws").sends().await;
    plain.refuses(426, Code::UpgradeRequired);
    let socket = ann.dials().offers("northstar.v1, other").opens().await;
    assert_eq!(socket.protocol.as_deref(), Some("northstar.v1"));
}

#[tokio::test]
async fn anothers_canvas_is_not_found() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let mut socket = eve.opens_socket().await;
    let mut ask = of(&canvas);
    ask["type"] = json!("subscribe");
    socket.is_refused(ask, Code::NotFound).await;
}

#[tokio::test]
async fn a_connection_ends_with_its_token() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let mut claims = ann.claims();
    let now = claims["iat"].as_i64().expect("a time");
    // Good for a few seconds of the leeway.
    (claims["iat"], claims["exp"]) = (json!(now - 900), json!(now - 25));
    let brief = ann.with_token(world.forger().signs(&claims));
    let (said, code, reason) = brief.opens_socket().await.sees_it_close().await;
    assert_eq!((code, reason.as_str()), (4401, Code::AuthExpired.as_str()));
    assert_eq!(said.last().map(|frame| &frame["code"]), Some(&json!(Code::AuthExpired.as_str())), "{said:?}");
}

#[tokio::test]
async fn a_thread_is_subscribed_by_its_url_or_by_a_frame() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let body =
        json!({ "thread_id": "talk", "workspace_id": "w1", "project_id": "p1", "app_id": "a1", "surface_id": "s1" });
    ann.asks(Method::POST, "/threads").json(&body).sends().await.is(201);
    let mut socket = ann.dials_chat("talk").query("cursor", "0").opens().await;
    let said = socket.is_answered("open").await;
    assert_eq!(
        (&said["type"], &said["thread_id"], &said["resumed"]),
        (&json!("subscribed"), &json!("talk"), &json!(true))
    );
    let said = socket.subscribes(json!({ "thread_id": "talk", "channels": ["messages", "runs", "presence"] })).await;
    assert_eq!(said["thread_id"], "talk");
    let stream = ann.asks(Method::GET, "/sse/chat/talk").opens().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    ann.asks(Method::GET, "/sse/chat/nowhere").sends().await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn what_is_asked_side_by_side_is_answered_by_name() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let mut socket = ann.opens_socket().await;
    let mut asked = Vec::new();
    for number in 0..200 {
        let frame = match number % 2 {
            0 => json!({ "type": "ping" }),
            _ => json!({ "type": "subscribe", "canvas_id": format!("nowhere-{number}") }),
        };
        asked.push(socket.sends(frame).await);
    }
    let answers = async {
        for id in asked.iter().rev() {
            assert!(["pong", "error"].contains(&socket.is_answered(id).await["type"].as_str().unwrap_or_default()));
        }
    };
    within(Duration::from_secs(60), "all answers", answers).await;
}
