//! Isolation of what can be asked: every route that the edge says it has, with every kind of token.

use harness::ops::{add, set};
use harness::{Ask, Canvas, Edge, Person, Thread, World, draft, promise};
use reqwest::Method;
use serde_json::{Value, json};

/// What everyone may ask, because it says nothing of any tenant.
const PUBLIC: [&str; 13] = [
    "/auth/signup",
    "/auth/login",
    "/auth/refresh",
    "/auth/logout",
    "/livez",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/problems/{code}",
    "/asyncapi.json",
    "/.well-known/audit-keys",
];

/// The run of ann's.
const RUN: &str = "the-run-of-ann";

/// What stands in ann's data and must never be seen elsewhere.
const SECRET: &str = "the-secret-of-ann";

/// A route as the edge describes it.
#[derive(Debug, Clone)]
struct Route {
    method: Method,
    path: String,
}

async fn routes(world: &World) -> Vec<Route> {
    let description = world.asks(Method::GET, "/openapi.json").sends().await.is(200).json();
    let paths = description["paths"].as_object().expect("paths").clone();
    let of_path = |(path, item): (String, Value)| {
        let methods = item.as_object().expect("an item").keys().cloned().collect::<Vec<_>>();
        let known = methods.into_iter().filter_map(|method| Method::from_bytes(method.to_uppercase().as_bytes()).ok());
        known
            .filter(|method| [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH].contains(method))
            .map(move |method| Route { method, path: path.clone() })
            .collect::<Vec<_>>()
    };
    paths.into_iter().flat_map(of_path).filter(|route| !PUBLIC.contains(&route.path.as_str())).collect()
}

/// What ann has, and what every route is asked about.
struct Own {
    canvas: Canvas,
    thread: Thread,
    command_id: String,
    stream_id: String,
    artifact_id: String,
    raw_id: String,
    media_id: String,
    action_id: String,
    graft: [String; 2],
    bob: Person,
}

async fn own(world: &World) -> Own {
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let wish = draft(0, [add("a"), set("a", "text", SECRET)]);
    canvas.sends(&wish).await.is_rev(1);
    let reader = canvas.watches(Edge(0)).await;
    let stream_id = reader.hello["stream_id"].as_str().expect("an id").to_owned();
    let thread = ann.starts_thread().await;
    thread.says(SECRET).await.is(200);
    thread.tells("run_start", json!({ "run_id": RUN })).await.is(200);
    let content = json!({ "kind": "preview", "canvas_id": canvas.id, "content": 1, "filename": SECRET });
    let artifact_id = id_in(&ann.writes_artifact(&content).await.is(201).json());
    // The same bytes: both are ready at once.
    let same = promise(b"1", SECRET, "text/plain");
    let raw_id = id_in(&ann.asks_to_presign(&same).await.is(201).json());
    let media_id = id_in(&ann.asks(Method::POST, "/media-v2/assets").json(&same).sends().await.is(201).json());
    let command_id = wish.command_id().to_owned();
    let graft = graft(&canvas).await;
    gates(&ann).await;
    let acted = ann.acts(&harness::action("act", json!({ "payload": SECRET }))).await.is(200).json();
    let action_id = acted["action_id"].as_str().expect("an action").to_owned();
    Own { canvas, thread, command_id, stream_id, artifact_id, raw_id, media_id, action_id, graft, bob }
}

/// What ann's gates decide on.
const LICENCE: &str = "the-licence-of-ann";
const LOCK: &str = "the-lock-of-ann";
const QUESTION: &str = "the-question-of-ann";
const LIMIT: &str = "the-limit-of-ann";
const OVERRIDE: &str = "the-override-of-ann";

async fn gates(ann: &Person) {
    let until = harness::in_secs(3_600);
    let licence = json!({ "licence_id": LICENCE, "subject": { "type": "app", "id": SECRET }, "level": "low", "expires_at": until });
    let lock = json!({ "lock_id": LOCK, "title": SECRET, "allowed_actions": [SECRET], "valid_until": until });
    let question = json!({ "question_id": QUESTION, "question": SECRET });
    let overriding = json!({ "override_id": OVERRIDE, "gate": "kpi", "reason": SECRET, "expires_at": until });
    ann.posts("/firearms/licences", licence).await.is(201);
    ann.posts("/strategy-locks", lock).await.is(201);
    ann.posts("/three-wise/questions", question).await.is(201);
    ann.posts("/gates/overrides", overriding).await.is(201);
    let limit = json!({ "limit_id": LIMIT, "surface": SECRET, "window": "day", "amount": 1, "currency": "EUR" });
    ann.puts("/budget/limits", limit).await.is(200);
    let target = json!({ "kind": "provider", "name": SECRET });
    ann.puts("/kill-switches", json!({ "target": target, "thrown": true, "reason": SECRET })).await.is(200);
    ann.defines(SECRET).await;
    ann.posts("/kpi/measurements", json!({ "kpi": SECRET, "value": 1 })).await.is(201);
}

fn id_in(said: &Value) -> String {
    assert_eq!(said["status"], "ready", "{said}");
    said["artifact_id"].as_str().or(said["asset_id"].as_str()).expect("an id").to_owned()
}

/// A graft of the canvas, and its replay.
async fn graft(canvas: &Canvas) -> [String; 2] {
    let begun = canvas.asks(Method::POST, "/graft").json(&json!({})).sends().await.is(201).json();
    let session_id = begun["session_id"].as_str().expect("a session").to_owned();
    let stop = format!("/graft/{session_id}/stop");
    let artifact_id = harness::until("its replay is made", async || {
        let said = canvas.asks(Method::POST, &stop).sends().await.json();
        said["artifact_id"].as_str().map(str::to_owned)
    });
    let artifact_id = artifact_id.await;
    [session_id, artifact_id]
}

impl Own {
    /// The route with ann's names in it, and a body that would be right.
    fn asks(&self, by: &Person, route: &Route) -> Ask {
        let ann = &self.canvas.person;
        let names = [
            ("{canvas_id}", self.canvas.id.as_str()),
            ("{thread_id}", &self.thread.id),
            ("{run_id}", RUN),
            ("{command_id}", &self.command_id),
            ("{stream_id}", &self.stream_id),
            ("{session}", &self.graft[0]),
            ("{artifact_id}", if route.path.starts_with("/sse/") { &self.graft[1] } else { &self.artifact_id }),
            ("{asset_id}", if route.path.starts_with("/nexus/") { &self.raw_id } else { &self.media_id }),
            ("{tenant_id}", ann.tenant_id.as_str()),
            ("{t}", ann.tenant_id.as_str()),
            ("{user_id}", &self.bob.user_id),
            ("{key}", "ws_enabled"),
            ("{*path}", "checkpoint"),
            ("{licence_id}", LICENCE),
            ("{lock_id}", LOCK),
            ("{question_id}", QUESTION),
            ("{limit_id}", LIMIT),
            ("{override_id}", OVERRIDE),
            ("{action_id}", &self.action_id),
        ];
        let path = names.iter().fold(route.path.clone(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "a name of {} that the flows do not know: add it", route.path);
        let ask = by.asks(route.method.clone(), path);
        let ask = if route.path.starts_with("/sse/") { ask.query("cursor", "0") } else { ask };
        if route.method == Method::GET { ask } else { ask.json(&self.body(&route.path)) }
    }

    fn body(&self, path: &str) -> Value {
        if path.ends_with("/commands") {
            return draft(1, [add("intruder")]).body().clone();
        }
        if path.ends_with("/messages") {
            return json!({ "data": { "text": "intruder" } });
        }
        if path.ends_with("/members") {
            return json!({ "user_id": self.bob.user_id, "role": "owner" });
        }
        if path.ends_with("/artifacts") {
            return json!({ "kind": "preview", "canvas_id": self.canvas.id, "content": "intruder" });
        }
        if path.ends_with("/presign") || path.ends_with("/assets") {
            return promise(b"intruder", "intruder.txt", "text/plain");
        }
        if path.starts_with("/nexus/raw-storage/") {
            return json!({ "asset_id": self.raw_id });
        }
        if path.ends_with("/reject") {
            return json!({ "reason": "intruder" });
        }
        if path.ends_with("/opinions") {
            return json!({ "opinion": "APPROVE", "reason": "intruder" });
        }
        if path.ends_with("/actions") {
            return harness::action("intrude", json!({ "routing": { "canvas_id": self.canvas.id } }));
        }
        if path.ends_with("/auth") {
            return json!({ "token": "x" });
        }
        json!({ "workspace_id": "w1", "project_id": "p1", "app_id": "a1", "surface_id": "s1" })
    }
}

/// Sends it, and reads as much as comes: a stream does not end.
async fn said(ask: Ask) -> (u16, String) {
    let response = ask.opens().await.expect("an answer");
    let status = response.status().as_u16();
    let is_stream = response.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
    if is_stream {
        return (status, "a stream".to_owned());
    }
    (status, response.text().await.expect("a body"))
}

/// Whether the path names something of ann's. A flag's key is everybody's, and a file of a log is of the log that is stated.
fn names_something(route: &Route) -> bool {
    route.path.replace("{key}", "").replace("{*path}", "").contains('{')
}

#[tokio::test]
async fn the_owner_is_let_in() {
    let world = World::shared().await;
    let own = own(&world).await;
    // Else the refusals of the others would prove nothing. A WebSocket takes more than a GET.
    let gives =
        |route: &&Route| route.method == Method::GET && names_something(route) && !route.path.starts_with("/ws/");
    for route in routes(&world).await.iter().filter(gives) {
        let (status, text) = said(own.asks(&own.canvas.person, route)).await;
        assert_eq!(status, 200, "{route:?}: {text}");
    }
}

#[tokio::test]
async fn nobody_else_gets_anything_from_any_route() {
    let world = World::shared().await;
    let own = own(&world).await;
    let ann = own.canvas.person.clone();
    let eve = world.signs_up().await;
    let routes = routes(&world).await;
    assert!(routes.len() >= 10, "{routes:?}");
    for route in &routes {
        for edge in [Edge(0), Edge(1)] {
            for (who, person) in intruders(&world, &ann, &eve) {
                let (status, text) = said(own.asks(&person.at(edge), route)).await;
                let what = format!("{who}: {route:?}: {status} {text}");
                assert!(!text.contains(SECRET), "{what}");
                assert!(!text.contains(&ann.email) && !text.contains(&own.bob.email), "{what}");
                if names_something(route) || person.tenant_id == ann.tenant_id && who != "eve, of herself" {
                    let is_about_oneself = route.path.starts_with("/auth/");
                    assert!((400..500).contains(&status) || is_about_oneself, "{what}");
                }
            }
            let nobody = own.asks(&ann.at(edge), route).without("authorization");
            let (status, text) = said(nobody).await;
            assert_eq!(status, 401, "nobody: {route:?}: {text}");
        }
    }
    let document = own.canvas.reads().await;
    assert_eq!((document.head_rev, document.atom_ids()), (1, vec!["a"]), "nothing was changed by anyone");
    assert_eq!(own.thread.texts().await, [SECRET], "nothing was said by anyone");
    let run = ann.asks(Method::GET, format!("/nexus/runs/{RUN}")).sends().await.is(200).json();
    assert_eq!(run["status"], "running", "nothing was stopped by anyone");
    let artifacts = ann.asks(Method::GET, "/artifacts").sends().await.is(200).json();
    // Its own, and what came of the graft: a replay and two walkthroughs.
    assert_eq!(artifacts["artifacts"].as_array().map(Vec::len), Some(4), "{artifacts}");
    for (path, state) in
        [(format!("/strategy-locks/{LOCK}"), "draft"), (format!("/firearms/licences/{LICENCE}"), "active")]
    {
        assert_eq!(ann.gets(&path).await["state"], state, "nothing was decided by anyone");
    }
    let question = ann.gets(&format!("/three-wise/questions/{QUESTION}")).await;
    assert_eq!(question["opinions"], json!([]), "nobody was heard");
    assert_eq!(ann.gets("/budget/limits").await["limits"].as_array().map(Vec::len), Some(1), "no limit was lifted");
    let members = ann.asks(Method::GET, ann.members_path()).sends().await.is(200).json();
    assert_eq!(members["members"].as_array().map(Vec::len), Some(1), "{members}");
}

/// Others, with a token that is good for something, in their own name and in ann's.
fn intruders(world: &World, ann: &Person, eve: &Person) -> Vec<(&'static str, Person)> {
    let operator = world.operator(eve);
    vec![
        ("eve, in her tenant", eve.clone()),
        ("eve, in ann's tenant", eve.in_tenant(&ann.tenant_id)),
        ("tenant-0, in its own", operator.clone()),
        ("tenant-0, in ann's tenant", operator.in_tenant(&ann.tenant_id)),
    ]
}
