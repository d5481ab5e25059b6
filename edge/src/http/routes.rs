//! Every route of the edge, once.

use crate::config::Config;
use crate::error::ApiError;
use crate::http::{asyncapi, layers, openapi, problems};
use crate::state::AppState;
use crate::{
    access, actions, artifacts, audit, chat, command, document, flags, gates, graft, identity, privacy, readers,
    refusals, registry, replay, ws,
};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use std::sync::Arc;
use std::time::Duration;
use subjects::code::Code;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PREFLIGHT_SECS: u64 = 600;

/// The routes that are described in `/openapi.json`.
pub fn described() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::with_openapi(openapi::about())
        .merge(identity_routes())
        .merge(artifact_routes())
        .merge(action_routes())
        .merge(gate_routes())
        .merge(audit_routes())
        .routes(routes!(registry::register::register_canvas, registry::list::list_canvases))
        .routes(routes!(registry::threads::register::register_thread, registry::threads::list::list_threads))
        .routes(routes!(chat::post::post_message, chat::messages::list_messages))
        .routes(routes!(chat::runs::read_run))
        .routes(routes!(chat::runs::cancel_run))
        .routes(routes!(document::read::read_document))
        .routes(routes!(document::history::list_commits))
        .routes(routes!(command::submit::submit_command, document::history::list_commands))
        .routes(routes!(command::status::command_status))
        .routes(routes!(readers::routes::sse_canvas))
        .routes(routes!(readers::routes::sse_thread))
        .routes(routes!(graft::start::start_graft))
        .routes(routes!(graft::stop::stop_graft))
        .routes(routes!(graft::list::list_replays))
        .routes(routes!(replay::route::sse_replay))
        .routes(routes!(ws::routes::ws))
        .routes(routes!(ws::routes::ws_chat))
        .routes(routes!(flags::list::list_flags, flags::set::set_flags))
        .routes(routes!(flags::ofrep::all::evaluate_flags))
        .routes(routes!(flags::ofrep::one::evaluate_flag))
        .merge(privacy_routes())
        .routes(routes!(problems::problem_kind))
        .layer(map_response(kept_by_nobody))
}

/// What is said to one tenant is kept by nobody on the way, unless the answer itself says how.
async fn kept_by_nobody(mut response: Response) -> Response {
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn identity_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(identity::signup::signup))
        .routes(routes!(identity::login::login))
        .routes(routes!(identity::session::refresh))
        .routes(routes!(identity::session::logout))
        .routes(routes!(identity::me::me))
        .routes(routes!(identity::members::list_members, identity::members::set_member))
        .routes(routes!(identity::members::remove_member))
        .routes(routes!(identity::agents::make_agent_token))
        .routes(routes!(access::routes::revoke_token))
        .routes(routes!(access::routes::give_ticket))
        .routes(routes!(access::routes::renew_stream))
}

fn privacy_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(privacy::prefs::read_train_prefs))
        .routes(routes!(privacy::set::set_tenant_train))
        .routes(routes!(privacy::set::set_user_train))
        .routes(routes!(privacy::export::export))
        .routes(routes!(privacy::erase::erase))
}

fn artifact_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(artifacts::write::write_artifact, artifacts::list::list_artifacts))
        .routes(routes!(artifacts::read::read_artifact))
        .routes(routes!(artifacts::audits::audit_canvas))
        .routes(routes!(artifacts::register::register_artifact))
        .routes(routes!(artifacts::lineage::read_lineage))
        .routes(routes!(artifacts::raw::presign_raw))
        .routes(routes!(artifacts::raw::register_raw))
        .routes(routes!(artifacts::raw::read_raw))
        .routes(routes!(artifacts::media::promise_asset, artifacts::media::list_assets))
        .routes(routes!(artifacts::media::read_asset))
        .routes(routes!(artifacts::media::register_asset))
        .routes(routes!(artifacts::media::write_derived, artifacts::media::list_derived))
}

fn action_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(actions::act::act, actions::list::list_actions))
        .routes(routes!(actions::secret::webhook_secret))
        .routes(routes!(actions::read::read_action))
        .routes(routes!(actions::explain::explain_action))
}

fn gate_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(gates::kill_switches::set_kill_switch, gates::kill_switches::list_kill_switches))
        .routes(routes!(gates::dangerous_actions::raise_level, gates::dangerous_actions::list_dangerous_actions))
        .routes(routes!(gates::licences::issue_licence, gates::licences::list_licences))
        .routes(routes!(gates::licences::read_licence))
        .routes(routes!(gates::licences::revoke_licence))
        .routes(routes!(gates::strategy_locks::draft_lock, gates::strategy_locks::list_locks))
        .routes(routes!(gates::strategy_locks::read_lock))
        .routes(routes!(gates::strategy_locks::approve_lock))
        .routes(routes!(gates::strategy_locks::reject_lock))
        .routes(routes!(gates::strategy_locks::expire_lock))
        .routes(routes!(gates::three_wise::ask_question, gates::three_wise::list_questions))
        .routes(routes!(gates::three_wise::read_question))
        .routes(routes!(gates::three_wise::give_opinion))
        .routes(routes!(gates::budget::set_limit, gates::budget::list_limits))
        .routes(routes!(gates::budget::drop_limit))
        .routes(routes!(gates::usage::record_usage, gates::usage::list_usage))
        .routes(routes!(gates::budget::sum_usage))
        .routes(routes!(gates::kpi::define_kpi, gates::kpi::list_kpis))
        .routes(routes!(gates::kpi::set_corridor, gates::kpi::drop_corridor, gates::kpi::list_corridors))
        .routes(routes!(gates::measurements::measure, gates::measurements::list_measurements))
        .routes(routes!(gates::temperature::set_floors, gates::temperature::read_floors))
        .routes(routes!(gates::temperature::set_ceilings, gates::temperature::read_ceilings))
        .routes(routes!(gates::temperature::set_weights, gates::temperature::read_weights))
        .routes(routes!(gates::temperature::read_temperature))
        .routes(routes!(gates::temperature::list_temperatures))
        .routes(routes!(gates::overrides::make_override, gates::overrides::list_overrides))
        .routes(routes!(gates::overrides::revoke_override))
}

fn audit_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(audit::events::list_events))
        .routes(routes!(audit::watch::sse_audit))
        .routes(routes!(audit::checkpoint::read_checkpoint))
        .routes(routes!(audit::proof::prove_inclusion))
        .routes(routes!(audit::proof::prove_consistency))
        .routes(routes!(audit::files::read_log))
        .routes(routes!(audit::keys::audit_keys))
}

/// All routes, with what happens about every request. `health` comes from the process.
pub fn router(state: Arc<AppState>, health: Router) -> Router {
    let (routes, api) = described().split_for_parts();
    let cors = cors(&state.config);
    routes
        .layer(from_fn_with_state(state.clone(), refusals::audited))
        .with_state(state)
        .merge(health)
        .merge(openapi::docs(api))
        .merge(asyncapi::docs())
        .fallback(async || ApiError::new(Code::NotFound, "There is no such path. See /docs."))
        .method_not_allowed_fallback(async || {
            ApiError::new(Code::MethodNotAllowed, "The path takes other methods. See /docs.")
        })
        .layer(cors)
        .layer(from_fn(layers::about))
}

/// Browsers of these origins, exactly, may ask.
fn cors(config: &Config) -> CorsLayer {
    let origins: Vec<HeaderValue> = config.origins().filter_map(|origin| origin.parse().ok()).collect();
    let context = subjects::routing::KEYS.map(|(_, header)| HeaderName::from_static(header));
    let asked = [AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH].into_iter().chain(context);
    let asked =
        asked.chain(["x-request-id", "traceparent", "last-event-id", "idempotency-key"].map(HeaderName::from_static));
    let told = [ETAG, LOCATION, RETRY_AFTER].into_iter();
    let told = told
        .chain(["x-request-id", "idempotent-replayed", "ratelimit", "ratelimit-policy"].map(HeaderName::from_static));
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(asked.collect::<Vec<_>>())
        .expose_headers(told.collect::<Vec<_>>())
        .max_age(Duration::from_secs(PREFLIGHT_SECS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use node::health::{self, Readiness};
    use std::collections::BTreeSet;

    /// axum lists its routes nowhere else. Its fallback has two paths of its own.
    fn paths(router: &impl std::fmt::Debug) -> BTreeSet<String> {
        let text = format!("{router:?}");
        let paths = text.split('"').filter(|part| part.starts_with('/') && *part != "/");
        paths.filter(|path| !path.contains("__private")).map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn every_route_is_described() {
        let (router, api) = described().split_for_parts();
        let health = health::router(Vec::new(), Readiness::new(), node::metrics::install().unwrap());
        let served: BTreeSet<_> = paths(&router).into_iter().chain(paths(&health)).collect();
        assert_eq!(served, api.paths.paths.keys().cloned().collect());
        assert!(served.contains("/canvas/{canvas_id}/commands") && served.contains("/readyz"));
    }

    #[test]
    fn every_body_is_described() {
        let (_, api) = described().split_for_parts();
        let text = api.to_json().unwrap();
        let schemas = api.components.unwrap().schemas;
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap_or_default();
            assert!(schemas.contains_key(name), "{name}");
        }
    }
}
