//! The transaction that appends to a log: in as few round trips as can be, because every command waits for them.

use crate::runtime::worker::{Failure, Logged};
use crate::store::commands::{Asked, Decided, RecordColumns, SEEN, to_decided};
use crate::store::dataset_events::{Recorded, Recording};
use crate::store::log::{COMMITS_PAGE, Head, from_sql, to_sql};
use crate::store::transaction::Transaction;
use crate::store::{Client, Place, log};
use anyhow::Context;
use futures_util::{join, try_join};
use node::postgres::{Pool, Scope};
use std::ops::Deref;
use subjects::routing::StreamKey;
use subjects::trace::TraceParent;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// An open transaction that holds the log's head. Dropped unfinished, it changes nothing.
pub(crate) struct Append {
    key: StreamKey,
    transaction: Transaction,
}

/// What was found when the head was locked.
pub(crate) struct Opened {
    /// The transaction.
    pub(crate) append: Append,
    /// Where the log ends; none where there is no such log.
    pub(crate) head: Option<Head>,
    /// Those of the commands on which was decided before.
    pub(crate) seen: Vec<Decided>,
    /// Events: the first commits after the rev that was asked for, perhaps not all of them.
    pub(crate) newer: Vec<String>,
}

/// What is to be appended. As many as there are may be none.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// The events, in order, behind each other.
    pub(crate) events: Vec<NewEvent>,
    /// What was decided on commands.
    pub(crate) records: Vec<Decided>,
    /// What is audited of them.
    pub(crate) dataset_events: Vec<Recorded>,
}

/// An event that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewEvent {
    /// Its place.
    pub(crate) seq: u64,
    /// The rev that it made, if it is a commit.
    pub(crate) rev: Option<u64>,
    /// The command that caused it.
    pub(crate) command_id: Uuid,
    /// The StreamEvent as JSON.
    pub(crate) json: String,
}

impl Entries {
    /// The events as they stand in the log once they are appended to it.
    pub(crate) fn logged(self, key: &StreamKey) -> Vec<Logged> {
        let logged = |event: NewEvent| Logged { key: key.clone(), seq: event.seq, json: event.json };
        self.events.into_iter().map(logged).collect()
    }
}

/// As the rev behind which commits are of interest: none are.
pub(crate) const NO_COMMITS: u64 = u64::MAX;

/// Locks the head, and reads what was committed after a rev on the way. What others committed while we waited for the
/// lock is missing there; the head tells. The span is what the database shows as the application, so that a lock that
/// hangs leads to its trace. Parameters: tenant, env, stream, span, the rev before the first commit, the page.
const LOCK: &str = "
    SELECT seq, rev, set_config('application_name', $4, true),
           ARRAY(SELECT event::text FROM log
                  WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND rev > $5 ORDER BY rev LIMIT $6)
      FROM heads WHERE tenant_id = $1 AND env = $2 AND stream = $3 FOR UPDATE";

/// Opens the transaction: locks the head, *then* asks which commands were seen. The other order would miss what whoever
/// held the lock before did. One round trip.
pub(crate) async fn open(
    pool: &Pool,
    key: &StreamKey,
    trace: &TraceParent,
    asked: &[Asked<'_>],
    after_rev: u64,
) -> Result<Opened, Failure> {
    let connection = pool.get().await?;
    let (lock, seen) = try_join!(connection.prepare_cached(LOCK), connection.prepare_cached(SEEN))?;
    let append = Append { key: key.clone(), transaction: Transaction::on(connection) };
    let (tenant_id, env, stream) = (key.tenant_id.as_str(), key.env.as_str(), key.stream.to_string());
    let trace = trace.to_string();
    let command_ids: Vec<Uuid> = asked.iter().map(|asked| asked.command_id).collect();
    let actor_ids: Vec<&str> = asked.iter().map(|asked| asked.actor_id.as_str()).collect();
    let idempotency_keys: Vec<&str> = asked.iter().map(|asked| asked.idempotency_key).collect();
    let after_rev = to_sql(after_rev);
    let lock_parameters: [&(dyn ToSql + Sync); 6] = [&tenant_id, &env, &stream, &trace, &after_rev, &COMMITS_PAGE];
    let seen_parameters: [&(dyn ToSql + Sync); 6] =
        [&tenant_id, &env, &stream, &command_ids, &actor_ids, &idempotency_keys];
    let begin = Scope::from(&key.tenant_id).begin();
    // What is polled together travels together, in this order.
    let (begun, head, seen) = join!(
        append.batch_execute(&begin),
        append.query_opt(&lock, &lock_parameters),
        append.query(&seen, &seen_parameters),
    );
    begun?;
    let head = head?;
    let newer = head.as_ref().map(|row| row.get(3)).unwrap_or_default();
    let head = head.map(|row| Head { seq: from_sql(&row, 0), rev: from_sql(&row, 1) });
    let seen = seen?.iter().map(to_decided).collect::<Result<_, _>>();
    let seen = seen.context("a recorded outcome is not understood").map_err(Failure::Poison)?;
    Ok(Opened { append, head, seen, newer })
}

impl Append {
    /// Whose log it appends to.
    pub(crate) fn key(&self) -> &StreamKey {
        &self.key
    }

    /// The next commits after `after_rev`.
    pub(crate) async fn newer(&self, after_rev: u64) -> Result<Vec<String>, Failure> {
        log::commits(self, &self.key, after_rev, u64::MAX).await
    }

    /// The events at the places `made_before`, where an earlier delivery of the same commands made them true; none where
    /// others came after them: then readers see the hole that they left, and an old event sent late would only look like
    /// a new one. `head_seq` is where the log ends with the entries.
    pub(crate) async fn again(
        &self,
        made_before: &[u64],
        entries: &Entries,
        head_seq: u64,
        is_redelivered: bool,
    ) -> Result<Vec<Logged>, Failure> {
        let Some(last) = made_before.iter().max() else { return Ok(Vec::new()) };
        let first_new = entries.events.first().map(|event| event.seq);
        let is_last = first_new.unwrap_or(head_seq + 1) == last + 1;
        if !is_last && !is_redelivered {
            return Ok(Vec::new());
        }
        log::events(self, &self.key, made_before).await
    }

    /// Appends, moves the head, and makes all of it durable, or nothing. One round trip.
    pub(crate) async fn commit(self, entries: &Entries) -> Result<(), Failure> {
        self.write(entries).await?;
        self.transaction.ended();
        Ok(())
    }

    /// Ends the transaction without having changed anything.
    pub(crate) async fn abandon(self) -> Result<(), Failure> {
        self.transaction.rollback().await
    }

    async fn write(&self, entries: &Entries) -> Result<(), Failure> {
        let append = self.prepare_cached(APPEND).await?;
        let recording = Recording::prepare(self, Place::of(&self.key), &entries.dataset_events).await?;
        let (tenant_id, env) = (self.key.tenant_id.as_str(), self.key.env.as_str());
        let stream = self.key.stream.to_string();
        let log: [&(dyn ToSql + Sync); 3] = [&tenant_id, &env, &stream];
        let (events, records) = (EventColumns::of(&entries.events), RecordColumns::of(&entries.records));
        let parameters: Vec<_> = log.into_iter().chain(events.parameters()).chain(records.parameters()).collect();
        let (appended, recorded, committed) = join!(
            self.execute(&append, &parameters),
            recording.write(self),
            // After a failure it rolls back, and the other says why.
            self.batch_execute("COMMIT"),
        );
        appended?;
        recorded?;
        Ok(committed?)
    }
}

impl Deref for Append {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.transaction
    }
}

/// Appends events, moves the head behind the last of them, and records what was decided: over an earlier refusal;
/// over an applied command it fails, by a trigger. One statement, because each one costs. Parameters: tenant, env,
/// stream, and as arrays the columns of the events and of the records.
const APPEND: &str = "
    WITH appended AS (
        INSERT INTO log (tenant_id, env, stream, seq, rev, command_id, event)
        SELECT $1, $2, $3, seq, rev, command_id, event::json
          FROM unnest($4::bigint[], $5::bigint[], $6::uuid[], $7::text[]) AS entry(seq, rev, command_id, event)
        RETURNING seq, rev),
    moved AS (
        UPDATE heads SET seq = last.seq, rev = coalesce(last.rev, heads.rev)
          FROM (SELECT max(seq) AS seq, max(rev) AS rev FROM appended) AS last
         WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND last.seq IS NOT NULL)
    INSERT INTO commands (tenant_id, env, stream, command_id, actor_id, idempotency_key, fingerprint, applied, outcome)
    SELECT $1, $2, $3, command_id, actor_id, idempotency_key, fingerprint, applied, outcome::json
      FROM unnest($8::uuid[], $9::text[], $10::text[], $11::text[], $12::boolean[], $13::text[])
        AS decided(command_id, actor_id, idempotency_key, fingerprint, applied, outcome)
    ON CONFLICT (tenant_id, command_id) DO UPDATE
       SET env = excluded.env, stream = excluded.stream, actor_id = excluded.actor_id,
           idempotency_key = excluded.idempotency_key, fingerprint = excluded.fingerprint,
           applied = excluded.applied, outcome = excluded.outcome, decided_at = now()";

#[derive(Default)]
struct EventColumns<'a> {
    seqs: Vec<i64>,
    revs: Vec<Option<i64>>,
    command_ids: Vec<Uuid>,
    jsons: Vec<&'a str>,
}

impl<'a> EventColumns<'a> {
    fn of(events: &'a [NewEvent]) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.seqs.push(to_sql(event.seq));
            columns.revs.push(event.rev.map(to_sql));
            columns.command_ids.push(event.command_id);
            columns.jsons.push(&event.json);
        }
        columns
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.seqs, &self.revs, &self.command_ids, &self.jsons]
    }
}
