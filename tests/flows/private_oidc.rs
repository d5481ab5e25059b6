//! Tokens of other issuers: real keys, published over HTTP, rotated, and asked for no more often than is polite.

use harness::claims::{with, without};
use harness::{Edge, Issuer, Person, SigningKey, World, until};
use local::{Service, StackConfig};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;

const AUDIENCE: &str = "rails";
const CLIENT: &str = "client-1";

/// A stack that takes the tokens of these: one by `aud`, one as Cognito makes them.
async fn world(plain: &Issuer, cognito: &Issuer, wishes: impl FnOnce(StackConfig) -> StackConfig) -> World {
    let issuers = json!([
        { "issuer": plain.url, "audiences": [AUDIENCE, "other"] },
        { "issuer": cognito.url, "jwks_uri": format!("{}/keys", cognito.url), "client_ids": [CLIENT],
          "token_use": "access", "algorithms": ["RS256"] },
    ]);
    World::private(|config| wishes(config.edge_env("NORTHSTAR_OIDC_ISSUERS", issuers))).await
}

/// Who holds a token of another issuer, if it lets them in.
async fn comes(world: &World, token: &str, edge: Edge) -> harness::Reply {
    world.asks(Method::GET, "/auth/me").at(edge).bearer(token).sends().await
}

async fn is_refused(world: &World, token: &str, why: &str) {
    for edge in [Edge(0), Edge(1)] {
        let reply = comes(world, token, edge).await;
        assert_eq!(reply.status, 401, "{why}: {}", reply.text());
        let code = reply.json()["code"].clone();
        assert!([json!("UNAUTHENTICATED"), json!("AUTH_EXPIRED")].contains(&code), "{why}: {code}");
    }
}

fn of_cognito(cognito: &Issuer, subject: &str) -> Value {
    let claims = without(&cognito.claims(subject, "", 600), "aud");
    with(&with(&claims, "client_id", json!(CLIENT)), "token_use", json!("access"))
}

/// A guest as the harness knows people: in the tenant that they were given.
async fn guest(world: &World, host: &Person, token: &str) -> Person {
    let me = comes(world, token, Edge(0)).await.is(200).json();
    let tenant = me["memberships"][0]["tenant_id"].as_str().expect("a tenant").parse().expect("an id");
    let user_id = me["user"]["user_id"].as_str().expect("an id").to_owned();
    let mut guest = host.with_token(token).in_tenant(&tenant);
    guest.user_id = user_id;
    guest
}

#[tokio::test]
async fn people_of_two_issuers_come_in_and_work() {
    let (plain, cognito) = (Issuer::listens().await, Issuer::listens().await);
    let (rsa, p256) = (SigningKey::rsa("r1"), SigningKey::p256("e1"));
    plain.publishes(&[&rsa, &p256]);
    cognito.publishes(&[&rsa]);
    let world = world(&plain, &cognito, |config| config).await;
    let host = world.signs_up().await;
    let mail = with(&plain.claims("sub|7", AUDIENCE, 600), "email", json!("Ada@Example.com"));
    let claims = with(&mail, "email_verified", json!(true));
    let first = guest(&world, &host, &rsa.signs(&claims)).await;
    let me = first.who().await.is(200).json();
    assert_eq!(me["user"]["email"], "ada@example.com", "{me}");
    assert_eq!(me["memberships"][0]["role"], "owner", "{me}");
    let canvas = first.creates_canvas().await;
    canvas.commits([harness::ops::add("a")]).await.is_rev(1);
    let mut reader = canvas.at(Edge(1)).watches(Edge(1)).await;
    // Another token, another key, another edge: the same person.
    let again = guest(&world, &host, &p256.signs(&with(&claims, "jti", json!("x")))).await;
    assert_eq!((&again.user_id, &again.tenant_id), (&first.user_id, &first.tenant_id));
    canvas.seen_by(&again).commits([harness::ops::add("b")]).await.is_rev(2);
    reader.sees_what_follows(2).await;
    // The same subject of another issuer, with the same key: somebody else.
    let namesake = guest(&world, &host, &rsa.signs(&of_cognito(&cognito, "sub|7"))).await;
    assert_ne!((&namesake.user_id, &namesake.tenant_id), (&first.user_id, &first.tenant_id));
    canvas.seen_by(&namesake).asks(Method::GET, "").sends().await.refuses(404, Code::NotFound);
    // Who only says that they have an address has none; who comes second does not get it either.
    let unproven = with(&plain.claims("sub|8", AUDIENCE, 600), "email", json!(host.email));
    let taken = with(&plain.claims("sub|9", AUDIENCE, 600), "email", json!(host.email));
    for claims in [unproven, with(&taken, "email_verified", json!("true"))] {
        let me = comes(&world, &rsa.signs(&claims), Edge(1)).await.is(200).json();
        assert_eq!(me["user"]["email"], Value::Null, "{me}");
    }
    // They are taken out and revoked like anybody.
    host.gives(&namesake, subjects::ids::Role::Member).await.is(200);
    let there = namesake.in_tenant(&host.tenant_id);
    until("the guest is a member", async || {
        (there.asks(Method::GET, "/canvas").sends().await.status == 200).then_some(())
    })
    .await;
    host.takes_out(&namesake).await.is(204);
    until("the guest is none", async || (there.asks(Method::GET, "/canvas").sends().await.status == 403).then_some(()))
        .await;
    namesake.asks(Method::POST, "/auth/revoke").json(&json!({})).sends().await.is(204);
    until("the token is revoked", async || (namesake.at(Edge(1)).who().await.status == 401).then_some(())).await;
}

#[tokio::test]
async fn foreign_tokens_of_every_wrong_kind_are_refused() {
    let (plain, cognito) = (Issuer::listens().await, Issuer::listens().await);
    let (rsa, p256, other) = (SigningKey::rsa("r1"), SigningKey::p256("e1"), SigningKey::rsa("o1"));
    let (unpublished, twin) = (SigningKey::rsa("r9"), SigningKey::rsa("r1"));
    let mut encrypts = other.jwk();
    (encrypts["kid"], encrypts["use"]) = (json!("enc"), json!("enc"));
    plain.publishes_as(vec![rsa.jwk(), p256.jwk(), encrypts, json!({ "kty": "oct", "kid": "oct", "k": "c2VjcmV0" })]);
    cognito.publishes(&[&other, &p256]);
    let world = world(&plain, &cognito, |config| config).await;
    let claims = plain.claims("sub", AUDIENCE, 600);
    let of_pool = of_cognito(&cognito, "sub");
    comes(&world, &rsa.signs(&claims), Edge(0)).await.is(200);
    comes(&world, &p256.signs(&with(&claims, "aud", json!(["x", "other"]))), Edge(0)).await.is(200);
    comes(&world, &rsa.signs(&without(&claims, "jti")), Edge(0)).await.is(200);
    comes(&world, &other.signs(&of_pool), Edge(0)).await.is(200);
    let (iat, exp) = (claims["iat"].as_i64().expect("a time"), claims["exp"].as_i64().expect("a time"));
    let evil = "https://evil.example/keys";
    let head = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid, "typ": "JWT" });
    let hmac = |key: &str, head: &Value| world.forger().with_key(key).signs_as(head, &claims);
    let modulus = rsa.jwk()["n"].as_str().expect("a modulus").to_owned();
    let wrong = [
        ("of an issuer that nobody knows", rsa.signs(&with(&claims, "iss", json!("https://evil.example")))),
        ("of the issuer with a slash", rsa.signs(&with(&claims, "iss", json!(format!("{}/", plain.url))))),
        ("of the other issuer", rsa.signs(&with(&claims, "iss", json!(cognito.url)))),
        ("with a key of the other issuer", other.signs(&claims)),
        ("of ours, signed by the other", rsa.signs(&with(&claims, "iss", json!("northstar")))),
        ("with a list of issuers", rsa.signs(&with(&claims, "iss", json!([plain.url])))),
        ("of no issuer", rsa.signs(&without(&claims, "iss"))),
        ("for another audience", rsa.signs(&with(&claims, "aud", json!("elsewhere")))),
        ("for other audiences", rsa.signs(&with(&claims, "aud", json!(["a", "b"])))),
        ("for no audience", rsa.signs(&without(&claims, "aud"))),
        ("for our own audience", rsa.signs(&with(&claims, "aud", json!("northstar-edge")))),
        ("expired", rsa.signs(&with(&claims, "exp", json!(iat - 31)))),
        ("that never ends", rsa.signs(&without(&claims, "exp"))),
        ("that ends at a text", rsa.signs(&with(&claims, "exp", json!(exp.to_string())))),
        ("made long ago for ever", rsa.signs(&with(&claims, "iat", json!("then")))),
        ("without a beginning", rsa.signs(&without(&claims, "iat"))),
        ("made in the future", rsa.signs(&with(&claims, "iat", json!(iat + 120)))),
        ("not valid yet", rsa.signs(&with(&claims, "nbf", json!(iat + 120)))),
        ("of nobody", rsa.signs(&without(&claims, "sub"))),
        ("of an empty subject", rsa.signs(&with(&claims, "sub", json!("")))),
        ("of a subject with a NUL", rsa.signs(&with(&claims, "sub", json!("a\0b")))),
        ("of a subject without end", rsa.signs(&with(&claims, "sub", json!("x".repeat(256))))),
        ("of a subject that is a number", rsa.signs(&with(&claims, "sub", json!(7)))),
        ("with a key that is not published", unpublished.signs(&claims)),
        ("with another key of the same name", twin.signs(&claims)),
        ("without the name of a key, of a wrong key", unpublished.signs_as(&json!({ "alg": "RS256" }), &claims)),
        ("with a key for secrets", other.signs_as(&head("RS256", "enc"), &claims)),
        ("signed by RSA as ES256", rsa.signs_as(&head("ES256", "e1"), &claims)),
        ("signed by P-256 as RS256", p256.signs_as(&head("RS256", "r1"), &claims)),
        ("signed as PS256", rsa.signs_as(&head("PS256", "r1"), &claims)),
        ("signed as RS512", rsa.signs_as(&head("RS512", "r1"), &claims)),
        ("signed as none", rsa.signs_as(&head("none", "r1"), &claims)),
        ("not signed", world.forger().leaves_unsigned(&head("none", "r1"), &claims)),
        ("RS256, not signed", world.forger().leaves_unsigned(&head("RS256", "r1"), &claims)),
        ("HS256 with the public key", hmac(&modulus, &head("HS256", "r1"))),
        ("HS256 with a published secret", hmac("secret", &head("HS256", "oct"))),
        ("RS256 with HMAC", hmac(&modulus, &head("RS256", "r1"))),
        (
            "with a key it brings along",
            unpublished.signs_as(&json!({ "alg": "RS256", "kid": "r9", "jwk": unpublished.jwk() }), &claims),
        ),
        (
            "with a place to get the key",
            unpublished.signs_as(&json!({ "alg": "RS256", "kid": "r9", "jku": evil, "x5u": evil }), &claims),
        ),
        (
            "with something to understand",
            rsa.signs_as(&json!({ "alg": "RS256", "kid": "r1", "crit": ["x"], "x": 1 }), &claims),
        ),
        ("with a name without end", rsa.signs_as(&head("RS256", &"r".repeat(300)), &claims)),
        ("with a name that is a path", rsa.signs_as(&head("RS256", "../../r1"), &claims)),
        ("of another client", other.signs(&with(&of_pool, "client_id", json!("client-2")))),
        ("of no client", other.signs(&without(&of_pool, "client_id"))),
        ("of a list of clients", other.signs(&with(&of_pool, "client_id", json!([CLIENT])))),
        ("for identification", other.signs(&with(&of_pool, "token_use", json!("id")))),
        ("for no use", other.signs(&without(&of_pool, "token_use"))),
        ("signed by ES256 where RS256 is agreed", p256.signs(&of_pool)),
        ("with the client in aud", other.signs(&with(&without(&of_pool, "client_id"), "aud", json!(CLIENT)))),
    ];
    assert!(wrong.len() >= 45);
    for (why, token) in &wrong {
        is_refused(&world, token, why).await;
    }
    let signed = rsa.signs(&claims);
    let (text, signature) = signed.rsplit_once('.').expect("a signature");
    let foreign = rsa.signs(&with(&claims, "sub", json!("somebody")));
    let body = foreign.split('.').nth(1).expect("a body");
    let head = text.split('.').next().expect("a header");
    let cut = [
        ("cut", text.to_owned()),
        ("cut in the signature", signed[..signed.len() - 8].to_owned()),
        ("with the body of another", format!("{head}.{body}.{signature}")),
        ("with one part more", format!("{signed}.{signature}")),
        ("padded", format!("{signed}==")),
    ];
    for (why, token) in &cut {
        is_refused(&world, token, why).await;
    }
}

#[tokio::test]
async fn keys_are_rotated_and_a_storm_of_unknown_ones_is_one_fetch() {
    let (plain, cognito) = (Issuer::listens().await, Issuer::listens().await);
    let (old, new) = (SigningKey::rsa("k1"), SigningKey::p256("k2"));
    plain.publishes(&[&old]);
    cognito.publishes(&[&old]);
    let world = world(&plain, &cognito, |config| StackConfig { edges: 1, ..config }).await;
    let claims = plain.claims("sub", AUDIENCE, 600);
    comes(&world, &old.signs(&claims), Edge(0)).await.is(200);
    assert_eq!(plain.was_asked(), 1);
    let storm = (0..200).map(async |number: usize| {
        let head = json!({ "alg": "RS256", "kid": format!("k-{number}") });
        comes(&world, &old.signs_as(&head, &claims), Edge(0)).await.status
    });
    let statuses = futures_util::future::join_all(storm).await;
    assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
    assert!(plain.was_asked() <= 2, "{} fetches", plain.was_asked());
    plain.publishes(&[&new]);
    // As soon as another fetch is allowed.
    until("the new key is known", async || {
        (comes(&world, &new.signs(&claims), Edge(0)).await.status == 200).then_some(())
    })
    .await;
    comes(&world, &old.signs(&claims), Edge(0)).await.refuses(401, Code::Unauthenticated);
    assert!(plain.was_asked() <= 4, "{} fetches", plain.was_asked());
    // What is known goes on to be used while the issuer is away; who was never heard of waits.
    plain.breaks_down();
    cognito.breaks_down();
    comes(&world, &new.signs(&claims), Edge(0)).await.is(200);
    let unheard = old.signs(&of_cognito(&cognito, "sub"));
    comes(&world, &unheard, Edge(0)).await.refuses(503, Code::Unavailable);
    assert_eq!(cognito.was_asked(), 0);
}

#[tokio::test]
async fn a_closed_house_lets_no_strangers_in() {
    let (plain, cognito) = (Issuer::listens().await, Issuer::listens().await);
    let key = SigningKey::rsa("k1");
    plain.publishes(&[&key]);
    cognito.publishes(&[&key]);
    let world = world(&plain, &cognito, |config| config).await;
    let known = key.signs(&plain.claims("known", AUDIENCE, 600));
    comes(&world, &known, Edge(0)).await.is(200);
    close_the_house(&world).await;
    let stranger = key.signs(&plain.claims("stranger", AUDIENCE, 600));
    until("strangers are refused", async || {
        let reply =
            comes(&world, &key.signs(&plain.claims(&uuid::Uuid::new_v4().to_string(), AUDIENCE, 600)), Edge(1)).await;
        (reply.status == 403).then_some(())
    })
    .await;
    comes(&world, &stranger, Edge(1)).await.refuses(403, Code::SignupClosed);
    comes(&world, &known, Edge(1)).await.is(200);
    assert!(world.stack().info().edges.len() == 2 && world.listens(Service::Edge(0)).await);
}

/// As tenant-0's admin would.
async fn close_the_house(world: &World) {
    let admin = world.signs_up().await;
    let join = "INSERT INTO memberships (tenant_id, user_id, role) VALUES ('t_system', $1, 'admin')";
    world.database().await.execute(join, &[&admin.user_id]).await.expect("it is done");
    let mut admin = admin;
    admin.refreshes().await;
    let admin = admin.in_tenant(&subjects::ids::TenantId::system()).in_env(subjects::ids::Env::Prod);
    let body = json!({ "flags": { "signup_open": { "value": false } } });
    let reply = admin.asks(Method::PUT, "/feature-flags").json(&body).sends().await;
    assert!(reply.status < 300, "{}", reply.text());
}
