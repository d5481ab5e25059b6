//! Where things are said: the same names in two tenants with two environments each.

use harness::{Edge, Person, Watch, World};
use reqwest::Method;
use serde_json::json;
use subjects::ids::{Env, Role};
use subjects::routing::{Stream, StreamKey};

/// The two values of every key that is free.
pub(crate) const VALUES: [&str; 2] = ["one", "two"];
/// The two environments.
pub(crate) const ENVS: [Env; 2] = [Env::Dev, Env::Staging];
const TENANTS: usize = 2;

/// All there is.
pub(crate) struct Places {
    /// Each tenant in each environment, in this order.
    pub(crate) corners: Vec<Corner>,
    /// All canvases and threads of all corners.
    pub(crate) all: Vec<Place>,
}

/// A tenant in an environment, in the hands of its two actors.
pub(crate) struct Corner {
    /// The first of them owns the tenant; readers come as that one.
    pub(crate) actors: [Person; 2],
}

/// A canvas or thread.
pub(crate) struct Place {
    /// Where it is, by its number.
    pub(crate) corner: usize,
    /// Which it is.
    pub(crate) stream: Stream,
    /// The value that stands in its name and in all keys of its home.
    pub(crate) value: usize,
}

impl Places {
    /// Signs everyone up, and registers everything.
    pub(crate) async fn settle(world: &World) -> Self {
        let mut corners = Vec::new();
        for _ in 0..TENANTS {
            let owner = world.signs_up().await;
            let member = owner.welcomes(&world.signs_up().await, Role::Member).await;
            corners.extend(ENVS.map(|env| Corner { actors: [owner.in_env(env), member.in_env(env)] }));
        }
        let mut all = Vec::new();
        for (number, corner) in corners.iter().enumerate() {
            let flags = json!({ "flags": { "gesture_fanout": "ws_sse" } });
            corner.actors[0].asks(Method::PUT, "/feature-flags").json(&flags).sends().await.is(200);
            for value in 0..VALUES.len() {
                for kind in ["canvas", "thread"] {
                    all.push(register(number, corner, kind, value).await);
                }
            }
        }
        Self { corners, all }
    }

    /// Who is there.
    pub(crate) fn corner(&self, place: &Place) -> &Corner {
        &self.corners[place.corner]
    }

    /// The place of the same name in the tenant's environment of this number.
    pub(crate) fn namesake(&self, place: &Place, env: usize) -> usize {
        let corner = place.corner / ENVS.len() * ENVS.len() + env;
        let is_it = |other: &Place| other.corner == corner && other.stream == place.stream;
        self.all.iter().position(is_it).expect("every name is everywhere")
    }

    /// A stream of a place, to be opened by a person.
    pub(crate) fn watch(&self, person: &Person, place: usize) -> Watch {
        let edge = Edge(place % 2);
        match &self.all[place].stream {
            Stream::Canvas(id) => person.knows_canvas(id.as_str()).watch(edge),
            Stream::Thread(id) => person.knows_thread(id.as_str()).watch(edge),
        }
    }

    /// The log of a place.
    pub(crate) fn key(&self, place: &Place) -> StreamKey {
        let Person { tenant_id, env, .. } = &self.corner(place).actors[0];
        StreamKey { tenant_id: tenant_id.clone(), env: *env, stream: place.stream.clone() }
    }
}

impl Place {
    /// The number of its tenant.
    pub(crate) fn tenant(&self) -> usize {
        self.corner / ENVS.len()
    }
}

/// Whether it is a canvas.
pub(crate) fn is_canvas(stream: &Stream) -> bool {
    matches!(stream, Stream::Canvas(_))
}

/// Whether it is a thread.
pub(crate) fn is_thread(stream: &Stream) -> bool {
    matches!(stream, Stream::Thread(_))
}

async fn register(number: usize, corner: &Corner, kind: &str, value: usize) -> Place {
    let id = VALUES[value];
    let (path, key) = if kind == "canvas" { ("/canvas", "canvas_id") } else { ("/threads", "thread_id") };
    let mut home = json!({ "workspace_id": id, "project_id": id, "app_id": id, "surface_id": id });
    home[key] = json!(id);
    corner.actors[0].asks(Method::POST, path).json(&home).sends().await.is(201);
    Place { corner: number, stream: format!("{kind}.{id}").parse().expect("a stream"), value }
}
