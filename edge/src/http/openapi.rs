//! The description of the routes, made from the code: `/openapi.json`, and `/docs` to read it.

use axum::Router;
use utoipa::openapi::OpenApi as Description;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

/// What all routes have in common, and those that every process has.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Northstar rails",
        description = "Commands to canvases, and streams of what they did. Every request but signup and login needs a \
            bearer token and states its context: tenant and env, in `X-Tenant-Id` and `X-Env`, the query, or the \
            body's `routing`. Errors are `application/problem+json` with a stable `code`."
    ),
    paths(livez, healthz, readyz, metrics),
    modifiers(&Bearer)
)]
struct Common;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut Description) {
        let components = api.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".into());
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The description before the routes are added.
pub fn about() -> Description {
    Common::openapi()
}

/// `/openapi.json` and `/docs`. Nothing is loaded from elsewhere.
pub fn docs(api: Description) -> Router {
    SwaggerUi::new("/docs").url("/openapi.json", api).into()
}

/// Whether the process lives.
#[utoipa::path(get, path = "/livez", tag = "operations", responses((status = 200)))]
#[expect(dead_code, reason = "describes a route of `node::health`")]
fn livez() {}

/// The same as `/livez`.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200)))]
#[expect(dead_code, reason = "describes a route of `node::health`")]
fn healthz() {}

/// Whether the process wants work. `?verbose` tells why not, check by check.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses((status = 200), (status = 503)))]
#[expect(dead_code, reason = "describes a route of `node::health`")]
fn readyz() {}

/// Counts and durations, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = 200)))]
#[expect(dead_code, reason = "describes a route of `node::health`")]
fn metrics() {}
