//! Kill switches: thrown at once by who may, released only as agreed.

use crate::gates::{Asking, Outcome, locked};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::switches;
use gates::Target;
use subjects::gates::text::Words;

/// The action that a strategy lock must allow (contract section 7).
const RELEASE: &str = "safety:kill_switch_update";

/// Stops the target.
pub(super) async fn throw(
    client: &Client,
    asking: Asking<'_>,
    target: &Target,
    reason: &Words,
) -> Result<Outcome, Failure> {
    switches::set(client, asking.place(), (target, true), (reason, asking.actor_id())).await?;
    Ok(Outcome::Changed)
}

/// Lets the target go on.
pub(super) async fn release(
    client: &Client,
    asking: Asking<'_>,
    target: &Target,
    reason: &Words,
) -> Result<Outcome, Failure> {
    if let Some(rejection) = locked::refusal(client, asking, RELEASE, None).await? {
        return Ok(Outcome::Refused(rejection));
    }
    switches::set(client, asking.place(), (target, false), (reason, asking.actor_id())).await?;
    Ok(Outcome::Changed)
}
