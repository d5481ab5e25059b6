//! OpenFeature's Rust SDK with its official OFREP provider, as their makers ship them.

use open_feature::{EvaluationContext, EvaluationErrorCode, OpenFeature};
use open_feature_ofrep::{OfrepOptions, OfrepProvider};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName};
use std::env::var;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let edge = var("EDGE").expect("an edge");
    let headers = headers();
    let options = OfrepOptions { base_url: edge.clone(), headers: headers.clone(), ..OfrepOptions::default() };
    let mut api = OpenFeature::default();
    api.set_provider(OfrepProvider::new(options).await.expect("a provider")).await;
    let flags = api.create_client();
    // The context names another tenant, which changes nothing.
    let context =
        EvaluationContext::default().with_targeting_key("somebody").with_custom_field("tenant_id", "t_system");

    let on = flags.get_bool_details("ws_enabled", Some(&context), None).await.expect("a flag");
    assert_eq!((on.value, on.variant.as_deref()), (true, Some("on")));
    let log = flags.get_string_value("gesture_log", Some(&context), None).await.expect("a flag");
    assert_eq!(log, "keyframe");

    let body = r#"{"flags": {"ws_enabled": false, "gesture_log": "none"}}"#;
    let put = reqwest::Client::new().put(format!("{edge}/feature-flags")).headers(headers);
    let answer = put.header(CONTENT_TYPE, "application/json").body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let off = flags.get_bool_details("ws_enabled", Some(&context), None).await.expect("a flag");
    assert_eq!((off.value, off.variant.as_deref()), (false, Some("off")));
    assert_eq!(flags.get_string_value("gesture_log", None, None).await.expect("a flag"), "none");

    let unknown = flags.get_bool_value("paint", Some(&context), None).await.expect_err("no flag");
    assert_eq!(unknown.code, EvaluationErrorCode::FlagNotFound);
}

fn headers() -> HeaderMap {
    let token = format!("Bearer {}", var("TOKEN").expect("a token"));
    let headers = [
        (AUTHORIZATION, token),
        (HeaderName::from_static("x-tenant-id"), var("TENANT").expect("a tenant")),
        (HeaderName::from_static("x-env"), var("ENV").expect("an env")),
    ];
    headers.into_iter().map(|(name, value)| (name, value.parse().expect("a header"))).collect()
}
