//! Which commands were decided on before, and what that means for one that comes now.

use crate::store::commands::{Decided, Outcome};
use std::collections::HashMap;
use subjects::command::Command;
use subjects::ids::ActorId;
use uuid::Uuid;

/// What was decided before, and in this batch so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    by_id: HashMap<Uuid, Decided>,
    /// Only applied commands of this log.
    by_key: HashMap<(ActorId, String), Decided>,
}

/// What it means for a command.
#[derive(Debug, PartialEq)]
pub(crate) enum Sight<'a> {
    /// It is to be judged.
    New,
    /// This very command was decided on.
    Redelivered(&'a Outcome),
    /// What it asks was applied under another command's id.
    Repeated(&'a Outcome),
    /// Its id stands for something else that was applied.
    IdTaken,
    /// Its idempotency key stands for something else that was applied.
    KeyTaken,
}

impl Seen {
    /// From what was recorded.
    pub(crate) fn new(recorded: impl IntoIterator<Item = Decided>) -> Self {
        let mut seen = Self::default();
        recorded.into_iter().for_each(|decided| seen.add(decided));
        seen
    }

    /// Remembers what was decided now.
    pub(crate) fn add(&mut self, decided: Decided) {
        if decided.is_here && decided.outcome.is_ok() {
            let key = (decided.actor_id.clone(), decided.idempotency_key.clone());
            self.by_key.insert(key, decided.clone());
        }
        self.by_id.insert(decided.command_id, decided);
    }

    /// What was seen of a command. A refusal binds neither the id to a body nor the key.
    pub(crate) fn look(&self, command: &Command) -> Sight<'_> {
        let is_same = |decided: &Decided| decided.is_here && decided.fingerprint == command.fingerprint;
        match self.by_id.get(&command.command_id) {
            Some(decided) if is_same(decided) && decided.actor_id == command.actor.actor_id => {
                return Sight::Redelivered(&decided.outcome);
            }
            Some(decided) if decided.outcome.is_ok() => return Sight::IdTaken,
            Some(_) | None => {}
        }
        let key = (command.actor.actor_id.clone(), command.idempotency_key.clone());
        match self.by_key.get(&key) {
            Some(decided) if is_same(decided) => Sight::Repeated(&decided.outcome),
            Some(_) => Sight::KeyTaken,
            None => Sight::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::decide::tests::{applied, command};
    use subjects::answer::Rejection;

    #[test]
    fn what_was_seen() {
        let first = command(1, "key", 0, vec![]);
        let check = |recorded: Decided, command: &Command, expected: Sight<'_>| {
            assert_eq!(Seen::new([recorded]).look(command), expected);
        };
        let applied = Decided::new(&first, Ok(applied(1)));
        let refused = Decided::new(&first, Err(Rejection::IdempotencyConflict));
        let other_body = Command { fingerprint: "other".into(), ..first.clone() };
        let other_id = Command { command_id: Uuid::from_u128(2), ..first.clone() };
        let other_key = Command { idempotency_key: "other".into(), ..other_id.clone() };
        let mut other_actor = other_id.clone();
        other_actor.actor.actor_id = "u_2".parse().unwrap();
        let unseen = Command { command_id: Uuid::from_u128(2), fingerprint: "other".into(), ..first.clone() };

        check(applied.clone(), &first, Sight::Redelivered(&applied.outcome));
        check(applied.clone(), &other_body, Sight::IdTaken);
        check(applied.clone(), &other_id, Sight::Repeated(&applied.outcome));
        check(applied.clone(), &unseen, Sight::KeyTaken);
        check(applied.clone(), &other_key, Sight::New);
        check(applied.clone(), &other_actor, Sight::New);
        check(refused.clone(), &first, Sight::Redelivered(&refused.outcome));
        check(refused.clone(), &other_body, Sight::New);
        check(refused.clone(), &other_id, Sight::New);
        let elsewhere = Decided { is_here: false, ..applied.clone() };
        check(elsewhere.clone(), &first, Sight::IdTaken);
        check(elsewhere, &other_id, Sight::New);
        check(Decided { is_here: false, ..refused }, &first, Sight::New);
    }
}
