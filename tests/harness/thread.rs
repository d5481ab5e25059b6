//! A thread as one person sees it: says things in it, reads it page by page, watches it.

use crate::ask::{Ask, Edge};
use crate::person::Person;
use crate::reader::Reader;
use crate::reply::Reply;
use crate::watch::Watch;
use reqwest::Method;
use serde_json::{Value, json};
use subjects::routing::StreamKey;
use uuid::Uuid;

/// One page of messages.
const PAGE: usize = 50;

/// A thread in the hands of a person.
#[derive(Debug, Clone)]
pub struct Thread {
    /// Whose hands.
    pub person: Person,
    /// Names it, within tenant and env.
    pub id: String,
}

impl Person {
    /// A new thread, about no canvas.
    pub async fn starts_thread(&self) -> Thread {
        self.starts_thread_named(&format!("th-{}", Uuid::new_v4().simple())).await
    }

    /// A new thread by this name.
    pub async fn starts_thread_named(&self, thread_id: &str) -> Thread {
        let home = json!({
            "thread_id": thread_id, "workspace_id": "w1", "project_id": "p1", "app_id": "a1", "surface_id": "s1",
        });
        let said = self.registers_thread(&home).await.is(201).json();
        assert_eq!((&said["thread_id"], &said["head_seq"]), (&json!(thread_id), &json!(0)), "{said}");
        self.knows_thread(thread_id)
    }

    /// Asks for a thread to be registered.
    pub async fn registers_thread(&self, body: &Value) -> Reply {
        self.asks(Method::POST, "/threads").json(body).sends().await
    }

    /// A thread that they name, whether or not there is one.
    pub fn knows_thread(&self, thread_id: &str) -> Thread {
        Thread { person: self.clone(), id: thread_id.to_owned() }
    }
}

impl Thread {
    /// The same thread in the hands of someone else, or of the same person elsewhere.
    pub fn seen_by(&self, person: &Person) -> Self {
        Self { person: person.clone(), id: self.id.clone() }
    }

    /// The same thread by way of another edge.
    pub fn at(&self, edge: Edge) -> Self {
        self.seen_by(&self.person.at(edge))
    }

    /// Its log.
    pub fn stream(&self) -> StreamKey {
        let Person { tenant_id, env, .. } = &self.person;
        StreamKey::thread(tenant_id.clone(), *env, self.id.parse().expect("a thread_id"))
    }

    /// A request to the thread: `tail` follows its id.
    pub fn asks(&self, method: Method, tail: &str) -> Ask {
        self.person.asks(method, format!("/threads/{}{tail}", self.id))
    }

    /// Says anything in it, in whatever form.
    pub fn asks_to_say(&self, body: &Value) -> Ask {
        self.asks(Method::POST, "/messages").json(body)
    }

    /// Says a text, under a key of its own.
    pub async fn says(&self, text: &str) -> Reply {
        self.says_once(text, &Uuid::now_v7().to_string()).await
    }

    /// Says a text under this key.
    pub async fn says_once(&self, text: &str, key: &str) -> Reply {
        self.asks_to_say(&json!({ "data": { "text": text }, "idempotency_key": key })).sends().await
    }

    /// Says what happens in a run.
    pub async fn tells(&self, event: &str, data: Value) -> Reply {
        self.asks_to_say(&json!({ "event": event, "data": data })).sends().await
    }

    /// All that was said, from the first, page by page. It is dense.
    pub async fn messages(&self) -> Vec<Value> {
        let (mut messages, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let ask = self.asks(Method::GET, "/messages").query("limit", PAGE);
            let ask = cursor.iter().fold(ask, |ask, cursor| ask.query("cursor", cursor));
            let page = ask.sends().await.is(200).json();
            messages.extend(page["messages"].as_array().expect("a list").clone());
            assert!(messages.iter().zip(1..).all(|(message, seq)| message["seq"] == seq), "{} is dense", self.id);
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return messages,
            }
        }
    }

    /// The texts of all that was said.
    pub async fn texts(&self) -> Vec<String> {
        let text = |message: &Value| message["data"]["text"].as_str().expect("a text").to_owned();
        self.messages().await.iter().map(text).collect()
    }

    /// Watches it from now on, with `hello` seen.
    pub async fn watches(&self, edge: Edge) -> Reader {
        self.watch(edge).opens().await
    }

    /// A stream that is to be opened.
    pub fn watch(&self, edge: Edge) -> Watch {
        Watch::new(self.at(edge).person.asks(Method::GET, format!("/sse/chat/{}", self.id)))
    }
}
