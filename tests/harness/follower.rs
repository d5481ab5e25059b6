//! A follower of a canvas: resumes wherever an edge answers, and holds what the server holds after every rev.

use crate::ask::Edge;
use crate::canvas::Canvas;
use crate::reader::Reader;
use crate::replica::Replica;
use crate::until::Patience;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long no edge may take a reader while everything breaks.
const PATIENCE: Duration = Duration::from_secs(60);

/// A follower at work.
#[derive(Debug)]
pub struct Follower {
    goal: watch::Sender<Option<u64>>,
    task: JoinHandle<usize>,
}

impl Follower {
    /// Follows the canvas from its first rev on.
    pub fn of(canvas: &Canvas, first: Edge) -> Self {
        let (goal, told) = watch::channel(None);
        Self { goal, task: tokio::spawn(follow(canvas.clone(), first, told)) }
    }

    /// Waits until it has seen every rev up to this one, once each and in order. Says how often it had to come again.
    pub async fn has_seen(self, rev: u64) -> usize {
        self.goal.send_replace(Some(rev));
        self.task.await.expect("the follower sees every rev once, in order")
    }
}

async fn follow(canvas: Canvas, first: Edge, mut goal: watch::Receiver<Option<u64>>) -> usize {
    let (mut replica, mut cursor, mut edge, mut comings) = (Replica::empty(), "0".to_owned(), first, 0);
    while !is_at(&replica, &goal) {
        let mut reader = comes(&canvas, &mut edge, &cursor).await;
        comings += 1;
        if cursor != "0" {
            assert_eq!(reader.hello["resumed"], true, "{}", reader.hello);
        }
        while !is_at(&replica, &goal) {
            let event = tokio::select! {
                event = reader.tries_next() => event,
                _ = goal.changed() => continue,
            };
            let Some(event) = event else { break };
            let commit = event.commit();
            assert_eq!(commit.rev, replica.rev + 1, "each rev once, in order");
            replica.follows(&commit.ops, commit.rev, &commit.state_hash);
        }
        cursor.clone_from(&reader.cursor);
        edge = other(edge);
    }
    comings - 1
}

fn is_at(replica: &Replica, goal: &watch::Receiver<Option<u64>>) -> bool {
    goal.borrow().is_some_and(|goal| replica.rev >= goal)
}

/// Asks the edges in turn until one takes it.
async fn comes(canvas: &Canvas, edge: &mut Edge, cursor: &str) -> Reader {
    let mut patience = Patience::of(PATIENCE);
    loop {
        patience.lasts_for(&"an edge takes the reader").await;
        if let Some(reader) = canvas.watch(*edge).cursor(cursor).tries().await {
            return reader;
        }
        *edge = other(*edge);
    }
}

fn other(edge: Edge) -> Edge {
    Edge(1 - edge.0)
}
