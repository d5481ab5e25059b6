//! Tickets: one stream each, for a while, for whom and where they were given.

use harness::{Canvas, Edge, Person, Watch, World, until};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::{Env, Role};

const PAGE: &str = "https://app.example";

async fn gets(person: &Person, scope: &str) -> String {
    text(&gives(person, scope, None).await["ticket"])
}

async fn gives(person: &Person, scope: &str, page: Option<&str>) -> Value {
    let ask = person.asks(Method::POST, "/tickets").json(&json!({ "scope": scope }));
    let ask = page.iter().fold(ask, |ask, page| ask.header("origin", page));
    ask.sends().await.is(201).json()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn scope(canvas: &Canvas) -> String {
    format!("/sse/canvas/{}", canvas.id)
}

/// A browser has nothing but the URL.
fn with(canvas: &Canvas, edge: Edge, ticket: &str) -> Watch {
    let bare = canvas.person.asks_as_nobody(Method::GET, scope(canvas)).at(edge);
    Watch::of(bare.query("ticket", ticket))
}

async fn is_refused(watch: Watch) {
    watch.is_refused().await.refuses(401, Code::Unauthenticated);
}

#[tokio::test]
async fn a_ticket_opens_its_stream_once_over_all_edges() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let given = gives(&canvas.person, &scope(&canvas), None).await;
    assert_eq!(given["expires_in"], 30, "{given}");
    let ticket = text(&given["ticket"]);
    let mut reader = with(&canvas, Edge(1), &ticket).opens().await;
    assert_eq!(reader.hello["stream_id"], given["stream_id"], "it opens the stream that it names");
    is_refused(with(&canvas, Edge(1), &ticket)).await;
    is_refused(with(&canvas, Edge(0), &ticket)).await;
    canvas.commits([harness::ops::add("a")]).await.is_rev(1);
    reader.sees_revs(1..=1).await;
}

#[tokio::test]
async fn of_many_who_try_at_once_one_gets_in() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let ticket = gets(&canvas.person, &scope(&canvas)).await;
    let tries = (0..16).map(|number| with(&canvas, Edge(number % 2), &ticket).tries());
    let opened = futures_util::future::join_all(tries).await;
    assert_eq!(opened.iter().flatten().count(), 1);
}

#[tokio::test]
async fn an_event_source_comes_back_with_its_ticket_where_it_was() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let ticket = gets(&canvas.person, &scope(&canvas)).await;
    let mut reader = with(&canvas, Edge(0), &ticket).opens().await;
    canvas.commits([harness::ops::add("a")]).await.is_rev(1);
    reader.sees_revs(1..=1).await;
    let (cursor, stream_id) = (reader.cursor.clone(), reader.hello["stream_id"].clone());
    drop(reader);
    canvas.commits([harness::ops::add("b")]).await.is_rev(2);
    let mut again = with(&canvas, Edge(1), &ticket).last_event_id(&cursor).opens().await;
    assert_eq!((&again.hello["resumed"], &again.hello["stream_id"]), (&json!(true), &stream_id));
    again.sees_revs(2..=2).await;
    // A place in another log, or none that we gave, proves nothing.
    let other = canvas.person.creates_canvas().await.watches(Edge(0)).await;
    is_refused(with(&canvas, Edge(0), &ticket).last_event_id(&other.cursor)).await;
    is_refused(with(&canvas, Edge(0), &ticket).last_event_id("0")).await;
    is_refused(with(&canvas, Edge(0), &ticket).cursor(&cursor)).await;
}

#[tokio::test]
async fn a_ticket_is_good_for_nothing_else() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let (ann, other) = (&canvas.person, canvas.person.creates_canvas().await);
    let ticket = gets(ann, &scope(&canvas)).await;
    is_refused(with(&other, Edge(0), &ticket)).await;
    for path in [format!("/canvas/{}", canvas.id), "/canvas".into(), "/auth/me".into(), "/ws".into()] {
        let ask = ann.asks_as_nobody(Method::GET, path).query("ticket", &ticket);
        ask.sends().await.refuses(401, Code::Unauthenticated);
    }
    let more = ann.asks_as_nobody(Method::POST, "/tickets").query("ticket", &ticket).json(&json!({ "scope": "/ws" }));
    more.sends().await.refuses(401, Code::Unauthenticated);
    let bob = world.signs_up().await;
    for (name, value) in [("tenant_id", bob.tenant_id.as_str()), ("env", "prod"), ("actor_id", bob.user_id.as_str())] {
        with(&canvas, Edge(0), &ticket).query(name, value).is_refused().await.refuses(400, Code::ContextMismatch);
    }
    // None of that has spent it.
    with(&canvas, Edge(0), &ticket).opens().await;
}

#[tokio::test]
async fn a_ticket_of_another_tenant_opens_nothing() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    // The same canvas_id: what Bob's ticket says of it is about his own tenant.
    let foreign = gets(&bob, &scope(&canvas)).await;
    with(&canvas, Edge(0), &foreign).is_refused().await.refuses(404, Code::NotFound);
    let stated = with(&canvas, Edge(0), &foreign).query("tenant_id", ann.tenant_id.as_str());
    stated.is_refused().await.refuses(400, Code::ContextMismatch);
    // The name of a tenant stands in it, and is part of what is hashed.
    let ticket = gets(&bob, &scope(&canvas)).await;
    let random = ticket.split_once('.').expect("a tenant").1;
    is_refused(with(&canvas, Edge(0), &format!("{}.{random}", ann.tenant_id))).await;
    let staging = gets(&ann.in_env(Env::Staging), &scope(&canvas)).await;
    with(&canvas, Edge(0), &staging).is_refused().await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn a_ticket_is_for_pages_of_its_origin() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let of = async |page| text(&gives(&canvas.person, &scope(&canvas), page).await["ticket"]);
    let from = |ticket: &str, page: Option<&str>| {
        let bare = canvas.person.asks_as_nobody(Method::GET, scope(&canvas)).query("ticket", ticket);
        Watch::of(page.iter().fold(bare, |ask, page| ask.header("origin", page)))
    };
    let ticket = of(Some(PAGE)).await;
    for other in ["https://evil.example", "http://app.example", "null", "https://app.example.evil.example"] {
        is_refused(from(&ticket, Some(other))).await;
    }
    from(&ticket, Some(PAGE)).opens().await;
    is_refused(from(&of(None).await, Some(PAGE))).await;
    // A page of the edge's own origin does not say where it comes from.
    from(&of(Some(PAGE)).await, None).opens().await;
}

#[tokio::test]
async fn what_is_no_ticket_opens_nothing() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let tenant = canvas.person.tenant_id.as_str();
    let made_up = format!("{tenant}.{}", "A".repeat(43));
    for ticket in ["", ".", "x", tenant, &format!("{tenant}."), &made_up, &canvas.person.access_token] {
        is_refused(with(&canvas, Edge(0), ticket)).await;
    }
    for scope in ["", "/", "/canvas/c1", "/ws/", "/sse/canvas/", "/sse/canvas/a.b", "/sse/canvas/c1?x=1", "ws"] {
        let ask = canvas.person.asks(Method::POST, "/tickets").json(&json!({ "scope": scope }));
        ask.sends().await.refuses(400, Code::BodyInvalid);
    }
}

#[tokio::test]
async fn a_ticket_that_was_not_used_in_time_is_over() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let ticket = gets(&canvas.person, &scope(&canvas)).await;
    let age = "UPDATE tickets SET redeem_by = redeem_by - interval '30 s' WHERE tenant_id = $1";
    let aged = world.database().await.execute(age, &[&canvas.person.tenant_id.as_str()]).await;
    assert_eq!(aged.expect("an answer"), 1);
    is_refused(with(&canvas, Edge(0), &ticket)).await;
}

#[tokio::test]
async fn a_ticket_ends_with_the_token_behind_it() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let bob_there = ann.welcomes(&bob, Role::Viewer).await;
    let ticket = gets(&bob_there, &scope(&canvas)).await;
    assert_eq!(bob_there.logs_out().await.status, 204);
    until("the ticket is revoked", async || {
        let reply = with(&canvas, Edge(1), &ticket).is_refused().await;
        (reply.json()["code"] == "TOKEN_REVOKED").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_ticket_opens_a_web_socket_by_its_subprotocol() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let ticket = gets(&ann, "/ws").await;
    // The shared edges know no page: a socket of a page is refused, and spends no ticket.
    let offered = format!("northstar.v1, ticket.{ticket}");
    let dial = || harness::Dial::of(ann.asks_as_nobody(Method::GET, "/ws").at(Edge(1))).offers(&offered);
    let refused = dial().from_origin(PAGE).tries().await.expect_err("a page of no known origin");
    assert!([401, 403].contains(&refused.status), "{refused:?}");
    let refused = dial().tries().await.expect_err("nobody in particular");
    assert_eq!(refused.status, 403, "{refused:?}");
}
