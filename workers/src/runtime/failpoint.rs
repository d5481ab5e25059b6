//! Where a worker kills itself, so that tests can see that nothing is lost. Never set in production.

use clap::ValueEnum;
use subjects::subject::{Asked, Subject};
use uuid::Uuid;

/// A point on a command's way.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[value(rename_all = "snake_case")]
pub enum Point {
    /// Nowhere.
    Never,
    /// Delivered, nothing done.
    BeforeTransaction,
    /// Durable, nothing sent.
    AfterTransaction,
    /// Events and answer sent, not acknowledged.
    AfterSending,
    /// An action was carried out, and nobody knows.
    AfterEffect,
}

/// Where to die, and for which commands.
#[derive(Debug)]
pub(crate) struct Failpoint {
    at: Point,
    label: String,
}

impl Failpoint {
    /// Dies at `at` for commands whose intent has this label; an empty label stands for all. Of what is asked about artifacts
    /// the label names the object that is registered.
    pub(crate) fn new(at: Point, label: &str) -> Self {
        Self { at, label: label.to_owned() }
    }

    /// Whether the worker of a message is to die here.
    pub(crate) fn is_at(&self, point: Point, subject: &str, body: &[u8]) -> bool {
        let mark = match subject.parse() {
            Ok(Subject::Command(_)) => format!("\"label\":\"{}\"", self.label),
            Ok(Subject::Ask { of: Asked::Artifacts, .. }) => {
                format!("\"ask\":\"register\",\"object_id\":\"{}\"", self.label)
            }
            Ok(Subject::Ask { of: Asked::Gates, .. }) => format!("\"action_id\":\"{}\"", self.label),
            Ok(Subject::Ask { of: Asked::Graft, .. }) => format!("\"ask\":\"stop\",\"session_id\":\"{}\"", self.label),
            Ok(_) | Err(_) => return false,
        };
        let is_marked = || self.label.is_empty() || body.windows(mark.len()).any(|part| part == mark.as_bytes());
        point != Point::Never && self.at == point && is_marked()
    }

    /// Dies, if that is asked for, where an action of this name was just carried out.
    pub(crate) fn after_effect(&self, action_id: Uuid) {
        let is_marked = self.label.is_empty() || self.label == action_id.to_string();
        if self.at == Point::AfterEffect && is_marked {
            tracing::error!(%action_id, "dies, as the test asks");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Point::{AfterSending, AfterTransaction, Never};
    use subjects::artifact::Area;
    use subjects::artifact::ask::ArtifactAsk;
    use subjects::ids::{Env, ObjectId, TenantId};

    #[test]
    fn only_marked_canvas_commands_die() {
        let body = br#"{"commands":[{"intent":{"label":"die"}}]}"#;
        let canvas = Subject::Command("t_acme.dev.canvas.c1".parse().unwrap()).to_string();
        let control = Subject::control("t_acme".parse().unwrap(), "dev".parse().unwrap(), "signup", "x").to_string();
        let check = |at, label, point, subject: &str, expected| {
            let is_at = Failpoint::new(at, label).is_at(point, subject, body);
            assert_eq!(is_at, expected, "{at:?} {label} {point:?} {subject}");
        };
        check(Never, "", AfterSending, &canvas, false);
        check(Never, "", Never, &canvas, false);
        check(AfterSending, "", AfterSending, &canvas, true);
        check(AfterSending, "", AfterTransaction, &canvas, false);
        check(AfterSending, "die", AfterSending, &canvas, true);
        check(AfterSending, "live", AfterSending, &canvas, false);
        check(AfterSending, "", AfterSending, &control, false);
    }

    #[test]
    fn of_what_is_asked_about_artifacts_the_registered_one_dies() {
        let (tenant_id, object_id): (TenantId, ObjectId) = ("t_acme".parse().unwrap(), "art_1".parse().unwrap());
        let subject = Subject::ask(Asked::Artifacts, (tenant_id, Env::Dev), "register", object_id.as_str()).to_string();
        let ask = ArtifactAsk::Register { object_id, area: Area::Artifacts };
        let body = format!("{{\"commands\":[{{\"ask\":{}}}]}}", serde_json::to_string(&ask).unwrap());
        let check = |label, expected| {
            let is_at = Failpoint::new(AfterSending, label).is_at(AfterSending, &subject, body.as_bytes());
            assert_eq!(is_at, expected, "{label}");
        };
        check("art_1", true);
        check("art_2", false);
        check("", true);
    }
}
