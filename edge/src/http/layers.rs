//! What happens about every request: its id, its span, its time, its count, and the body of its error.

use crate::context::RequestId;
use crate::error::{self, ApiError};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{HeaderMap, Method};
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use subjects::code::Code;
use subjects::subject::header::TRACEPARENT;
use tokio::time::Instant;
use tracing::{Instrument, Span};

/// The longest that a handler may take. Every wait within one is shorter.
const HANDLE_SECS_MAX: u64 = 30;
/// The name in counts of what no route matches, whatever its path.
const UNMATCHED: &str = "none";

/// The outermost layer of every route.
pub async fn about(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let request_id = RequestId::of(request.headers());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = matched.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let span = span(&request_id, &method, path, request.headers());
    request.extensions_mut().insert(request_id.clone());
    let response = handle(request, next).instrument(span.clone()).await;
    let mut response = error::complete(response, request_id.as_str());
    response.headers_mut().insert(crate::context::request_id::HEADER, request_id.to_value());
    count(&method, path, &response, begun);
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), took = ?begun.elapsed(), "answered"));
    response
}

async fn handle(request: Request, next: Next) -> Response {
    if has_token(request.uri().query().unwrap_or_default()) {
        let detail = "URLs end up in logs. Send the token as `Authorization: Bearer …`, and get a new one.";
        return ApiError::new(Code::TokenInUrl, detail).into_response();
    }
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(Duration::from_secs(HANDLE_SECS_MAX), handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => ApiError::internal(words(&panic)).into_response(),
        Err(_) => ApiError::new(Code::Unavailable, "This took too long. It may still be done.").into_response(),
    }
}

fn span(request_id: &RequestId, method: &Method, path: &str, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!("http", %request_id, %method, path);
    let parent = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
    if let Some(Ok(parent)) = parent.map(str::parse) {
        node::telemetry::set_parent(&span, &parent);
    }
    span
}

/// Whether a query carries what looks like an access token.
fn has_token(query: &str) -> bool {
    let mut names = query.split('&').filter_map(|pair| pair.split('=').next());
    names.any(|name| ["token", "access_token"].iter().any(|known| name.eq_ignore_ascii_case(known)))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".into())
}

fn count(method: &Method, path: &str, response: &Response, begun: Instant) {
    // Methods that nobody knows are one, so that nobody fills the memory with them.
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let labels =
        [("method", method.to_owned()), ("path", path.to_owned()), ("status", response.status().as_u16().to_string())];
    metrics::histogram!("northstar_http_seconds", &labels).record(begun.elapsed());
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    async fn ask(uri: &str, request_id: Option<&str>) -> (u16, String, String) {
        let router = Router::new()
            .route("/fine", get(|| async { "fine" }))
            .route("/panics", get(|| async { panic!("oh") as &'static str }))
            .fallback(|| async { ApiError::not_found() })
            .layer(from_fn(about));
        let mut request = Request::builder().uri(uri);
        if let Some(request_id) = request_id {
            request = request.header("x-request-id", request_id);
        }
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (status, id) =
            (response.status().as_u16(), response.headers()["x-request-id"].to_str().unwrap().to_owned());
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, id, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_answer_names_its_request() {
        assert_eq!(ask("/fine", Some("r-1")).await, (200, "r-1".into(), "fine".into()));
        let (status, id, body) = ask("/nowhere", Some("r-2")).await;
        assert_eq!((status, id.as_str()), (404, "r-2"));
        assert!(body.contains("\"request_id\":\"r-2\""), "{body}");
        assert_eq!(ask("/fine", None).await.1.len(), 36);
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_of_ours() {
        let (status, _, body) = ask("/panics", None).await;
        assert_eq!(status, 500);
        assert!(body.contains("INTERNAL") && !body.contains("oh"), "{body}");
    }

    #[tokio::test]
    async fn a_token_in_a_url_is_refused_everywhere() {
        for uri in ["/fine?token=x", "/fine?a=b&access_token=x", "/nowhere?Token"] {
            assert!(ask(uri, None).await.2.contains("TOKEN_IN_URL"), "{uri}");
        }
        assert_eq!(ask("/fine?tokens=x", None).await.0, 200);
    }
}
