//! The tamper-evident logs: how far they are, what they hold, and the tiles that prove it.

use super::{QueryError, bigint, count, row, rows_planned};
use audit::{PayloadCommitment, Recorded, TileBytes, TileId};
use node::postgres::Pool;
use serde_json::Value;
use std::collections::BTreeMap;
use subjects::ids::{Env, TenantId};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// Where a log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many records it has.
    pub size: u64,
    /// Its signed checkpoint.
    pub note: String,
}

/// An event that has its place in a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place.
    pub seq: u64,
    /// What was put down.
    pub recorded: Recorded,
    /// What commits to its payload.
    pub commitment: PayloadCommitment,
    /// What else there is to know; none once it is erased.
    pub payload: Option<Value>,
    /// What hides the payload behind the commitment; goes with it.
    pub salt: Option<Vec<u8>>,
    /// The kinds of personal data that were taken out before.
    pub pii: Vec<String>,
}

/// Which events. Each that is stated must be so.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// What was done.
    pub action: Option<String>,
    /// Who.
    pub actor_id: Option<String>,
    /// To what.
    pub resource: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
}

/// An event of a log, by one of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// By its place.
    Seq(u64),
    /// By what names it for good.
    Event(Uuid),
}

type Place<'a> = (&'a TenantId, Env);

/// The columns of an entry. `n` is the entry, `e` its event.
macro_rules! entry {
    ($rest:literal) => {
        concat!(
            "SELECT n.seq, n.payload_commitment, e.event_id, e.ts, e.actor_id, e.actor_type, e.action, e.resource,
                    e.outcome, e.request_id, e.trace_id, e.routing, e.train_ok, e.payload, e.salt, e.pii
               FROM audit_entries n
               JOIN dataset_events e ON e.tenant_id = n.tenant_id AND e.env = n.env AND e.event_id = n.event_id
              WHERE n.tenant_id = $1 AND n.env = $2 AND ",
            $rest
        )
    };
}

/// Where the log ends; none before its first record.
pub async fn head(pool: &Pool, (tenant_id, env): Place<'_>) -> Result<Option<Head>, QueryError> {
    const SQL: &str = "SELECT size, note FROM audit_heads WHERE tenant_id = $1 AND env = $2 AND size > 0";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str()]).await?;
    row.map(|row| Ok(Head { size: count(&row, "size")?, note: row.try_get("note")? })).transpose()
}

/// The events at the places from `first` to before `end` that are so, in their order.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    (first, end): (u64, u64),
    which: &Which,
    limit: usize,
) -> Result<Vec<Entry>, QueryError> {
    const SQL: &str = entry!(
        "n.seq >= $3 AND n.seq < $4
            AND ($5::text IS NULL OR e.action = $5) AND ($6::text IS NULL OR e.actor_id = $6)
            AND ($7::text IS NULL OR e.resource = $7) AND ($8::text IS NULL OR e.outcome = $8)
          ORDER BY n.seq LIMIT $9"
    );
    let Which { action, actor_id, resource, outcome } = which;
    let (tenant, env, first, end, limit) = (tenant_id.as_str(), env.as_str(), bigint(first), bigint(end), limit as i64);
    let parameters: [(&(dyn ToSql + Sync), Type); 9] = [
        (&tenant, Type::TEXT),
        (&env, Type::TEXT),
        (&first, Type::INT8),
        (&end, Type::INT8),
        (action, Type::TEXT),
        (actor_id, Type::TEXT),
        (resource, Type::TEXT),
        (outcome, Type::TEXT),
        (&limit, Type::INT8),
    ];
    let rows = rows_planned(pool, tenant_id, SQL, &parameters).await?;
    rows.iter().map(entry).collect()
}

/// The event of this name, if it has its place.
pub async fn find(pool: &Pool, (tenant_id, env): Place<'_>, named: Named) -> Result<Option<Entry>, QueryError> {
    const BY_SEQ: &str = entry!("n.seq = $3");
    const BY_EVENT: &str = entry!("n.event_id = $3");
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let place = [(&tenant as &(dyn ToSql + Sync), Type::TEXT), (&env, Type::TEXT)];
    let [tenant, env] = place;
    let rows = match named {
        Named::Seq(seq) => rows_planned(pool, tenant_id, BY_SEQ, &[tenant, env, (&bigint(seq), Type::INT8)]).await?,
        Named::Event(id) => rows_planned(pool, tenant_id, BY_EVENT, &[tenant, env, (&id, Type::UUID)]).await?,
    };
    rows.first().map(entry).transpose()
}

fn entry(row: &Row) -> Result<Entry, QueryError> {
    let commitment: &[u8] = row.try_get("payload_commitment")?;
    let commitment = commitment.try_into().map_err(|_| QueryError::Odd("a commitment of another length".into()))?;
    let event_id: Uuid = row.try_get("event_id")?;
    let recorded = Recorded {
        event_id: event_id.to_string(),
        ts: row.try_get("ts")?,
        actor_id: row.try_get("actor_id")?,
        actor_type: row.try_get("actor_type")?,
        action: row.try_get("action")?,
        resource: row.try_get("resource")?,
        outcome: row.try_get("outcome")?,
        request_id: row.try_get("request_id")?,
        trace_id: row.try_get("trace_id")?,
        routing: row.try_get("routing")?,
        train_ok: row.try_get("train_ok")?,
    };
    Ok(Entry {
        seq: count(row, "seq")?,
        recorded,
        commitment: PayloadCommitment::from_bytes(commitment),
        payload: row.try_get("payload")?,
        salt: row.try_get("salt")?,
        pii: row.try_get("pii")?,
    })
}

/// These tiles of the log, as far as they are there.
pub async fn tiles(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    ids: &[TileId],
) -> Result<BTreeMap<TileId, TileBytes>, QueryError> {
    const SQL: &str = "SELECT t.level, t.number, t.hashes
          FROM unnest($3::smallint[], $4::bigint[]) AS asked (level, number)
          JOIN audit_tiles t ON t.tenant_id = $1 AND t.env = $2 AND t.level = asked.level AND t.number = asked.number";
    let levels: Vec<i16> = ids.iter().map(|id| id.level.into()).collect();
    let numbers: Vec<i64> = ids.iter().map(|id| bigint(id.number)).collect();
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let parameters: [(&(dyn ToSql + Sync), Type); 4] =
        [(&tenant, Type::TEXT), (&env, Type::TEXT), (&levels, Type::INT2_ARRAY), (&numbers, Type::INT8_ARRAY)];
    let rows = rows_planned(pool, tenant_id, SQL, &parameters).await?;
    let tile = |row: &Row| {
        let level: i16 = row.try_get("level")?;
        let level = u8::try_from(level).map_err(|_| QueryError::Odd("a level that there is not".into()))?;
        Ok((TileId { level, number: count(row, "number")? }, row.try_get("hashes")?))
    };
    rows.iter().map(tile).collect()
}
