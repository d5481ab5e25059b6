//! Figures, their corridors and measurements, and the temperature that is made of them.

use harness::{Person, World, in_secs};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;

const AGREED: [&str; 4] =
    ["kpi:corridor_upsert", "temperature:upsert_floors", "temperature:upsert_ceilings", "temperature:upsert_weights"];

async fn measures(person: &Person, body: Value) -> Value {
    person.posts("/kpi/measurements", body).await.is(201).json()
}

#[tokio::test]
async fn a_corridor_is_set_as_agreed() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let corridor = |surface: &str, kpi: &str| json!({ "surface": surface, "kpi": kpi, "min": 1.5, "max": 9 });
    ann.puts("/kpi/corridors", corridor("s1", "latency")).await.refuses(409, Code::StrategyLockRequired);
    ann.agrees_on(&AGREED).await;
    ann.puts("/kpi/corridors", corridor("s1", "latency")).await.refuses(404, Code::NotFound);
    ann.defines("latency").await;
    ann.defines("errors").await;
    ann.posts("/kpi/definitions", json!({ "kpi": "errors", "title": "Other", "unit": "1" }))
        .await
        .refuses(409, Code::AlreadyExists);
    let said = ann.puts("/kpi/corridors", corridor("s1", "latency")).await.is(200).json();
    assert_eq!((&said["min"], &said["max"]), (&json!(1.5), &json!(9.0)), "{said}");
    assert_eq!(ann.puts("/kpi/corridors", corridor("s1", "latency")).await.is(200).json(), said, "the same again");
    for (surface, kpi) in [("s1", "errors"), ("s2", "latency")] {
        ann.puts("/kpi/corridors", corridor(surface, kpi)).await.is(200);
    }
    let half = ann.puts("/kpi/corridors", json!({ "surface": "s2", "kpi": "latency", "max": 3 })).await.is(200);
    assert_eq!(half.json()["min"], Value::Null, "what is not said does not hold");
    let all = ann.reads_all("/kpi/corridors", "corridors").await;
    let short: Vec<_> = all.iter().map(|it| json!([it["surface"], it["kpi"]])).collect();
    assert_eq!(short, [json!(["s1", "errors"]), json!(["s1", "latency"]), json!(["s2", "latency"])]);
    let of_s2 = ann.asks(Method::GET, "/kpi/corridors").query("surface", "s2").sends().await.is(200).json();
    assert_eq!(of_s2["corridors"].as_array().map(Vec::len), Some(1));

    let drops = async || {
        let ask = ann.asks(Method::DELETE, "/kpi/corridors").query("surface", "s2").query("kpi", "latency");
        ask.sends().await
    };
    drops().await.is(204);
    drops().await.refuses(404, Code::NotFound);
    assert_eq!(ann.reads_all("/kpi/corridors", "corridors").await.len(), 2);
    assert_eq!(ann.reads_all("/kpi/definitions", "definitions").await.len(), 2);
}

#[tokio::test]
async fn what_was_measured_is_listed_the_last_first() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    ann.posts("/kpi/measurements", json!({ "kpi": "latency", "value": 1 })).await.refuses(404, Code::NotFound);
    ann.defines("latency").await;
    let mut said = Vec::new();
    for (value, surface) in [(1.25, json!("s1")), (-2.0, Value::Null), (3e10, json!("s1"))] {
        said.push(measures(&ann, json!({ "kpi": "latency", "value": value, "surface": surface })).await);
    }
    assert_eq!((&said[0]["value"], &said[1]["surface"]), (&json!(1.25), &Value::Null));
    said.reverse();
    assert_eq!(ann.reads_all("/kpi/measurements", "measurements").await, said);
    let of_s1 = ann.asks(Method::GET, "/kpi/measurements").query("surface", "s1").query("kpi", "latency");
    assert_eq!(of_s1.sends().await.is(200).json()["measurements"].as_array().map(Vec::len), Some(2));
    let tomorrow = json!({ "kpi": "latency", "value": 1, "measured_at": in_secs(3_600) });
    let problem = ann.posts("/kpi/measurements", tomorrow).await.refuses(400, Code::BodyInvalid);
    assert_eq!(problem["at"], "measured_at");
}

#[tokio::test]
async fn the_temperature_is_made_of_what_was_measured_last() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    for kpi in ["errors", "latency"] {
        ann.defines(kpi).await;
    }
    for path in ["/temperature/floors", "/temperature/ceilings", "/temperature/weights"] {
        ann.puts(path, json!({ "latency": 1 })).await.refuses(409, Code::StrategyLockRequired);
        assert_eq!(ann.gets(path).await, json!({}));
    }
    ann.agrees_on(&AGREED).await;
    let value = async || {
        let now = ann.gets("/temperature/current").await;
        let names = now["breaches"].as_array().expect("a list").iter().map(|it| it["name"].clone());
        json!([now["value"], names.collect::<Vec<_>>()])
    };
    assert_eq!(value().await, json!([null, []]));
    let weights = json!({ "errors": 3, "latency": 1 });
    assert_eq!(
        ann.puts("/temperature/weights", weights.clone()).await.is(200).json(),
        json!({ "errors": 3.0, "latency": 1.0 })
    );
    ann.puts("/temperature/weights", weights).await.is(200);
    measures(&ann, json!({ "kpi": "errors", "value": 0.1 })).await;
    measures(&ann, json!({ "kpi": "latency", "value": 0.5, "measured_at": in_secs(-60) })).await;
    measures(&ann, json!({ "kpi": "latency", "value": 7, "measured_at": in_secs(-3_600) })).await;
    measures(&ann, json!({ "kpi": "latency", "value": 99, "surface": "s1" })).await;
    let expected = (3.0 * 0.1 + 1.0 * 0.5) / 4.0;
    assert_eq!(value().await, json!([expected, []]), "the latest of the whole, not the last told");
    ann.puts("/temperature/ceilings", json!({ "latency": 0.4 })).await.is(200);
    ann.puts("/temperature/floors", json!({ "latency": 0.5 })).await.refuses(400, Code::BodyInvalid);
    ann.puts("/temperature/floors", json!({ "errors": 0.2, "latency": 0 })).await.is(200);
    assert_eq!(value().await, json!([expected, ["errors", "latency"]]));
    measures(&ann, json!({ "kpi": "errors", "value": 0.2 })).await;
    assert_eq!(value().await[1], json!(["latency"]));
    ann.puts("/temperature/ceilings", json!({})).await.is(200);
    assert_eq!(ann.gets("/temperature/ceilings").await, json!({}));
    assert_eq!(ann.gets("/temperature/floors").await, json!({ "errors": 0.2, "latency": 0.0 }));
    ann.puts("/temperature/weights", json!({ "unknown": 1 })).await.refuses(404, Code::NotFound);

    let now = ann.gets("/temperature/current").await;
    let history = ann.reads_all("/temperature/history", "history").await;
    // Weights once, three measurements, ceilings, floors, one more measurement, no ceilings.
    assert_eq!(history.len(), 8, "{history:?}");
    assert_eq!((&history[0]["value"], &history[0]["terms"]), (&now["value"], &now["terms"]), "the last is what is now");
    assert_eq!(history[7]["value"], Value::Null, "nothing was measured yet");
    let breaches = history.iter().map(|it| it["breaches"].as_array().map_or(0, Vec::len));
    assert_eq!(breaches.collect::<Vec<_>>(), [0, 1, 2, 1, 0, 0, 0, 0]);
}
