//! Which commands were decided on before, and what that means for one that comes now.

use crate::store::commands::{Asked, Decided, Outcome};
use std::collections::HashMap;
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
    /// From what was recorded, for a delivery that is the first of its message, or not.
    ///
    /// A refusal stands for the delivery that it answered, so that what was refused is never applied behind the client's
    /// back. A client that asks again is judged again: it may have caught up, or others with it.
    pub(crate) fn of(recorded: Vec<Decided>, is_redelivered: bool) -> Self {
        Self::new(recorded.into_iter().filter(|decided| is_redelivered || decided.outcome.is_ok()))
    }

    fn new(recorded: impl IntoIterator<Item = Decided>) -> Self {
        let mut seen = Self::default();
        recorded.into_iter().for_each(|decided| seen.add(decided));
        seen
    }

    /// Remembers what was decided now.
    pub(super) fn add(&mut self, decided: Decided) {
        if decided.is_here && decided.outcome.is_ok() {
            let key = (decided.actor_id.clone(), decided.idempotency_key.clone());
            self.by_key.insert(key, decided.clone());
        }
        self.by_id.insert(decided.command_id, decided);
    }

    /// What was seen of a command. A refusal binds neither the id to a body nor the key.
    pub(crate) fn look(&self, asked: &Asked<'_>) -> Sight<'_> {
        let is_same = |decided: &Decided| decided.is_here && decided.fingerprint == asked.fingerprint;
        match self.by_id.get(&asked.command_id) {
            Some(decided) if is_same(decided) && decided.actor_id == *asked.actor_id => {
                return Sight::Redelivered(&decided.outcome);
            }
            Some(decided) if decided.outcome.is_ok() => return Sight::IdTaken,
            Some(_) | None => {}
        }
        let key = (asked.actor_id.clone(), asked.idempotency_key.to_owned());
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
    use subjects::answer::{Effect, Rejection, Said};

    #[test]
    fn what_was_seen() {
        let (ann, bob): (ActorId, ActorId) = ("u_1".parse().unwrap(), "u_2".parse().unwrap());
        let id = Uuid::from_u128;
        let first = Asked { command_id: id(1), actor_id: &ann, idempotency_key: "key", fingerprint: "body" };
        let check = |recorded: Decided, asked: Asked<'_>, expected: Sight<'_>| {
            assert_eq!(Seen::new([recorded]).look(&asked), expected);
        };
        let done = Decided::new(first, Ok(Effect::Said(Said { message_id: id(9), seq: Some(1) })));
        let refused = Decided::new(first, Err(Rejection::IdempotencyConflict));
        let other_body = Asked { fingerprint: "other", ..first };
        let other_id = Asked { command_id: id(2), ..first };
        let other_key = Asked { idempotency_key: "other", ..other_id };
        let other_actor = Asked { actor_id: &bob, ..other_id };
        let unseen = Asked { command_id: id(2), ..other_body };

        check(done.clone(), first, Sight::Redelivered(&done.outcome));
        check(done.clone(), other_body, Sight::IdTaken);
        check(done.clone(), other_id, Sight::Repeated(&done.outcome));
        check(done.clone(), unseen, Sight::KeyTaken);
        check(done.clone(), other_key, Sight::New);
        check(done.clone(), other_actor, Sight::New);
        check(refused.clone(), first, Sight::Redelivered(&refused.outcome));
        check(refused.clone(), other_body, Sight::New);
        check(refused.clone(), other_id, Sight::New);
        let elsewhere = Decided { is_here: false, ..done.clone() };
        check(elsewhere.clone(), first, Sight::IdTaken);
        check(elsewhere, other_id, Sight::New);
        check(Decided { is_here: false, ..refused }, first, Sight::New);
    }
}
