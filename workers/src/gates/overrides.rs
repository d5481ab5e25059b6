//! Owners' words against what is unknown.

use crate::gates::{Asking, Outcome};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::overrides;
use subjects::gates::change::NewOverride;
use subjects::ids::OverrideId;

/// Puts one on record.
pub(super) async fn make(client: &Client, asking: Asking<'_>, new: &NewOverride) -> Result<Outcome, Failure> {
    let put = overrides::make(client, asking.place(), new, asking.actor_id()).await?;
    Ok(Outcome::put(put, "another override"))
}

/// Takes one back.
pub(super) async fn revoke(client: &Client, asking: Asking<'_>, override_id: &OverrideId) -> Result<Outcome, Failure> {
    Ok(Outcome::taken(overrides::revoke(client, asking.place(), override_id).await?, "override"))
}
