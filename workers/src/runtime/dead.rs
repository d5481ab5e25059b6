//! The dead letters: what was given up, with its cause, so that people can look at it and put it back.

use crate::runtime::send::Packet;
use async_nats::jetstream::Message;
use bytes::Bytes;
use chrono::Utc;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use subjects::code::Code;
use subjects::command::{Actor, Batch};
use subjects::dataset_event::Observed;
use subjects::ids::{ActorId, ActorType, Env, TenantId};
use subjects::routing::RoutingKeys;
use subjects::subject::{Subject, header};
use subjects::trace::TraceParent;
use uuid::Uuid;

/// What a role gives up: a message, or the commands at `place` in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenUp<'a> {
    /// Which role.
    pub(crate) role: &'a str,
    /// The message.
    pub(crate) message: &'a Message,
    /// The place of the first command in it.
    pub(crate) place: usize,
}

impl GivenUp<'_> {
    /// The dead letter. `body` is what can be published again under the subject that the letter names.
    pub(crate) fn letter(&self, body: Bytes, cause: &str) -> Packet {
        let subject = self.message.subject.as_str();
        let (tenant_id, env) = owner(subject);
        let attempts = self.message.info().map_or(0, |info| info.delivered);
        Packet {
            subject: Subject::Dead { worker: self.role.into(), tenant_id, env },
            message_id: self.message_id(),
            headers: letter_headers(self.message, subject, cause, attempts),
            body,
        }
    }

    /// What the audit is told of it: each of the commands was refused. Nothing where it was something that was to be audited.
    pub(crate) fn observed(&self, body: &[u8], trace: &TraceParent) -> Option<Packet> {
        let subject = self.message.subject.as_str();
        if matches!(subject.parse(), Ok(Subject::Audit { .. })) {
            return None;
        }
        let (tenant_id, env) = owner(subject);
        let details = json!({ "role": self.role, "sequence": self.sequence(), "place": self.place });
        let commands = askers(body).into_iter().map(|asker| Observed {
            event_id: Uuid::now_v7(),
            ts: Utc::now(),
            actor: asker.who(),
            routing: asker.routing.unwrap_or_default(),
            action: "command.give_up".into(),
            resource: subject.to_owned(),
            outcome: Code::DeadLettered.to_string(),
            request_id: asker.request_id.unwrap_or_default(),
            trace_id: trace.trace_id_hex(),
            details: details.clone(),
        });
        let body = serde_json::to_vec(&Batch { commands: commands.collect() }).expect("events are JSON");
        let (subject, message_id) = (Subject::Audit { tenant_id, env }, self.message_id());
        Some(Packet { subject, message_id, headers: Vec::new(), body: body.into() })
    }

    /// The same however often it is given up.
    fn message_id(&self) -> String {
        format!("{}:{}:{}", self.role, self.sequence(), self.place)
    }

    fn sequence(&self) -> u64 {
        self.message.info().map_or(0, |info| info.stream_sequence)
    }
}

/// What can be made out of who asked.
#[derive(Debug, Default, Deserialize)]
struct Asker {
    actor: Option<Actor>,
    actor_id: Option<ActorId>,
    routing: Option<RoutingKeys>,
    request_id: Option<String>,
}

impl Asker {
    fn who(&self) -> Actor {
        let human = |actor_id| Actor { actor_id, actor_type: ActorType::Human };
        self.actor.clone().or_else(|| self.actor_id.clone().map(human)).unwrap_or_else(Actor::system)
    }
}

/// Of each command; one that nothing can be made out of where there are none.
fn askers(body: &[u8]) -> Vec<Asker> {
    let batch: Result<Batch<&RawValue>, _> = serde_json::from_slice(body);
    let commands = batch.map(|batch| batch.commands).unwrap_or_default();
    if commands.is_empty() {
        return vec![Asker::default()];
    }
    commands.into_iter().map(|raw| serde_json::from_str(raw.get()).unwrap_or_default()).collect()
}

fn letter_headers(message: &Message, subject: &str, cause: &str, attempts: i64) -> Vec<(&'static str, String)> {
    let kept = [header::TRACEPARENT, header::REPLY_TO].into_iter().filter_map(|name| {
        let value = message.headers.as_ref()?.get(name)?;
        Some((name, value.to_string()))
    });
    // A header ends at the end of its line.
    let cause = cause.replace(['\r', '\n'], " ");
    let own = [(header::SUBJECT, subject.to_owned()), (header::CAUSE, cause), (header::ATTEMPTS, attempts.to_string())];
    own.into_iter().chain(kept).collect()
}

/// Whose it was; tenant-0's where the subject does not tell.
fn owner(subject: &str) -> (TenantId, Env) {
    match subject.parse() {
        Ok(
            Subject::Command(key)
            | Subject::Event(key)
            | Subject::Live(key)
            | Subject::Gestures(key)
            | Subject::Passing(key)
            | Subject::Presence(key)
            | Subject::RegistryChanged(key),
        ) => (key.tenant_id, key.env),
        Ok(
            Subject::Ask { tenant_id, env, .. }
            | Subject::FlagsChanged { tenant_id, env }
            | Subject::Audit { tenant_id, env }
            | Subject::Dead { tenant_id, env, .. },
        ) => (tenant_id, env),
        Err(_) => (TenantId::system(), Env::Prod),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_made_out_of_who_asked() {
        let check = |body: &str, expected: &[&str]| {
            let askers = askers(body.as_bytes());
            assert_eq!(askers.iter().map(|it| it.who().actor_id.to_string()).collect::<Vec<_>>(), expected, "{body}");
        };
        check("garbage", &["system"]);
        check(r#"{"commands":[]}"#, &["system"]);
        check(r#"{"commands":[{}, 7]}"#, &["system", "system"]);
        check(
            r#"{"commands":[{"actor":{"actor_id":"a_1","actor_type":"agent"}},{"actor_id":"u_7"}]}"#,
            &["a_1", "u_7"],
        );
    }
}
