//! Actions: what people ask of the world, and how it stands.

use crate::person::Person;
use crate::reply::Reply;
use crate::until::until;
use reqwest::Method;
use serde_json::{Value, json};

/// An action of a tool, with more or other members.
pub fn action(name: &str, members: Value) -> Value {
    let mut body = json!({ "action": name, "subject": { "type": "tool", "id": "mailer" } });
    for (member, value) in members.as_object().expect("members") {
        body[member] = value.clone();
    }
    body
}

impl Person {
    /// Asks for an action.
    pub async fn acts(&self, body: &Value) -> Reply {
        self.asks(Method::POST, "/actions").json(body).sends().await
    }

    /// An action, as it stands.
    pub async fn action(&self, action_id: &str) -> Value {
        self.asks(Method::GET, format!("/actions/{action_id}")).sends().await.is(200).json()
    }

    /// Waits until an action stands so.
    pub async fn sees_action(&self, action_id: &str, status: &str) -> Value {
        until(format!("the action is {status}"), async || {
            let action = self.action(action_id).await;
            (action["status"] == status).then_some(action)
        })
        .await
    }

    /// What every gate says of an action.
    pub async fn explains(&self, action_id: &str) -> Value {
        self.asks(Method::GET, format!("/actions/{action_id}/explain")).sends().await.is(200).json()
    }

    /// What signs the webhooks of their tenant.
    pub async fn webhook_secret(&self) -> String {
        let said = self.asks(Method::GET, "/actions/webhook-secret").sends().await.is(200).json();
        said["secret"].as_str().expect("a secret").to_owned()
    }

    /// Throws or releases a kill switch.
    pub async fn sets_switch(&self, target: Value, thrown: bool) -> Reply {
        let body = json!({ "target": target, "thrown": thrown, "reason": "a flow" });
        self.asks(Method::PUT, "/kill-switches").json(&body).sends().await
    }
}
