//! What becomes of what is said in a thread, given what was found when the head was locked. Pure.

use crate::chat::runs::Runs;
use crate::ledger::{Ledger, Seen};
use crate::size::bytes_of;
use crate::store::append::{Entries, NewEvent};
use crate::store::commands::{Asked, Outcome};
use crate::store::dataset_events::{self, DatasetEvent, Recorded};
use crate::store::log::Head;
use crate::store::runs::{Begun, Ended};
use chrono::{DateTime, Utc};
use serde_json::json;
use subjects::answer::{Answer, Effect, Rejection, Said};
use subjects::chat::{Say, Turn};
use subjects::code::Code;
use subjects::event::{self, EventIds, Meta, Persist, RawEvent, StreamEvent};
use subjects::ids::RunId;
use subjects::limits::EVENT_BYTES_MAX;
use subjects::routing::{Routing, RoutingKeys, StreamKey};
use uuid::Uuid;

/// What was found when the head was locked.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Where the log ends.
    pub(crate) head: Head,
    /// Which commands were decided on before.
    pub(crate) seen: Seen,
    /// The runs that the commands name.
    pub(crate) runs: Runs,
}

/// What nobody can decide: the time and the name of an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// When.
    pub(crate) now: DateTime<Utc>,
    /// What the event is called, if one comes of it.
    pub(crate) event_id: Uuid,
}

/// What is to be made durable, and said once it is.
#[derive(Debug)]
pub(crate) struct Decision {
    /// What is to be appended and recorded.
    pub(crate) entries: Entries,
    /// What is to be kept of runs.
    pub(crate) runs: Runs,
    /// What passes: events that have no place in the log.
    pub(crate) passing: Vec<RawEvent>,
    /// One for each command, in order.
    pub(crate) answers: Vec<Answer<Effect>>,
    /// Places of events that an earlier delivery of these commands made true.
    pub(crate) made_before: Vec<u64>,
    /// Where the log ends afterwards.
    pub(crate) head: Head,
}

/// Judges each command on its own, in order: a later one may build on an earlier one.
pub(crate) fn decide(key: &StreamKey, facts: Facts, commands: &[Say], stamps: &[Stamp]) -> Decision {
    let Facts { head, seen, runs } = facts;
    let (entries, ledger) = (Entries::default(), Ledger::new(seen));
    let mut table = Table { key, ledger, entries, runs, passing: Vec::new(), head };
    let answers: Vec<_> = commands.iter().zip(stamps).map(|(say, stamp)| table.answer(say, stamp)).collect();
    table.pass_again(commands);
    let Table { ledger, mut entries, runs, passing, head, .. } = table;
    let made_before = ledger.seqs_made_before();
    entries.records = ledger.records;
    let new = commands.iter().zip(&answers).zip(stamps).filter(|((_, answer), _)| !answer.replayed);
    entries.dataset_events = new.map(|((say, answer), stamp)| audited(key, say, &answer.outcome, stamp)).collect();
    Decision { entries, runs, passing, answers, made_before, head }
}

/// What is audited of what was said. Of what is long only the length.
fn audited(key: &StreamKey, say: &Say, outcome: &Outcome, stamp: &Stamp) -> Recorded {
    let data = say.data.get();
    let said = if data.len() <= AUDITED_BYTES_MAX { json!(say.data) } else { json!({ "bytes": data.len() }) };
    let event = DatasetEvent {
        event_id: stamp.event_id,
        actor: &say.actor,
        routing: &say.routing,
        action: &format!("thread.{}", say.event.as_str()),
        resource: &key.stream.to_string(),
        outcome: dataset_events::outcome(outcome),
        request_id: &say.request_id,
        trace: &say.trace,
        details: &json!({ "command_id": say.command_id, "of": say.of, "data": said }),
    };
    Recorded::of(event, stamp.now)
}

/// The longest data that is audited as it is, in bytes.
const AUDITED_BYTES_MAX: usize = 16 * 1024;

struct Table<'a> {
    key: &'a StreamKey,
    ledger: Ledger,
    entries: Entries,
    runs: Runs,
    passing: Vec<RawEvent>,
    head: Head,
}

impl Table<'_> {
    fn answer(&mut self, say: &Say, stamp: &Stamp) -> Answer<Effect> {
        let asked = Asked::from(say);
        self.ledger.known(asked).unwrap_or_else(|| {
            let outcome = self.judge(say, stamp);
            self.ledger.record(asked, outcome)
        })
    }

    /// Cheapest first: the first refusal is the answer.
    fn judge(&mut self, say: &Say, stamp: &Stamp) -> Outcome {
        let event = self.event(say, stamp);
        let bytes = bytes_of(&event);
        if bytes > EVENT_BYTES_MAX {
            return Err(Rejection::EventTooLarge { bytes });
        }
        match Turn::of(say.event) {
            Some(Turn::Message) => Ok(self.append(say, event)),
            Some(Turn::RunStart) => {
                let (run_id, actor) = (run_id(say)?.clone(), say.actor.clone());
                self.runs.begin(Begun { run_id, actor, at: stamp.now })?;
                Ok(self.pass(event))
            }
            Some(Turn::Step) => {
                self.runs.goes_on(run_id(say)?)?;
                Ok(self.pass(event))
            }
            Some(Turn::RunEnd) => {
                let end = say.end.clone().ok_or_else(|| nameless("how the run ended"))?;
                let ended = Ended { end, event_id: stamp.event_id, at: stamp.now };
                match self.runs.end(ended)? {
                    None => Ok(self.pass(event)),
                    Some(message_id) => Ok(Effect::Said(Said { message_id, seq: None })),
                }
            }
            Some(Turn::Chunk) | None => Err(nameless("anything that is kept")),
        }
    }

    fn append(&mut self, say: &Say, event: RawEvent) -> Effect {
        let seq = self.head.seq + 1;
        self.head.seq = seq;
        let json = serde_json::to_string(&event).expect("an event is JSON");
        self.entries.events.push(NewEvent { seq, rev: None, command_id: say.command_id, json });
        Effect::Said(Said { message_id: event.event_id, seq: Some(seq) })
    }

    fn pass(&mut self, event: RawEvent) -> Effect {
        let message_id = event.event_id;
        self.passing.push(event);
        Effect::Said(Said { message_id, seq: None })
    }

    /// What an earlier delivery of these commands perhaps did not tell.
    fn pass_again(&mut self, commands: &[Say]) {
        for (command_id, effect) in self.ledger.made_before.clone() {
            let say = commands.iter().find(|say| say.command_id == command_id);
            if let (Some(say), Effect::Said(Said { message_id, seq: None })) = (say, effect) {
                let stamp = Stamp { now: named_at(message_id), event_id: message_id };
                let event = self.event(say, &stamp);
                self.passing.push(event);
            }
        }
    }

    /// The event that it would make.
    fn event(&self, say: &Say, stamp: &Stamp) -> RawEvent {
        let meta = Meta::of(say.event);
        let is_kept = meta.persist == Persist::Always;
        let name = |id: &str| id.to_owned();
        StreamEvent {
            v: event::VERSION,
            event_type: say.event,
            ts: stamp.now,
            seq: is_kept.then_some(self.head.seq + 1),
            event_id: stamp.event_id,
            trace_id: say.trace.trace_id_hex(),
            span_id: say.trace.span_id_hex(),
            ids: EventIds {
                request_id: Some(say.request_id.clone()),
                correlation_id: Some(say.correlation_id),
                run_id: say.of.run_id.as_ref().map(|id| name(id.as_str())),
                step_id: say.of.step_id.as_ref().map(|id| name(id.as_str())),
            },
            routing: self.routing(say),
            data: say.data.clone(),
            meta,
        }
    }

    fn routing(&self, say: &Say) -> Routing {
        let keys = RoutingKeys {
            thread_id: RoutingKeys::of(&self.key.stream).thread_id,
            actor_id: Some(say.actor.actor_id.clone()),
            actor_type: Some(say.actor.actor_type),
            ..say.routing.clone()
        };
        Routing { tenant_id: self.key.tenant_id.clone(), env: self.key.env, keys }
    }
}

fn run_id(say: &Say) -> Result<&RunId, Rejection> {
    say.of.run_id.as_ref().ok_or_else(|| nameless("its run"))
}

/// No edge lets such a command through.
fn nameless(what: &str) -> Rejection {
    Rejection::refused(Code::BodyInvalid, format!("It does not say {what}."))
}

/// When an event was named (UUIDv7).
fn named_at(event_id: Uuid) -> DateTime<Utc> {
    let (secs, nanos) = event_id.get_timestamp().map_or((0, 0), |timestamp| timestamp.to_unix());
    let secs = i64::try_from(secs).unwrap_or_default();
    DateTime::from_timestamp(secs, nanos).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::to_raw_value;
    use subjects::chat::{RunEnd, RunRef};
    use subjects::command::Actor;
    use subjects::event::EventType;
    use subjects::ids::ActorType;
    use subjects::trace::TraceParent;

    fn say(id: u128, key: &str, event: EventType, run: Option<&str>) -> Say {
        let run_id = run.map(|run| run.parse().unwrap());
        let data = format!("{key} {event:?}");
        Say {
            command_id: Uuid::from_u128(id),
            idempotency_key: key.into(),
            fingerprint: data.clone(),
            actor: Actor { actor_id: "u_1".parse().unwrap(), actor_type: ActorType::Agent },
            routing: RoutingKeys::default(),
            correlation_id: Uuid::nil(),
            request_id: "r_1".into(),
            trace: TraceParent { trace_id: 1, span_id: 2, sampled: false },
            event,
            end: run_id.clone().filter(|_| event == EventType::RunEnd).map(RunEnd::cancelled),
            of: RunRef { run_id, step_id: None },
            data: to_raw_value(&data).unwrap(),
        }
    }

    fn judged(seen: Seen, commands: &[Say]) -> Decision {
        let key = "t_acme.dev.thread.th".parse().unwrap();
        let stamp = |n| Stamp { now: DateTime::UNIX_EPOCH, event_id: Uuid::from_u128(100 + n as u128) };
        let stamps: Vec<_> = (0..commands.len()).map(stamp).collect();
        decide(&key, Facts { head: Head { seq: 4, rev: 0 }, seen, runs: Runs::default() }, commands, &stamps)
    }

    /// Each expected: the place in the log or the code of the refusal, and whether it is a replay.
    fn check(commands: &[Say], expected: &[(Result<Option<u64>, Code>, bool)], passing: usize) -> Decision {
        let decision = judged(Seen::default(), commands);
        let say = |answer: &Answer<Effect>| {
            (answer.outcome.as_ref().map(Effect::seq).map_err(Rejection::code), answer.replayed)
        };
        assert_eq!(decision.answers.iter().map(say).collect::<Vec<_>>(), expected);
        assert_eq!(decision.passing.len(), passing);
        decision
    }

    #[test]
    fn messages_are_numbered_in_their_order_and_once() {
        use EventType::{AgentMessage, ChatMessage, ToolCall};
        let (a, b) = (say(1, "a", ChatMessage, None), say(2, "b", AgentMessage, None));
        let said = |seq| (Ok(Some(seq)), false);
        let decision = check(&[a.clone(), b.clone()], &[said(5), said(6)], 0);
        assert_eq!(decision.entries.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [5, 6]);
        assert_eq!((decision.head.seq, decision.entries.records.len()), (6, 2));
        check(&[a.clone(), say(3, "a", ChatMessage, None), b], &[said(5), (Ok(Some(5)), true), said(6)], 0);
        check(&[a, say(3, "a", ToolCall, None)], &[said(5), (Err(Code::IdempotencyConflict), false)], 0);
    }

    #[test]
    fn what_happens_in_a_run_passes_while_it_goes_on() {
        use EventType::{RunEnd, RunStart, StepStart, TokenChunk};
        let of = |id, event| say(id, &id.to_string(), event, Some("r"));
        let passes = (Ok(None), false);
        let refused = |code| (Err(code), false);
        check(
            &[of(1, StepStart), of(2, RunStart), of(3, RunStart), of(4, StepStart), of(5, RunEnd), of(6, StepStart)],
            &[refused(Code::NotFound), passes, refused(Code::AlreadyExists), passes, passes, refused(Code::RunEnded)],
            3,
        );
        let decision = check(&[of(1, RunStart), of(2, RunEnd), of(3, RunEnd)], &[passes, passes, passes], 2);
        assert_eq!(decision.answers[1].outcome, decision.answers[2].outcome, "to cancel again says the same");
        assert_eq!(decision.head.seq, 4, "what passes takes no place");
        check(&[of(1, TokenChunk)], &[refused(Code::BodyInvalid)], 0);
    }

    #[test]
    fn a_redelivery_makes_nothing_and_tells_again() {
        use crate::store::commands::Decided;
        let (message, start) = (say(1, "a", EventType::ChatMessage, None), say(2, "b", EventType::RunStart, Some("r")));
        let effect = |id, seq| Ok(Effect::Said(Said { message_id: Uuid::from_u128(id), seq }));
        let seen = vec![
            Decided::new(Asked::from(&message), effect(50, Some(4))),
            Decided::new(Asked::from(&start), effect(51, None)),
        ];
        let decision = judged(Seen::of(seen, true), &[message, start]);
        assert!(decision.entries.events.is_empty() && decision.entries.records.is_empty());
        assert_eq!(decision.made_before, [4]);
        assert_eq!(decision.passing.iter().map(|event| event.event_id.as_u128()).collect::<Vec<_>>(), [51]);
    }

    #[test]
    fn an_event_has_its_form() {
        let decision = judged(Seen::default(), &[say(1, "a", EventType::ChatMessage, Some("r"))]);
        let event: RawEvent = serde_json::from_str(&decision.entries.events[0].json).unwrap();
        assert_eq!((event.seq, event.ids.run_id.as_deref()), (Some(5), Some("r")));
        assert_eq!((event.meta.schema.as_str(), event.meta.persist), ("chat_message/1", Persist::Always));
        assert_eq!(event.routing.keys.thread_id.map(|id| id.to_string()).as_deref(), Some("th"));
        let large = Say {
            data: to_raw_value(&"x".repeat(EVENT_BYTES_MAX)).unwrap(),
            ..say(1, "a", EventType::ChatMessage, None)
        };
        let decision = judged(Seen::default(), &[large]);
        assert!(matches!(decision.answers[0].outcome, Err(Rejection::EventTooLarge { .. })));
    }
}
