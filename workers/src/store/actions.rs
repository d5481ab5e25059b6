//! Actions: what was decided about them, what they may still spend, and who carries them out.

/// The kill switches that concern an action, as the JSON of `Vec<gates::Switch>`. Parameters: $1 tenant, $2 env, $3 action,
/// $4 provider.
macro_rules! switches {
    () => {
        "(SELECT coalesce(json_agg(json_build_object(
                    'is_for_all', tenant_id = 't_system',
                    'target', CASE target_kind
                        WHEN 'everything' THEN '\"everything\"'::json WHEN 'autonomy' THEN '\"autonomy\"'::json
                        WHEN 'action' THEN json_build_object('action', target)
                        ELSE json_build_object('provider', target) END)
                    ORDER BY tenant_id, target_kind), '[]')::text
            FROM kill_switches
           WHERE tenant_id IN ($1, 't_system') AND env = $2 AND thrown
             AND (target_kind IN ('everything', 'autonomy') OR (target_kind = 'action' AND target = $3)
                  OR (target_kind = 'provider' AND target = $4)))"
    };
}

pub(crate) mod facts;
pub(crate) mod work;

use crate::runtime::worker::Failure;
use crate::store::log::to_sql;
use crate::store::{Client, Place};
use anyhow::Context;
use subjects::action::{Act, ActionStatus};
use subjects::command::Actor;
use subjects::money::Money;
use subjects::routing::RoutingKeys;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// Lets nobody else decide about actions of the tenant and env until the transaction ends. Whoever reads facts in a later
/// statement sees all that was decided before.
pub(crate) async fn lock(client: &Client, place: Place<'_>) -> Result<(), Failure> {
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('actions.' || $1 || '.' || $2, 0))";
    let statement = client.prepare_cached(lock).await?;
    client.query(&statement, &[&place.tenant_id.as_str(), &place.env.as_str()]).await?;
    Ok(())
}

/// An action that was decided about.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// The command that it was first asked by.
    pub(crate) command_id: Uuid,
    /// Who asked for it.
    pub(crate) actor_id: String,
    /// What was asked.
    pub(crate) fingerprint: String,
    /// What was decided, as it was serialised.
    pub(crate) decision: String,
    /// How far it is.
    pub(crate) status: ActionStatus,
    /// The place of its event in the log that its routing names.
    pub(crate) seq: Option<u64>,
}

/// The action of this name, if it was decided about.
pub(crate) async fn find(client: &Client, place: Place<'_>, action_id: Uuid) -> Result<Option<Recorded>, Failure> {
    let find = "
        SELECT command_id, actor_id, fingerprint, decision, status, seq FROM actions
         WHERE tenant_id = $1 AND env = $2 AND action_id = $3";
    let statement = client.prepare_cached(find).await?;
    let row = client.query_opt(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &action_id]).await?;
    row.as_ref().map(recorded).transpose().context("a row of actions is not understood").map_err(Failure::Poison)
}

fn recorded(row: &Row) -> anyhow::Result<Recorded> {
    Ok(Recorded {
        command_id: row.get(0),
        actor_id: row.get(1),
        fingerprint: row.get(2),
        decision: row.get(3),
        status: row.get::<_, &str>(4).parse()?,
        seq: row.get::<_, Option<i64>>(5).map(i64::unsigned_abs),
    })
}

/// An action to be put on record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewAction<'a> {
    /// What was asked.
    pub(crate) act: &'a Act,
    /// By which command.
    pub(crate) command_id: Uuid,
    /// What the client ties together.
    pub(crate) correlation_id: Option<Uuid>,
    /// Who asked.
    pub(crate) actor: &'a Actor,
    /// Where they were.
    pub(crate) routing: &'a RoutingKeys,
    /// The request that asked.
    pub(crate) request_id: &'a str,
    /// The trace that it belongs to, in hex.
    pub(crate) trace_id: &'a str,
    /// What was decided on, as it was serialised.
    pub(crate) facts: &'a str,
    /// What was decided, as it was serialised.
    pub(crate) decision: &'a str,
    /// How far it is.
    pub(crate) status: ActionStatus,
    /// The place of its event in the log that its routing names.
    pub(crate) seq: Option<u64>,
}

/// Puts the action and its decision on record. One that is pending is due at once.
pub(crate) async fn insert(client: &Client, place: Place<'_>, new: NewAction<'_>) -> Result<(), Failure> {
    let insert = "
        INSERT INTO actions (tenant_id, env, action_id, action, subject_type, subject_id, surface, provider, cost_micros,
                             cost_currency, payload, webhook_url, routing, actor_id, actor_type, request_id, trace_id, facts,
                             decision, allowed, seq, status, next_attempt_at, settled_at, command_id, correlation_id,
                             fingerprint)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::json, $12, $13, $14, $15, $16, $17, $18, $19,
                $20 <> 'refused', $21, $20, CASE WHEN $20 = 'pending' THEN clock_timestamp() END,
                CASE WHEN $20 <> 'pending' THEN clock_timestamp() END, $22, $23, $24)";
    let NewAction { act, actor, routing, .. } = new;
    let statement = client.prepare_cached(insert).await?;
    let routing_keys = serde_json::to_value(routing).context("routing keys are JSON").map_err(Failure::Poison)?;
    client
        .execute(
            &statement,
            &[
                &place.tenant_id.as_str(),
                &place.env.as_str(),
                &act.action_id,
                &act.action.as_str(),
                &act.subject_type.as_str(),
                &act.subject_id.as_str(),
                &routing.surface_id.as_ref().map(|it| it.as_str()),
                &act.provider.as_ref().map(|it| it.as_str()),
                &act.cost.as_ref().map(|it| to_sql(it.micros)),
                &act.cost.as_ref().map(|it| it.currency.as_str()),
                &act.payload,
                &act.webhook_url,
                &routing_keys,
                &actor.actor_id.as_str(),
                &actor.actor_type.as_str(),
                &new.request_id,
                &new.trace_id,
                &new.facts,
                &new.decision,
                &new.status.as_str(),
                &new.seq.map(to_sql),
                &new.command_id,
                &new.correlation_id,
                &act.fingerprint,
            ],
        )
        .await?;
    Ok(())
}

/// What an action spends, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spending<'a> {
    /// Which.
    pub(crate) action_id: Uuid,
    /// How much.
    pub(crate) cost: &'a Money,
    /// Where.
    pub(crate) surface: Option<&'a str>,
    /// Through whom.
    pub(crate) provider: Option<&'a str>,
    /// Who asked for it.
    pub(crate) actor_id: &'a str,
}

/// Sets aside what the action may spend.
pub(crate) async fn reserve(client: &Client, place: Place<'_>, it: Spending<'_>) -> Result<(), Failure> {
    let reserve = "
        INSERT INTO budget_reservations (tenant_id, env, action_id, surface, micros, currency)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let statement = client.prepare_cached(reserve).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let (micros, currency) = (to_sql(it.cost.micros), it.cost.currency.as_str());
    client.execute(&statement, &[&tenant_id, &env, &it.action_id, &it.surface, &micros, &currency]).await?;
    Ok(())
}

/// The action has spent what it costs. The usage has the action's name, unless somebody told of another usage by that name:
/// what was spent counts all the same.
pub(crate) async fn spend(client: &Client, place: Place<'_>, it: Spending<'_>) -> Result<(), Failure> {
    let spend = "
        INSERT INTO budget_usage (tenant_id, env, usage_id, surface, provider, micros, currency, actor_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let statement = client.prepare_cached(spend).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let (micros, currency) = (to_sql(it.cost.micros), it.cost.currency.as_str());
    for usage_id in [it.action_id, Uuid::now_v7()] {
        let Spending { surface, provider, actor_id, .. } = it;
        let parameters: [&(dyn ToSql + Sync); 8] =
            [&tenant_id, &env, &usage_id, &surface, &provider, &micros, &currency, &actor_id];
        if client.execute(&statement, &parameters).await? > 0 {
            break;
        }
    }
    Ok(())
}

/// What was set aside for the action is free again, or spent.
pub(crate) async fn release(client: &Client, place: Place<'_>, action_id: Uuid) -> Result<(), Failure> {
    let release = "DELETE FROM budget_reservations WHERE tenant_id = $1 AND env = $2 AND action_id = $3";
    let statement = client.prepare_cached(release).await?;
    client.execute(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &action_id]).await?;
    Ok(())
}
