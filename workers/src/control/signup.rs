//! A newcomer: user, tenant, membership and session come into being together.

use crate::control::Outcome;
use crate::runtime::worker::Failure;
use crate::store::members::Member;
use crate::store::{Client, members, people};
use std::collections::BTreeSet;
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::control::{Granted, NewSession};
use subjects::ids::{ActorId, Role, TenantId};

/// Who signs up, as [`subjects::control::Ask::Signup`] says it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newcomer<'a> {
    /// The new user.
    pub(crate) user_id: &'a ActorId,
    /// Lower case, trimmed.
    pub(crate) email: &'a str,
    /// In PHC form.
    pub(crate) password_hash: &'a str,
    /// What the tenant is called.
    pub(crate) tenant_name: &'a str,
    /// The tenant's identifiers to try, in order.
    pub(crate) tenant_ids: &'a [TenantId],
    /// The session that begins.
    pub(crate) session: &'a NewSession,
}

/// Makes all of it, or refuses and makes none.
pub(crate) async fn signup(client: &Client, newcomer: Newcomer<'_>) -> Result<Outcome, Failure> {
    let Newcomer { user_id, email, password_hash, tenant_name, tenant_ids, session } = newcomer;
    let facts = Facts {
        own: if people::user_exists(client, user_id).await? {
            members::tenants_of(client, user_id, tenant_ids).await?
        } else {
            Vec::new()
        },
        is_email_taken: people::email_exists(client, email).await?,
        taken: people::tenants(client, tenant_ids).await?,
    };
    let tenant_id = match decide(&facts, tenant_ids) {
        Ok(Signup::Repeat(tenant_id)) => return Ok(Ok(Granted::Signup { tenant_id })),
        Ok(Signup::New(tenant_id)) => tenant_id,
        Err(rejection) => return Ok(Err(rejection)),
    };
    people::add_user(client, user_id, email, password_hash).await?;
    people::add_tenant(client, &tenant_id, tenant_name).await?;
    members::set(client, &tenant_id, &Member { user_id: user_id.clone(), role: Role::Owner }).await?;
    people::add_session(client, user_id, session).await?;
    Ok(Ok(Granted::Signup { tenant_id }))
}

struct Facts {
    /// Those of the tenants that this very user belongs to.
    own: Vec<TenantId>,
    is_email_taken: bool,
    taken: BTreeSet<TenantId>,
}

#[derive(Debug, PartialEq)]
enum Signup {
    Repeat(TenantId),
    New(TenantId),
}

fn decide(facts: &Facts, tenant_ids: &[TenantId]) -> Result<Signup, Rejection> {
    if let Some(own) = tenant_ids.iter().find(|tenant_id| facts.own.contains(tenant_id)) {
        return Ok(Signup::Repeat(own.clone()));
    }
    if facts.is_email_taken {
        return Err(Rejection::refused(Code::EmailTaken, "There is an account of this email address."));
    }
    first_free(tenant_ids, &facts.taken).map(Signup::New)
}

/// The first of the identifiers that no tenant has.
pub(super) fn first_free(tenant_ids: &[TenantId], taken: &BTreeSet<TenantId>) -> Result<TenantId, Rejection> {
    let is_free = |tenant_id: &&TenantId| !taken.contains(tenant_id) && tenant_id.as_str() != TenantId::UNKNOWN;
    let free = tenant_ids.iter().find(is_free);
    free.cloned().ok_or_else(|| Rejection::refused(Code::AlreadyExists, "The tenant's name is taken."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_sign_up() {
        let tenants = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect::<Vec<TenantId>>();
        let check = |own: &[&str], is_email_taken, taken: &[&str], expected: Result<Signup, Code>| {
            let taken = tenants(taken).into_iter().collect();
            let facts = Facts { own: tenants(own), is_email_taken, taken };
            let decided = decide(&facts, &tenants(&["t_unknown", "t_acme", "t_acme-2"]));
            assert_eq!(decided.map_err(|rejection| rejection.code()), expected);
        };
        let new = |name: &str| Ok(Signup::New(name.parse().unwrap()));
        check(&["t_acme-2"], true, &["t_acme", "t_acme-2"], Ok(Signup::Repeat("t_acme-2".parse().unwrap())));
        check(&[], true, &[], Err(Code::EmailTaken));
        check(&[], false, &[], new("t_acme"));
        check(&[], false, &["t_acme"], new("t_acme-2"));
        check(&[], false, &["t_acme", "t_acme-2"], Err(Code::AlreadyExists));
    }
}
