//! How an event looks to those who learn from it: listed fields alone, and nobody named.

use crate::queries::privacy::Learnable;
use chrono::{DateTime, Utc};
use privacy::Kind;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use subjects::event::millis;
use subjects::ids::TenantId;
use subjects::seal::SealKey;

/// The form of lines.
const V: u64 = 1;

/// Under this the deployment's secret makes other names than anywhere else.
const CONTEXT: &[u8] = b"pseudonym/1";

/// Keys of where something happened that name no person.
const PLACES: [&str; 8] =
    ["workspace_id", "project_id", "app_id", "surface_id", "canvas_id", "thread_id", "projection_id", "panel_id"];

/// Beginnings of the names of things that are no persons.
const THINGS: [&str; 9] =
    ["canvas.", "thread.", "artifact.", "object.", "graft.", "flags", "kill_switch", "action.", "lock."];

/// One line of an export.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LearnableBody {
    /// The form of lines.
    #[schema(example = 1)]
    v: u64,
    #[serde(with = "millis")]
    ts: DateTime<Utc>,
    /// Stands for who did it: the same in all exports of the tenant, another in every other tenant.
    actor: String,
    #[schema(example = "human")]
    actor_type: String,
    #[schema(example = "canvas.command")]
    action: String,
    /// To what, where that is no person.
    resource: Option<String>,
    /// `done`, or the code of the refusal.
    outcome: String,
    /// Where, below tenant and env.
    routing: Map<String, Value>,
    /// What is listed of the payload, without the personal data that was found.
    #[schema(value_type = Object)]
    payload: Value,
    /// The kinds of personal data that were taken out, when it was put down or now.
    pii: BTreeSet<String>,
    /// The version of what took them out when it was put down; empty for none.
    redactor: String,
    /// The version of what looked again now.
    redactor_now: &'static str,
}

/// Makes lines for one tenant.
#[derive(Debug, Clone)]
pub struct Pen {
    key: SealKey,
    tenant_id: TenantId,
}

impl Pen {
    /// With the deployment's key.
    pub fn new(key: &SealKey, tenant_id: &TenantId) -> Self {
        Self { key: key.clone(), tenant_id: tenant_id.clone() }
    }

    /// The line of an event, with its end.
    pub fn line(&self, event: Learnable) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(&self.body(event))?;
        line.push(b'\n');
        Ok(line)
    }

    fn body(&self, event: Learnable) -> LearnableBody {
        let named = |actor_id: &str| self.pseudonym(actor_id);
        let left = privacy::learnable(&event.action, &event.payload, &named);
        let is_thing = THINGS.iter().any(|thing| event.resource.starts_with(thing));
        let pii =
            event.pii.into_iter().chain(left.kinds.iter().copied().map(Kind::as_str).map(str::to_owned)).collect();
        LearnableBody {
            v: V,
            ts: event.ts,
            actor: self.pseudonym(&event.actor_id),
            actor_type: event.actor_type,
            action: event.action,
            resource: is_thing.then_some(event.resource),
            outcome: event.outcome,
            routing: places(&event.routing),
            payload: left.payload,
            pii,
            redactor: event.redactor,
            redactor_now: privacy::VERSION,
        }
    }

    /// What stands for somebody in this tenant. Without the key it says nothing, and it cannot be tried out.
    fn pseudonym(&self, actor_id: &str) -> String {
        let seal = self.key.seal(&[CONTEXT, self.tenant_id.as_str().as_bytes(), actor_id.as_bytes()]);
        format!("p_{}", hex::encode(seal))
    }
}

fn places(routing: &Value) -> Map<String, Value> {
    let place = |name: &str| Some((name.to_owned(), routing.get(name).filter(|id| id.is_string())?.clone()));
    PLACES.into_iter().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(action: &str, resource: &str, payload: Value) -> Learnable {
        Learnable {
            ts: DateTime::UNIX_EPOCH,
            actor_id: "u_7".into(),
            actor_type: "human".into(),
            action: action.into(),
            resource: resource.into(),
            outcome: "done".into(),
            routing: json!({ "canvas_id": "c1", "actor_id": "u_7", "session_id": "s1" }),
            payload,
            pii: vec!["phone".into()],
            redactor: "0".into(),
        }
    }

    fn line(tenant_id: &str, event: Learnable) -> Value {
        let pen = Pen::new(&SealKey::new(b"secret"), &tenant_id.parse().unwrap());
        serde_json::from_slice(&pen.line(event).unwrap()).unwrap()
    }

    #[test]
    fn a_line_names_nobody_and_holds_what_is_listed() {
        let said = json!({ "data": { "text": "write to anna@example.org, says u_7" }, "user_id": "u_8", "extra": "Anna", "n": 3 });
        let line = line("t_a", event("thread.chat_message", "thread.t1", said));
        let text = line.to_string();
        for secret in ["u_7", "u_8", "Anna", "anna", "s1", "extra"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(line["routing"], json!({ "canvas_id": "c1" }));
        assert_eq!(line["pii"], json!(["email", "phone"]));
        assert_eq!(line["resource"], "thread.t1");
        assert!(line["payload"]["data"]["text"].as_str().unwrap().starts_with("write to [email], says p_"), "{line}");
    }

    #[test]
    fn nobody_is_the_same_in_two_tenants() {
        let of = |tenant| line(tenant, event("x", "user.u_7", json!({})));
        assert_eq!(of("t_a"), of("t_a"));
        assert_ne!(of("t_a")["actor"], of("t_b")["actor"]);
        assert_eq!(of("t_a")["resource"], Value::Null);
    }
}
