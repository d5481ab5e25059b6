//! What became of each command.

use serde::de::Error as _;
use subjects::answer::{Effect, Rejection};
use subjects::chat::Say;
use subjects::command::Command;
use subjects::ids::ActorId;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// What a command to a log led to.
pub(crate) type Outcome = Result<Effect, Rejection>;

/// What tells a command from others, whatever it asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Which.
    pub(crate) command_id: Uuid,
    /// Who asks.
    pub(crate) actor_id: &'a ActorId,
    /// What the client calls it.
    pub(crate) idempotency_key: &'a str,
    /// What is asked.
    pub(crate) fingerprint: &'a str,
}

impl<'a> From<&'a Command> for Asked<'a> {
    fn from(command: &'a Command) -> Self {
        let Command { command_id, actor, idempotency_key, fingerprint, .. } = command;
        Self { command_id: *command_id, actor_id: &actor.actor_id, idempotency_key, fingerprint }
    }
}

impl<'a> From<&'a Say> for Asked<'a> {
    fn from(say: &'a Say) -> Self {
        let Say { command_id, actor, idempotency_key, fingerprint, .. } = say;
        Self { command_id: *command_id, actor_id: &actor.actor_id, idempotency_key, fingerprint }
    }
}

/// A command on which was decided.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decided {
    /// Which.
    pub(crate) command_id: Uuid,
    /// Who asked.
    pub(crate) actor_id: ActorId,
    /// What the client calls it.
    pub(crate) idempotency_key: String,
    /// What was asked.
    pub(crate) fingerprint: String,
    /// Whether it was asked of this very log.
    pub(crate) is_here: bool,
    /// What it led to.
    pub(crate) outcome: Outcome,
}

impl Decided {
    /// What was decided on a command of this log.
    pub(crate) fn new(asked: Asked<'_>, outcome: Outcome) -> Self {
        Self {
            command_id: asked.command_id,
            actor_id: asked.actor_id.clone(),
            idempotency_key: asked.idempotency_key.to_owned(),
            fingerprint: asked.fingerprint.to_owned(),
            is_here: true,
            outcome,
        }
    }
}

/// Those of the commands on which was decided before: found by their ids, and by the keys of applied ones.
/// Parameters: tenant, env, stream, command ids, and as equally long arrays actors and idempotency keys. `OFFSET 0` keeps the
/// planner from turning the probes by key into a walk through all that was ever applied to the canvas.
pub(super) const SEEN: &str = "
    SELECT command_id, actor_id, idempotency_key, fingerprint, env = $2 AND stream = $3, outcome::text
      FROM commands WHERE tenant_id = $1 AND command_id = ANY($4)
    UNION ALL
    SELECT known.command_id, asked.actor_id, asked.idempotency_key, known.fingerprint, true, known.outcome
      FROM unnest($5::text[], $6::text[]) AS asked(actor_id, idempotency_key)
     CROSS JOIN LATERAL (
           SELECT command_id, fingerprint, outcome::text FROM commands
            WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND applied
              AND actor_id = asked.actor_id AND idempotency_key = asked.idempotency_key
           OFFSET 0) AS known";

pub(super) fn to_decided(row: &Row) -> Result<Decided, serde_json::Error> {
    Ok(Decided {
        command_id: row.get(0),
        actor_id: row.get::<_, &str>(1).parse().map_err(serde_json::Error::custom)?,
        idempotency_key: row.get(2),
        fingerprint: row.get(3),
        is_here: row.get(4),
        outcome: serde_json::from_str(row.get(5))?,
    })
}

/// What is recorded, column by column.
#[derive(Default)]
pub(super) struct RecordColumns<'a> {
    command_ids: Vec<Uuid>,
    actor_ids: Vec<&'a str>,
    idempotency_keys: Vec<&'a str>,
    fingerprints: Vec<&'a str>,
    applied: Vec<bool>,
    outcomes: Vec<String>,
}

impl<'a> RecordColumns<'a> {
    pub(super) fn of(records: &'a [Decided]) -> Self {
        let mut columns = Self::default();
        for record in records {
            columns.command_ids.push(record.command_id);
            columns.actor_ids.push(record.actor_id.as_str());
            columns.idempotency_keys.push(&record.idempotency_key);
            columns.fingerprints.push(&record.fingerprint);
            columns.applied.push(record.outcome.is_ok());
            columns.outcomes.push(serde_json::to_string(&record.outcome).expect("an outcome is JSON"));
        }
        columns
    }

    /// In the order of their declaration.
    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 6] {
        [&self.command_ids, &self.actor_ids, &self.idempotency_keys, &self.fingerprints, &self.applied, &self.outcomes]
    }
}
