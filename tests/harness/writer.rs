//! A writer as a good client is one: rebases when others were faster, and asks again when it got no answer.

use crate::ask::Edge;
use crate::canvas::Canvas;
use crate::draft::{Draft, draft};
use crate::ops;
use crate::until::Patience;
use std::time::Duration;
use tokio::time::Instant;

/// How long a wish may take to be granted while everything breaks.
const PATIENCE: Duration = Duration::from_secs(60);

/// Adds atoms to a canvas, one wish after the other.
#[derive(Debug)]
pub struct Writer {
    canvas: Canvas,
    name: String,
    acked: Vec<Acked>,
    unanswered: usize,
}

/// A wish that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// The rev that it made.
    pub rev: u64,
    /// The commit.
    pub commit_id: String,
    /// The atom that it added: no other wish adds it.
    pub atom: String,
}

impl Writer {
    /// One who writes to the canvas under a name of their own.
    pub fn new(canvas: &Canvas, name: &str) -> Self {
        Self { canvas: canvas.clone(), name: name.to_owned(), acked: Vec::new(), unanswered: 0 }
    }

    /// Writes until then, and finishes what was begun. Gives what was granted, and how often there was no answer.
    pub async fn writes_until(mut self, end: Instant) -> (Vec<Acked>, usize) {
        while Instant::now() < end {
            let atom = format!("{}-{}", self.name, self.acked.len());
            let granted = self.wishes(atom).await;
            self.acked.push(granted);
        }
        (self.acked, self.unanswered)
    }

    async fn wishes(&mut self, atom: String) -> Acked {
        let mut wish = draft(self.canvas.head(), [ops::add(&atom)]);
        let mut patience = Patience::of(PATIENCE);
        // By turns at each edge: one of them may be away.
        for edge in [Edge(0), Edge(1)].into_iter().cycle() {
            patience.lasts_for(&atom).await;
            match self.tries(edge, wish).await {
                Ok((rev, commit_id)) => return Acked { rev, commit_id, atom },
                Err(again) => wish = again,
            }
        }
        unreachable!("there is always another edge")
    }

    /// Sends it once. What was refused is rebased under the same key; what got no answer stays what it is.
    async fn tries(&mut self, edge: Edge, wish: Draft) -> Result<(u64, String), Draft> {
        let canvas = self.canvas.at(edge);
        let Ok(reply) = canvas.asks_for(&wish).tries().await else {
            self.unanswered += 1;
            return Err(wish);
        };
        match reply.status {
            200 => {
                let said = reply.json();
                let rev = said["head_rev"].as_u64().expect("a rev");
                canvas.moves_to(rev);
                Ok((rev, said["commit_id"].as_str().expect("a commit_id").to_owned()))
            }
            409 => {
                let head_rev = reply.json()["head_rev"].as_u64().expect("a rev");
                canvas.moves_to(head_rev);
                Err(wish.rebased(head_rev))
            }
            202 | 503 => {
                self.unanswered += 1;
                Err(wish)
            }
            429 => Err(wish),
            status => panic!("{status}: {}", reply.text()),
        }
    }
}
