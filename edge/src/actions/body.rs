//! The body of an action: what is asked of the world, checked as far as that goes without the gates.

use crate::command::body::check_key;
use crate::error::ApiError;
use crate::gates::money::MoneyBody;
use crate::http::body::{self, StatedRouting};
use gates::SubjectKind;
use node::egress::{Destination, Reach};
use serde::Deserialize;
use serde_json::value::RawValue;
use subjects::action::is_draft;
use subjects::code::Code;
use subjects::command::Actor;
use subjects::gates::text::Name;
use subjects::ids::ActorType;
use uuid::Uuid;

/// The largest body of an action, in bytes: what a receiver is told of it has at most 256 KiB.
pub(super) const ACTION_BYTES_MAX: usize = 224 * 1024;

/// What is asked of the world.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionBody {
    /// What is to be done. What begins with `draft:` stays inside: it passes the gates from Budget on unasked, and is never
    /// carried out.
    #[schema(value_type = String, example = "builder:publish_page")]
    pub(super) action: Name,
    /// Who does it.
    pub(super) subject: SubjectBody,
    /// On which surface: the same as the routing key `surface_id`.
    #[schema(example = "site")]
    pub(super) surface: Option<String>,
    /// Through whom.
    #[schema(value_type = Option<String>, example = "mailer")]
    pub(super) provider: Option<Name>,
    /// What it costs.
    pub(super) cost: Option<MoneyBody>,
    /// Any JSON value. Whoever carries it out gets it as it is.
    #[schema(value_type = Option<Object>)]
    pub(super) payload: Option<Box<RawValue>>,
    /// Who carries it out, by Standard Webhooks: an https URL of the public internet. Left out, whoever asks does.
    #[schema(example = "https://hooks.example.com/publish")]
    pub(super) webhook_url: Option<String>,
    /// Whether only is to be said what would be decided, by every gate.
    #[serde(default)]
    pub(super) dry_run: bool,
    /// Names what is wanted once: asked again, it is the same action. Also as the header `Idempotency-Key`.
    pub(super) idempotency_key: Option<String>,
    /// What the client ties together.
    pub(super) correlation_id: Option<Uuid>,
    /// Routing keys, if not in headers or query.
    #[schema(value_type = Option<Object>)]
    pub(super) routing: Option<StatedRouting>,
}

/// Who does something.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectBody {
    /// `human`, `agent`, `tool`, `surface` or `app`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "tool")]
    pub(super) kind: SubjectKind,
    /// Names it. A human or an agent names nobody but themselves.
    #[schema(value_type = String)]
    pub(super) id: Name,
}

impl ActionBody {
    /// Refuses what no gate needs to be asked about.
    pub(super) fn check(&self, actor: &Actor, reach: Reach) -> Result<(), ApiError> {
        self.subject.check(actor)?;
        self.idempotency_key.as_deref().map_or(Ok(()), check_key)?;
        let Some(webhook_url) = &self.webhook_url else { return self.check_draft() };
        if let Err(refused) = Destination::read(webhook_url, reach) {
            let detail = format!("Nothing is sent to webhook_url: {refused}.");
            return Err(ApiError::new(Code::WebhookRefused, detail).with("at", "webhook_url"));
        }
        self.check_draft()
    }

    /// A draft touches nothing: neither the world nor the budget.
    fn check_draft(&self) -> Result<(), ApiError> {
        let touches = [("webhook_url", self.webhook_url.is_some()), ("cost", self.cost.is_some())];
        match touches.iter().find(|(_, is_there)| *is_there && is_draft(&self.action)) {
            Some((at, _)) => Err(body::invalid(format!("A draft has no {at}: it is never carried out."), at)),
            None => Ok(()),
        }
    }
}

impl SubjectBody {
    /// People and agents act as themselves, or let a tool, a surface or an app of theirs act.
    fn check(&self, actor: &Actor) -> Result<(), ApiError> {
        let is_oneself = self.id.as_str() == actor.actor_id.as_str();
        let may = match (self.kind, actor.actor_type) {
            (SubjectKind::Tool | SubjectKind::Surface | SubjectKind::App, _) => true,
            (SubjectKind::Human, ActorType::Human) | (SubjectKind::Agent, ActorType::Agent) => is_oneself,
            (SubjectKind::Human, ActorType::Agent | ActorType::System)
            | (SubjectKind::Agent, ActorType::Human | ActorType::System) => false,
        };
        if may {
            return Ok(());
        }
        let detail = "A human or an agent acts as themselves, or as a tool, a surface or an app.";
        Err(ApiError::new(Code::SubjectNotYours, detail).with("at", "subject"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn code(body: Value, actor_type: ActorType) -> Result<(), Code> {
        let actor = Actor { actor_id: "u_7".parse().unwrap(), actor_type };
        let body: ActionBody = body::parse(body.to_string().as_bytes()).map_err(|error| error.code())?;
        body.check(&actor, Reach::Public).map_err(|error| error.code())
    }

    #[test]
    fn who_may_act_as_whom() {
        use ActorType::{Agent, Human, System};
        let check = |actor, kind: &str, id: &str, expected| {
            let body = json!({ "action": "send", "subject": { "type": kind, "id": id } });
            assert_eq!(code(body, actor), expected, "{actor:?} {kind} {id}");
        };
        let refused = Err(Code::SubjectNotYours);
        check(Human, "human", "u_7", Ok(()));
        check(Human, "human", "u_8", refused);
        check(Human, "agent", "u_7", refused);
        check(Human, "tool", "mailer", Ok(()));
        check(Agent, "agent", "u_7", Ok(()));
        check(Agent, "agent", "u_8", refused);
        check(Agent, "human", "u_7", refused);
        check(Agent, "app", "x", Ok(()));
        check(System, "surface", "x", Ok(()));
        check(System, "human", "u_7", refused);
        check(Human, "god", "u_7", Err(Code::BodyInvalid));
    }

    #[test]
    fn a_body_is_in_its_form() {
        let check = |change: Value, expected| {
            let mut body = json!({ "action": "send", "subject": { "type": "tool", "id": "mailer" } });
            for (member, value) in change.as_object().unwrap() {
                body[member] = value.clone();
            }
            assert_eq!(code(body, ActorType::Human), expected, "{change}");
        };
        check(json!({}), Ok(()));
        check(json!({ "cost": { "amount": "0.01", "currency": "EUR" }, "payload": [1], "dry_run": true }), Ok(()));
        check(json!({ "webhook_url": "https://hooks.example.com/x" }), Ok(()));
        check(json!({ "webhook_url": "http://hooks.example.com/x" }), Err(Code::WebhookRefused));
        check(json!({ "webhook_url": "https://127.0.0.1/x" }), Err(Code::WebhookRefused));
        check(json!({ "action": "two words" }), Err(Code::BodyInvalid));
        check(json!({ "idempotency_key": "" }), Err(Code::BodyInvalid));
        check(json!({ "unknown": 1 }), Err(Code::BodyInvalid));
        check(json!({ "action": "draft:page" }), Ok(()));
        check(json!({ "action": "draft:page", "webhook_url": "https://hooks.example.com/x" }), Err(Code::BodyInvalid));
        check(json!({ "action": "draft:page", "cost": { "amount": 1, "currency": "EUR" } }), Err(Code::BodyInvalid));
    }
}
