//! What becomes of commands, given what was found when the head was locked. Pure.

use crate::apply::past::Past;
use crate::history::Canvas;
use crate::ledger::{Ledger, Seen};
use crate::size::bytes_of;
use crate::store::append::{Entries, NewEvent};
use crate::store::commands::{Asked, Outcome};
use crate::store::dataset_events::{self, DatasetEvent, Recorded};
use crate::store::log::Head;
use chrono::{DateTime, Utc};
use serde_json::json;
use subjects::answer::{Answer, Applied, Effect, Rejection};
use subjects::command::Command;
use subjects::event::{self, CanvasCommit, EventIds, EventType, Meta, StreamEvent};
use subjects::limits::EVENT_BYTES_MAX;
use subjects::routing::{Routing, RoutingKeys, StreamKey};
use uuid::Uuid;

/// What was found when the head was locked.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// The canvas, as it is at the head.
    pub(crate) canvas: Canvas,
    /// Where the log ends.
    pub(crate) head: Head,
    /// Which commands were decided on before.
    pub(crate) seen: Seen,
    /// What a client that lags must be told.
    pub(crate) past: Past<'a>,
}

/// What nobody can decide: the time and the name of a commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// When.
    pub(crate) now: DateTime<Utc>,
    /// What the commit is called, if one comes of it.
    pub(crate) commit_id: Uuid,
}

/// What is to be made durable, and said once it is.
#[derive(Debug)]
pub(crate) struct Decision {
    /// The canvas afterwards. Wrong unless the entries become durable.
    pub(crate) canvas: Canvas,
    /// What is to be appended and recorded.
    pub(crate) entries: Entries,
    /// One for each command, in order.
    pub(crate) answers: Vec<Answer<Effect>>,
    /// Places of events that an earlier delivery of these commands made true.
    pub(crate) made_before: Vec<u64>,
    /// Where the log ends afterwards.
    pub(crate) head: Head,
}

/// Judges each command on its own, in order: a later one may build on an earlier one.
pub(crate) fn decide<'a>(key: &'a StreamKey, facts: Facts<'a>, commands: &'a [Command], stamps: &[Stamp]) -> Decision {
    let Facts { canvas, head, seen, past } = facts;
    let decision = Decision { canvas, entries: Entries::default(), answers: Vec::new(), made_before: Vec::new(), head };
    let mut bench = Bench { key, ledger: Ledger::new(seen), past, decision };
    for (command, stamp) in commands.iter().zip(stamps) {
        let answer = bench.answer(command, stamp);
        bench.decision.answers.push(answer);
    }
    let Bench { ledger, mut decision, .. } = bench;
    decision.made_before = ledger.seqs_made_before();
    decision.entries.records = ledger.records;
    let new = commands.iter().zip(&decision.answers).zip(stamps).filter(|((_, answer), _)| !answer.replayed);
    decision.entries.dataset_events =
        new.map(|((command, answer), stamp)| audited(key, command, &answer.outcome, stamp)).collect();
    decision
}

/// What is audited of a command: who wanted what and why, not the words that they wrote.
fn audited(key: &StreamKey, command: &Command, outcome: &Outcome, stamp: &Stamp) -> Recorded {
    let done = match outcome {
        Ok(Effect::Applied(applied)) => json!({ "rev": applied.head_rev, "state_hash": applied.state_hash }),
        Ok(Effect::Said(_)) | Err(_) => json!(null),
    };
    let event = DatasetEvent {
        event_id: stamp.commit_id,
        actor: &command.actor,
        routing: &command.routing,
        action: "canvas.command",
        resource: &key.stream.to_string(),
        outcome: dataset_events::outcome(outcome),
        request_id: &command.request_id,
        trace: &command.trace,
        details: &json!({
            "command_id": command.command_id, "base_rev": command.base_rev, "ops": command.ops.len(), "intent": command.intent,
            "done": done,
        }),
    };
    Recorded::of(event, stamp.now)
}

struct Bench<'a> {
    key: &'a StreamKey,
    ledger: Ledger,
    past: Past<'a>,
    decision: Decision,
}

impl<'a> Bench<'a> {
    fn answer(&mut self, command: &'a Command, stamp: &Stamp) -> Answer<Effect> {
        let asked = Asked::from(command);
        self.ledger.known(asked).unwrap_or_else(|| {
            let outcome = self.judge(command, stamp);
            self.ledger.record(asked, outcome)
        })
    }

    /// Cheapest first: the first refusal is the answer.
    fn judge(&mut self, command: &'a Command, stamp: &Stamp) -> Outcome {
        if command.base_rev != self.past.head_rev() {
            return Err(self.past.mismatch(command.base_rev));
        }
        let mut event = self.event(command, stamp);
        let bytes = bytes_of(&event);
        if bytes > EVENT_BYTES_MAX {
            return Err(Rejection::EventTooLarge { bytes });
        }
        let canvas = &mut self.decision.canvas;
        canvas::apply(&mut canvas.document, &command.ops).map_err(|invalid| Rejection::OpInvalid {
            op_index: invalid.index,
            reason: invalid.reason.code().to_owned(),
            detail: invalid.reason.to_string(),
        })?;
        event.data.state_hash = canvas.document.state_hash().to_string();
        Ok(Effect::Applied(self.append(command, &event)))
    }

    fn append(&mut self, command: &'a Command, event: &StreamEvent<CanvasCommit>) -> Applied {
        let CanvasCommit { rev, commit_id, state_hash, .. } = &event.data;
        let applied = Applied {
            head_rev: *rev,
            commit_id: *commit_id,
            seq: self.decision.head.seq + 1,
            state_hash: state_hash.clone(),
        };
        let json = serde_json::to_string(event).expect("an event is JSON");
        let entry = NewEvent { seq: applied.seq, rev: Some(*rev), command_id: command.command_id, json };
        self.decision.entries.events.push(entry);
        self.decision.head = Head { seq: applied.seq, rev: *rev };
        (self.decision.canvas.rev, self.decision.canvas.seq) = (*rev, applied.seq);
        self.past.push(&command.ops, applied.seq);
        applied
    }

    /// The event that the command would make, but for the state hash: in its place stands one of equal length.
    fn event(&self, command: &Command, stamp: &Stamp) -> StreamEvent<CanvasCommit> {
        let Head { seq, rev } = self.decision.head;
        StreamEvent {
            v: event::VERSION,
            event_type: EventType::CanvasCommit,
            ts: stamp.now,
            seq: Some(seq + 1),
            event_id: stamp.commit_id,
            trace_id: command.trace.trace_id_hex(),
            span_id: command.trace.span_id_hex(),
            ids: EventIds {
                request_id: Some(command.request_id.clone()),
                correlation_id: Some(command.correlation_id),
                run_id: None,
                step_id: None,
            },
            routing: self.routing(command),
            data: CanvasCommit {
                rev: rev + 1,
                commit_id: stamp.commit_id,
                command_id: command.command_id,
                ops: command.ops.clone(),
                state_hash: "0".repeat(STATE_HASH_CHARS),
                intent: command.intent.clone(),
            },
            meta: Meta::of(EventType::CanvasCommit),
        }
    }

    fn routing(&self, command: &Command) -> Routing {
        let keys = RoutingKeys {
            canvas_id: RoutingKeys::of(&self.key.stream).canvas_id,
            actor_id: Some(command.actor.actor_id.clone()),
            actor_type: Some(command.actor.actor_type),
            ..command.routing.clone()
        };
        Routing { tenant_id: self.key.tenant_id.clone(), env: self.key.env, keys }
    }
}

const STATE_HASH_CHARS: usize = 64;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::read;
    use crate::store::commands::Decided;
    use subjects::code::Code;
    use subjects::command::{Actor, Intent};
    use subjects::document::Op;
    use subjects::ids::ActorType;
    use subjects::trace::TraceParent;

    fn command(id: u128, key: &str, base_rev: u64, ops: Vec<Op>) -> Command {
        Command {
            command_id: Uuid::from_u128(id),
            idempotency_key: key.into(),
            fingerprint: format!("{key} {base_rev} {ops:?}"),
            base_rev,
            actor: Actor { actor_id: "u_1".parse().unwrap(), actor_type: ActorType::Human },
            routing: RoutingKeys::default(),
            correlation_id: Uuid::nil(),
            request_id: "r_1".into(),
            trace: TraceParent { trace_id: 1, span_id: 2, sampled: false },
            intent: Intent::default(),
            ops,
        }
    }

    fn applied(rev: u64) -> Effect {
        Effect::Applied(Applied { head_rev: rev, commit_id: Uuid::nil(), seq: rev, state_hash: String::new() })
    }

    fn add(atom: &str) -> Vec<Op> {
        let (atom_id, kind) = (atom.parse().unwrap(), "text".into());
        vec![Op::AddAtom { atom_id, parent_id: None, index: 0, kind, tokens: Default::default() }]
    }

    fn set(atom: &str, bytes: usize) -> Vec<Op> {
        vec![Op::SetToken { atom_id: atom.parse().unwrap(), path: "p".into(), value: "x".repeat(bytes).into() }]
    }

    fn key() -> StreamKey {
        "t_acme.dev.canvas.c1".parse().unwrap()
    }

    fn judged(seen: Seen, commands: &[Command]) -> Decision {
        let stamp = |n| Stamp { now: DateTime::UNIX_EPOCH, commit_id: Uuid::from_u128(100 + n as u128) };
        let stamps: Vec<_> = (0..commands.len()).map(stamp).collect();
        let facts =
            Facts { canvas: Canvas::new(), head: Head { seq: 0, rev: 0 }, seen, past: Past::new(0, Vec::new(), []) };
        decide(&key(), facts, commands, &stamps)
    }

    /// Each expected: the rev that was made or the code of the refusal, and whether it is a replay.
    fn check(commands: &[Command], expected: &[(Result<u64, Code>, bool)]) -> Decision {
        let decision = judged(Seen::default(), commands);
        let say = |answer: &Answer<Effect>| {
            // The rev that a commit makes is its place here.
            let outcome = answer.outcome.as_ref().map(|effect| effect.seq().unwrap()).map_err(Rejection::code);
            (outcome, answer.replayed)
        };
        assert_eq!(decision.answers.iter().map(say).collect::<Vec<_>>(), expected);
        decision
    }

    #[test]
    fn each_command_is_judged_on_its_own_in_order() {
        let a = command(1, "a", 0, add("a"));
        let b = command(2, "b", 1, add("b"));
        let applied = |rev| (Ok(rev), false);
        let refused = |code| (Err(code), false);
        check(&[a.clone(), b.clone()], &[applied(1), applied(2)]);
        check(
            &[b.clone(), a.clone(), b.clone()],
            &[refused(Code::RevMismatch), applied(1), (Err(Code::RevMismatch), true)],
        );
        check(
            &[a.clone(), command(3, "c", 1, add("a")), b.clone()],
            &[applied(1), refused(Code::OpInvalid), applied(2)],
        );
        check(&[a.clone(), a.clone()], &[applied(1), (Ok(1), true)]);
        check(&[a.clone(), command(3, "a", 1, add("b"))], &[applied(1), refused(Code::IdempotencyConflict)]);
        check(&[a.clone(), command(1, "c", 1, add("b"))], &[applied(1), refused(Code::IdempotencyConflict)]);
        check(&[command(1, "a", 7, add("a")), command(1, "a", 0, add("a"))], &[refused(Code::RevMismatch), applied(1)]);
        let large = command(2, "b", 1, set("a", EVENT_BYTES_MAX));
        check(&[a, large, command(3, "c", 1, add("b"))], &[applied(1), refused(Code::EventTooLarge), applied(2)]);
    }

    #[test]
    fn what_is_decided_is_recorded_once() {
        let (a, b) = (command(1, "a", 0, add("a")), command(2, "b", 9, add("b")));
        let decision = judged(Seen::default(), &[a.clone(), b.clone(), a, b, command(2, "b", 1, add("b"))]);
        let records = &decision.entries.records;
        let recorded: Vec<_> = records.iter().map(|it| (it.command_id.as_u128(), it.outcome.is_ok())).collect();
        assert_eq!(recorded, [(1, true), (2, true)]);
        assert_eq!(decision.entries.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(decision.head, Head { seq: 2, rev: 2 });
    }

    #[test]
    fn a_redelivery_makes_nothing_and_names_what_was_made() {
        let (a, b) = (command(1, "a", 0, add("a")), command(2, "b", 9, add("b")));
        let refused = Err(Rejection::DeadLettered);
        let seen = vec![Decided::new(Asked::from(&a), Ok(applied(1))), Decided::new(Asked::from(&b), refused)];
        let decision = judged(Seen::of(seen, true), &[a, b]);
        assert!(decision.answers.iter().all(|answer| answer.replayed));
        assert!(decision.entries.events.is_empty() && decision.entries.records.is_empty());
        assert_eq!(decision.made_before, [1]);
    }

    #[test]
    fn the_event_says_what_the_document_became() {
        let decision = judged(Seen::default(), &[command(1, "a", 0, add("a"))]);
        let commit = read(&decision.entries.events[0].json).unwrap().data;
        assert_eq!(commit.state_hash, decision.canvas.document.state_hash().to_string());
        assert_eq!(commit.commit_id, Uuid::from_u128(100));
        let mut follower = Canvas::new();
        follower.follow(&[decision.entries.events[0].json.clone()]).unwrap();
        assert_eq!(follower, decision.canvas);
    }
}
