//! Where a request belongs: stated once or the same each time, and checked against token and registry.

use harness::ops::add;
use harness::{Ask, Edge, World, draft};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::Env;

#[tokio::test]
async fn context_is_stated_in_headers_in_the_query_or_in_the_body() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let bare = |draft| without_context(canvas.asks_for(draft));
    let (tenant_id, env) = (ann.tenant_id.as_str(), ann.env.as_str());
    canvas.sends(&draft(0, [add("by-headers")])).await.is_rev(1);
    let by_query = draft(1, [add("by-query")]);
    bare(&by_query).query("tenant_id", tenant_id).query("env", env).sends().await.is_rev(2);
    let routing = json!({ "tenant_id": tenant_id, "env": env, "canvas_id": canvas.id, "panel_id": "left" });
    let by_body = draft(2, [add("by-body")]).with("routing", routing.clone());
    bare(&by_body).sends().await.is_rev(3);
    let by_all = draft(3, [add("by-all")]).with("routing", routing);
    canvas.asks_for(&by_all).query("tenant_id", tenant_id).query("env", env).sends().await.is_rev(4);
    canvas.sends(&draft(4, [add("without")]).without("routing")).await.is_rev(5);
}

fn without_context(ask: Ask) -> Ask {
    ask.without("x-tenant-id").without("x-env")
}

#[tokio::test]
async fn missing_contradicting_and_ill_formed_context_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let read = canvas.asks(Method::GET, "");
    let bare = without_context(read.clone());
    let check = async |ask: Ask, code: Code| {
        for edge in [Edge(0), Edge(1)] {
            ask.clone().at(edge).sends().await.refuses(if code == Code::NotAMember { 403 } else { 400 }, code);
        }
    };
    check(bare.clone(), Code::ContextMissing).await;
    check(read.clone().without("x-tenant-id"), Code::ContextMissing).await;
    check(read.clone().without("x-env"), Code::ContextMissing).await;
    check(read.clone().query("tenant_id", "t_other"), Code::ContextMismatch).await;
    check(read.clone().query("env", "prod"), Code::ContextMismatch).await;
    check(read.clone().header("x-env", "prod"), Code::ContextMismatch).await;
    check(read.clone().query("canvas_id", "another"), Code::ContextMismatch).await;
    check(read.clone().header("x-canvas-id", "another"), Code::ContextMismatch).await;
    check(read.clone().header("x-actor-id", "u_other"), Code::ContextMismatch).await;
    check(read.clone().header("x-actor-type", "agent"), Code::ContextMismatch).await;
    for key in ["workspace-id", "project-id", "app-id", "surface-id"] {
        check(read.clone().header(&format!("x-{key}"), "another"), Code::ContextMismatch).await;
    }
    for form in ["acme", "t_", "T_acme", "t_Acme", "t_a.b", "t_a b", "t_*", "t_>", "t_\u{e9}", ""] {
        check(bare.clone().header("x-tenant-id", form).header("x-env", "dev"), Code::ContextInvalid).await;
    }
    for form in ["production", "DEV", "", "dev.prod", "*"] {
        check(read.clone().without("x-env").header("x-env", form), Code::ContextInvalid).await;
    }
    for form in ["a.b", "*", ">", "a/b", "\u{e9}", &"x".repeat(65)] {
        check(read.clone().header("x-panel-id", form), Code::ContextInvalid).await;
    }
    let unknown = without_context(read).header("x-tenant-id", "t_unknown").header("x-env", "dev");
    check(unknown, Code::ContextInvalid).await;
}

#[tokio::test]
async fn a_body_that_contradicts_is_refused_and_changes_nothing() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    let check = async |routing: Value, code: Code| {
        let command = draft(0, [add("a")]).with("routing", routing);
        canvas.sends(&command).await.refuses(400, code);
    };
    check(json!({ "tenant_id": "t_other" }), Code::ContextMismatch).await;
    check(json!({ "env": "prod" }), Code::ContextMismatch).await;
    check(json!({ "canvas_id": "another" }), Code::ContextMismatch).await;
    check(json!({ "workspace_id": "another" }), Code::ContextMismatch).await;
    check(json!({ "actor_id": "u_other" }), Code::ContextMismatch).await;
    check(json!({ "panel_id": "a.b" }), Code::ContextInvalid).await;
    check(json!({ "nonsense": "x" }), Code::ContextInvalid).await;
    check(json!({ "panel_id": 7 }), Code::BodyInvalid).await;
    check(json!([]), Code::BodyInvalid).await;
    assert_eq!(canvas.reads().await.head_rev, 0);
}

#[tokio::test]
async fn stage_is_read_as_staging() {
    let world = World::shared().await;
    let ann = world.signs_up().await.in_env(Env::Staging);
    let canvas = ann.creates_canvas().await;
    canvas.asks(Method::GET, "").without("x-env").header("x-env", "stage").sends().await.is(200);
}

#[tokio::test]
async fn an_unknown_a_foreign_and_an_other_envs_canvas_get_one_and_the_same_answer() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let foreign = ann.creates_canvas().await;
    let elsewhere = eve.in_env(Env::Prod).creates_canvas().await;
    let unknown = eve.knows_canvas("c-that-nobody-has");
    let command = draft(0, [add("a")]);
    for edge in [Edge(0), Edge(1)] {
        let mut answers = Vec::new();
        for canvas in [&foreign, &elsewhere, &unknown] {
            let canvas = canvas.seen_by(&eve.at(edge));
            answers.push(canvas.asks(Method::GET, "").sends().await);
            answers.push(canvas.asks(Method::GET, "").query("rev", 1).sends().await);
            answers.push(canvas.asks(Method::GET, "/commits").sends().await);
            answers.push(canvas.sends(&command).await);
            answers.push(canvas.watch(edge).is_refused().await);
        }
        let bodies: Vec<_> = answers.iter().map(|answer| nameless(answer.refuses(404, Code::NotFound))).collect();
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
        let headers: Vec<_> = answers.iter().map(|answer| answer.header("content-type").map(str::to_owned)).collect();
        assert!(headers.windows(2).all(|pair| pair[0] == pair[1]), "{headers:?}");
    }
}

fn nameless(mut problem: Value) -> Value {
    problem["request_id"] = json!("");
    problem
}
