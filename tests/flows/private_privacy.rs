//! Privacy as tenant-0 decides it for all: on a stack of its own, because it holds for everybody.

use harness::{Person, World};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;

async fn says(person: &Person, train_ok: Value) {
    let ask = person.asks(Method::POST, "/privacy/train-prefs/tenant").json(&json!({ "train_ok": train_ok }));
    ask.sends().await.is(200);
}

async fn train_ok(person: &Person) -> Value {
    let said = person.asks(Method::GET, "/privacy/train-prefs").sends().await.is(200).json();
    json!([said["tenant"], said["default"], said["train_ok"]])
}

#[tokio::test]
async fn tenant_0_says_what_holds_for_those_who_say_nothing() {
    let world = World::private(|config| config).await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let operator = world.operator(&ann);
    operator
        .in_tenant(&ann.tenant_id)
        .asks(Method::POST, "/privacy/train-prefs/tenant")
        .json(&json!({ "train_ok": false }))
        .sends()
        .await
        .refuses(403, Code::NotAMember);
    says(&ann, json!(true)).await;
    says(&operator, json!(false)).await;
    assert_eq!(train_ok(&ann).await, json!([true, false, true]), "who said something is not concerned");
    assert_eq!(train_ok(&bob).await, json!([null, false, false]));
    let thread = bob.starts_thread().await;
    thread.says("not for others").await.is(200);
    let kept = "SELECT bool_or(train_ok) FROM dataset_events WHERE tenant_id = $1 AND action = 'thread.chat_message'";
    let row = world.database().await.query_one(kept, &[&bob.tenant_id.as_str()]).await.expect("an answer");
    assert_eq!(row.get::<_, Option<bool>>(0), Some(false));
    says(&operator, Value::Null).await;
    assert_eq!(train_ok(&bob).await, json!([null, true, true]));
}
