//! Actions that are being carried out: whose turn it is, what is true right before, and how they end.

use crate::runtime::worker::Failure;
use crate::store::log::from_sql;
use crate::store::{Client, Place};
use anyhow::Context;
use chrono::{DateTime, Utc};
use gates::{Asked, Facts, Switch};
use std::time::Duration;
use subjects::action::ActionStatus;
use subjects::command::Actor;
use subjects::ids::{Env, TenantId};
use subjects::money::Money;
use subjects::routing::RoutingKeys;
use tokio_postgres::Row;
use uuid::Uuid;

/// An action whose turn may have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    /// Whose.
    pub(crate) tenant_id: TenantId,
    /// Where.
    pub(crate) env: Env,
    /// Which.
    pub(crate) action_id: Uuid,
}

impl Due {
    /// Where it is.
    pub(crate) fn place(&self) -> Place<'_> {
        Place { tenant_id: &self.tenant_id, env: self.env }
    }
}

/// The actions whose turn has come, the longest due first; none of the tenants that are named.
pub(crate) async fn due(client: &Client, but: &[&str], limit: usize) -> Result<Vec<Due>, Failure> {
    let due = "
        SELECT tenant_id, env, action_id FROM actions
         WHERE status = 'pending' AND next_attempt_at <= clock_timestamp() AND tenant_id <> ALL($1::text[])
         ORDER BY next_attempt_at LIMIT $2";
    let statement = client.prepare_cached(due).await?;
    let rows = client.query(&statement, &[&but, &(limit as i64)]).await?;
    let due = |row: &Row| -> anyhow::Result<Due> {
        let (tenant_id, env) = (row.get::<_, &str>(0).parse()?, row.get::<_, &str>(1).parse()?);
        Ok(Due { tenant_id, env, action_id: row.get(2) })
    };
    rows.iter().map(due).collect::<Result<_, _>>().map_err(Failure::Poison)
}

/// An action that is ours for one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Leased {
    /// Which.
    pub(crate) due: Due,
    /// Which attempt this is, from 1.
    pub(crate) attempt: u32,
    /// What was decided on.
    pub(crate) asked: Asked,
    /// What whoever carries it out is told: a JSON value as it was written.
    pub(crate) payload: Option<String>,
    /// Who carries it out.
    pub(crate) webhook_url: String,
    /// Where it was asked for.
    pub(crate) routing: RoutingKeys,
    /// Who asked for it.
    pub(crate) actor: Actor,
    /// The request that did.
    pub(crate) request_id: String,
    /// What the client ties together.
    pub(crate) correlation_id: Option<Uuid>,
    /// When it was decided.
    pub(crate) decided_at: DateTime<Utc>,
    /// What it costs.
    pub(crate) cost: Option<Money>,
}

/// Takes the action for one attempt, unless another has it or it has ended. Until `lease` is over nobody else takes it.
pub(crate) async fn lease(client: &Client, due: &Due, lease: Duration) -> Result<Option<Leased>, Failure> {
    let take = "
        UPDATE actions SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond'
         WHERE tenant_id = $1 AND env = $2 AND action_id = (
                SELECT action_id FROM actions
                 WHERE tenant_id = $1 AND env = $2 AND action_id = $3 AND status = 'pending'
                   AND next_attempt_at <= clock_timestamp()
                   FOR UPDATE SKIP LOCKED)
        RETURNING attempts, facts, payload::text, webhook_url, routing::text, actor_id, actor_type, request_id,
                  correlation_id, decided_at, cost_micros, cost_currency";
    let statement = client.prepare_cached(take).await?;
    let (tenant_id, env) = (due.tenant_id.as_str(), due.env.as_str());
    let row = client.query_opt(&statement, &[&tenant_id, &env, &due.action_id, &millis(lease)]).await?;
    let leased = row.map(|row| leased(due, &row)).transpose();
    leased.context("a row of actions is not understood").map_err(Failure::Poison)
}

fn leased(due: &Due, row: &Row) -> anyhow::Result<Leased> {
    let facts: Facts = serde_json::from_str(row.get(1))?;
    let cost = match row.get::<_, Option<i64>>(10) {
        Some(_) => Some(Money { micros: from_sql(row, 10), currency: row.get::<_, &str>(11).parse()? }),
        None => None,
    };
    Ok(Leased {
        due: due.clone(),
        attempt: row.get::<_, i32>(0).unsigned_abs(),
        asked: facts.asked,
        payload: row.get(2),
        webhook_url: row.get::<_, Option<String>>(3).context("it has no webhook")?,
        routing: serde_json::from_str(row.get(4))?,
        actor: Actor { actor_id: row.get::<_, &str>(5).parse()?, actor_type: row.get::<_, &str>(6).parse()? },
        request_id: row.get(7),
        correlation_id: row.get(8),
        decided_at: row.get(9),
        cost,
    })
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// What holds right before an action is carried out.
#[derive(Debug, Clone)]
pub(crate) struct Now {
    /// Whether it is still ours to carry out.
    pub(crate) is_ours: bool,
    /// The kill switches that concern it.
    pub(crate) switches: Vec<Switch>,
}

/// What holds now, in one snapshot.
pub(crate) async fn now(client: &Client, leased: &Leased) -> Result<Now, Failure> {
    const NOW: &str = concat!(
        "SELECT EXISTS (
            SELECT FROM actions WHERE tenant_id = $1 AND env = $2 AND action_id = $5 AND attempts = $6
                                  AND status = 'pending' AND next_attempt_at > clock_timestamp()), ",
        switches!()
    );
    let Leased { due, attempt, asked, .. } = leased;
    let statement = client.prepare_cached(NOW).await?;
    let (tenant_id, env, attempt) = (due.tenant_id.as_str(), due.env.as_str(), attempt.cast_signed());
    let row = client
        .query_one(&statement, &[&tenant_id, &env, &asked.action, &asked.provider, &due.action_id, &attempt])
        .await?;
    let switches =
        serde_json::from_str(row.get(1)).context("a kill switch is not understood").map_err(Failure::Poison)?;
    Ok(Now { is_ours: row.get(0), switches })
}

/// Gives the action back: its turn comes again after the pause. Nothing happens where it is no longer ours.
pub(crate) async fn put_off(client: &Client, leased: &Leased, pause: Duration, why: &str) -> Result<(), Failure> {
    let put_off = "
        UPDATE actions SET next_attempt_at = clock_timestamp() + $5 * interval '1 millisecond', last_error = $6
         WHERE tenant_id = $1 AND env = $2 AND action_id = $3 AND attempts = $4 AND status = 'pending'";
    let statement = client.prepare_cached(put_off).await?;
    let Leased { due, attempt, .. } = leased;
    let (tenant_id, env, attempt) = (due.tenant_id.as_str(), due.env.as_str(), attempt.cast_signed());
    client.execute(&statement, &[&tenant_id, &env, &due.action_id, &attempt, &millis(pause), &why]).await?;
    Ok(())
}

/// The action has ended so. False where it had ended before.
pub(crate) async fn end(client: &Client, due: &Due, status: ActionStatus, why: Option<&str>) -> Result<bool, Failure> {
    let end = "
        UPDATE actions SET status = $4, last_error = $5, settled_at = clock_timestamp(), next_attempt_at = NULL
         WHERE tenant_id = $1 AND env = $2 AND action_id = $3 AND status = 'pending'";
    let statement = client.prepare_cached(end).await?;
    let (tenant_id, env) = (due.tenant_id.as_str(), due.env.as_str());
    let ended = client.execute(&statement, &[&tenant_id, &env, &due.action_id, &status.as_str(), &why]).await?;
    Ok(ended == 1)
}
