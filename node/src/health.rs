//! Whether a process lives and is ready, and what it counted: `/livez`, `/healthz`, `/readyz`, `/metrics`.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use futures_util::future::{BoxFuture, join_all};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Something the process needs, and how to ask whether it is there.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    ask: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl Check {
    /// `ask` answers `Ok`, or why not in one line; it is given one second.
    pub fn new(
        name: &'static str,
        ask: impl Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync + 'static,
    ) -> Self {
        Self { name, ask: Arc::new(ask) }
    }

    async fn run(&self) -> CheckReport {
        let limit = Duration::from_secs(CHECK_SECS);
        let answer = tokio::time::timeout(limit, (self.ask)()).await;
        let problem = answer.unwrap_or_else(|_| Err(format!("no answer within {CHECK_SECS} s"))).err();
        CheckReport { name: self.name, ok: problem.is_none(), problem }
    }
}

const CHECK_SECS: u64 = 1;

/// Whether the process wants to be given work. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Wanting work.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on not ready, for good.
    pub fn draining(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Readiness::draining`] was called.
    pub fn is_draining(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Health {
    checks: Arc<[Check]>,
    readiness: Readiness,
    metrics: PrometheusHandle,
}

#[derive(Serialize)]
struct Report {
    ready: bool,
    draining: bool,
    checks: Vec<CheckReport>,
}

#[derive(Serialize)]
struct CheckReport {
    name: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// The routes. `/readyz` is 200 only if all checks hold and the process is not draining; `?verbose` tells each.
pub fn router(checks: Vec<Check>, readiness: Readiness, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/healthz", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(scrape))
        .with_state(Health { checks: checks.into(), readiness, metrics })
}

async fn livez() -> &'static str {
    "ok"
}

async fn readyz(State(health): State<Health>, RawQuery(query): RawQuery) -> Response {
    let checks = join_all(health.checks.iter().map(Check::run)).await;
    let draining = health.readiness.is_draining();
    let report = Report { ready: !draining && checks.iter().all(|check| check.ok), draining, checks };
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let is_verbose = query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("verbose")));
    if is_verbose {
        return (status, Json(report)).into_response();
    }
    (status, summary(&report)).into_response()
}

fn summary(report: &Report) -> String {
    let draining = report.draining.then(|| "draining".to_owned());
    let problems =
        report.checks.iter().filter_map(|check| Some(format!("{}: {}", check.name, check.problem.as_ref()?)));
    let lines: Vec<_> = draining.into_iter().chain(problems).collect();
    if lines.is_empty() { "ok".into() } else { lines.join("\n") }
}

async fn scrape(State(health): State<Health>) -> Response {
    ([("content-type", "text/plain; version=0.0.4")], health.metrics.render()).into_response()
}

/// An error with all its causes, in one line.
pub fn one_line(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.replace('\n', " ")
}
