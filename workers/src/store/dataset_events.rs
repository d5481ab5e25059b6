//! DatasetEvents: what happened and who did it, in the transaction that did (contract section 9).

use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::Place;
use chrono::{DateTime, Utc};
use privacy::Redacted;
use serde_json::Value;
use subjects::answer::Rejection;
use subjects::command::Actor;
use subjects::dataset_event::Observed;
use subjects::routing::RoutingKeys;
use subjects::trace::TraceParent;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// What happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DatasetEvent<'a> {
    /// Names it for good: recorded again, it changes nothing.
    pub(crate) event_id: Uuid,
    /// Who did it.
    pub(crate) actor: &'a Actor,
    /// Where they were, below tenant and env.
    pub(crate) routing: &'a RoutingKeys,
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

/// What happened, as it is kept: without the personal data that was found in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recorded {
    observed: Observed,
    /// The kinds that were taken out.
    pii: String,
}

/// The outcome of what was done.
pub(crate) const DONE: &str = "done";

/// The outcome in a word: `done`, or the code of the refusal.
pub(crate) fn outcome<T>(outcome: &Result<T, Rejection>) -> &'static str {
    outcome.as_ref().map_or_else(|rejection| rejection.code().as_str(), |_| DONE)
}

impl Recorded {
    /// Of what happened at this time.
    pub(crate) fn of(event: DatasetEvent<'_>, ts: DateTime<Utc>) -> Self {
        let redacted = privacy::redact(event.action, event.details);
        let pii = words(&redacted);
        let observed = Observed {
            event_id: event.event_id,
            ts,
            actor: event.actor.clone(),
            routing: event.routing.clone(),
            action: event.action.to_owned(),
            resource: event.resource.to_owned(),
            outcome: event.outcome.to_owned(),
            request_id: event.request_id.to_owned(),
            trace_id: event.trace.trace_id_hex(),
            details: redacted.payload,
        };
        Self { observed, pii }
    }

    /// Of what others saw: the resource is whatever path was asked for.
    pub(crate) fn observed(observed: Observed) -> Self {
        let mut redacted = privacy::redact(&observed.action, &observed.details);
        let (resource, found) = privacy::redact_text(&observed.resource);
        redacted.kinds.extend(found);
        let pii = words(&redacted);
        Self { observed: Observed { details: redacted.payload, resource, ..observed }, pii }
    }
}

/// The kinds of personal data that were taken out.
fn words(redacted: &Redacted) -> String {
    let kinds: Vec<_> = redacted.kinds.iter().map(|kind| kind.as_str()).collect();
    kinds.join(",")
}

/// Puts it down for good.
pub(crate) async fn record(client: &Client, place: Place<'_>, event: DatasetEvent<'_>) -> Result<(), Failure> {
    record_all(client, place, &[Recorded::of(event, Utc::now())]).await
}

/// Puts all of them down for good: at once, and each once.
pub(crate) async fn record_all(client: &Client, place: Place<'_>, events: &[Recorded]) -> Result<(), Failure> {
    Recording::prepare(client, place, events).await?.write(client).await
}

/// Events that are ready to be put down: writing them sends one statement as soon as it is polled.
pub(super) struct Recording<'a> {
    place: [&'a str; 2],
    columns: Columns<'a>,
    /// None where there is nothing to be put down.
    statement: Option<Statement>,
}

impl<'a> Recording<'a> {
    /// Makes them ready.
    pub(super) async fn prepare(client: &Client, place: Place<'a>, events: &'a [Recorded]) -> Result<Self, Failure> {
        let statement = if events.is_empty() { None } else { Some(client.prepare_cached(RECORD).await?) };
        Ok(Self { place: [place.tenant_id.as_str(), place.env.as_str()], columns: Columns::of(events), statement })
    }

    /// Puts them down. Whether others may learn from them is asked as it is done.
    pub(super) async fn write(&self, client: &Client) -> Result<(), Failure> {
        let Some(statement) = &self.statement else { return Ok(()) };
        let [tenant_id, env] = &self.place;
        let place: [&(dyn ToSql + Sync); 3] = [tenant_id, env, &privacy::VERSION];
        let parameters: Vec<_> = place.into_iter().chain(self.columns.parameters()).collect();
        client.execute(statement, &parameters).await?;
        Ok(())
    }
}

/// Whether it was put down.
pub(crate) async fn is_recorded(client: &Client, place: Place<'_>, event_id: Uuid) -> Result<bool, Failure> {
    let find = "SELECT FROM dataset_events WHERE tenant_id = $1 AND env = $2 AND event_id = $3";
    let statement = client.prepare_cached(find).await?;
    let found = client.query_opt(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &event_id]).await?;
    Ok(found.is_some())
}

/// What was put down under this name: the details, unless they were erased since. None where nothing was.
pub(crate) async fn details(
    client: &Client,
    place: Place<'_>,
    event_id: Uuid,
) -> Result<Option<Option<Value>>, Failure> {
    let find = "SELECT payload FROM dataset_events WHERE tenant_id = $1 AND env = $2 AND event_id = $3";
    let statement = client.prepare_cached(find).await?;
    let row = client.query_opt(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &event_id]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// Parameters: tenant, env, the redactor's version, and the columns of the events as arrays.
const RECORD: &str = "
    INSERT INTO dataset_events (tenant_id, env, event_id, ts, actor_id, actor_type, action, resource, outcome, request_id,
                                trace_id, routing, payload, pii, redactor, train_ok)
    SELECT $1, $2, event_id, ts, actor_id, actor_type, action, resource, outcome, request_id, trace_id, routing::json,
           payload::json, string_to_array(pii, ','), $3, train_ok($1, actor_id)
      FROM unnest($4::uuid[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                  $12::text[], $13::text[], $14::text[], $15::text[])
        AS event(event_id, ts, actor_id, actor_type, action, resource, outcome, request_id, trace_id, routing, payload, pii)
    ON CONFLICT (tenant_id, env, event_id) DO NOTHING";

#[derive(Default)]
struct Columns<'a> {
    event_ids: Vec<Uuid>,
    tss: Vec<DateTime<Utc>>,
    actor_ids: Vec<&'a str>,
    actor_types: Vec<&'a str>,
    actions: Vec<&'a str>,
    resources: Vec<&'a str>,
    outcomes: Vec<&'a str>,
    request_ids: Vec<&'a str>,
    trace_ids: Vec<&'a str>,
    routings: Vec<String>,
    payloads: Vec<String>,
    piis: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(events: &'a [Recorded]) -> Self {
        let mut columns = Self::default();
        for Recorded { observed, pii } in events {
            columns.event_ids.push(observed.event_id);
            columns.tss.push(observed.ts);
            columns.actor_ids.push(observed.actor.actor_id.as_str());
            columns.actor_types.push(observed.actor.actor_type.as_str());
            columns.actions.push(&observed.action);
            columns.resources.push(&observed.resource);
            columns.outcomes.push(&observed.outcome);
            columns.request_ids.push(&observed.request_id);
            columns.trace_ids.push(&observed.trace_id);
            columns.routings.push(serde_json::to_string(&observed.routing).expect("routing keys are JSON"));
            columns.payloads.push(observed.details.to_string());
            columns.piis.push(pii);
        }
        columns
    }

    /// In the order of their declaration.
    fn parameters(&self) -> [&(dyn ToSql + Sync); 12] {
        [
            &self.event_ids,
            &self.tss,
            &self.actor_ids,
            &self.actor_types,
            &self.actions,
            &self.resources,
            &self.outcomes,
            &self.request_ids,
            &self.trace_ids,
            &self.routings,
            &self.payloads,
            &self.piis,
        ]
    }
}
