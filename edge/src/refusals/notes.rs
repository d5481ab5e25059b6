//! Refusals that wait to be told. Those that are alike are one, with their count.

use crate::context::Member;
use crate::error::ApiError;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use subjects::command::Actor;
use subjects::dataset_event::Observed;
use subjects::ids::{Env, TenantId};
use subjects::routing::RoutingKeys;
use uuid::Uuid;

/// What was refused to whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refused {
    /// Whose log tells of it: tenant-0's where the caller is no member of what they name.
    pub tenant_id: TenantId,
    /// Where.
    pub env: Env,
    /// Who asked.
    pub actor: Actor,
    /// What for: method and path of the route, or the frame.
    pub action: String,
    /// Of what: the path, or the canvas or thread.
    pub resource: String,
    /// The code.
    pub code: &'static str,
}

/// A refusal, once.
#[derive(Debug, Clone)]
pub struct Note {
    /// What was refused to whom.
    pub refused: Refused,
    /// Where they were, below tenant and env.
    pub routing: RoutingKeys,
    /// The request.
    pub request_id: String,
    /// Its trace, in hex.
    pub trace_id: String,
    /// What else there is to know.
    pub details: Map<String, Value>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Note {
    /// What was refused to a member.
    pub fn of(member: &Member, action: String, resource: String, error: &ApiError) -> Self {
        let refused = Refused {
            tenant_id: member.tenant_id.clone(),
            env: member.env,
            actor: member.actor(),
            action,
            resource,
            code: error.code().as_str(),
        };
        Self {
            refused,
            routing: member.keys.clone(),
            request_id: member.request_id.to_string(),
            trace_id: node::telemetry::current().trace_id_hex(),
            details: Map::new(),
            at: Utc::now(),
        }
    }
}

/// Refusals that wait.
#[derive(Debug, Default)]
pub(super) struct Notes(HashMap<Refused, (Note, u64)>);

impl Notes {
    /// Adds one.
    pub(super) fn add(&mut self, note: Note) {
        match self.0.entry(note.refused.clone()) {
            Entry::Occupied(mut alike) => alike.get_mut().1 += 1,
            Entry::Vacant(new) => _ = new.insert((note, 1)),
        }
    }

    /// How many there are, those that are alike counted once.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, in the order of their time, by whose log tells of them.
    pub(super) fn take(&mut self) -> Vec<((TenantId, Env), Vec<Observed>)> {
        let mut notes: Vec<_> = self.0.drain().map(|(_, waiting)| waiting).collect();
        notes.sort_by_key(|(note, _)| note.at);
        let mut by_log: HashMap<(TenantId, Env), Vec<Observed>> = HashMap::new();
        for (note, count) in notes {
            let log = (note.refused.tenant_id.clone(), note.refused.env);
            by_log.entry(log).or_default().push(observed(note, count));
        }
        by_log.into_iter().collect()
    }
}

fn observed(note: Note, count: u64) -> Observed {
    let Note { refused, routing, request_id, trace_id, mut details, at } = note;
    details.insert("count".to_owned(), json!(count));
    Observed {
        event_id: Uuid::now_v7(),
        ts: at,
        actor: refused.actor,
        routing,
        action: refused.action,
        resource: refused.resource,
        outcome: refused.code.to_owned(),
        request_id,
        trace_id,
        details: Value::Object(details),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use subjects::ids::ActorType;

    fn note(tenant: &str, code: &'static str, request_id: &str) -> Note {
        let actor = Actor { actor_id: "u_1".parse().unwrap(), actor_type: ActorType::Human };
        let (tenant_id, env) = (tenant.parse().unwrap(), Env::Dev);
        let (action, resource) = ("POST /canvas".to_owned(), "/canvas".to_owned());
        let refused = Refused { tenant_id, env, actor, action, resource, code };
        let (routing, details, at) = (RoutingKeys::default(), Map::new(), Utc::now());
        Note { refused, routing, request_id: request_id.to_owned(), trace_id: String::new(), details, at }
    }

    #[test]
    fn what_is_alike_is_told_once_with_its_count() {
        let mut notes = Notes::default();
        for (tenant, code, request_id) in [
            ("t_a", "ROLE_TOO_LOW", "r1"),
            ("t_b", "ROLE_TOO_LOW", "r2"),
            ("t_a", "ROLE_TOO_LOW", "r3"),
            ("t_a", "NOT_FOUND", "r4"),
        ] {
            notes.add(note(tenant, code, request_id));
        }
        assert_eq!(notes.len(), 3);
        let mut told: Vec<_> = notes
            .take()
            .into_iter()
            .flat_map(|((tenant_id, _), events)| events.into_iter().map(move |event| (tenant_id.to_string(), event)))
            .map(|(tenant, event)| (tenant, event.outcome, event.request_id, event.details["count"].as_u64()))
            .collect();
        told.sort();
        let row = |tenant: &str, code: &str, request_id: &str, count| {
            (tenant.to_owned(), code.to_owned(), request_id.to_owned(), Some(count))
        };
        let expected = [
            row("t_a", "NOT_FOUND", "r4", 1),
            row("t_a", "ROLE_TOO_LOW", "r1", 2),
            row("t_b", "ROLE_TOO_LOW", "r2", 1),
        ];
        assert_eq!(told, expected);
        assert_eq!(notes.len(), 0);
    }
}
