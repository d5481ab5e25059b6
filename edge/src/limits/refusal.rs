//! What a tenant at a limit is told: what the limit is, and when to come back.

use crate::error::{ApiError, ProblemBody};
use http::{HeaderName, HeaderValue};
use std::time::Duration;
use subjects::code::Code;

/// The refusal, as `/openapi.json` describes it.
#[derive(utoipa::IntoResponses)]
#[response(
    status = 429,
    description = "The tenant is at its `limit`; come back after `retry_after_ms`",
    headers(
        ("Retry-After" = u64, description = "The same in seconds, rounded up"),
        ("RateLimit" = String, description = "What is left of the limit, and for how long"),
        ("RateLimit-Policy" = String, description = "The limit, and its window in seconds where it is a rate"),
    )
)]
pub struct AtLimit(pub ProblemBody<'static>);

/// A limit that a tenant is at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// Its name, as in `limit` of the answer.
    pub(super) name: &'static str,
    /// How many there may be.
    pub(super) quota: u32,
    /// Whether they are counted anew each second, or held.
    pub(super) window: Window,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// What is done within a second.
    Second,
    /// What is held at once.
    AtOnce,
}

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The refusal, counted. On HTTP it has the headers `Retry-After`, `RateLimit` and `RateLimit-Policy`; in a frame,
/// `retry_after_ms`.
pub(super) fn refused(limit: Limit, retry_after: Duration) -> ApiError {
    let Limit { name, quota, window } = limit;
    metrics::counter!("northstar_limited_total", "limit" => name).increment(1);
    let secs = retry_after.as_millis().div_ceil(1_000).max(1) as u64;
    let (detail, policy) = match window {
        Window::Second => {
            (format!("A tenant may send {quota} {name} per second."), format!("\"{name}\";q={quota};w=1"))
        }
        Window::AtOnce => (format!("A tenant may hold {quota} {name}."), format!("\"{name}\";q={quota}")),
    };
    ApiError::new(Code::RateLimited, format!("{detail} Nothing was accepted."))
        .with("limit", name)
        .with("retry_after_ms", u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX))
        .retry_after(secs)
        .header(RATELIMIT_POLICY, value(&policy))
        .header(RATELIMIT, value(&format!("\"{name}\";r=0;t={secs}")))
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    fn check(window: Window, millis: u64, headers: [&str; 3]) {
        let error = refused(Limit { name: "commands", quota: 7, window }, Duration::from_millis(millis));
        let body = serde_json::to_value(error.body(None)).unwrap();
        assert_eq!((body["limit"].as_str(), body["retry_after_ms"].as_u64()), (Some("commands"), Some(millis)));
        let response = error.into_response();
        assert_eq!(response.status(), 429);
        let said = ["ratelimit-policy", "ratelimit", "retry-after"].map(|name| &response.headers()[name]);
        assert_eq!(said, headers);
    }

    #[test]
    fn who_is_at_a_limit_is_told_which_and_until_when() {
        check(Window::Second, 1, ["\"commands\";q=7;w=1", "\"commands\";r=0;t=1", "1"]);
        check(Window::Second, 1_001, ["\"commands\";q=7;w=1", "\"commands\";r=0;t=2", "2"]);
        check(Window::AtOnce, 5_000, ["\"commands\";q=7", "\"commands\";r=0;t=5", "5"]);
    }
}
