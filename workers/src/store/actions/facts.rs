//! What gates decide on, read in one snapshot: one statement, so that nothing changes between two of its parts.
//!
//! PostgreSQL writes each part as the JSON that [`gates`] reads. What it cannot read, or is more than is looked at, counts as
//! unread: the gate refuses.

use crate::runtime::worker::Failure;
use crate::store::{Client, Place};
use anyhow::Context;
use gates::{Asked, Corridor, Facts, Licence, Limit, Lock, Read, Switch, Temperature};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

/// The most entries of one part that are looked at.
const ENTRIES_MAX: usize = 200;

/// Parameters: tenant, env, action, provider, kind and name of the subject, surface, and one more than is looked at.
///
/// Of locks those are read that were valid within the last month, so that it can be seen which one has ended.
const FACTS: &str = concat!(
    "SELECT statement_timestamp(), ",
    switches!(),
    ",
    (SELECT coalesce(json_object_agg(action, level), '{}')::text FROM dangerous_actions
      WHERE tenant_id = $1 AND env = $2 AND action = $3),
    (SELECT coalesce(json_agg(it), '[]')::text FROM (
        SELECT json_build_object('licence_id', licence_id, 'level', level, 'scope', scope, 'expires_at', expires_at,
                                 'is_revoked', false) AS it
          FROM licences
         WHERE tenant_id = $1 AND env = $2 AND subject_type = $5 AND subject_id = $6
           AND revoked_at IS NULL AND expires_at > statement_timestamp()
         ORDER BY licence_id LIMIT $8) AS held),
    (SELECT coalesce(json_agg(it), '[]')::text FROM (
        SELECT json_build_object(
                'lock_id', l.lock_id, 'state', l.state, 'allowed_actions', l.allowed_actions, 'surfaces', l.surfaces,
                'providers', l.providers,
                'cost_most', CASE WHEN l.cost_micros_max IS NOT NULL THEN
                    json_build_object('micros', l.cost_micros_max, 'currency', l.cost_currency) END,
                'valid_from', l.valid_from, 'valid_until', l.valid_until,
                'question', CASE WHEN l.question_id IS NOT NULL THEN
                    json_build_object('question_id', l.question_id, 'verdict', q.verdict) END) AS it
          FROM strategy_locks l
          LEFT JOIN three_wise_questions q
            ON q.tenant_id = l.tenant_id AND q.env = l.env AND q.question_id = l.question_id
         WHERE l.tenant_id = $1 AND l.env = $2 AND l.allowed_actions @> ARRAY[$3::text]
           AND l.valid_until > statement_timestamp() - interval '30 days'
         ORDER BY l.lock_id LIMIT $8) AS locks),
    (SELECT coalesce(json_agg(it), '[]')::text FROM (
        SELECT json_build_object(
                'limit_id', b.limit_id, 'window', b.time_window,
                'most', json_build_object('micros', b.most_micros, 'currency', b.currency),
                'spent_micros', (
                    SELECT coalesce(sum(u.micros), 0) FROM budget_usage u
                     WHERE u.tenant_id = $1 AND u.env = $2 AND u.currency = b.currency
                       AND (b.surface IS NULL OR u.surface = b.surface)
                       AND u.used_at > statement_timestamp() - CASE b.time_window
                           WHEN 'hour' THEN interval '1 hour' WHEN 'day' THEN interval '24 hours'
                           ELSE interval '720 hours' END),
                'reserved_micros', (
                    SELECT coalesce(sum(r.micros), 0) FROM budget_reservations r
                     WHERE r.tenant_id = $1 AND r.env = $2 AND r.currency = b.currency
                       AND (b.surface IS NULL OR r.surface = b.surface))) AS it
          FROM budget_limits b
         WHERE b.tenant_id = $1 AND b.env = $2 AND (b.surface IS NULL OR b.surface = $7)
         ORDER BY b.limit_id LIMIT $8) AS limits),
    (SELECT coalesce(json_agg(it), '[]')::text FROM (
        SELECT json_build_object(
                'kpi', c.kpi, 'min', c.min, 'max', c.max,
                'latest', (SELECT json_build_object('value', m.value, 'at', m.measured_at) FROM kpi_measurements m
                            WHERE m.tenant_id = $1 AND m.env = $2 AND m.kpi = c.kpi AND m.surface = c.surface
                            ORDER BY m.measured_at DESC, m.measurement_id DESC LIMIT 1)) AS it
          FROM kpi_corridors c
         WHERE c.tenant_id = $1 AND c.env = $2 AND c.surface = $7
         ORDER BY c.kpi LIMIT $8) AS corridors),
    (SELECT json_build_object('terms', coalesce(json_object_agg(kpi, it), '{}'))::text FROM (
        SELECT t.kpi, json_build_object(
                'weight', t.weight, 'floor', t.floor, 'ceiling', t.ceiling,
                'latest', (SELECT json_build_object('value', m.value, 'at', m.measured_at) FROM kpi_measurements m
                            WHERE m.tenant_id = $1 AND m.env = $2 AND m.kpi = t.kpi AND m.surface = ''
                            ORDER BY m.measured_at DESC, m.measurement_id DESC LIMIT 1)) AS it
          FROM temperature_terms t
         WHERE t.tenant_id = $1 AND t.env = $2
         ORDER BY t.kpi LIMIT $8) AS terms),
    (SELECT coalesce(json_agg(it), '[]')::text FROM (
        SELECT json_build_object('override_id', override_id, 'gate', gate, 'action', action, 'expires_at', expires_at) AS it
          FROM gate_overrides
         WHERE tenant_id = $1 AND env = $2 AND (action IS NULL OR action = $3)
           AND revoked_at IS NULL AND expires_at > statement_timestamp()
         ORDER BY override_id LIMIT $8) AS words)"
);

/// All that there is to know about what is asked, now. Within a transaction it sees what was committed before the statement.
pub(crate) async fn read(client: &Client, place: Place<'_>, asked: Asked) -> Result<Facts, Failure> {
    let statement = client.prepare_cached(FACTS).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let (subject_type, subject_id) = (asked.subject.kind.as_str(), &asked.subject.id);
    let one_more = ENTRIES_MAX as i64 + 1;
    let row = client
        .query_one(
            &statement,
            &[&tenant_id, &env, &asked.action, &asked.provider, &subject_type, subject_id, &asked.surface, &one_more],
        )
        .await?;
    Ok(Facts {
        at: row.get(0),
        switches: some::<Switch>(&row, 1),
        levels: serde_json::from_str(row.get(2)).context("a level is not understood").map_err(Failure::Poison)?,
        licences: some::<Licence>(&row, 3),
        locks: some::<Lock>(&row, 4),
        limits: some::<Limit>(&row, 5),
        corridors: some::<Corridor>(&row, 6),
        temperature: bounded(known::<Temperature>(&row, 7), |it| it.terms.len()),
        overrides: serde_json::from_str(row.get(8))
            .context("an override is not understood")
            .map_err(Failure::Poison)?,
        asked,
    })
}

fn some<T: DeserializeOwned>(row: &Row, column: usize) -> Read<Vec<T>> {
    bounded(known(row, column), Vec::len)
}

fn known<T: DeserializeOwned>(row: &Row, column: usize) -> Read<T> {
    match serde_json::from_str(row.get(column)) {
        Ok(known) => Read::Known(known),
        Err(error) => {
            tracing::warn!(column, %error, "a fact is not understood: its gate refuses");
            Read::Failed
        }
    }
}

/// What is more than is looked at is not known.
fn bounded<T>(read: Read<T>, len: impl FnOnce(&T) -> usize) -> Read<T> {
    match read {
        Read::Known(known) if len(&known) > ENTRIES_MAX => {
            tracing::warn!("more facts than are looked at: their gate refuses");
            Read::Failed
        }
        Read::Known(_) | Read::Failed => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_is_looked_at_is_unknown() {
        let check = |count: usize, expected: bool| {
            let read = bounded(Read::Known(vec![0; count]), Vec::len);
            assert_eq!(matches!(read, Read::Known(_)), expected, "{count}");
        };
        check(0, true);
        check(ENTRIES_MAX, true);
        check(ENTRIES_MAX + 1, false);
    }
}
