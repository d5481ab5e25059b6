//! What is taken away before a token's time: in force on every edge within a second, also on streams that are open.

use harness::{Block, Canvas, Edge, Person, Reader, World, until, until_within};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use subjects::code::Code;
use subjects::ids::Role;

/// How long it may take until it is in force everywhere.
const AT_MOST: Duration = Duration::from_secs(1);

/// A reader of the canvas on each edge.
async fn watch(canvas: &Canvas) -> [Reader; 2] {
    [canvas.watches(Edge(0)).await, canvas.watches(Edge(1)).await]
}

/// It is closed, and says why last.
async fn closes(mut reader: Reader, code: Code) {
    let said = reader.sees_it_close().await;
    assert_eq!(why(said.last()), Some(json!(code.as_str())), "{said:?}");
}

fn why(last: Option<&Block>) -> Option<Value> {
    let last = last.filter(|last| last.event.as_deref() == Some("error"))?;
    let data: Value = serde_json::from_str(last.data.as_deref()?).ok()?;
    Some(data["code"].clone())
}

async fn is_refused_everywhere(person: &Person, status: u16, code: Code) {
    for edge in [Edge(0), Edge(1)] {
        until_within(AT_MOST, format!("{edge:?} says {code}"), async || {
            let reply = person.at(edge).asks(Method::GET, "/canvas").sends().await;
            (reply.status == status && reply.json()["code"] == code.as_str()).then_some(())
        })
        .await;
    }
}

async fn revokes(person: &Person, body: Value) -> harness::Reply {
    person.asks(Method::POST, "/auth/revoke").json(&body).sends().await
}

#[tokio::test]
async fn logging_out_closes_what_the_session_opened() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let elsewhere = ann.logs_in_with(&ann.password).await.is(200).json();
    let other_session = ann.with_token(elsewhere["access_token"].as_str().expect("a token"));
    let mut stays = canvas.seen_by(&other_session).watches(Edge(1)).await;
    let [here, there] = watch(&canvas).await;
    let mut socket = ann.at(Edge(1)).opens_socket().await;
    ann.logs_out().await.is(204);
    is_refused_everywhere(&ann, 401, Code::TokenRevoked).await;
    closes(here, Code::TokenRevoked).await;
    closes(there, Code::TokenRevoked).await;
    let (_, code, reason) = socket.sees_it_close().await;
    assert_eq!((code, reason.as_str()), (4501, "TOKEN_REVOKED"), "it says not to come back as it is");
    canvas.seen_by(&other_session).commits([harness::ops::add("a")]).await.is_rev(1);
    stays.sees_revs(1..=1).await;
}

#[tokio::test]
async fn spending_a_refresh_token_twice_closes_what_the_session_opened() {
    let world = World::shared().await;
    let mut ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let [here, there] = watch(&canvas).await;
    let spent = ann.refresh_token.clone();
    ann.refreshes().await;
    ann.refreshes_with(&spent).await.refuses(401, Code::RefreshInvalid);
    closes(here, Code::TokenRevoked).await;
    closes(there, Code::TokenRevoked).await;
    is_refused_everywhere(&ann, 401, Code::TokenRevoked).await;
}

#[tokio::test]
async fn who_is_taken_out_sees_no_more_of_that_tenant() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let bob_there = ann.welcomes(&bob, Role::Member).await;
    let own = bob.creates_canvas().await;
    let bob_at_home = bob_there.in_tenant(&bob.tenant_id);
    let mut at_home = own.seen_by(&bob_at_home).watches(Edge(0)).await;
    let [here, there] = watch(&canvas.seen_by(&bob_there)).await;
    let mut socket = bob_there.opens_socket().await;
    ann.takes_out(&bob).await.is(204);
    is_refused_everywhere(&bob_there, 403, Code::NotAMember).await;
    closes(here, Code::NotAMember).await;
    closes(there, Code::NotAMember).await;
    assert_eq!(socket.sees_it_close().await.1, 4502);
    own.seen_by(&bob_at_home).commits([harness::ops::add("a")]).await.is_rev(1);
    at_home.sees_revs(1..=1).await;
    let back = ann.welcomes(&bob, Role::Viewer).await;
    canvas.seen_by(&back).watches(Edge(1)).await;
}

#[tokio::test]
async fn a_role_is_lowered_for_tokens_that_say_otherwise() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let bob_there = ann.welcomes(&bob, Role::Member).await;
    let by_bob = canvas.seen_by(&bob_there);
    by_bob.commits([harness::ops::add("a")]).await.is_rev(1);
    let [mut here, mut there] = watch(&by_bob).await;
    ann.gives(&bob, Role::Viewer).await.is(200);
    for edge in [Edge(0), Edge(1)] {
        until_within(AT_MOST, format!("{edge:?} lets Bob write no more"), async || {
            let draft = harness::draft(0, [harness::ops::add("b")]);
            let reply = by_bob.at(edge).sends(&draft).await;
            (reply.status == 403 && reply.json()["code"] == "ROLE_TOO_LOW").then_some(())
        })
        .await;
    }
    canvas.commits([harness::ops::add("c")]).await.is_rev(2);
    here.sees_revs(2..=2).await;
    there.sees_revs(2..=2).await;
}

#[tokio::test]
async fn a_token_is_revoked_by_its_bearer() {
    let world = World::shared().await;
    let mut ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let old = ann.clone();
    ann.refreshes().await;
    let [here, there] = watch(&canvas.seen_by(&old)).await;
    let mut stays = canvas.seen_by(&ann).watches(Edge(0)).await;
    revokes(&old, json!({})).await.is(204);
    closes(here, Code::TokenRevoked).await;
    closes(there, Code::TokenRevoked).await;
    is_refused_everywhere(&old, 401, Code::TokenRevoked).await;
    canvas.seen_by(&ann).commits([harness::ops::add("a")]).await.is_rev(1);
    stays.sees_revs(1..=1).await;
}

#[tokio::test]
async fn an_agent_acts_under_a_token_of_its_own_until_it_is_revoked() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let asks = async |person: &Person, body: Value| person.asks(Method::POST, "/auth/agents").json(&body).sends().await;
    let given = asks(&ann, json!({ "actor_id": "writer-1", "expires_in": 600 })).await.is(201).json();
    assert_eq!((&given["actor_type"], &given["role"]), (&json!("agent"), &json!("member")), "{given}");
    let agent = ann.with_token(given["access_token"].as_str().expect("a token"));
    let by_agent = canvas.seen_by(&agent);
    by_agent.commits([harness::ops::add("a")]).await.is_rev(1);
    let commit = canvas.history().await.remove(0);
    assert_eq!((commit.actor_id.as_str(), commit.actor_type.as_str()), ("writer-1", "agent"));
    let me = agent.who().await.is(200).json();
    assert_eq!((&me["user"]["user_id"], &me["actor_type"]), (&json!("writer-1"), &json!("agent")), "{me}");

    asks(&agent, json!({ "actor_id": "writer-2" })).await.refuses(403, Code::RoleTooLow);
    asks(&ann, json!({ "actor_id": bob.user_id })).await.refuses(409, Code::AlreadyExists);
    asks(&ann, json!({ "actor_id": "a.b" })).await.refuses(400, Code::BodyInvalid);
    asks(&ann, json!({ "actor_id": "w", "expires_in": 86_401 })).await.refuses(400, Code::BodyInvalid);
    let bob_there = ann.welcomes(&bob, Role::Admin).await;
    asks(&bob_there, json!({ "actor_id": "w", "role": "owner" })).await.refuses(403, Code::RoleTooLow);

    let [here, there] = watch(&by_agent).await;
    let token = json!({ "jti": given["jti"] });
    let member = ann.welcomes(&world.signs_up().await, Role::Member).await;
    revokes(&member, token.clone()).await.refuses(403, Code::RoleTooLow);
    revokes(&bob_there, token).await.is(204);
    closes(here, Code::TokenRevoked).await;
    closes(there, Code::TokenRevoked).await;
    until("the agent is out", async || (agent.asks(Method::GET, "/canvas").sends().await.status == 403).then_some(()))
        .await;
}

#[tokio::test]
async fn an_admin_revokes_tokens_for_their_own_tenant_only() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let jti = bob.claims()["jti"].clone();
    revokes(&ann, json!({ "jti": jti })).await.is(204);
    // In force everywhere by now, if it were: a later revocation is.
    let mut cid = world.signs_up().await;
    let old = cid.clone();
    cid.refreshes().await;
    revokes(&old, json!({})).await.is(204);
    is_refused_everywhere(&old, 401, Code::TokenRevoked).await;
    bob.asks(Method::GET, "/canvas").sends().await.is(200);
}
