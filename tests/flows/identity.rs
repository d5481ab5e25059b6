//! Who you are: signup, login, refresh, logout, me.

use harness::{Edge, World};
use reqwest::Method;
use serde_json::json;
use subjects::code::Code;

#[tokio::test]
async fn signing_up_makes_a_user_a_tenant_and_its_owner() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let me = ann.who().await.is(200).json();
    assert_eq!(me["user"], json!({ "user_id": ann.user_id, "email": ann.email }), "{me}");
    assert_eq!(me["memberships"], json!([{ "tenant_id": ann.tenant_id, "role": "owner" }]), "{me}");
    let claims = ann.claims();
    assert_eq!(claims["sub"], json!(ann.user_id));
    assert_eq!(claims["tenant_ids"], json!([ann.tenant_id]));
    assert_eq!(claims["default_tenant_id"], json!(ann.tenant_id));
    assert_eq!(claims["role_map"], json!({ ann.tenant_id.as_str(): "owner" }));
    for claim in ["iss", "aud", "exp", "iat", "jti"] {
        assert!(!claims[claim].is_null(), "a token has {claim}");
    }
}

#[tokio::test]
async fn two_tenants_of_one_name_have_different_ids() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let name = ann.logs_in_with(&ann.password).await.is(200).json()["tenant"]["name"].clone();
    let body = json!({ "email": format!("2{}", ann.email), "password": ann.password, "tenant_name": name });
    let twin = world.asks(Method::POST, "/auth/signup").json(&body).sends().await.is(201).json();
    let (own, other) = (ann.tenant_id.as_str(), twin["tenant"]["tenant_id"].as_str().expect("an id"));
    assert_ne!(own, other);
    assert_eq!(twin["tenant"]["name"], name);
}

#[tokio::test]
async fn a_bad_signup_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let good = json!({ "email": "x@flows.test", "password": "correct horse battery staple", "tenant_name": "X" });
    let check = async |member: &str, value: serde_json::Value, status, code| {
        let mut body = good.clone();
        body[member] = value;
        world.asks(Method::POST, "/auth/signup").json(&body).sends().await.refuses(status, code);
    };
    check("email", json!(ann.email), 409, Code::EmailTaken).await;
    check("email", json!(ann.email.to_uppercase()), 409, Code::EmailTaken).await;
    check("email", json!("no address"), 400, Code::BodyInvalid).await;
    check("email", json!(7), 400, Code::BodyInvalid).await;
    check("password", json!("short"), 400, Code::BodyInvalid).await;
    check("password", json!("x".repeat(10_000)), 400, Code::BodyInvalid).await;
    check("tenant_name", json!(""), 400, Code::BodyInvalid).await;
    check("tenant_name", json!(null), 400, Code::BodyInvalid).await;
}

#[tokio::test]
async fn one_email_address_signs_up_once_however_often_it_tries() {
    let world = World::shared().await;
    let name = uuid::Uuid::new_v4().simple().to_string();
    let body = json!({ "email": format!("{name}@flows.test"), "password": "correct horse battery staple", "tenant_name": name });
    let tries = (0..4).map(async |number| {
        world.asks(Method::POST, "/auth/signup").at(Edge(number % 2)).json(&body).sends().await.status
    });
    let mut statuses = futures_util::future::join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
}

#[tokio::test]
async fn logging_in_takes_the_password() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let said = ann.at(Edge(1)).logs_in_with(&ann.password).await.is(200).json();
    assert_eq!(said["tenant"]["tenant_id"], json!(ann.tenant_id));
    let again = ann.with_token(said["access_token"].as_str().expect("a token"));
    again.who().await.is(200);
    ann.logs_in_with("wrong").await.refuses(401, Code::CredentialsInvalid);
    ann.logs_in_with("").await.refuses(401, Code::CredentialsInvalid);
    let nobody = json!({ "email": "nobody@flows.test", "password": "wrong" });
    let unknown = world.asks(Method::POST, "/auth/login").json(&nobody).sends().await;
    let unknown = unknown.refuses(401, Code::CredentialsInvalid);
    let known = ann.logs_in_with("wrong").await.refuses(401, Code::CredentialsInvalid);
    assert_eq!(unknown["detail"], known["detail"], "nothing says whether the address is known");
}

#[tokio::test]
async fn a_refresh_token_is_spent_once() {
    let world = World::shared().await;
    let mut ann = world.signs_up().await;
    let first = ann.refresh_token.clone();
    ann.refreshes().await;
    ann.at(Edge(1)).refreshes().await;
    assert_ne!(ann.refresh_token, first);
    ann.who().await.is(200);
}

#[tokio::test]
async fn spending_a_refresh_token_twice_ends_the_session() {
    let world = World::shared().await;
    let mut ann = world.signs_up().await;
    let spent = ann.refresh_token.clone();
    ann.refreshes().await;
    ann.refreshes_with(&spent).await.refuses(401, Code::RefreshInvalid);
    // Whoever holds the other one may be the thief.
    ann.refreshes_with(&ann.refresh_token).await.refuses(401, Code::RefreshInvalid);
    ann.logs_in_with(&ann.password).await.is(200);
}

#[tokio::test]
async fn what_is_no_refresh_token_refreshes_nothing() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for forged in ["", "x", "0199a1b2-0000-7000-8000-000000000001.x", &ann.access_token] {
        ann.refreshes_with(forged).await.refuses(401, Code::RefreshInvalid);
    }
}

#[tokio::test]
async fn logging_out_ends_the_session_and_no_other() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let elsewhere = ann.logs_in_with(&ann.password).await.is(200).json();
    let reply = ann.logs_out().await;
    assert!([200, 204].contains(&reply.status), "{}", reply.text());
    ann.refreshes_with(&ann.refresh_token).await.refuses(401, Code::RefreshInvalid);
    ann.refreshes_with(elsewhere["refresh_token"].as_str().expect("a token")).await.is(200);
}
