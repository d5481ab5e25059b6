//! Those whom other issuers know: users here from their first token on, members where they were made members.

use super::check::Foreign;
use crate::context::RequestId;
use crate::error::ApiError;
use crate::identity::slug;
use crate::identity::token::{Claims, TENANTS_MAX};
use crate::queries::people::{self, Membership};
use crate::road::control::{self, Asking};
use crate::state::AppState;
use http::HeaderMap;
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use subjects::code::Code;
use subjects::control::{Ask, Granted};
use subjects::ids::{ActorId, ActorType};

/// Where guests belong, as it was a moment ago. What was taken from them since is known otherwise.
#[derive(Debug)]
pub(super) struct Guests {
    known: Cache<ActorId, Arc<[Membership]>>,
}

const GUESTS_MAX: u64 = 100_000;
/// How long it may take until a guest sees that they were made a member elsewhere.
const KNOWN_SECS: u64 = 5;
const TENANT_NAME: &str = "Workspace";

impl Guests {
    pub(super) fn new() -> Self {
        let known = Cache::builder().max_capacity(GUESTS_MAX).time_to_live(Duration::from_secs(KNOWN_SECS));
        Self { known: known.build() }
    }

    /// The claims that one of our own tokens would make for them. Who comes for the first time is made a user with a
    /// tenant of their own, if strangers may sign up.
    pub(super) async fn claims(&self, state: &AppState, foreign: Foreign) -> Result<Claims, ApiError> {
        let found = self.known.try_get_with_by_ref(&foreign.user_id, memberships(state, &foreign)).await;
        let memberships = found.map_err(|error| (*error).clone())?;
        let roles = memberships.iter().map(|each| (each.tenant_id.clone(), each.role));
        Ok(Claims {
            sub: foreign.user_id,
            tenant_ids: memberships.iter().map(|each| each.tenant_id.clone()).collect(),
            default_tenant_id: memberships.first().map(|first| first.tenant_id.clone()),
            role_map: roles.collect(),
            iss: foreign.issuer,
            aud: state.config.identity.token_audience.clone(),
            exp: foreign.exp,
            iat: foreign.iat,
            jti: foreign.token_id,
            sid: foreign.session_id,
            actor_type: ActorType::Human,
        })
    }
}

async fn memberships(state: &AppState, foreign: &Foreign) -> Result<Arc<[Membership]>, ApiError> {
    if people::by_id(&state.pool, &foreign.user_id).await?.is_none() {
        welcome(state, foreign).await?;
    }
    Ok(people::memberships(&state.pool, &foreign.user_id, TENANTS_MAX).await?.into())
}

async fn welcome(state: &AppState, foreign: &Foreign) -> Result<(), ApiError> {
    if !state.flags.signup_open().await? {
        return Err(ApiError::new(Code::SignupClosed, "You are not known here, and strangers may not sign up."));
    }
    let local = foreign.email.as_deref().and_then(|email| email.split('@').next());
    let tenant_name = local.unwrap_or(TENANT_NAME).to_owned();
    let ask = Ask::Welcome {
        user_id: foreign.user_id.clone(),
        email: foreign.email.clone(),
        issuer: foreign.issuer.clone(),
        subject: foreign.subject.clone(),
        tenant_ids: slug::candidates(&tenant_name, rand::random()),
        tenant_name,
    };
    // The request's own name is not known here.
    let request_id = RequestId::of(&HeaderMap::new());
    let asking = Asking::about_people(foreign.user_id.as_str(), &request_id, Some(foreign.user_id.clone()));
    match control::ask(state, asking, ask).await? {
        Granted::Done => Ok(()),
        other => Err(control::unexpected(&other)),
    }
}
