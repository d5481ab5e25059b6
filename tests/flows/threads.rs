//! The registry of threads: what there is, where it belongs, and who finds it.

use harness::{Edge, Person, World, until};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::{Env, Role};

fn home() -> Value {
    json!({ "workspace_id": "w1", "project_id": "p1", "app_id": "a1", "surface_id": "s1" })
}

fn with(members: &[(&str, Value)]) -> Value {
    let mut body = home();
    members.iter().for_each(|(member, value)| body[*member] = value.clone());
    body
}

async fn page(person: &Person, query: &[(&str, &str)]) -> Value {
    let ask = query.iter().fold(person.asks(Method::GET, "/threads"), |ask, (name, value)| ask.query(name, value));
    ask.sends().await.is(200).json()
}

fn ids(page: &Value) -> Vec<&str> {
    let threads = page["threads"].as_array().expect("a list");
    threads.iter().map(|thread| thread["thread_id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn a_thread_is_registered_and_known_at_every_edge() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let entry = ann.registers_thread(&home()).await.is(201);
    let said = entry.json();
    for (key, value) in [("workspace_id", "w1"), ("project_id", "p1"), ("app_id", "a1"), ("surface_id", "s1")] {
        assert_eq!(said[key], value, "{said}");
    }
    assert_eq!((&said["canvas_id"], &said["head_seq"], &said["env"]), (&Value::Null, &json!(0), &json!("dev")));
    let thread = ann.knows_thread(said["thread_id"].as_str().expect("one was made up"));
    assert_eq!(entry.header("location"), Some(format!("/threads/{}/messages", thread.id).as_str()));
    for edge in [Edge(0), Edge(1)] {
        assert!(thread.at(edge).messages().await.is_empty());
    }
    ann.registers_thread(&with(&[("thread_id", json!(thread.id))])).await.refuses(409, Code::AlreadyExists);
}

#[tokio::test]
async fn an_edge_that_said_it_is_not_there_learns_that_it_is() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let thread = ann.knows_thread("soon");
    for edge in [Edge(0), Edge(1)] {
        thread.at(edge).says("Too early").await.refuses(404, Code::NotFound);
    }
    ann.starts_thread_named("soon").await;
    until("the other edge knows it", async || (thread.at(Edge(1)).says("Hi").await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn a_thread_belongs_where_its_canvas_does() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let said = ann.registers_thread(&json!({ "canvas_id": canvas.id })).await.is(201).json();
    assert_eq!((&said["canvas_id"], &said["app_id"]), (&json!(canvas.id), &json!("a1")));
    ann.registers_thread(&json!({ "canvas_id": canvas.id, "app_id": "a2" })).await.refuses(400, Code::ContextMismatch);
    ann.registers_thread(&json!({ "canvas_id": "nowhere" })).await.refuses(404, Code::NotFound);
    ann.registers_thread(&json!({ "app_id": "a1" })).await.refuses(400, Code::BodyInvalid);
    let thread = ann.knows_thread(said["thread_id"].as_str().expect("an id"));
    let other = ann.creates_canvas().await;
    let elsewhere = thread.asks(Method::GET, "/messages").query("canvas_id", &other.id);
    elsewhere.sends().await.refuses(400, Code::ContextMismatch);
    ann.starts_thread().await;
    assert_eq!(ids(&page(&ann, &[("canvas_id", &canvas.id)]).await), [thread.id.as_str()]);
}

#[tokio::test]
async fn threads_are_listed_page_by_page() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for number in 0..5 {
        ann.starts_thread_named(&format!("th-{number}")).await;
    }
    ann.in_env(Env::Prod).starts_thread_named("elsewhere").await;
    ann.knows_thread("th-1").says("Hi").await.is(200);
    let first = page(&ann, &[("limit", "3")]).await;
    assert_eq!(ids(&first), ["th-0", "th-1", "th-2"]);
    assert_eq!(first["threads"][1]["head_seq"], 1, "{first}");
    let next = first["next"].as_str().expect("there is more");
    let rest = page(&ann, &[("limit", "3"), ("cursor", next)]).await;
    assert_eq!((ids(&rest), &rest["next"]), (vec!["th-3", "th-4"], &Value::Null));
    let forged = ann.asks(Method::GET, "/threads").query("cursor", next).query("app_id", "a1");
    forged.sends().await.refuses(400, Code::QueryInvalid);
}

#[tokio::test]
async fn only_members_of_the_tenant_and_env_find_it() {
    let world = World::shared().await;
    let (ann, bob, eve) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let thread = ann.starts_thread().await;
    thread.says("Only for us").await.is(200);
    let bob = ann.welcomes(&bob, Role::Viewer).await;
    assert_eq!(thread.seen_by(&bob).texts().await, ["Only for us"]);
    thread.seen_by(&bob).says("Me, too").await.refuses(403, Code::RoleTooLow);
    bob.registers_thread(&home()).await.refuses(403, Code::RoleTooLow);
    for (who, code) in [
        (eve.clone(), Code::NotFound),
        (eve.in_tenant(&ann.tenant_id), Code::NotAMember),
        (ann.in_env(Env::Prod), Code::NotFound),
    ] {
        let status = if code == Code::NotFound { 404 } else { 403 };
        thread.seen_by(&who).says("Hi").await.refuses(status, code);
        thread.seen_by(&who).asks(Method::GET, "/messages").sends().await.refuses(status, code);
    }
    assert_eq!(thread.texts().await, ["Only for us"]);
}
