//! Kill switches, dangerous actions, licences and overrides.

use harness::{Edge, Person, Reply, World, in_secs};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::Env;
use uuid::Uuid;

async fn sets(person: &Person, target: Value, thrown: bool) -> Reply {
    person.puts("/kill-switches", json!({ "target": target, "thrown": thrown, "reason": "as it is" })).await
}

/// `[kind, name, thrown]` of each of their own: others may throw some for everybody at any time.
async fn switches(person: &Person) -> Vec<Value> {
    let all = person.reads_all("/kill-switches", "kill_switches").await;
    let short = |it: &Value| json!([it["target"]["kind"], it["target"]["name"], it["thrown"]]);
    all.iter().filter(|it| it["is_for_all"] == false).map(short).collect()
}

#[tokio::test]
async fn a_switch_is_thrown_at_once_and_released_as_agreed() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let everything = || json!({ "kind": "everything" });
    let said = sets(&ann, everything(), true).await.is(200).json();
    assert_eq!(
        (&said["thrown"], &said["is_for_all"], &said["reason"]),
        (&json!(true), &json!(false), &json!("as it is")),
        "{said}"
    );
    assert_eq!(said["actor_id"], ann.user_id);
    assert_eq!(switches(&ann.at(Edge(1))).await, [json!(["everything", null, true])]);

    let problem = sets(&ann, everything(), false).await.refuses(409, Code::StrategyLockRequired);
    assert_eq!(problem["looked_at"], json!([]), "{problem}");
    let draft = ann.drafts_lock(&["safety:kill_switch_update"]).await;
    let other = ann.agrees_on(&["kpi:corridor_upsert"]).await;
    let problem = sets(&ann, everything(), false).await.refuses(409, Code::StrategyLockRequired);
    assert_eq!(problem["looked_at"], json!([draft]), "not {other}, which is about something else: {problem}");
    assert_eq!(switches(&ann).await, [json!(["everything", null, true])], "it holds as before");

    ann.posts(&format!("/strategy-locks/{draft}/approve"), json!({})).await.is(200);
    sets(&ann, everything(), false).await.is(200);
    assert_eq!(switches(&ann).await, [json!(["everything", null, false])]);
    ann.posts(&format!("/strategy-locks/{draft}/expire"), json!({})).await.is(200);
    sets(&ann, everything(), true).await.is(200);
    let problem = sets(&ann, everything(), false).await.refuses(409, Code::StrategyLockRequired);
    assert_eq!(problem["looked_at"], json!([draft]), "{problem}");
}

#[tokio::test]
async fn tenant_0_throws_for_everybody_in_an_env() {
    let world = World::shared().await;
    let ann = world.signs_up().await.in_env(Env::Staging);
    let operator = world.operator(&ann);
    let name = format!("provider-{}", Uuid::now_v7().simple());
    let target = || json!({ "kind": "provider", "name": name });
    // `[is_for_all, thrown, actor_id]` of those of this name.
    let of_name = async |person: &Person| {
        let all = person.reads_all("/kill-switches", "kill_switches").await;
        let named = all.into_iter().filter(|it| it["target"]["name"] == name);
        named.map(|it| json!([it["is_for_all"], it["thrown"], it["actor_id"]])).collect::<Vec<_>>()
    };
    let said = sets(&operator, target(), true).await.is(200).json();
    assert_eq!((&said["is_for_all"], &said["actor_id"]), (&json!(true), &json!("u_operator")), "{said}");
    assert_eq!(of_name(&ann).await, [json!([true, true, null])], "it holds here, and who it was is theirs");
    assert!(of_name(&ann.in_env(Env::Prod)).await.is_empty(), "another env");

    sets(&ann, target(), true).await.is(200);
    ann.agrees_on(&["safety:kill_switch_update"]).await;
    sets(&ann, target(), false).await.is(200);
    let (own, for_all) = (json!([false, false, ann.user_id]), json!([true, true, null]));
    assert_eq!(of_name(&ann).await, [own.clone(), for_all], "tenant-0's stays thrown");
    let lock = operator.agrees_on(&["safety:kill_switch_update"]).await;
    sets(&operator, target(), false).await.is(200);
    operator.posts(&format!("/strategy-locks/{lock}/expire"), json!({})).await.is(200);
    assert_eq!(of_name(&ann).await, [own]);
}

#[tokio::test]
async fn a_level_only_goes_up() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let raises = async |action: &str, level: &str| {
        ann.puts("/firearms/dangerous-actions", json!({ "action": action, "level": level })).await
    };
    raises("dangerous_tool_use", "low").await.refuses(409, Code::LevelTooLow);
    raises("dangerous_tool_use", "medium").await.is(200);
    raises("dangerous_tool_use", "high").await.is(200);
    raises("dangerous_tool_use", "medium").await.refuses(409, Code::LevelTooLow);
    raises("publish_sensitive", "medium").await.refuses(409, Code::LevelTooLow);
    raises("x:new", "low").await.is(200);
    raises("x:new", "low").await.is(200);
    let all = ann.reads_all("/firearms/dangerous-actions", "dangerous_actions").await;
    let short: Vec<_> = all.iter().map(|it| json!([it["action"], it["level"], it["default_level"]])).collect();
    let expected = [
        json!(["agent_autonomy_high", "high", "high"]),
        json!(["dangerous_tool_use", "high", "medium"]),
        json!(["publish_sensitive", "high", "high"]),
        json!(["x:new", "low", null]),
    ];
    assert_eq!(short, expected);
}

#[tokio::test]
async fn a_licence_is_issued_once_and_taken_back_for_good() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let body = |id: &str, level: &str, until: &str| json!({ "licence_id": id, "subject": { "type": "agent", "id": "a1" }, "level": level, "scope": ["publish_sensitive"], "expires_at": until });
    let until = in_secs(3_600);
    let licence = ann.posts("/firearms/licences", body("l-1", "high", &until)).await.is(201).json();
    assert_eq!(
        (&licence["state"], &licence["level"], &licence["expires_at"], &licence["issued_by"]),
        (&json!("active"), &json!("high"), &json!(until), &json!(ann.user_id)),
        "{licence}"
    );
    let again = ann.posts("/firearms/licences", body("l-1", "high", &until)).await.is(201).json();
    assert_eq!(again, licence, "said twice, it is issued once");
    ann.posts("/firearms/licences", body("l-1", "low", &until)).await.refuses(409, Code::AlreadyExists);
    let other = json!({ "subject": { "type": "tool", "id": "t1" }, "level": "low", "expires_at": until });
    let other = ann.posts("/firearms/licences", other).await.is(201).json();
    assert_eq!(other["scope"], Value::Null, "for all actions");

    let ids = async |query: &[(&str, &str)]| {
        let ask = ann.asks(Method::GET, "/firearms/licences");
        let ask = query.iter().fold(ask, |ask, (name, value)| ask.query(name, value));
        let page = ask.sends().await.is(200).json();
        let licences = page["licences"].as_array().expect("a list").clone();
        licences.iter().map(|it| it["licence_id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[("subject_type", "agent")]).await, ["l-1"]);
    assert_eq!(ids(&[("subject_type", "tool"), ("subject_id", "t1")]).await, [other["licence_id"].as_str().unwrap()]);
    assert!(ids(&[("subject_id", "t2")]).await.is_empty());
    assert_eq!(ids(&[]).await.len(), 2);

    let revoked = ann.posts("/firearms/licences/l-1/revoke", json!({})).await.is(200).json();
    assert_eq!((&revoked["state"], &revoked["revoked_by"]), (&json!("revoked"), &json!(ann.user_id)), "{revoked}");
    let again = ann.posts("/firearms/licences/l-1/revoke", json!({})).await.is(200).json();
    assert_eq!(again, revoked);
    assert_eq!(ann.gets("/firearms/licences/l-1").await, revoked);
    ann.posts("/firearms/licences/none/revoke", json!({})).await.refuses(404, Code::NotFound);
}

#[tokio::test]
async fn an_owners_word_is_on_record_until_it_is_taken_back() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let body = json!({ "gate": "temperature", "action": "publish_sensitive", "reason": "It is cold.", "expires_at": in_secs(60) });
    let made = ann.posts("/gates/overrides", body).await.is(201).json();
    assert_eq!((&made["state"], &made["made_by"]), (&json!("active"), &json!(ann.user_id)), "{made}");
    let path = format!("/gates/overrides/{}/revoke", made["override_id"].as_str().expect("an id"));
    let revoked = ann.posts(&path, json!({})).await.is(200).json();
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(ann.posts(&path, json!({})).await.is(200).json(), revoked);
    assert_eq!(ann.reads_all("/gates/overrides", "overrides").await, [revoked]);
}
