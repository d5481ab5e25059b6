//! What a role refuses a member without having opened a transaction is put down all the same.

use crate::cause::{Cause, Deed};
use crate::runtime::worker::Failure;
use crate::store::dataset_events;
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
    let deed = Deed { action, resource, outcome: rejection.code().as_str(), details: &json!({}) };
    let event = Cause::of(command, trace).audited(command.command_id, deed);
    let client = on_pool(pool, &command.tenant_id).await?;
    dataset_events::record(&client, command.into(), event).await
}
