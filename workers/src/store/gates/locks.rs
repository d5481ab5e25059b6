//! Strategy locks.

use crate::runtime::worker::Failure;
use crate::store::{Client, Place};
use anyhow::anyhow;
use gates::{Amount, Lock, Question};
use std::str::FromStr;
use tokio_postgres::Row;

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

/// A word in a column that holds no others.
fn word<T: FromStr<Err = gates::UnknownWord>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|unknown: gates::UnknownWord| Failure::Poison(anyhow!(unknown)))
}
