//! What those see who operate the rails: health, figures, and a description that can be believed.

use harness::{Edge, World};
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use subjects::code::Code;

#[tokio::test]
async fn an_edge_says_that_it_lives_and_is_ready() {
    let world = World::shared().await;
    for edge in [Edge(0), Edge(1)] {
        for path in ["/livez", "/healthz", "/readyz"] {
            world.asks(Method::GET, path).at(edge).sends().await.is(200);
        }
        let verbose = world.asks(Method::GET, "/readyz").query("verbose", "").at(edge).sends().await.is(200).json();
        assert_eq!((&verbose["ready"], &verbose["draining"]), (&Value::Bool(true), &Value::Bool(false)));
        let checks = verbose["checks"].as_array().expect("a list");
        assert!(checks.len() >= 3 && checks.iter().all(|check| check["ok"] == true), "{verbose}");
    }
}

#[tokio::test]
async fn an_edge_counts_what_it_does() {
    let world = World::shared().await;
    let canvas = world.signs_up().await.creates_canvas().await;
    let _reader = canvas.watches(Edge(0)).await;
    canvas.makes_revs(1).await;
    let figures = world.asks(Method::GET, "/metrics").sends().await.is(200).text_whole();
    for name in ["command", "readers"] {
        assert!(figures.contains(name), "no figure of {name}");
    }
    assert!(figures.contains("_bucket{"), "stages are histograms");
    assert!(!figures.contains(canvas.person.tenant_id.as_str()), "no tenant in a label");
}

#[tokio::test]
async fn the_description_names_every_route() {
    let world = World::shared().await;
    let description = world.asks(Method::GET, "/openapi.json").sends().await.is(200).json();
    assert!(description["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    assert!(description["info"]["title"].is_string() && description["info"]["version"].is_string());
    let said: BTreeSet<_> =
        operations(&description).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    for route in [
        "POST /auth/signup",
        "POST /auth/login",
        "POST /auth/refresh",
        "POST /auth/logout",
        "GET /auth/me",
        "GET /tenants/{tenant_id}/members",
        "POST /tenants/{tenant_id}/members",
        "POST /canvas",
        "GET /canvas",
        "GET /canvas/{canvas_id}",
        "POST /canvas/{canvas_id}/commands",
        "GET /canvas/{canvas_id}/commits",
        "GET /commands/{command_id}",
        "GET /sse/canvas/{canvas_id}",
        "GET /feature-flags",
        "PUT /feature-flags",
        "POST /ofrep/v1/evaluate/flags",
        "POST /ofrep/v1/evaluate/flags/{key}",
    ] {
        assert!(said.contains(route), "{route} is missing: {said:?}");
    }
}

fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let paths = description["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &Value)| {
        let item = item.as_object().expect("an item").clone();
        let path = path.clone();
        item.into_iter()
            .map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn every_reference_of_the_description_leads_somewhere() {
    let world = World::shared().await;
    let description = world.asks(Method::GET, "/openapi.json").sends().await.is(200).json();
    let text = description.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().expect("a pointer")) {
        assert!(description.pointer(reference).is_some(), "{reference}");
    }
    for (method, path, operation) in operations(&description) {
        assert!(operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()), "{method} {path}");
        for name in path.split('{').skip(1).map(|rest| rest.split('}').next().expect("a name")) {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            assert!(parameters.iter().any(|parameter| parameter["name"] == name), "{method} {path} explains {name}");
        }
    }
}

#[tokio::test]
async fn every_described_route_exists() {
    let world = World::shared().await;
    let description = world.asks(Method::GET, "/openapi.json").sends().await.is(200).json();
    for (method, path, _) in operations(&description) {
        let path = path.replace(['{', '}'], "");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let response = world.asks(method.clone(), &path).opens().await.expect("an answer");
        assert_ne!(response.status().as_u16(), 405, "{method} {path}");
        if !["/docs", "/openapi.json"].contains(&path.as_str()) && response.status() == 404 {
            assert!(path.contains("/problems/"), "{method} {path} is not there");
        }
    }
}

#[tokio::test]
async fn the_docs_are_a_page() {
    let world = World::shared().await;
    let reply = world.asks(Method::GET, "/docs").sends().await.is(200);
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    assert!(reply.text_whole().to_lowercase().contains("<html"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_like_any_other() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for path in ["/nowhere", "/canvas/a/b/c", "/", "/%00", "/canvas/..%2f..%2fetc"] {
        let reply = ann.asks(Method::GET, path).sends().await;
        assert!([400, 404].contains(&reply.status), "{path}: {}", reply.status);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{path}");
    }
    ann.asks(Method::GET, "/nowhere").sends().await.refuses(404, Code::NotFound);
    for (method, path) in [(Method::DELETE, "/canvas"), (Method::PUT, "/auth/login"), (Method::POST, "/auth/me")] {
        let reply = ann.asks(method, path).sends().await;
        reply.refuses(405, Code::MethodNotAllowed);
        assert!(reply.header("allow").is_some_and(|said| !said.is_empty()), "RFC 9110, 15.5.6");
    }
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_explanation() {
    let world = World::shared().await;
    let problem = world.asks(Method::GET, "/nowhere").sends().await.refuses(404, Code::NotFound);
    let path = problem["type"].as_str().expect("a type").to_owned();
    let kind = world.asks(Method::GET, path).sends().await.is(200).json();
    assert_eq!(
        (&kind["code"], &kind["status"], &kind["title"]),
        (&problem["code"], &problem["status"], &problem["title"])
    );
}
