//! One canvas under load over HTTP: several commands in flight at once, each with the rev that those before it will make.

use crate::clock;
use crate::commands::{self, Client, Outcome};
use crate::latency::Latencies;
use crate::world::World;
use anyhow::Result;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::time::{Duration, Instant};
use subjects::routing::StreamKey;

/// A canvas and the connections to it.
#[derive(Debug)]
pub(crate) struct Lane {
    idle: Vec<Client>,
    /// What the next command builds on, if all before it are applied.
    next_rev: u64,
    /// The furthest rev that an answer told of.
    head_rev: u64,
    gap: Duration,
}

/// What came of a lane's commands.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) applied: u64,
    /// Overtook another on the way; sent again.
    pub(crate) mismatches: u64,
    /// Accepted, not answered in time.
    pub(crate) pending: u64,
    /// The first refusal of another kind, and how many.
    pub(crate) refused: u64,
    pub(crate) refusal: Option<String>,
}

impl Lane {
    /// `in_flight` connections to an edge for a new canvas. Connections overtake each other on the way: `gap` lies
    /// between a command and the next.
    pub(crate) async fn open(world: &World, edge: usize, in_flight: usize, gap: Duration) -> Result<Self> {
        let key: StreamKey = world.canvas().await?;
        let mut idle = Vec::new();
        for _ in 0..in_flight {
            idle.push(world.client(&key, edge).await?);
        }
        Ok(Self { idle, next_rev: 1, head_rev: 1, gap })
    }

    /// Keeps all connections busy until then. Counts what was answered from `counted_from` on.
    pub(crate) async fn run(
        mut self,
        counted_from: Instant,
        until: Instant,
        latencies: &mut Latencies,
    ) -> Result<Done> {
        let mut done = Done::default();
        let mut in_flight = FuturesUnordered::new();
        let mut lost = false; // A command in flight cannot hit its rev any more: let all come in, then begin anew.
        loop {
            while !lost
                && Instant::now() < until
                && let Some(mut client) = self.idle.pop()
            {
                let sent_us = clock::now_us();
                client.send(&commands::set(self.next_rev, sent_us)).await?;
                self.next_rev += 1;
                in_flight.push(async move { (client.outcome().await, client, sent_us) });
                tokio::time::sleep(self.gap).await;
            }
            let Some((outcome, client, sent_us)) = in_flight.next().await else {
                if Instant::now() >= until {
                    return Ok(done);
                }
                (lost, self.next_rev) = (false, self.head_rev);
                continue;
            };
            self.idle.push(client);
            let outcome = outcome?;
            match &outcome {
                Outcome::Applied(applied) => self.head_rev = self.head_rev.max(applied.head_rev),
                Outcome::Mismatch { head_rev } => (lost, self.head_rev) = (true, self.head_rev.max(*head_rev)),
                Outcome::Pending | Outcome::Refused(..) => lost = true,
            }
            if Instant::now() >= counted_from {
                done.count(outcome);
                latencies.record(clock::now_us() - sent_us);
            }
        }
    }
}

impl Done {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Applied(_) => self.applied += 1,
            Outcome::Mismatch { .. } => self.mismatches += 1,
            Outcome::Pending => self.pending += 1,
            Outcome::Refused(status, body) => {
                self.refused += 1;
                self.refusal.get_or_insert(format!("{status} {body}"));
            }
        }
    }

    pub(crate) fn add(&mut self, other: Done) {
        self.applied += other.applied;
        self.mismatches += other.mismatches;
        self.pending += other.pending;
        self.refused += other.refused;
        self.refusal = self.refusal.take().or(other.refusal);
    }

    /// What was not as it should be, in words.
    pub(crate) fn faults(&self) -> String {
        let Self { mismatches, pending, refused, refusal, .. } = self;
        let refusal = refusal.as_deref().unwrap_or_default();
        format!("{mismatches} overtaken and sent again, {pending} pending, {refused} refused {refusal}")
    }
}
