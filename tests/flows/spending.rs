//! Parallel actions under limits, as a property: whatever the limits, the costs and what receivers answer, never is more spent and
//! reserved than there is, and what is refused would not have fitted.

use futures_util::future::{Either, join_all, select};
use harness::{Edge, Person, Receiver, World, action, until};
use proptest::collection::{btree_map, vec};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::pin::pin;
use tokio_postgres::Client;

/// Where a limit holds, over which window, and how much in millionths.
type Limits = BTreeMap<(Option<&'static str>, &'static str), u64>;

#[derive(Debug, Clone, Copy)]
enum Effect {
    /// What it costs is spent at once.
    None,
    /// It is reserved, and spent when the receiver has taken it.
    Taken,
    /// It is reserved, and given back when the receiver has refused it.
    Refused,
}

#[derive(Debug, Clone, Copy)]
struct Ask {
    surface: &'static str,
    micros: u64,
    effect: Effect,
}

fn limits() -> impl Strategy<Value = Limits> {
    let surface = weighted(0.6, prop_oneof![Just("site"), Just("shop")]);
    let window = prop_oneof![Just("hour"), Just("day"), Just("month")];
    btree_map((surface, window), 0..2_000_000_u64, 1..5)
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let surface = prop_oneof![Just("site"), Just("shop"), Just("club")];
    let effect = prop_oneof![3 => Just(Effect::None), 2 => Just(Effect::Taken), 1 => Just(Effect::Refused)];
    let ask = (surface, 0..150_000_u64, effect).prop_map(|(surface, micros, effect)| Ask { surface, micros, effect });
    vec(ask, 20..40)
}

fn amount(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_actions_never_spend_one_millionth_more_than_there_is() {
    let world = World::shared().await;
    let runtime = tokio::runtime::Handle::current();
    let mut runner =
        TestRunner::new(Config { cases: 8, max_shrink_iters: 16, failure_persistence: None, ..Config::default() });
    let hold = |(limits, asks): (Limits, Vec<Ask>)| {
        tokio::task::block_in_place(|| runtime.block_on(spend(&world, &limits, &asks)));
        Ok(())
    };
    runner.run(&(limits(), asks()), hold).expect("it holds");
}

async fn spend(world: &World, limits: &Limits, asks: &[Ask]) {
    let database = world.database().await;
    let (ann, takes, refuses) = (world.signs_up().await, Receiver::listens().await, Receiver::listens().await);
    refuses.says("410 Gone");
    for ((surface, window), micros) in limits {
        let limit = json!({ "surface": surface, "window": window, "amount": amount(*micros), "currency": "EUR" });
        ann.asks(Method::PUT, "/budget/limits").json(&limit).sends().await.is(200);
    }
    let acting = join_all(asks.iter().enumerate().map(|(n, ask)| {
        let (ann, cost) = (ann.at(Edge(n % 2)), json!({ "amount": amount(ask.micros), "currency": "EUR" }));
        let mut body = action("send_newsletter", json!({ "cost": cost, "surface": ask.surface }));
        match ask.effect {
            Effect::None => (),
            Effect::Taken => body["webhook_url"] = json!(takes.url),
            Effect::Refused => body["webhook_url"] = json!(refuses.url),
        }
        async move { (ask, ann.acts(&body).await) }
    }));
    let settled = async {
        let replies = acting.await;
        until("all is settled", async || (reserved(&database, &ann).await == 0).then_some(())).await;
        replies
    };
    let never_over = async {
        loop {
            holds_limits(&database, &ann).await;
        }
    };
    let replies = match select(pin!(settled), pin!(never_over)).await {
        Either::Left((replies, _)) => replies,
        Either::Right((never, _)) => never,
    };
    holds_limits(&database, &ann).await;

    let kept = |ask: &Ask| matches!(ask.effect, Effect::None | Effect::Taken);
    let spent_on = |surface: Option<&str>| -> u64 {
        let of = replies.iter().filter(|(ask, reply)| reply.status == 200 && kept(ask));
        of.filter(|(ask, _)| surface.is_none_or(|surface| surface == ask.surface)).map(|(ask, _)| ask.micros).sum()
    };
    // What was reserved when it was refused, and then given back, may have been in its way.
    let given_back: u64 = replies.iter().filter(|(ask, _)| !kept(ask)).map(|(ask, _)| ask.micros).sum();
    for (ask, reply) in replies.iter().filter(|(_, reply)| reply.status != 200) {
        let code = reply.json()["code"].clone();
        let fitted = limits
            .iter()
            .filter(|((surface, _), _)| surface.is_none_or(|surface| surface == ask.surface))
            .all(|((surface, _), micros)| spent_on(*surface) + given_back + ask.micros <= *micros);
        // On a busy machine some are asked for and decided about too late.
        let is_late = [json!("KILL_SWITCH_UNKNOWN"), json!("UNAVAILABLE")].contains(&code);
        assert!(is_late || (code == "BUDGET_EXCEEDED" && !fitted), "{ask:?} would have fitted: {}", reply.text());
    }
    assert_eq!(spent(&database, &ann).await, spent_on(None), "each is spent once, and nothing else");
}

async fn count(database: &Client, person: &Person, sql: &str) -> u64 {
    let row = database.query_one(sql, &[&person.tenant_id.as_str()]).await.expect("a count");
    row.get::<_, i64>(0) as u64
}

async fn reserved(database: &Client, person: &Person) -> u64 {
    count(database, person, "SELECT count(*) FROM budget_reservations WHERE tenant_id = $1").await
}

async fn spent(database: &Client, person: &Person) -> u64 {
    count(database, person, "SELECT coalesce(sum(micros), 0)::bigint FROM budget_usage WHERE tenant_id = $1").await
}

/// In one snapshot: all was spent within the shortest window.
async fn holds_limits(database: &Client, person: &Person) {
    let over = "
        SELECT count(*) FROM budget_limits l
         WHERE l.tenant_id = $1 AND l.most_micros < (
                SELECT coalesce(sum(micros), 0) FROM (
                    SELECT tenant_id, surface, micros FROM budget_usage
                    UNION ALL SELECT tenant_id, surface, micros FROM budget_reservations) AS taken
                 WHERE taken.tenant_id = $1 AND (l.surface IS NULL OR taken.surface = l.surface))";
    assert_eq!(count(database, person, over).await, 0, "a limit is passed");
}
