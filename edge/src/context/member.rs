//! A caller within a tenant and env, with a role there.

use crate::context::stated::mismatch;
use crate::context::{Caller, RequestId, Stated};
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::sync::Arc;
use subjects::code::Code;
use subjects::command::Actor;
use subjects::ids::{Env, Role, TenantId};
use subjects::routing::RoutingKeys;

/// A caller who is a member of the tenant that the request names. Nothing below tenant and env is checked yet.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who asks.
    pub caller: Caller,
    /// Whose.
    pub tenant_id: TenantId,
    /// In which environment.
    pub env: Env,
    /// What the caller may do there.
    pub role: Role,
    /// The keys below, as stated, with the actor of the token.
    pub keys: RoutingKeys,
    /// Names the request.
    pub request_id: RequestId,
}

impl Member {
    /// The caller in the tenant that is stated, or why not.
    pub fn admit(caller: Caller, stated: Stated, request_id: RequestId) -> Result<Self, ApiError> {
        let tenant_id = stated.tenant_id.ok_or_else(|| missing("tenant_id"))?;
        let env = stated.env.ok_or_else(|| missing("env"))?;
        let role = role_in(&caller, &tenant_id)?;
        let keys = acting(&caller, stated.keys)?;
        let member = Self { caller, tenant_id, env, role, keys, request_id };
        member.caller.witness.saw_member(&member);
        Ok(member)
    }

    /// Refuses a role below `least`.
    pub fn needs(&self, least: Role) -> Result<(), ApiError> {
        needs(self.role, least)
    }

    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.caller.actor()
    }
}

/// Refuses a role below `least`.
pub fn needs(role: Role, least: Role) -> Result<(), ApiError> {
    if role >= least {
        return Ok(());
    }
    let detail = format!("This takes the role {least}; yours is {role}.");
    Err(ApiError::new(Code::RoleTooLow, detail))
}

/// The caller's role in a tenant, by the token.
pub fn role_in(caller: &Caller, tenant_id: &TenantId) -> Result<Role, ApiError> {
    if tenant_id.as_str() == TenantId::UNKNOWN {
        return Err(ApiError::new(Code::ContextInvalid, "t_unknown is not a tenant."));
    }
    let role = caller.claims.role_map.get(tenant_id).copied();
    role.ok_or_else(|| {
        ApiError::new(
            Code::NotAMember,
            "Your token does not name you as a member of this tenant. If you just became one, refresh it.",
        )
    })
}

/// The keys with the token's actor in them. A stated actor must be the token's.
fn acting(caller: &Caller, mut keys: RoutingKeys) -> Result<RoutingKeys, ApiError> {
    let Actor { actor_id, actor_type } = caller.actor();
    if keys.actor_id.as_ref().is_some_and(|said| *said != actor_id) {
        return Err(mismatch("actor_id", "is not the subject of the token"));
    }
    if keys.actor_type.is_some_and(|said| said != actor_type) {
        return Err(mismatch("actor_type", "is not the one of the token"));
    }
    keys.actor_id = Some(actor_id);
    keys.actor_type = Some(actor_type);
    Ok(keys)
}

fn missing(key: &'static str) -> ApiError {
    let detail = format!("State {key} in a header, the query, or the body's routing.");
    ApiError::new(Code::ContextMissing, detail).with("key", key)
}

impl FromRequestParts<Arc<AppState>> for Member {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let mut stated = Stated::from_request_parts(parts, state).await?;
        caller.ticket.iter().try_for_each(|ticket| ticket.state(&mut stated))?;
        let Ok(request_id) = RequestId::from_request_parts(parts, state).await;
        Self::admit(caller, stated, request_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::token::Claims;
    use http::HeaderMap;
    use subjects::ids::ActorType;

    fn check(says: &[(&str, &str)], expected: Result<Role, Code>) {
        let mut stated = Stated::default();
        for (key, text) in says {
            stated.state(key, text).unwrap();
        }
        let role_map =
            [("t_a", Role::Viewer), ("t_b", Role::Owner)].map(|(tenant, role)| (tenant.parse().unwrap(), role));
        let caller = Caller::of(Claims::example("u_7", ActorType::Human, role_map.into()));
        let outcome = Member::admit(caller, stated, RequestId::of(&HeaderMap::new()));
        let outcome = outcome.map(|member| member.role).map_err(|error| error.code());
        assert_eq!(outcome, expected, "{says:?}");
    }

    #[test]
    fn a_member_is_admitted() {
        let a = ("tenant_id", "t_a");
        let dev = ("env", "dev");
        check(&[a, dev], Ok(Role::Viewer));
        check(&[("tenant_id", "t_b"), dev], Ok(Role::Owner));
        check(&[a, dev, ("actor_id", "u_7")], Ok(Role::Viewer));
        check(&[a, dev, ("actor_type", "human")], Ok(Role::Viewer));
        check(&[], Err(Code::ContextMissing));
        check(&[a], Err(Code::ContextMissing));
        check(&[dev], Err(Code::ContextMissing));
        check(&[("tenant_id", "t_c"), dev], Err(Code::NotAMember));
        check(&[("tenant_id", "t_system"), dev], Err(Code::NotAMember));
        check(&[("tenant_id", "t_unknown"), dev], Err(Code::ContextInvalid));
        check(&[a, dev, ("actor_id", "u_8")], Err(Code::ContextMismatch));
        check(&[a, dev, ("actor_type", "agent")], Err(Code::ContextMismatch));
    }

    #[test]
    fn roles_are_ordered() {
        assert!(needs(Role::Member, Role::Member).is_ok());
        assert!(needs(Role::Owner, Role::Admin).is_ok());
        assert!(needs(Role::Viewer, Role::Member).is_err());
    }
}
