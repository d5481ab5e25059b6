//! Licences: who may do what is dangerous, until when.

use crate::gates::{Asking, Outcome};
use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::gates::licences;
use subjects::gates::change::NewLicence;
use subjects::ids::LicenceId;

/// Issues a licence.
pub(super) async fn issue(client: &Client, asking: Asking<'_>, licence: &NewLicence) -> Result<Outcome, Failure> {
    let put = licences::issue(client, asking.place(), licence, asking.actor_id()).await?;
    Ok(Outcome::put(put, "another licence"))
}

/// Takes one back, for good.
pub(super) async fn revoke(client: &Client, asking: Asking<'_>, licence_id: &LicenceId) -> Result<Outcome, Failure> {
    let taken = licences::revoke(client, asking.place(), licence_id, asking.actor_id()).await?;
    Ok(Outcome::taken(taken, "licence"))
}
