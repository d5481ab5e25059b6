//! Many writers and readers at once, and the proof that whatever happened to them, nothing was lost or doubled.

use crate::ask::Edge;
use crate::canvas::Canvas;
use crate::follower::Follower;
use crate::until::until;
use crate::world::World;
use crate::writer::{Acked, Writer};
use futures_util::future::join_all;
use reqwest::Method;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Canvases, each with a tenant of its own, and as many writers.
#[derive(Debug)]
pub struct Crowd {
    canvases: Vec<Canvas>,
    writers_each: usize,
}

/// A crowd at work.
#[derive(Debug)]
pub struct Shift {
    tables: Vec<Table>,
}

/// One canvas with its writers and its reader.
#[derive(Debug)]
struct Table {
    canvas: Canvas,
    writers: Vec<JoinHandle<(Vec<Acked>, usize)>>,
    follower: Follower,
}

/// What came of a shift.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Commands that were granted.
    pub acked: usize,
    /// Times that a writer got a 202, a 503 or nothing at all.
    pub unanswered: usize,
    /// Times that a reader had to come again.
    pub resumed: usize,
}

impl Crowd {
    /// So many canvases, each with so many writers.
    pub async fn gathers(world: &World, canvases: usize, writers_each: usize) -> Self {
        let canvases = join_all((0..canvases).map(async |_| world.signs_up().await.creates_canvas().await)).await;
        Self { canvases, writers_each }
    }

    /// All write, for so long. A crowd may work again, on what is there.
    pub fn works(&self, how_long: Duration) -> Shift {
        let end = Instant::now() + how_long;
        let tables = self.canvases.iter().enumerate();
        Shift { tables: tables.map(|(number, canvas)| self.sits_down(number, canvas, end)).collect() }
    }

    /// Waits until every canvas has got on since now.
    pub async fn gets_on(&self) {
        let revs = async |canvas: &Canvas| {
            canvas.asks(Method::GET, "").tries().await.ok().map(|reply| reply.json()["head_rev"].as_u64())
        };
        for canvas in &self.canvases {
            let before = canvas.head();
            until(format!("{} gets on", canvas.id), async || (revs(canvas).await?? > before).then_some(())).await;
        }
    }

    fn sits_down(&self, number: usize, canvas: &Canvas, end: Instant) -> Table {
        let first = canvas.head();
        let writer = |name: usize| {
            let hands = canvas.seen_by(&canvas.person);
            tokio::spawn(Writer::new(&hands, &format!("w{name}-{first}")).writes_until(end))
        };
        let writers = (0..self.writers_each).map(writer).collect();
        Table { canvas: canvas.clone(), writers, follower: Follower::of(canvas, Edge(number % 2)) }
    }
}

impl Shift {
    /// Waits until all have finished, and demands of every canvas that each granted command stands in its history
    /// once, as granted; that revs are dense; that the document proves itself; and that its reader saw each rev once,
    /// in order.
    pub async fn ends(self) -> Tally {
        let tallies = join_all(self.tables.into_iter().map(Table::clears)).await;
        tallies.into_iter().fold(Tally::default(), Tally::plus)
    }
}

impl Table {
    async fn clears(self) -> Tally {
        let mut acked = Vec::new();
        let mut unanswered = 0;
        for writer in self.writers {
            let (granted, nothing) = writer.await.expect("a writer finishes");
            acked.extend(granted);
            unanswered += nothing;
        }
        let history = self.canvas.history().await;
        let commits: BTreeMap<_, _> = history.iter().map(|commit| (commit.rev, commit.commit_id.to_string())).collect();
        for Acked { rev, commit_id, atom } in &acked {
            assert_eq!(commits.get(rev), Some(commit_id), "{atom} stands where it was granted");
        }
        let revs: BTreeSet<_> = acked.iter().map(|acked| acked.rev).collect();
        assert_eq!(revs.len(), acked.len(), "no rev is granted twice");
        let document = self.canvas.reads().await;
        assert_eq!(document.atoms.len(), history.len(), "each wish adds one atom, once");
        let head_rev = history.len() as u64;
        assert_eq!(document.head_rev, head_rev);
        let resumed = self.follower.has_seen(head_rev).await;
        Tally { acked: acked.len(), unanswered, resumed }
    }
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        Self {
            acked: self.acked + other.acked,
            unanswered: self.unanswered + other.unanswered,
            resumed: self.resumed + other.resumed,
        }
    }
}
