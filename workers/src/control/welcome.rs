//! A guest: somebody whom another issuer knows comes for the first time, and gets a tenant of their own.

use crate::control::{Outcome, signup};
use crate::runtime::worker::Failure;
use crate::store::members::Member;
use crate::store::{Client, members, people};
use subjects::control::Granted;
use subjects::ids::{ActorId, Role, TenantId};

/// Who comes, as [`subjects::control::Ask::Welcome`] says it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guest<'a> {
    /// The new user.
    pub(crate) user_id: &'a ActorId,
    /// Lower case, where the issuer vouches for it.
    pub(crate) email: Option<&'a str>,
    /// Who knows them.
    pub(crate) issuer: &'a str,
    /// By which name.
    pub(crate) subject: &'a str,
    /// What the tenant is called.
    pub(crate) tenant_name: &'a str,
    /// The tenant's identifiers to try, in order.
    pub(crate) tenant_ids: &'a [TenantId],
}

/// Makes user, tenant and membership; nothing where the user is there. Who else has the address keeps it: an address
/// makes nobody the same person.
pub(crate) async fn welcome(client: &Client, guest: Guest<'_>) -> Result<Outcome, Failure> {
    let Guest { user_id, issuer, subject, tenant_name, tenant_ids, .. } = guest;
    if people::user_exists(client, user_id).await? {
        return Ok(Ok(Granted::Done));
    }
    let taken = people::tenants(client, tenant_ids).await?;
    let tenant_id = match signup::first_free(tenant_ids, &taken) {
        Ok(tenant_id) => tenant_id,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let email = match guest.email {
        Some(email) if !people::email_exists(client, email).await? => Some(email),
        Some(_) | None => None,
    };
    people::add_guest(client, user_id, email, (issuer, subject)).await?;
    people::add_tenant(client, &tenant_id, tenant_name).await?;
    members::set(client, &tenant_id, &Member { user_id: user_id.clone(), role: Role::Owner }).await?;
    Ok(Ok(Granted::Done))
}
