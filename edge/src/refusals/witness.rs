//! Sees who asks, and notes what they are refused.

use crate::context::{Caller, Member, RequestId};
use crate::error::ApiError;
use crate::refusals::{Note, Refused};
use crate::state::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use chrono::Utc;
use http::{Extensions, HeaderMap};
use serde_json::{Map, Value};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use subjects::command::Actor;
use subjects::ids::{Env, TenantId};
use subjects::routing::RoutingKeys;

/// Who turned out to ask. Travels with the request, and with the caller.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    caller: Arc<OnceLock<Seen>>,
    admitted: Arc<OnceLock<Place>>,
}

/// Who asks, and where, by their token and headers alone.
#[derive(Debug)]
struct Seen {
    actor: Actor,
    /// The tenant that the request names in its header.
    claimed: Option<TenantId>,
    /// Where that is, if they are a member there.
    place: Option<Place>,
}

/// Where a caller asks.
#[derive(Debug, Clone)]
struct Place {
    tenant_id: TenantId,
    env: Env,
    routing: RoutingKeys,
}

impl Witness {
    /// The one that travels with a request.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// A caller was known by their token. What is wrong may be found before they are admitted: then it is refused to them where
    /// their headers say that they are, if they are a member there.
    pub fn saw_caller(&self, caller: &Caller, headers: &HeaderMap) {
        let claimed = stated(headers, "x-tenant-id");
        let own = claimed.clone().filter(|tenant_id| caller.belongs_to(tenant_id));
        let place = own.zip(stated(headers, "x-env"));
        let place = place.map(|(tenant_id, env)| Place { tenant_id, env, routing: RoutingKeys::default() });
        let _ = self.caller.set(Seen { actor: caller.actor(), claimed, place });
    }

    /// They are a member of what they name.
    pub fn saw_member(&self, member: &Member) {
        let Member { tenant_id, env, keys, .. } = member;
        let _ = self.admitted.set(Place { tenant_id: tenant_id.clone(), env: *env, routing: keys.clone() });
    }
}

/// The longest path that is kept, in bytes.
const PATH_BYTES_MAX: usize = 512;

/// Notes what is refused to whoever is known by a token. Nobody's tenant is told of strangers.
pub async fn audited(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let witness = Witness::default();
    request.extensions_mut().insert(witness.clone());
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    if let Some(error) = response.extensions().get::<ApiError>()
        && error.is_refusal()
        && let Some(note) = asked.note(&witness, error)
    {
        state.refusals.note(note);
    }
    response
}

/// What was asked for.
struct Asked {
    action: String,
    resource: String,
    request_id: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let matched = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
        let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
        let path = request.uri().path();
        Self {
            action: format!("{} {matched}", request.method()),
            resource: path.get(..PATH_BYTES_MAX).unwrap_or(path).to_owned(),
            request_id: request_id.unwrap_or_default(),
        }
    }

    fn note(self, witness: &Witness, error: &ApiError) -> Option<Note> {
        let seen = witness.caller.get()?;
        let (place, mut details) = (witness.admitted.get().or(seen.place.as_ref()).cloned(), Map::new());
        if place.is_none()
            && let Some(tenant_id) = &seen.claimed
        {
            details.insert("claimed_tenant_id".to_owned(), Value::from(tenant_id.as_str()));
        }
        let Place { tenant_id, env, routing } = place.unwrap_or_else(Place::nowhere);
        let actor = seen.actor.clone();
        let (action, resource, code) = (self.action, self.resource, error.code().as_str());
        let refused = Refused { tenant_id, env, actor, action, resource, code };
        let trace_id = node::telemetry::current().trace_id_hex();
        Some(Note { refused, routing, request_id: self.request_id, trace_id, details, at: Utc::now() })
    }
}

impl Place {
    /// Who is no member of what they name is tenant-0's business.
    fn nowhere() -> Self {
        Self { tenant_id: TenantId::system(), env: Env::Prod, routing: RoutingKeys::default() }
    }
}

fn stated<T: FromStr>(headers: &HeaderMap, header: &str) -> Option<T> {
    headers.get(header)?.to_str().ok()?.parse().ok()
}
