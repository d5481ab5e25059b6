//! The budget: limits, what was spent, and what is left, to the last millionth.

use harness::{Person, World, in_secs};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use uuid::Uuid;

async fn spends(person: &Person, body: Value) -> Value {
    person.posts("/budget/usage", body).await.is(201).json()
}

/// `[limit_id, amount, spent, reserved, left]` of each.
async fn summary(person: &Person) -> Vec<Value> {
    let all = person.reads_all("/budget/usage/summary", "limits").await;
    let short = |it: &Value| json!([it["limit_id"], it["amount"], it["spent"], it["reserved"], it["left"]]);
    all.iter().map(short).collect()
}

#[tokio::test]
async fn what_is_left_is_told_to_the_last_millionth() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let limit = |id: &str, surface: Value, window: &str, amount: Value| json!({ "limit_id": id, "surface": surface, "window": window, "amount": amount, "currency": "EUR" });
    ann.puts("/budget/limits", limit("all", Value::Null, "day", json!("100"))).await.is(200);
    ann.puts("/budget/limits", limit("hour", Value::Null, "hour", json!(0.3))).await.is(200);
    let shop = ann.puts("/budget/limits", limit("shop", json!("shop"), "month", json!("0.000001"))).await.is(200);
    assert_eq!(shop.json()["amount"], "0.000001");
    let dollars = json!({ "limit_id": "usd", "window": "day", "amount": 7, "currency": "USD" });
    ann.puts("/budget/limits", dollars).await.is(200);

    let said = spends(&ann, json!({ "amount": 0.1, "currency": "EUR", "provider": "acme", "note": "Ads" })).await;
    assert_eq!((&said["amount"], &said["provider"], &said["surface"]), (&json!("0.1"), &json!("acme"), &Value::Null));
    spends(&ann, json!({ "amount": "0.200000", "currency": "EUR", "used_at": in_secs(-7_200) })).await;
    spends(&ann, json!({ "amount": "0.000001", "currency": "EUR", "surface": "shop" })).await;
    spends(&ann, json!({ "amount": "5", "currency": "EUR", "used_at": in_secs(-90_000) })).await;
    spends(&ann, json!({ "amount": "8", "currency": "USD" })).await;
    let expected = [
        json!(["all", "100", "0.300001", "0", "99.699999"]),
        json!(["hour", "0.3", "0.100001", "0", "0.199999"]),
        json!(["shop", "0.000001", "0.000001", "0", "0"]),
        json!(["usd", "7", "8", "0", "0"]),
    ];
    assert_eq!(summary(&ann).await, expected);
    assert_eq!(ann.reads_all("/budget/usage", "usage").await.len(), 5);

    ann.asks(Method::DELETE, "/budget/limits/hour").sends().await.is(204);
    ann.asks(Method::DELETE, "/budget/limits/hour").sends().await.refuses(404, Code::NotFound);
    assert_eq!(ann.reads_all("/budget/limits", "limits").await.len(), 3);
}

#[tokio::test]
async fn a_surface_has_one_limit_for_each_window_and_currency() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let limit = |amount: &str| json!({ "window": "day", "amount": amount, "currency": "EUR" });
    let first = ann.puts("/budget/limits", limit("1")).await.is(200).json();
    let second = ann.puts("/budget/limits", limit("2")).await.is(200).json();
    assert_eq!((&second["limit_id"], &second["amount"]), (&first["limit_id"], &json!("2")), "it is set again");
    let mut rival = limit("3");
    rival["limit_id"] = json!("rival");
    ann.puts("/budget/limits", rival.clone()).await.refuses(409, Code::AlreadyExists);
    rival["window"] = json!("hour");
    ann.puts("/budget/limits", rival.clone()).await.is(200);
    rival["window"] = json!("day");
    ann.puts("/budget/limits", rival).await.refuses(409, Code::AlreadyExists);
    assert_eq!(ann.reads_all("/budget/limits", "limits").await.len(), 2);
}

#[tokio::test]
async fn what_was_spent_is_counted_once_and_stays() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let body = |id: Uuid, amount: &str| json!({ "usage_id": id, "amount": amount, "currency": "EUR" });
    let id = Uuid::now_v7();
    let said = spends(&ann, body(id, "1.5")).await;
    assert_eq!(spends(&ann, body(id, "1.50")).await, said, "told twice, it is counted once");
    ann.posts("/budget/usage", body(id, "2")).await.refuses(409, Code::AlreadyExists);
    assert_eq!(ann.reads_all("/budget/usage", "usage").await, [said]);
}

#[tokio::test]
async fn what_is_no_amount_is_refused() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for (amount, is_amount) in [
        ("\"9223372036854.775807\"", true),
        ("9223372036854.775807", true),
        ("\"9223372036854.775808\"", false),
        ("99999999999999999999999", false),
        ("\"0.0000001\"", false),
        ("0.1000000", false),
        ("-1", false),
        ("\"-0.1\"", false),
        ("1e3", false),
        ("\"1e3\"", false),
        ("\"\"", false),
        ("\"1,5\"", false),
        ("\".5\"", false),
        ("null", false),
        ("true", false),
        ("[1]", false),
    ] {
        let body = format!(r#"{{"limit_id": "l", "window": "day", "amount": {amount}, "currency": "EUR"}}"#);
        let reply = ann.asks(Method::PUT, "/budget/limits").body("application/json", body).sends().await;
        if is_amount {
            assert_eq!(reply.is(200).json()["amount"], "9223372036854.775807");
        } else {
            let problem = reply.refuses(400, Code::BodyInvalid);
            assert_eq!(problem["at"], "amount", "{amount}: {problem}");
        }
    }
}
