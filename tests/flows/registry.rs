//! The registry of canvases: what there is, page by page, for a tenant and env.

use harness::{Edge, Person, World};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::Env;

fn home() -> Value {
    json!({ "workspace_id": "w1", "project_id": "p1", "app_id": "a1", "surface_id": "s1" })
}

fn with(member: &str, value: Value) -> Value {
    let mut body = home();
    body[member] = value;
    body
}

async fn page(person: &Person, query: &[(&str, String)]) -> Value {
    let ask = person.asks(Method::GET, "/canvas");
    let ask = query.iter().fold(ask, |ask, (name, value)| ask.query(name, value));
    ask.sends().await.is(200).json()
}

fn ids(page: &Value) -> Vec<String> {
    let canvases = page["canvases"].as_array().expect("a list");
    canvases.iter().map(|canvas| canvas["canvas_id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_canvas_is_registered_and_known_at_every_edge() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let entry = ann.registers(&with("title", json!("Start"))).await.is(201).json();
    for (key, value) in [("workspace_id", "w1"), ("project_id", "p1"), ("app_id", "a1"), ("surface_id", "s1")] {
        assert_eq!(entry[key], value, "{entry}");
    }
    assert_eq!(
        (&entry["tenant_id"], &entry["env"], &entry["head_rev"], &entry["title"]),
        (&json!(ann.tenant_id), &json!("dev"), &json!(0), &json!("Start"))
    );
    let canvas = ann.knows_canvas(entry["canvas_id"].as_str().expect("one was made up"));
    for edge in [Edge(0), Edge(1)] {
        let document = canvas.at(edge).reads().await;
        assert_eq!((document.head_rev, document.atoms.len()), (0, 0));
    }
}

#[tokio::test]
async fn an_edge_that_said_it_is_not_there_learns_that_it_is() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.knows_canvas("soon");
    for edge in [Edge(0), Edge(1)] {
        canvas.at(edge).asks(Method::GET, "").sends().await.refuses(404, Code::NotFound);
    }
    ann.creates_canvas_named("soon").await;
    let other = canvas.at(Edge(1));
    harness::until("the other edge knows it", async || {
        (other.asks(Method::GET, "").sends().await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_name_is_taken_once_per_tenant_and_env() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let body = with("canvas_id", json!("start"));
    ann.registers(&body).await.is(201);
    ann.at(Edge(1)).registers(&body).await.refuses(409, Code::AlreadyExists);
    ann.in_env(Env::Prod).registers(&body).await.is(201);
    bob.registers(&body).await.is(201);
}

#[tokio::test]
async fn a_bad_registration_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for (member, value) in [
        ("canvas_id", json!("a.b")),
        ("canvas_id", json!("x".repeat(65))),
        ("canvas_id", json!("")),
        ("workspace_id", json!(null)),
        ("surface_id", json!("a b")),
        ("app_id", json!(7)),
        ("title", json!("x".repeat(100_000))),
        ("nonsense", json!(1)),
    ] {
        let reply = ann.registers(&with(member, value)).await;
        assert!([400, 413].contains(&reply.status), "{member}: {} {}", reply.status, reply.text());
    }
    assert_eq!(ids(&page(&ann, &[]).await), Vec::<String>::new());
}

#[tokio::test]
async fn the_list_is_read_page_by_page() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    for name in ["c1", "c2", "c3", "c4", "c5"] {
        ann.creates_canvas_named(name).await;
    }
    ann.in_env(Env::Prod).creates_canvas_named("not-here").await;
    let first = page(&ann, &[("limit", "2".into())]).await;
    let mark = first["next"].as_str().expect("there is more").to_owned();
    let second = page(&ann.at(Edge(1)), &[("limit", "2".into()), ("cursor", mark.clone())]).await;
    let rest =
        page(&ann, &[("limit", "2".into()), ("cursor", second["next"].as_str().expect("more").to_owned())]).await;
    let mut all = [ids(&first), ids(&second), ids(&rest)].concat();
    all.sort();
    assert_eq!(all, ["c1", "c2", "c3", "c4", "c5"]);
    assert_eq!(rest["next"], json!(null));
    let list = |person: &Person| person.asks(Method::GET, "/canvas");
    for bad in ["0", "201", "-1", "all"] {
        list(&ann).query("limit", bad).sends().await.refuses(400, Code::QueryInvalid);
    }
    for person in [&bob, &ann.in_env(Env::Prod)] {
        list(person).query("cursor", &mark).sends().await.refuses(400, Code::QueryInvalid);
    }
    list(&ann).query("cursor", "forged").sends().await.refuses(400, Code::QueryInvalid);
}

#[tokio::test]
async fn the_list_says_how_far_each_canvas_is() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    ann.creates_canvas().await.makes_revs(2).await;
    assert_eq!(page(&ann, &[]).await["canvases"][0]["head_rev"], 2);
}
