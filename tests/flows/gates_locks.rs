//! Strategy locks and three-wise questions.

use harness::{Person, World, in_secs};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::Role;

async fn decides(person: &Person, lock_id: &str, decision: &str) -> harness::Reply {
    let body = if decision == "reject" { json!({ "reason": "not now" }) } else { json!({}) };
    person.posts(&format!("/strategy-locks/{lock_id}/{decision}"), body).await
}

#[tokio::test]
async fn a_lock_is_drafted_and_decided_on_once() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let bob = ann.welcomes(&world.signs_up().await, Role::Member).await;
    let (from, until) = (in_secs(-60), in_secs(3_600));
    let body = json!({
        "lock_id": "l-1", "title": "The launch", "allowed_actions": ["publish_sensitive", "builder:publish_page"],
        "constraints": { "surfaces": ["s1"], "providers": ["acme"], "cost_max": { "amount": "12.500001", "currency": "EUR" } },
        "valid_from": from, "valid_until": until,
    });
    let draft = bob.posts("/strategy-locks", body.clone()).await.is(201).json();
    assert_eq!(
        (&draft["state"], &draft["drafted_by"], &draft["decided_by"]),
        (&json!("draft"), &json!(bob.user_id), &Value::Null),
        "{draft}"
    );
    assert_eq!(draft["constraints"], body["constraints"], "{draft}");
    assert_eq!((&draft["valid_from"], &draft["valid_until"]), (&json!(from), &json!(until)), "{draft}");
    assert_eq!(bob.posts("/strategy-locks", body.clone()).await.is(201).json(), draft, "said twice, drafted once");
    let mut other = body;
    other["title"] = json!("Another");
    bob.posts("/strategy-locks", other).await.refuses(409, Code::AlreadyExists);

    let approved = decides(&ann, "l-1", "approve").await.is(200).json();
    assert_eq!((&approved["state"], &approved["decided_by"]), (&json!("approved"), &json!(ann.user_id)), "{approved}");
    decides(&ann, "l-1", "approve").await.refuses(409, Code::AlreadyDecided);
    decides(&ann, "l-1", "reject").await.refuses(409, Code::AlreadyDecided);
    let expired = decides(&ann, "l-1", "expire").await.is(200).json();
    assert_eq!(expired["state"], "expired");
    assert_eq!(decides(&ann, "l-1", "expire").await.is(200).json(), expired, "the same again");

    let rejected = ann.drafts_lock(&["vector:ingest"]).await;
    let said = decides(&ann, &rejected, "reject").await.is(200).json();
    assert_eq!((&said["state"], &said["reason"]), (&json!("rejected"), &json!("not now")), "{said}");
    for decision in ["approve", "reject", "expire"] {
        decides(&ann, &rejected, decision).await.refuses(409, Code::AlreadyDecided);
        decides(&ann, "none", decision).await.refuses(404, Code::NotFound);
    }
    let of_action = ann.asks(Method::GET, "/strategy-locks").query("action", "vector:ingest").sends().await.is(200);
    assert_eq!(of_action.json()["strategy_locks"], json!([said]));
    assert_eq!(ann.reads_all("/strategy-locks", "strategy_locks").await.len(), 2);
}

#[tokio::test]
async fn a_lock_holds_in_its_time_on_its_surfaces_and_with_its_verdict() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let wise = [world.signs_up().await, world.signs_up().await];
    ann.defines("latency").await;
    let sets = async |surface: &str| {
        ann.puts("/kpi/corridors", json!({ "surface": surface, "kpi": "latency", "max": 9 })).await
    };
    let approves = async |lock_id: &str, more: Value| {
        let mut body = json!({ "lock_id": lock_id, "title": "x", "allowed_actions": ["kpi:corridor_upsert"], "valid_until": in_secs(3_600) });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ann.posts("/strategy-locks", body).await.is(201);
        decides(&ann, lock_id, "approve").await.is(200);
    };
    approves("later", json!({ "valid_from": in_secs(1_800) })).await;
    let problem = sets("s1").await.refuses(409, Code::StrategyLockRequired);
    assert_eq!(problem["looked_at"], json!(["later"]));

    approves("here", json!({ "constraints": { "surfaces": ["s1"] } })).await;
    sets("s1").await.is(200);
    let problem = sets("s2").await.refuses(409, Code::StrategyLockRequired);
    assert_eq!(problem["looked_at"], json!(["here", "later"]));

    ann.posts("/three-wise/questions", json!({ "question_id": "q", "question": "Shall we?" })).await.is(201);
    approves("asked", json!({ "question_id": "q" })).await;
    sets("s2").await.refuses(409, Code::StrategyLockRequired);
    let opinion = json!({ "opinion": "APPROVE", "reason": "Yes." });
    for one in wise {
        let one = ann.welcomes(&one, Role::Member).await;
        one.posts("/three-wise/questions/q/opinions", opinion.clone()).await.is(201);
    }
    sets("s2").await.is(200);
    let body = json!({ "title": "x", "allowed_actions": ["x"], "valid_until": in_secs(60), "question_id": "none" });
    ann.posts("/strategy-locks", body).await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn what_two_of_three_agree_on_is_the_verdict() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let (bob, eve) = (world.signs_up().await, world.signs_up().await);
    let (bob, eve) = (ann.welcomes(&bob, Role::Member).await, ann.welcomes(&eve, Role::Admin).await);
    let agent = ann.posts("/auth/agents", json!({ "actor_id": "agent-1", "role": "member" })).await;
    let agent = agent.is(201).json()["access_token"].as_str().expect("a token").to_owned();
    let agent = ann.with_token(agent);
    let thinks = async |person: &Person, question: &str, opinion: &str| {
        let body = json!({ "opinion": opinion, "reason": "I think so." });
        person.posts(&format!("/three-wise/questions/{question}/opinions"), body).await
    };
    for question in ["q-1", "q-2"] {
        let body = json!({ "question_id": question, "question": "Shall we?", "details": { "why": [1, null] } });
        let asked = bob.posts("/three-wise/questions", body.clone()).await.is(201).json();
        assert_eq!((&asked["verdict"], &asked["opinions"]), (&Value::Null, &json!([])), "{asked}");
        assert_eq!(bob.posts("/three-wise/questions", body).await.is(201).json(), asked, "asked twice, it is one");
    }
    let body = json!({ "question_id": "q-1", "question": "Something else?" });
    bob.posts("/three-wise/questions", body).await.refuses(409, Code::AlreadyExists);

    assert_eq!(thinks(&ann, "q-1", "APPROVE").await.is(201).json()["verdict"], Value::Null);
    thinks(&ann, "q-1", "APPROVE").await.refuses(409, Code::AlreadyExists);
    thinks(&ann, "q-1", "REJECT").await.refuses(409, Code::AlreadyExists);
    assert_eq!(thinks(&bob, "q-1", "REJECT").await.is(201).json()["verdict"], Value::Null);
    let heard = thinks(&agent, "q-1", "REJECT").await.is(201).json();
    assert_eq!(heard["verdict"], "REJECT", "{heard}");
    thinks(&eve, "q-1", "APPROVE").await.refuses(409, Code::AlreadyDecided);
    let opinions = heard["opinions"].as_array().expect("a list");
    let short: Vec<_> = opinions.iter().map(|it| json!([it["actor_type"], it["opinion"]])).collect();
    assert_eq!(short, [json!(["human", "APPROVE"]), json!(["human", "REJECT"]), json!(["agent", "REJECT"])]);
    assert_eq!(ann.gets("/three-wise/questions/q-1").await, heard);

    thinks(&ann, "q-2", "APPROVE").await.is(201);
    assert_eq!(thinks(&eve, "q-2", "APPROVE").await.is(201).json()["verdict"], "APPROVE");
    thinks(&bob, "q-2", "REJECT").await.refuses(409, Code::AlreadyDecided);
    thinks(&bob, "none", "REJECT").await.refuses(404, Code::NotFound);
    let verdicts = ann.reads_all("/three-wise/questions", "questions").await;
    assert_eq!(verdicts.iter().map(|it| &it["verdict"]).collect::<Vec<_>>(), ["REJECT", "APPROVE"]);
}
