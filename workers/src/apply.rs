//! The role `apply`: commands become commits. One transaction for each message.

mod decide;
mod documents;
mod past;
mod snapshots;

use crate::apply::decide::{Decision, Facts, Stamp, decide};
use crate::apply::documents::Documents;
use crate::apply::past::{COMMITS_MAX, OPS_BYTES_MAX, Past};
use crate::apply::snapshots::Snapshots;
use crate::history::Loader;
use crate::history::{Canvas, read};
use crate::ledger::{Seen, Sight};
use crate::runtime::worker::{Delivery, Done, Failure, Logged, Worker};
use crate::store::append::{self, Append, Opened};
use crate::store::canvases::CanvasRef;
use crate::store::commands::Asked;
use crate::store::log::{self, Head};
use anyhow::{Context, anyhow};
use chrono::Utc;
use node::postgres::Pool;
use node::s3::Bucket;
use node::stop::Stop;
use std::time::Instant;
use subjects::answer::Effect;
use subjects::command::Command;
use subjects::routing::StreamKey;
use subjects::streams::{ConsumerSpec, apply_consumers};
use subjects::subject::Subject;
use uuid::Uuid;

/// Applies commands to canvases.
pub(crate) struct Apply {
    loader: Loader,
    documents: Documents,
    snapshots: Snapshots,
}

impl Apply {
    /// Remembers up to `documents_bytes_max` of documents, and starts to make snapshots.
    pub(crate) fn new(pool: Pool, bucket: Bucket, documents_bytes_max: usize, stop: &Stop) -> Self {
        let loader = Loader { pool, bucket };
        let snapshots = Snapshots::start(loader.clone(), stop);
        Self { loader, documents: Documents::new(documents_bytes_max), snapshots }
    }
}

impl Worker for Apply {
    const ROLE: &'static str = "apply";
    const ATTEMPTS_MAX: u64 = 10;
    type Command = Command;
    type Granted = Effect;

    fn consumers() -> Vec<ConsumerSpec> {
        apply_consumers()
    }

    async fn handle(&self, delivery: Delivery<'_, Command>) -> Result<Done<Effect>, Failure> {
        let key = canvas_key(delivery.subject)?;
        let canvas = self.remembered(key).await?;
        let locking = Instant::now();
        let asked: Vec<Asked<'_>> = delivery.commands.iter().map(Asked::from).collect();
        let opened = append::open(&self.loader.pool, key, &delivery.trace, &asked, canvas.rev).await?;
        measure("lock", locking);
        let deciding = Instant::now();
        let Opened { append, head: Some(head), seen, newer } = opened else {
            opened.append.abandon().await?;
            return Ok(Done::not_registered(delivery.commands.len(), "There is no such canvas."));
        };
        let canvas = follow(canvas, head, newer, &append).await?;
        let seen = Seen::of(seen, delivery.is_redelivered);
        let past = past(&append, &canvas, &seen, delivery.commands).await?;
        let facts = Facts { canvas, head, seen, past };
        let decision = decide(key, facts, delivery.commands, &stamps(delivery.commands.len()));
        let Decision { made_before, entries, head: after, .. } = &decision;
        let events_again = append.again(made_before, entries, after.seq, delivery.is_redelivered).await?;
        measure("decide", deciding);
        let committing = Instant::now();
        append.commit(&decision.entries).await?;
        measure("commit", committing);
        Ok(self.done(key, head, decision, events_again))
    }
}

impl Apply {
    /// The canvas as this worker knows it: perhaps some revs behind, never ahead of what is durable.
    async fn remembered(&self, key: &StreamKey) -> Result<Canvas, Failure> {
        if let Some(canvas) = self.documents.take(key) {
            metrics::counter!("northstar_documents_total", "result" => "remembered").increment(1);
            return Ok(canvas);
        }
        metrics::counter!("northstar_documents_total", "result" => "loaded").increment(1);
        let started = Instant::now();
        let of = CanvasRef::of(key).context("no canvas").map_err(Failure::Poison)?;
        let loaded = self.loader.load(of, u64::MAX).await?;
        self.snapshots.loaded(key, loaded.canvas.rev, loaded.revs_followed);
        measure("load", started);
        Ok(loaded.canvas)
    }

    /// It is durable: what is remembered may change, and what is due may be said.
    fn done(&self, key: &StreamKey, before: Head, decision: Decision, events_again: Vec<Logged>) -> Done<Effect> {
        let Decision { canvas, entries, answers, head, .. } = decision;
        self.documents.put(key.clone(), canvas);
        self.snapshots.committed(key, before.rev + 1..=head.rev);
        Done { answers, events: entries.logged(key), events_again, notices: Vec::new() }
    }
}

fn canvas_key(subject: &Subject) -> Result<&StreamKey, Failure> {
    let nowhere = || Failure::Poison(anyhow!("{subject} concerns no canvas"));
    let Subject::Command(key) = subject else { return Err(nowhere()) };
    CanvasRef::of(key).map(|_| key).ok_or_else(nowhere)
}

/// Brings the canvas to the head. What was read with the lock usually suffices.
async fn follow(mut canvas: Canvas, head: Head, newer: Vec<String>, append: &Append) -> Result<Canvas, Failure> {
    let mut page = newer;
    while !page.is_empty() {
        // What was remembered may be at fault: it is dropped, and what is loaded the next time is proved.
        canvas.follow(&page).map_err(|error| Failure::Transient(error.into()))?;
        page = if canvas.rev < head.rev { append.newer(canvas.rev).await? } else { Vec::new() };
    }
    if canvas.rev != head.rev {
        // The database is older than what was remembered: it was restored. What was remembered is dropped.
        return Err(Failure::Transient(anyhow!("rev {} is remembered, {} is the head", canvas.rev, head.rev)));
    }
    Ok(canvas)
}

/// What commands that lag will be told. Asks the database only if there are any.
async fn past<'a>(append: &Append, canvas: &Canvas, seen: &Seen, commands: &[Command]) -> Result<Past<'a>, Failure> {
    let lags = |command: &&Command| command.base_rev < canvas.rev && seen.look(&Asked::from(*command)) == Sight::New;
    let bases: Vec<u64> = commands.iter().filter(lags).map(|command| command.base_rev).collect();
    let at_head = (canvas.rev, canvas.seq);
    let Some(oldest) = bases.iter().min() else { return Ok(Past::new(canvas.rev, Vec::new(), [at_head])) };
    let after = (*oldest).max(canvas.rev.saturating_sub(COMMITS_MAX as u64));
    let commits = log::newest_commits(append, append.key(), (after, u64::MAX), 2 * OPS_BYTES_MAX).await?;
    let ops = commits.iter().map(|commit| Ok(read(commit)?.data.ops));
    let ops = ops.collect::<Result<_, serde_json::Error>>().map_err(|error| Failure::Poison(error.into()))?;
    let seqs = log::seqs(append, append.key(), &bases).await?;
    Ok(Past::new(canvas.rev, ops, seqs.into_iter().chain([at_head])))
}

fn stamps(count: usize) -> Vec<Stamp> {
    let now = Utc::now();
    std::iter::repeat_with(|| Stamp { now, commit_id: Uuid::now_v7() }).take(count).collect()
}

fn measure(stage: &'static str, started: Instant) {
    let took = metrics::histogram!("northstar_command_stage_seconds", "role" => Apply::ROLE, "stage" => stage);
    took.record(started.elapsed());
}
