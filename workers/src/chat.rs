//! The role `chat`: what is said in threads is numbered and kept, and runs begin and end. One transaction for each message.

mod decide;
mod runs;

use crate::chat::decide::{Decision, Facts, Stamp, decide};
use crate::chat::runs::Runs;
use crate::ledger::Seen;
use crate::runtime::worker::{Delivery, Done, Failure, Notice, Worker};
use crate::store::append::{self, Opened};
use crate::store::commands::Asked;
use anyhow::{Context, anyhow};
use chrono::Utc;
use node::postgres::Pool;
use subjects::answer::Effect;
use subjects::chat::Say;
use subjects::event::RawEvent;
use subjects::passing::Passing;
use subjects::routing::{Stream, StreamKey};
use subjects::streams::{ConsumerSpec, chat_consumers};
use subjects::subject::Subject;
use uuid::Uuid;

/// Keeps what is said in threads.
pub(crate) struct Chat {
    pool: Pool,
}

impl Chat {
    /// Over this database.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }
}

impl Worker for Chat {
    const ROLE: &'static str = "chat";
    const ATTEMPTS_MAX: u64 = 10;
    type Command = Say;
    type Granted = Effect;

    fn consumers() -> Vec<ConsumerSpec> {
        chat_consumers()
    }

    async fn handle(&self, delivery: Delivery<'_, Say>) -> Result<Done<Effect>, Failure> {
        let key = thread_key(delivery.subject)?;
        let asked: Vec<Asked<'_>> = delivery.commands.iter().map(Asked::from).collect();
        let opened = append::open(&self.pool, key, &delivery.trace, &asked, append::NO_COMMITS).await?;
        let Opened { append, head: Some(head), seen, .. } = opened else {
            opened.append.abandon().await?;
            return Ok(Done::not_registered(delivery.commands.len(), "There is no such thread."));
        };
        let seen = Seen::of(seen, delivery.is_redelivered);
        let runs = Runs::named(&append, key, delivery.commands).await?;
        let facts = Facts { head, seen, runs };
        let Decision { entries, runs, passing, answers, made_before, head } =
            decide(key, facts, delivery.commands, &stamps(delivery.commands.len()));
        let events_again = append.again(&made_before, &entries, head.seq, delivery.is_redelivered).await?;
        runs.write(&append, key).await?;
        append.commit(&entries).await?;
        let notices = notice(key, passing)?.into_iter().collect();
        Ok(Done { answers, events: entries.logged(key), events_again, notices })
    }
}

fn thread_key(subject: &Subject) -> Result<&StreamKey, Failure> {
    match subject {
        Subject::Command(key) if matches!(key.stream, Stream::Thread(_)) => Ok(key),
        other => Err(Failure::Poison(anyhow!("{other} concerns no thread"))),
    }
}

/// What tells readers of what passes.
fn notice(key: &StreamKey, passing: Vec<RawEvent>) -> Result<Option<Notice>, Failure> {
    if passing.is_empty() {
        return Ok(None);
    }
    let body = serde_json::to_vec(&Passing::Events(passing)).context("no JSON").map_err(Failure::Poison)?;
    Ok(Some(Notice { subject: Subject::Passing(key.clone()), body: body.into() }))
}

fn stamps(count: usize) -> Vec<Stamp> {
    let now = Utc::now();
    std::iter::repeat_with(|| Stamp { now, event_id: Uuid::now_v7() }).take(count).collect()
}
