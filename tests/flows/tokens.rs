//! Tokens of every wrong kind.

use harness::claims::{with, without};
use harness::{Edge, Person, World};
use reqwest::Method;
use serde_json::json;
use subjects::code::Code;

async fn is_refused(ann: &Person, token: &str, why: &str) {
    for edge in [Edge(0), Edge(1)] {
        let reply = ann.asks(Method::GET, "/canvas").at(edge).bearer(token).sends().await;
        assert_eq!(reply.status, 401, "{why}: {}", reply.text());
        let code = reply.json()["code"].clone();
        let allowed = [Code::Unauthenticated, Code::AuthExpired].map(|code| json!(code));
        assert!(allowed.contains(&code), "{why}: {code}");
    }
}

#[tokio::test]
async fn a_token_made_as_an_edge_makes_it_is_taken() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    // Else every refusal below would prove nothing.
    let token = world.forger().signs(&ann.claims());
    ann.with_token(token).asks(Method::GET, "/canvas").sends().await.is(200);
}

#[tokio::test]
async fn a_token_with_wrong_claims_is_refused() {
    let world = World::shared().await;
    let (ann, forger) = (world.signs_up().await, world.forger());
    let claims = ann.claims();
    let exp = claims["exp"].as_i64().expect("a time");
    let iat = claims["iat"].as_i64().expect("a time");
    let wrong = [
        ("expired", with(&claims, "exp", json!(iat - 60))),
        ("expired long ago", with(&claims, "exp", json!(1))),
        ("ends at a text", with(&claims, "exp", json!(exp.to_string()))),
        ("ends before all time", with(&claims, "exp", json!(-1))),
        ("never ends", without(&claims, "exp")),
        ("not valid yet", with(&claims, "nbf", json!(exp))),
        ("of another issuer", with(&claims, "iss", json!("https://evil.example"))),
        ("of no issuer", without(&claims, "iss")),
        ("for another audience", with(&claims, "aud", json!("another"))),
        ("for other audiences", with(&claims, "aud", json!(["another", "one more"]))),
        ("for no audience", without(&claims, "aud")),
        ("of nobody", without(&claims, "sub")),
        ("of a subject that is no id", with(&claims, "sub", json!("a.b"))),
        ("of a subject that is a number", with(&claims, "sub", json!(7))),
        ("without a name of its own", without(&claims, "jti")),
        ("without a beginning", without(&claims, "iat")),
        ("without roles", without(&claims, "role_map")),
        ("with a role that is none", with(&claims, "role_map", json!({ ann.tenant_id.as_str(): "god" }))),
        ("that is a list", json!([])),
        ("that is null", json!(null)),
    ];
    for (why, claims) in wrong {
        is_refused(&ann, &forger.signs(&claims), why).await;
    }
}

#[tokio::test]
async fn thirty_seconds_of_leeway_are_given_and_no_more() {
    let world = World::shared().await;
    let (ann, forger) = (world.signs_up().await, world.forger());
    let now = ann.claims()["iat"].as_i64().expect("a time");
    let ends = |exp: i64| forger.signs(&with(&with(&ann.claims(), "iat", json!(now - 900)), "exp", json!(exp)));
    ann.with_token(ends(now - 5)).asks(Method::GET, "/canvas").sends().await.is(200);
    is_refused(&ann, &ends(now - 31), "expired more than the leeway ago").await;
}

#[tokio::test]
async fn a_token_with_a_wrong_signature_is_refused() {
    let world = World::shared().await;
    let (ann, forger) = (world.signs_up().await, world.forger());
    let claims = ann.claims();
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
    let (signed, other) = (forger.signs(&claims), forger.with_key("another key that is long enough to be one"));
    let (head, body) = (signed.split('.').next().expect("a header"), signed.split('.').nth(1).expect("a body"));
    let signature = signed.rsplit('.').next().expect("a signature");
    let foreign = forger.signs(&with(&claims, "sub", json!("u_other")));
    let foreign_body = foreign.split('.').nth(1).expect("a body");
    let public_key =
        json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "AAAA" }, "jku": "https://evil.example/keys" });
    let wrong = [
        ("signed with another key", other.signs(&claims)),
        ("signed with an empty key", forger.with_key("").signs(&claims)),
        ("signed with a key it brings along", other.signs_as(&public_key, &claims)),
        ("of algorithm none", forger.leaves_unsigned(&header("none"), &claims)),
        ("of algorithm nOnE", forger.leaves_unsigned(&header("nOnE"), &claims)),
        ("of algorithm none, signed", forger.signs_as(&header("none"), &claims)),
        ("unsigned", forger.leaves_unsigned(&header("HS256"), &claims)),
        ("of algorithm RS256", forger.signs_as(&header("RS256"), &claims)),
        ("of algorithm ES256", forger.signs_as(&header("ES256"), &claims)),
        ("of algorithm HS384", forger.signs_as(&header("HS384"), &claims)),
        ("of no algorithm", forger.signs_as(&json!({ "typ": "JWT" }), &claims)),
        ("of a header that is a list", forger.signs_as(&json!([]), &claims)),
        ("with the body of another", format!("{head}.{foreign_body}.{signature}")),
        ("cut", format!("{head}.{body}")),
        ("cut in the signature", signed[..signed.len() - 4].to_owned()),
        ("with one part more", format!("{signed}.{signature}")),
    ];
    for (why, token) in wrong {
        is_refused(&ann, &token, why).await;
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let huge = world.forger().signs(&with(&ann.claims(), "note", json!("x".repeat(9 * 1024))));
    assert!(huge.len() > 8 * 1024);
    for token in ["", ".", "..", "...", "garbage", "a.b.c", "\u{e9}", "null", huge.as_str()] {
        is_refused(&ann, token, token.chars().take(20).collect::<String>().as_str()).await;
    }
    let bare = ann.asks(Method::GET, "/canvas").without("authorization");
    let authorization = |value: String| bare.clone().header("authorization", value);
    for ask in [
        bare.clone(),
        authorization(ann.access_token.clone()),
        authorization(format!("Basic {}", ann.access_token)),
        authorization("Bearer".into()),
        authorization(format!("Bearer {0} {0}", ann.access_token)),
        authorization(format!("Bearer {}", ann.access_token)).header("authorization", "Bearer x"),
    ] {
        ask.sends().await.refuses(401, Code::Unauthenticated);
    }
}

#[tokio::test]
async fn a_refusal_says_how_to_come_in() {
    let world = World::shared().await;
    let reply = world.asks(Method::GET, "/auth/me").sends().await;
    reply.refuses(401, Code::Unauthenticated);
    assert!(reply.header("www-authenticate").is_some_and(|said| said.starts_with("Bearer")), "RFC 9110, 15.5.2");
}

#[tokio::test]
async fn a_token_in_a_url_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let canvas = ann.creates_canvas().await;
    for name in ["token", "access_token"] {
        for path in ["/canvas".to_owned(), format!("/canvas/{}", canvas.id), format!("/sse/canvas/{}", canvas.id)] {
            let ask = ann.asks(Method::GET, path).query(name, &ann.access_token);
            ask.clone().sends().await.refuses(400, Code::TokenInUrl);
            ask.without("authorization").sends().await.refuses(400, Code::TokenInUrl);
        }
    }
}

#[tokio::test]
async fn a_token_of_a_user_who_is_no_member_opens_nothing() {
    let world = World::shared().await;
    let (ann, eve) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    for tenant in [ann.tenant_id.clone(), "t_system".parse().expect("an id"), "t_northstar".parse().expect("an id")] {
        eve.in_tenant(&tenant).asks(Method::GET, "/canvas").sends().await.refuses(403, Code::NotAMember);
    }
    canvas.seen_by(&eve.in_tenant(&ann.tenant_id)).asks(Method::GET, "").sends().await.refuses(403, Code::NotAMember);
}
