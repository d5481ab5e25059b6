//! The tamper-evident logs: what waits for its place in one, where each ends, and what it holds.
//!
//! What reads many rows is planned each time it is asked (`…_typed`): a plan that was made while the tables were small, and
//! kept, looks at every row for each that it finds.

pub(crate) mod queue;
pub(crate) mod unpublished;

use crate::runtime::worker::Failure;
use crate::store::log::to_sql;
use crate::store::{Client, Place};
use anyhow::anyhow;
use audit::{PayloadCommitment, Recorded, TileBytes, TileId};
use futures_util::{future, try_join};
use std::collections::BTreeMap;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// Where a log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// How many records it has.
    pub(crate) size: u64,
    /// Its signed checkpoint; empty before the first record.
    pub(crate) note: String,
}

/// What is appended to a log, from where it ended.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Where the log ended.
    pub(crate) old: u64,
    /// The events that get their places, in order, and what commits to their payloads.
    pub(crate) entries: Vec<(Uuid, PayloadCommitment)>,
    /// The tiles that are other than they were.
    pub(crate) tiles: Vec<(TileId, TileBytes)>,
    /// Where the log ends now.
    pub(crate) size: u64,
    /// Its root.
    pub(crate) root: [u8; 32],
    /// The signed checkpoint.
    pub(crate) note: String,
    /// The places in the queue that are done with.
    pub(crate) numbers: Vec<i64>,
}

/// Locks the end of a log until the transaction ends; none where another worker holds it, or the log did not
/// [begin](begin).
pub(crate) async fn lock(client: &Client, place: Place<'_>) -> Result<Option<Head>, Failure> {
    let lock = "SELECT size, note FROM audit_heads WHERE tenant_id = $1 AND env = $2 FOR UPDATE SKIP LOCKED";
    let statement = client.prepare_cached(lock).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    Ok(client.query_opt(&statement, &[&tenant_id, &env]).await?.as_ref().map(head))
}

/// Begins a log, unless there is one: says whether it did. To be committed at once, because others who begin it wait.
pub(crate) async fn begin(client: &Client, place: Place<'_>) -> Result<bool, Failure> {
    let begin = "INSERT INTO audit_heads (tenant_id, env, size, root, note) VALUES ($1, $2, 0, sha256(''), '')
        ON CONFLICT DO NOTHING";
    let statement = client.prepare_cached(begin).await?;
    Ok(client.execute(&statement, &[&place.tenant_id.as_str(), &place.env.as_str()]).await? == 1)
}

/// Where a log ends; none where there is none.
pub(crate) async fn find(client: &Client, place: Place<'_>) -> Result<Option<Head>, Failure> {
    let find = "SELECT size, note FROM audit_heads WHERE tenant_id = $1 AND env = $2";
    let statement = client.prepare_cached(find).await?;
    let row = client.query_opt(&statement, &[&place.tenant_id.as_str(), &place.env.as_str()]).await?;
    Ok(row.as_ref().map(head))
}

fn head(row: &Row) -> Head {
    Head { size: row.get::<_, i64>(0).unsigned_abs(), note: row.get(1) }
}

/// These tiles of a log, as far as they are there.
pub(crate) async fn tiles(
    client: &Client,
    place: Place<'_>,
    ids: &[TileId],
) -> Result<BTreeMap<TileId, TileBytes>, Failure> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let read = "
        SELECT t.level, t.number, t.hashes
          FROM unnest($3::smallint[], $4::bigint[]) AS asked (level, number)
          JOIN audit_tiles t ON t.tenant_id = $1 AND t.env = $2 AND t.level = asked.level AND t.number = asked.number";
    let (levels, numbers) = columns(ids.iter());
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let parameters: [(&(dyn ToSql + Sync), Type); 4] =
        [(&tenant_id, Type::TEXT), (&env, Type::TEXT), (&levels, Type::INT2_ARRAY), (&numbers, Type::INT8_ARRAY)];
    let rows = client.query_typed(read, &parameters).await?;
    let tile = |row: &Row| {
        let (level, number): (i16, i64) = (row.get(0), row.get(1));
        (TileId { level: level.unsigned_abs() as u8, number: number.unsigned_abs() }, row.get(2))
    };
    Ok(rows.iter().map(tile).collect())
}

/// So many records of a log from `first` on, as they were hashed: by their places.
pub(crate) async fn records(
    client: &Client,
    place: Place<'_>,
    (first, count): (u64, u64),
) -> Result<Vec<Vec<u8>>, Failure> {
    let read = concat!(
        "SELECT n.seq, n.payload_commitment, ",
        "e.event_id, e.ts, e.actor_id, e.actor_type, e.action, e.resource, e.outcome, e.request_id, e.trace_id, e.routing,
         e.train_ok
          FROM audit_entries n
          JOIN dataset_events e ON e.tenant_id = n.tenant_id AND e.env = n.env AND e.event_id = n.event_id
         WHERE n.tenant_id = $1 AND n.env = $2 AND n.seq >= $3 AND n.seq < $4 ORDER BY n.seq"
    );
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let (first, end) = (to_sql(first), to_sql(first + count));
    let parameters: [(&(dyn ToSql + Sync), Type); 4] =
        [(&tenant_id, Type::TEXT), (&env, Type::TEXT), (&first, Type::INT8), (&end, Type::INT8)];
    let rows = client.query_typed(read, &parameters).await?;
    let record = |row: &Row| {
        let commitment = <[u8; 32]>::try_from(row.get::<_, &[u8]>(1)).map_err(anyhow::Error::new)?;
        let seq = row.get::<_, i64>(0).unsigned_abs();
        let leaf = recorded(row, 2).leaf((tenant_id, env), seq, PayloadCommitment::from_bytes(commitment));
        Ok(leaf.to_bytes()?)
    };
    rows.iter().map(|row| record(row).map_err(Failure::Poison)).collect()
}

/// What was put down, from the columns `event_id` to `train_ok` of `dataset_events`, beginning at this one.
fn recorded(row: &Row, at: usize) -> Recorded {
    Recorded {
        event_id: row.get::<_, Uuid>(at).to_string(),
        ts: row.get(at + 1),
        actor_id: row.get(at + 2),
        actor_type: row.get(at + 3),
        action: row.get(at + 4),
        resource: row.get(at + 5),
        outcome: row.get(at + 6),
        request_id: row.get(at + 7),
        trace_id: row.get(at + 8),
        routing: row.get(at + 9),
        train_ok: row.get(at + 10),
    }
}

/// Appends to a log whose end is locked by this transaction. Moves its end on from where it was: a worker that believes the
/// log to end elsewhere fails.
pub(crate) async fn append(client: &Client, place: Place<'_>, batch: &Batch) -> Result<(), Failure> {
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let (old, size) = (to_sql(batch.old), to_sql(batch.size));
    let [entries, grow, advance, unpublished] = statements(client).await?;
    let ids: Vec<Uuid> = batch.entries.iter().map(|(id, _)| *id).collect();
    let commitments: Vec<[u8; 32]> = batch.entries.iter().map(|(_, commitment)| commitment.to_bytes()).collect();
    let commitments: Vec<&[u8]> = commitments.iter().map(<[u8; 32]>::as_slice).collect();
    let (levels, numbers) = columns(batch.tiles.iter().map(|(id, _)| id));
    let hashes: Vec<&[u8]> = batch.tiles.iter().map(|(_, hashes)| hashes.as_slice()).collect();
    let root = batch.root.as_slice();
    let new_entries: [&(dyn ToSql + Sync); 5] = [&tenant_id, &env, &old, &ids, &commitments];
    let new_tiles: [&(dyn ToSql + Sync); 5] = [&tenant_id, &env, &levels, &numbers, &hashes];
    let old_places: [(&(dyn ToSql + Sync), Type); 3] =
        [(&tenant_id, Type::TEXT), (&env, Type::TEXT), (&batch.numbers, Type::INT8_ARRAY)];
    let new_head: [&(dyn ToSql + Sync); 6] = [&tenant_id, &env, &old, &size, &root, &batch.note];
    let new_sizes: [&(dyn ToSql + Sync); 4] = [&tenant_id, &env, &old, &size];
    // What is polled together travels together, in this order.
    let (_, _, _, moved, _) = try_join!(
        client.execute(&entries, &new_entries),
        client.execute(&grow, &new_tiles),
        client.execute_typed(DONE, &old_places),
        client.execute(&advance, &new_head),
        client.execute(&unpublished, &new_sizes),
    )?;
    if moved == 1 { Ok(()) } else { Err(Failure::Transient(anyhow!("the log does not end at {old}"))) }
}

const DONE: &str = "DELETE FROM audit_queue WHERE tenant_id = $1 AND env = $2 AND number = ANY($3)";

async fn statements(client: &Client) -> Result<[tokio_postgres::Statement; 4], Failure> {
    const STATEMENTS: [&str; 4] = [
        "INSERT INTO audit_entries (tenant_id, env, seq, event_id, payload_commitment)
         SELECT $1, $2, $3 + new.place - 1, new.event_id, new.commitment
           FROM unnest($4::uuid[], $5::bytea[]) WITH ORDINALITY AS new (event_id, commitment, place)",
        "INSERT INTO audit_tiles (tenant_id, env, level, number, hashes)
         SELECT $1, $2, new.level, new.number, new.hashes
           FROM unnest($3::smallint[], $4::bigint[], $5::bytea[]) AS new (level, number, hashes)
         ON CONFLICT (tenant_id, env, level, number) DO UPDATE SET hashes = excluded.hashes",
        "UPDATE audit_heads SET size = $4, root = $5, note = $6, signed_at = clock_timestamp()
          WHERE tenant_id = $1 AND env = $2 AND size = $3",
        "INSERT INTO audit_unpublished (tenant_id, env, from_size, to_size) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, env) DO UPDATE SET to_size = excluded.to_size",
    ];
    let prepared = future::try_join_all(STATEMENTS.map(|sql| client.prepare_cached(sql))).await?;
    Ok(prepared.try_into().expect("as many as were asked for"))
}

fn columns<'a>(ids: impl Iterator<Item = &'a TileId>) -> (Vec<i16>, Vec<i64>) {
    ids.map(|id| (i16::from(id.level), to_sql(id.number))).unzip()
}
