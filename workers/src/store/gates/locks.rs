//! Strategy locks.

use crate::runtime::worker::Failure;
use crate::store::gates::{Put, names, put, word};
use crate::store::log::to_sql;
use crate::store::{Client, Place};
use chrono::{DateTime, Utc};
use gates::{Amount, Lock, LockState, Question};
use subjects::gates::change::NewLock;
use subjects::gates::text::Words;
use subjects::ids::{LockId, SurfaceId};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// How far a lock is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// What was decided.
    pub(crate) state: LockState,
    /// Until when it holds, not including.
    pub(crate) valid_until: DateTime<Utc>,
}

/// The strategy locks that name the action, whatever their state, by `lock_id`.
pub(crate) async fn naming(client: &Client, place: Place<'_>, action: &str) -> Result<Vec<Lock>, Failure> {
    let naming = "
        SELECT l.lock_id, l.state, l.allowed_actions, l.surfaces, l.valid_from, l.valid_until, l.question_id, q.verdict,
               l.providers, l.cost_micros_max, l.cost_currency
          FROM strategy_locks l
          LEFT JOIN three_wise_questions q
            ON q.tenant_id = l.tenant_id AND q.env = l.env AND q.question_id = l.question_id
         WHERE l.tenant_id = $1 AND l.env = $2 AND l.allowed_actions @> ARRAY[$3::text]
         ORDER BY l.lock_id";
    let statement = client.prepare_cached(naming).await?;
    let rows = client.query(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &action]).await?;
    rows.iter().map(lock).collect()
}

fn lock(row: &Row) -> Result<Lock, Failure> {
    let verdict = row.get::<_, Option<&str>>(7).map(word).transpose()?;
    let question = row.get::<_, Option<String>>(6).map(|question_id| Question { question_id, verdict });
    let most = row.get::<_, Option<i64>>(9).zip(row.get::<_, Option<String>>(10));
    let cost_most = most.map(|(micros, currency)| Amount { micros: micros.unsigned_abs(), currency });
    Ok(Lock {
        lock_id: row.get(0),
        state: word(row.get(1))?,
        allowed_actions: row.get(2),
        surfaces: row.get(3),
        providers: row.get(8),
        cost_most,
        valid_from: row.get(4),
        valid_until: row.get(5),
        question,
    })
}

/// Puts a draft down. `at` is where it begins if nothing else is said.
pub(crate) async fn draft(
    client: &Client,
    place: Place<'_>,
    lock: &NewLock,
    (actor_id, at): (&str, DateTime<Utc>),
) -> Result<Put, Failure> {
    let insert = "
        INSERT INTO strategy_locks (tenant_id, env, lock_id, title, state, allowed_actions, surfaces, providers,
                                    cost_micros_max, cost_currency, valid_from, valid_until, question_id, drafted_by)
        VALUES ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, $9, coalesce($10, $11::timestamptz), $12, $13, $14)
        ON CONFLICT DO NOTHING";
    let same = "
        SELECT FROM strategy_locks
         WHERE tenant_id = $1 AND env = $2 AND lock_id = $3 AND title = $4 AND allowed_actions = $5
           AND surfaces IS NOT DISTINCT FROM $6 AND providers IS NOT DISTINCT FROM $7
           AND cost_micros_max IS NOT DISTINCT FROM $8 AND cost_currency IS NOT DISTINCT FROM $9
           AND coalesce($10, valid_from) = valid_from AND $11::timestamptz IS NOT NULL
           AND valid_until = $12 AND question_id IS NOT DISTINCT FROM $13 AND drafted_by = $14";
    let surfaces: Option<Vec<&str>> = lock.surfaces.as_ref().map(|all| all.iter().map(SurfaceId::as_str).collect());
    let cost = lock.cost_max.as_ref();
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &place.tenant_id.as_str(),
        &place.env.as_str(),
        &lock.lock_id.as_str(),
        &lock.title.as_str(),
        &names(&lock.allowed_actions),
        &surfaces,
        &lock.providers.as_deref().map(names),
        &cost.map(|cost| to_sql(cost.micros)),
        &cost.map(|cost| cost.currency.as_str()),
        &lock.valid_from,
        &at,
        &lock.valid_until,
        &lock.question_id.as_ref().map(|id| id.as_str()),
        &actor_id,
    ];
    put(client, insert, same, parameters).await
}

/// How far the lock of this name is, if there is one.
pub(crate) async fn find(client: &Client, place: Place<'_>, lock_id: &LockId) -> Result<Option<Standing>, Failure> {
    let find = "SELECT state, valid_until FROM strategy_locks WHERE tenant_id = $1 AND env = $2 AND lock_id = $3";
    let statement = client.prepare_cached(find).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let row = client.query_opt(&statement, &[&tenant_id, &env, &lock_id.as_str()]).await?;
    row.map(|row| Ok(Standing { state: word(row.get(0))?, valid_until: row.get(1) })).transpose()
}

/// Decides on a draft.
pub(crate) async fn decide(
    client: &Client,
    place: Place<'_>,
    lock_id: &LockId,
    (state, reason, actor_id): (LockState, Option<&Words>, &str),
) -> Result<(), Failure> {
    let decide = "
        UPDATE strategy_locks SET state = $4, reason = $5, decided_by = $6, decided_at = clock_timestamp()
         WHERE tenant_id = $1 AND env = $2 AND lock_id = $3 AND state = 'draft'";
    let statement = client.prepare_cached(decide).await?;
    let (tenant_id, env, reason) = (place.tenant_id.as_str(), place.env.as_str(), reason.map(|reason| reason.as_str()));
    client.execute(&statement, &[&tenant_id, &env, &lock_id.as_str(), &state.as_str(), &reason, &actor_id]).await?;
    Ok(())
}

/// Brings the end of a lock forward.
pub(crate) async fn expire(
    client: &Client,
    place: Place<'_>,
    lock_id: &LockId,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let expire = "
        UPDATE strategy_locks SET valid_until = least(valid_until, $4)
         WHERE tenant_id = $1 AND env = $2 AND lock_id = $3";
    let statement = client.prepare_cached(expire).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &lock_id.as_str(), &at]).await?;
    Ok(())
}
