//! What a role refuses a member without having opened a transaction is put down all the same.

use crate::runtime::worker::Failure;
use crate::store::Place;
use crate::store::dataset_events::{self, DatasetEvent};
use crate::store::transaction::on_pool;
use node::postgres::Pool;
use serde_json::json;
use subjects::answer::Rejection;
use subjects::member_command::MemberCommand;
use subjects::trace::TraceParent;

/// Puts down that the command was refused, under its own name: when it comes again, it was put down already.
pub(crate) async fn record<A: Sync>(
    pool: &Pool,
    command: &MemberCommand<A>,
    trace: &TraceParent,
    (action, resource): (&str, &str),
    rejection: &Rejection,
) -> Result<(), Failure> {
    let event = DatasetEvent {
        event_id: command.command_id,
        actor: &command.actor,
        routing: &command.routing,
        action,
        resource,
        outcome: rejection.code().as_str(),
        request_id: &command.request_id,
        trace,
        details: &json!({}),
    };
    let client = on_pool(pool, &command.tenant_id).await?;
    dataset_events::record(&client, Place { tenant_id: &command.tenant_id, env: command.env }, event).await
}
