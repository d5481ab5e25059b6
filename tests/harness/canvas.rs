//! A canvas as one person sees it: commits to it, reads it, watches it.

use crate::ask::{Ask, Edge};
use crate::draft::{Draft, draft};
use crate::ops;
use crate::person::Person;
use crate::reader::Reader;
use crate::reply::Reply;
use crate::rows::{Commit, Commits, DocumentBody};
use crate::until::until;
use crate::watch::Watch;
use reqwest::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use subjects::document::Op;
use subjects::routing::StreamKey;

/// One page of history.
const PAGE: usize = 200;

/// A canvas in the hands of a person. Clones know the same head.
#[derive(Debug, Clone)]
pub struct Canvas {
    /// Whose hands.
    pub person: Person,
    /// Names it, within tenant and env.
    pub id: String,
    head: Arc<AtomicU64>,
}

impl Canvas {
    pub(crate) fn new(person: Person, id: &str) -> Self {
        Self { person, id: id.to_owned(), head: Arc::default() }
    }

    /// The same canvas in the hands of someone else, or of the same person elsewhere.
    pub fn seen_by(&self, person: &Person) -> Self {
        Self { person: person.clone(), id: self.id.clone(), head: self.head.clone() }
    }

    /// The same canvas by way of another edge.
    pub fn at(&self, edge: Edge) -> Self {
        self.seen_by(&self.person.at(edge))
    }

    /// The last rev that these hands made.
    pub fn head(&self) -> u64 {
        self.head.load(Ordering::SeqCst)
    }

    /// Its log.
    pub fn stream(&self) -> StreamKey {
        let Person { tenant_id, env, .. } = &self.person;
        StreamKey::canvas(tenant_id.clone(), *env, self.id.parse().expect("a canvas_id"))
    }

    /// A request to the canvas: `tail` follows its id.
    pub fn asks(&self, method: Method, tail: &str) -> Ask {
        self.person.asks(method, format!("/canvas/{}{tail}", self.id))
    }

    /// A command that is to be sent, perhaps with something wrong about it.
    pub fn asks_for(&self, draft: &Draft) -> Ask {
        self.asks(Method::POST, "/commands").json(draft.body())
    }

    /// Sends a command.
    pub async fn sends(&self, draft: &Draft) -> Reply {
        let reply = self.asks_for(draft).sends().await;
        if reply.status == 200 {
            self.moves_to(reply.json()["head_rev"].as_u64().expect("a rev"));
        }
        reply
    }

    /// Sends operations on the last rev that these hands made.
    pub async fn commits(&self, ops: impl IntoIterator<Item = Op>) -> Reply {
        self.sends(&draft(self.head(), ops)).await
    }

    /// Makes so many revs, one after the other, as fast as the tenant may.
    pub async fn makes_revs(&self, count: u64) {
        for _ in 0..count {
            let rev = self.head() + 1;
            let wish = draft(self.head(), [ops::add(&format!("atom-{rev}"))]);
            let reply = until(format!("rev {rev}"), async || {
                let reply = self.sends(&wish).await;
                (reply.status != 429).then_some(reply)
            });
            reply.await.is_rev(rev);
        }
    }

    /// The document as it is.
    pub async fn reads(&self) -> DocumentBody {
        self.asks(Method::GET, "").sends().await.is(200).read_as::<DocumentBody>().proves_itself()
    }

    /// The document as it was.
    pub async fn reads_rev(&self, rev: u64) -> DocumentBody {
        self.asks(Method::GET, "").query("rev", rev).sends().await.is(200).read_as::<DocumentBody>().proves_itself()
    }

    /// All commits, from the first, page by page. They are dense, and there is one for each rev.
    pub async fn history(&self) -> Vec<Commit> {
        let mut history: Vec<Commit> = Vec::new();
        loop {
            let after_rev = history.len();
            let ask = self.asks(Method::GET, "/commits").query("after_rev", after_rev).query("limit", PAGE);
            let page: Commits = ask.sends().await.is(200).read_as();
            history.extend(page.commits);
            assert!(history.iter().zip(1..).all(|(commit, rev)| commit.rev == rev), "{} has dense revs", self.id);
            if history.len() as u64 == page.head_rev {
                return history;
            }
            assert!(history.len() > after_rev, "a page of the history brings something");
        }
    }

    /// Watches it from now on, with `hello` seen.
    pub async fn watches(&self, edge: Edge) -> Reader {
        self.watch(edge).opens().await
    }

    /// A stream that is to be opened.
    pub fn watch(&self, edge: Edge) -> Watch {
        Watch::new(self.at(edge).person.asks(Method::GET, format!("/sse/canvas/{}", self.id)))
    }

    pub(crate) fn moves_to(&self, rev: u64) {
        self.head.fetch_max(rev, Ordering::SeqCst);
    }
}
