//! A member on a canvas that is registered for the tenant and env.

use crate::context::Member;
use crate::context::stated::mismatch;
use crate::error::ApiError;
use crate::registry::Entry;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::sync::Arc;
use subjects::code::Code;
use subjects::control::Home;
use subjects::ids::CanvasId;
use subjects::routing::{RoutingKeys, StreamKey};

/// A member on a canvas. The canvas exists, is of this tenant and env, and stands where the request says.
#[derive(Debug, Clone)]
pub struct OnCanvas {
    /// Who asks. Its keys are completed from the registry.
    pub member: Member,
    /// The canvas.
    pub canvas_id: CanvasId,
    /// The canvas's log.
    pub stream: StreamKey,
    /// What the registry says of it.
    pub entry: Arc<Entry>,
}

impl OnCanvas {
    /// Finds the canvas that the member's keys name.
    pub async fn find(state: &AppState, mut member: Member) -> Result<Self, ApiError> {
        let canvas_id = member
            .keys
            .canvas_id
            .clone()
            .ok_or_else(|| ApiError::new(Code::ContextMissing, "State canvas_id.").with("key", "canvas_id"))?;
        let stream = StreamKey::canvas(member.tenant_id.clone(), member.env, canvas_id.clone());
        let entry = state.registry.find(&stream).await?;
        let entry = entry.ok_or_else(ApiError::not_found)?;
        member.keys = at_home(member.keys, &entry.home)?;
        Ok(Self { member, canvas_id, stream, entry })
    }
}

/// The keys completed from the registry. What was stated must be what is registered.
fn at_home(mut keys: RoutingKeys, home: &Home) -> Result<RoutingKeys, ApiError> {
    settle(&mut keys.workspace_id, &home.workspace_id, "workspace_id")?;
    settle(&mut keys.project_id, &home.project_id, "project_id")?;
    settle(&mut keys.app_id, &home.app_id, "app_id")?;
    settle(&mut keys.surface_id, &home.surface_id, "surface_id")?;
    Ok(keys)
}

fn settle<T: Clone + PartialEq>(said: &mut Option<T>, registered: &T, key: &str) -> Result<(), ApiError> {
    match said {
        Some(said) if said != registered => Err(mismatch(key, "is not the one that the canvas was registered under")),
        Some(_) => Ok(()),
        None => {
            *said = Some(registered.clone());
            Ok(())
        }
    }
}

impl FromRequestParts<Arc<AppState>> for OnCanvas {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let member = Member::from_request_parts(parts, state).await?;
        Self::find(state, member).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Stated;

    #[test]
    fn the_registry_completes_and_contradicts() {
        let home = Home {
            workspace_id: "w".parse().unwrap(),
            project_id: "p".parse().unwrap(),
            app_id: "a".parse().unwrap(),
            surface_id: "s".parse().unwrap(),
        };
        let check = |key: &str, text: &str, expected: Result<&str, Code>| {
            let mut stated = Stated::default();
            stated.state(key, text).unwrap();
            let outcome = at_home(stated.keys, &home);
            let outcome =
                outcome.as_ref().map(|keys| keys.app_id.as_ref().unwrap().as_str()).map_err(|error| error.code());
            assert_eq!(outcome, expected, "{key}={text}");
        };
        check("panel_id", "x", Ok("a"));
        check("app_id", "a", Ok("a"));
        for key in ["workspace_id", "project_id", "app_id", "surface_id"] {
            check(key, "other", Err(Code::ContextMismatch));
        }
    }
}
