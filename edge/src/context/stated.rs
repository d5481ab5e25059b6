//! What a request says of where it belongs, in headers, query, path and body: said once, or the same each time.

use crate::error::ApiError;
use axum::extract::{FromRequestParts, Query, RawPathParams};
use http::HeaderMap;
use http::request::Parts;
use std::str::FromStr;
use subjects::code::Code;
use subjects::ids::{Env, InvalidId, TenantId};
use subjects::routing::{KEYS, RoutingKeys};

/// The routing keys that a request states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// Whose.
    pub tenant_id: Option<TenantId>,
    /// In which environment.
    pub env: Option<Env>,
    /// The keys below.
    pub keys: RoutingKeys,
}

impl Stated {
    /// Takes what one more place states. Refused when it is not in its form, contradicts an earlier place, or is no
    /// routing key.
    pub fn state(&mut self, key: &str, text: &str) -> Result<(), ApiError> {
        let keys = &mut self.keys;
        match key {
            "tenant_id" => once(&mut self.tenant_id, text),
            "env" => once(&mut self.env, text),
            "workspace_id" => once(&mut keys.workspace_id, text),
            "project_id" => once(&mut keys.project_id, text),
            "app_id" => once(&mut keys.app_id, text),
            "surface_id" => once(&mut keys.surface_id, text),
            "canvas_id" => once(&mut keys.canvas_id, text),
            "thread_id" => once(&mut keys.thread_id, text),
            "projection_id" => once(&mut keys.projection_id, text),
            "panel_id" => once(&mut keys.panel_id, text),
            "actor_id" => once(&mut keys.actor_id, text),
            "actor_type" => once(&mut keys.actor_type, text),
            "session_id" => once(&mut keys.session_id, text),
            "device_id" => once(&mut keys.device_id, text),
            _ => return Err(unknown()),
        }
        .map_err(|wrong| wrong.into_error(key))
    }

    fn headers(&mut self, headers: &HeaderMap) -> Result<(), ApiError> {
        for (key, header) in KEYS {
            for value in headers.get_all(header) {
                // What is no text is not in the form of any key.
                self.state(key, value.to_str().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn pairs<'a>(&mut self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), ApiError> {
        for (key, value) in pairs {
            if KEYS.iter().any(|(known, _)| *known == key) {
                self.state(key, value)?;
            }
        }
        Ok(())
    }
}

enum Wrong {
    Form(InvalidId),
    Contradiction,
}

impl Wrong {
    fn into_error(self, key: &str) -> ApiError {
        match self {
            Wrong::Form(invalid) => invalid.into(),
            Wrong::Contradiction => mismatch(key, "is stated twice and differs"),
        }
    }
}

fn once<T: FromStr<Err = InvalidId> + PartialEq>(slot: &mut Option<T>, text: &str) -> Result<(), Wrong> {
    let said = text.parse().map_err(Wrong::Form)?;
    match slot {
        Some(before) if *before != said => Err(Wrong::Contradiction),
        Some(_) => Ok(()),
        None => {
            *slot = Some(said);
            Ok(())
        }
    }
}

fn unknown() -> ApiError {
    let known: Vec<_> = KEYS.iter().map(|(key, _)| *key).collect();
    let detail = format!("routing holds only these keys: {}.", known.join(", "));
    ApiError::new(Code::ContextInvalid, detail)
}

/// A key that contradicts what is known otherwise.
pub(super) fn mismatch(key: &str, how: &str) -> ApiError {
    ApiError::new(Code::ContextMismatch, format!("{key} {how}.")).with("key", key)
}

/// From headers, query and path. A body's `routing` is added by who reads the body.
impl<S: Send + Sync> FromRequestParts<S> for Stated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let mut stated = Self::default();
        stated.headers(&parts.headers)?;
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::new(Code::QueryInvalid, format!("The query cannot be read: {error}.")))?;
        stated.pairs(query.iter().map(|(key, value)| (key.as_str(), value.as_str())))?;
        if let Ok(path) = RawPathParams::from_request_parts(parts, state).await {
            stated.pairs(path.iter())?;
        }
        Ok(stated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Says = &'static [(&'static str, &'static str)];

    fn check(says: Says, expected: Result<(), Code>) {
        let mut stated = Stated::default();
        let outcome = says.iter().try_for_each(|(key, text)| stated.state(key, text));
        assert_eq!(outcome.map_err(|error| error.code()), expected, "{says:?}");
    }

    #[test]
    fn a_key_is_said_once_or_the_same_each_time() {
        check(&[("tenant_id", "t_a"), ("env", "dev"), ("canvas_id", "c1")], Ok(()));
        check(&[("tenant_id", "t_a"), ("tenant_id", "t_a")], Ok(()));
        check(&[("env", "stage"), ("env", "staging")], Ok(()));
        check(&[("tenant_id", "t_a"), ("tenant_id", "t_b")], Err(Code::ContextMismatch));
        check(&[("panel_id", "a"), ("panel_id", "b")], Err(Code::ContextMismatch));
        check(&[("actor_type", "human"), ("actor_type", "agent")], Err(Code::ContextMismatch));
        check(&[("tenant_id", "acme")], Err(Code::ContextInvalid));
        check(&[("env", "production")], Err(Code::ContextInvalid));
        check(&[("canvas_id", "")], Err(Code::ContextInvalid));
        check(&[("canvas_id", "a.b")], Err(Code::ContextInvalid));
        check(&[("actor_type", "god")], Err(Code::ContextInvalid));
        check(&[("canvasid", "c1")], Err(Code::ContextInvalid));
    }

    #[test]
    fn every_key_can_be_stated() {
        for (key, header) in KEYS {
            let text = match key {
                "tenant_id" => "t_a",
                "env" => "dev",
                "actor_type" => "human",
                _ => "x",
            };
            check_one(key, text);
            assert_eq!(header, format!("x-{}", key.replace('_', "-")));
        }
    }

    fn check_one(key: &str, text: &str) {
        let mut stated = Stated::default();
        assert!(stated.state(key, text).is_ok(), "{key}");
        assert_ne!(stated, Stated::default(), "{key}");
    }

    #[tokio::test]
    async fn headers_and_query_are_read() {
        let read = |uri: &'static str, headers: Says| async move {
            let mut request = http::Request::builder().uri(uri);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            Stated::from_request_parts(&mut parts, &()).await.map_err(|error| error.code())
        };
        let stated = read("/x?env=dev&other=1&canvas_id=c%31", &[("x-tenant-id", "t_a")]).await.unwrap();
        assert_eq!(stated.env, Some(Env::Dev));
        assert_eq!(stated.keys.canvas_id, Some("c1".parse().unwrap()));
        assert_eq!(stated.tenant_id, Some("t_a".parse().unwrap()));
        assert_eq!(read("/x?tenant_id=t_b", &[("x-tenant-id", "t_a")]).await, Err(Code::ContextMismatch));
        assert_eq!(read("/x?env=dev&env=prod", &[]).await, Err(Code::ContextMismatch));
        assert_eq!(read("/x", &[("x-canvas-id", "a"), ("x-canvas-id", "b")]).await, Err(Code::ContextMismatch));
    }
}
