//! Who asks: the bearer of a valid token.

use crate::access::ticket::{self, HeldTicket};
use crate::error::ApiError;
use crate::identity::token::Claims;
use crate::refusals::Witness;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use std::sync::Arc;
use subjects::code::Code;
use subjects::command::Actor;
use subjects::ids::TenantId;

/// The bearer of a token that was checked.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the token says, less what was revoked.
    pub claims: Claims,
    /// The ticket that stands for the token.
    pub ticket: Option<HeldTicket>,
    /// Sees where they are admitted.
    pub witness: Witness,
}

impl Caller {
    /// The bearer of a token.
    pub fn of(claims: Claims) -> Self {
        Self { claims, ticket: None, witness: Witness::default() }
    }

    fn seen_with(self, parts: &Parts) -> Self {
        let witness = Witness::of(&parts.extensions);
        witness.saw_caller(&self, &parts.headers);
        Self { witness, ..self }
    }

    /// Who acts.
    pub fn actor(&self) -> Actor {
        Actor { actor_id: self.claims.sub.clone(), actor_type: self.claims.actor_type }
    }

    /// Whether the token names the caller as a member of the tenant.
    pub fn belongs_to(&self, tenant_id: &TenantId) -> bool {
        self.claims.role_map.contains_key(tenant_id)
    }
}

impl FromRequestParts<Arc<AppState>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        if let Some(token) = bearer(parts) {
            return Ok(Self::of(state.identify(token).await?).seen_with(parts));
        }
        let missing = || ApiError::new(Code::Unauthenticated, "Send an access token as `Authorization: Bearer …`.");
        let is_alone = !parts.headers.contains_key(AUTHORIZATION);
        let brought = ticket::brought(parts).filter(|_| is_alone).ok_or_else(missing)?;
        let (claims, held) = ticket::look(state, parts, &brought).await?;
        let caller = Self { ticket: Some(held), ..Self::of(claims) };
        Ok(caller.seen_with(parts))
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
