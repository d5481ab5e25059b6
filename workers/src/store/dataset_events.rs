//! DatasetEvents: what happened and who did it, in the transaction that did (contract section 9).

use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::Place;
use serde_json::Value;
use subjects::command::Actor;
use subjects::trace::TraceParent;
use uuid::Uuid;

/// What happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DatasetEvent<'a> {
    /// Names it for good.
    pub(crate) event_id: Uuid,
    /// Who did it.
    pub(crate) actor: &'a Actor,
    /// What was done, e.g. `artifact.write`.
    pub(crate) action: &'a str,
    /// To what, e.g. `artifact.{artifact_id}`.
    pub(crate) resource: &'a str,
    /// `done`, or the code of the refusal.
    pub(crate) outcome: &'a str,
    /// The request that asked for it.
    pub(crate) request_id: &'a str,
    /// The span that did it.
    pub(crate) trace: &'a TraceParent,
    /// What else there is to know.
    pub(crate) details: &'a Value,
}

/// The outcome of what was done.
pub(crate) const DONE: &str = "done";

/// Puts it down for good.
pub(crate) async fn record(client: &Client, place: Place<'_>, event: DatasetEvent<'_>) -> Result<(), Failure> {
    let record = "
        INSERT INTO dataset_events (tenant_id, env, event_id, actor_id, actor_type, action, resource, outcome, request_id,
                                    trace_id, payload)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let statement = client.prepare_cached(record).await?;
    client
        .execute(
            &statement,
            &[
                &place.tenant_id.as_str(),
                &place.env.as_str(),
                &event.event_id,
                &event.actor.actor_id.as_str(),
                &event.actor.actor_type.as_str(),
                &event.action,
                &event.resource,
                &event.outcome,
                &event.request_id,
                &event.trace.trace_id_hex(),
                &event.details,
            ],
        )
        .await?;
    Ok(())
}
