//! The budget: limits, and what others tell was spent.

use crate::gates::{Asking, Outcome};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::budget;
use subjects::code::Code;
use subjects::gates::change::{NewLimit, NewUsage};
use subjects::ids::LimitId;

/// Sets a limit. A surface has one for each window and currency.
pub(super) async fn set_limit(client: &Client, asking: Asking<'_>, limit: &NewLimit) -> Result<Outcome, Failure> {
    if let Some(rival) = budget::rival(client, asking.place(), limit).await? {
        let detail = format!("The limit {rival} is of the same surface, window and currency. Set that one.");
        return Ok(Outcome::refused(Code::AlreadyExists, detail));
    }
    let is_changed = budget::set_limit(client, asking.place(), limit, asking.actor_id()).await?;
    Ok(if is_changed { Outcome::Changed } else { Outcome::AsItWas })
}

/// Lifts a limit.
pub(super) async fn drop_limit(client: &Client, asking: Asking<'_>, limit_id: &LimitId) -> Result<Outcome, Failure> {
    if budget::drop_limit(client, asking.place(), limit_id).await? {
        return Ok(Outcome::Changed);
    }
    Ok(Outcome::refused(Code::NotFound, "There is no such limit."))
}

/// Puts down what was spent.
pub(super) async fn record(client: &Client, asking: Asking<'_>, usage: &NewUsage) -> Result<Outcome, Failure> {
    let put = budget::record(client, asking.place(), usage, (asking.actor_id(), asking.at)).await?;
    Ok(Outcome::put(put, "another usage"))
}
