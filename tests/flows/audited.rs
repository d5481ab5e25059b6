//! Every mutation and every refusal leaves a DatasetEvent: who, what, where, when, and what came of it.

use harness::ops::add;
use harness::{Edge, Person, World, draft, until};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::{Role, TenantId};

/// What was done to what, by whom, and what came of it.
type Told = (String, String, String, String);

fn told(action: &str, resource: &str, by: &Person, outcome: &str) -> Told {
    (action.to_owned(), resource.to_owned(), by.user_id.clone(), outcome.to_owned())
}

/// The events of a tenant that are about these resources, in the order of what they say.
async fn of_tenant(world: &World, tenant_id: &TenantId, by: &Person) -> Vec<Told> {
    let events = "SELECT action, resource, actor_id, outcome FROM dataset_events
        WHERE tenant_id = $1 AND actor_id = $2 ORDER BY action, resource, outcome";
    let database = world.database().await;
    let rows = database.query(events, &[&tenant_id.as_str(), &by.user_id]).await.expect("an answer");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

async fn until_told(world: &World, tenant_id: &TenantId, by: &Person, expected: &[Told]) {
    until(format_args!("not everything is audited: {expected:?}"), async || {
        let told = of_tenant(world, tenant_id, by).await;
        expected.iter().all(|event| told.contains(event)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_done_and_what_workers_refuse_is_audited_in_its_own_transaction() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    canvas.commits([add("a")]).await.is_rev(1);
    canvas.sends(&draft(0, [add("b")])).await.refuses(409, Code::RevMismatch);
    let thread = ann.starts_thread().await;
    thread.says("hello").await;
    ann.sets_flags(json!({ "replay_mode": "auto" })).await.is(200);
    // No waiting: whoever is answered finds that it stands there.
    let events = of_tenant(&world, &ann.tenant_id, &ann).await;
    let (on_canvas, in_thread) = (format!("canvas.{}", canvas.id), format!("thread.{}", thread.id));
    for expected in [
        told("canvas.command", &on_canvas, &ann, "done"),
        told("canvas.command", &on_canvas, &ann, "REV_MISMATCH"),
        told("control.register_canvas", &on_canvas, &ann, "done"),
        told("control.register_thread", &in_thread, &ann, "done"),
        told("control.set_flags", "flags", &ann, "done"),
        told("thread.chat_message", &in_thread, &ann, "done"),
    ] {
        assert!(events.contains(&expected), "{expected:?} is missing: {events:?}");
    }
    assert_eq!(events.len(), 6, "and nothing else: {events:?}");
}

#[tokio::test]
async fn what_edges_refuse_is_audited_soon() {
    let world = World::shared().await;
    let (ann, bob, eve) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let bob = ann.welcomes(&bob, Role::Viewer).await;
    let bobs = canvas.seen_by(&bob.at(Edge(1)));
    bobs.sends(&draft(0, [add("a")])).await.refuses(403, Code::RoleTooLow);
    ann.asks(Method::POST, "/canvas").json(&json!({ "paint": 1 })).sends().await.refuses(400, Code::BodyInvalid);
    for _ in 0..3 {
        ann.asks(Method::GET, "/canvas/nowhere").sends().await.refuses(404, Code::NotFound);
    }
    eve.in_tenant(&ann.tenant_id).asks(Method::GET, "/canvas").sends().await.refuses(403, Code::NotAMember);
    let commands = format!("/canvas/{}/commands", canvas.id);
    let of_bob = [told("POST /canvas/{canvas_id}/commands", &commands, &bob, "ROLE_TOO_LOW")];
    until_told(&world, &ann.tenant_id, &bob, &of_bob).await;
    let of_ann = [
        told("POST /canvas", "/canvas", &ann, "BODY_INVALID"),
        told("GET /canvas/{canvas_id}", "/canvas/nowhere", &ann, "NOT_FOUND"),
    ];
    until_told(&world, &ann.tenant_id, &ann, &of_ann).await;
    // Strangers are tenant-0's business: they write nothing into a log that is not theirs.
    until_told(&world, &TenantId::system(), &eve, &[told("GET /canvas", "/canvas", &eve, "NOT_A_MEMBER")]).await;
    assert_eq!(of_tenant(&world, &ann.tenant_id, &eve).await, []);
    let counted = "SELECT sum((payload->>'count')::int) FROM dataset_events WHERE tenant_id = $1 AND resource = '/canvas/nowhere'";
    let database = world.database().await;
    let counted: i64 = database.query_one(counted, &[&ann.tenant_id.as_str()]).await.expect("an answer").get(0);
    assert_eq!(counted, 3, "those that are alike are counted");
}

#[tokio::test]
async fn what_a_socket_is_refused_is_audited() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let mut socket = ann.opens_socket().await;
    socket.asks(json!({ "type": "subscribe", "id": "1", "canvas_id": "nowhere" })).await;
    until_told(&world, &ann.tenant_id, &ann, &[told("WS subscribe", "canvas.nowhere", &ann, "NOT_FOUND")]).await;
}

#[tokio::test]
async fn an_event_says_where_and_by_which_request() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let reply = canvas.sends(&draft(0, [add("a")])).await.is(200);
    let event =
        "SELECT request_id, trace_id, routing, train_ok, payload, length(salt), ts > now() - interval '1 minute'
        FROM dataset_events WHERE tenant_id = $1 AND action = 'canvas.command'";
    let database = world.database().await;
    let row = database.query_one(event, &[&ann.tenant_id.as_str()]).await.expect("an event");
    assert_eq!(Some(row.get::<_, &str>(0)), reply.header("x-request-id"));
    assert_eq!(row.get::<_, &str>(1).len(), 32);
    let routing: Value = row.get(2);
    assert_eq!(routing["canvas_id"], canvas.id.as_str());
    assert!(routing["workspace_id"].is_string(), "{routing}");
    assert!(row.get::<_, bool>(3) && row.get::<_, bool>(6));
    let payload: Value = row.get(4);
    assert_eq!((&payload["ops"], &payload["done"]["rev"]), (&json!(1), &json!(1)), "{payload}");
    assert_eq!(row.get::<_, i32>(5), 32);
}
