//! What there is to be said of a replay, in order. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::value::to_raw_value;
use sha2::{Digest, Sha256};
use subjects::command::Actor;
use subjects::control::Home;
use subjects::event::{CanvasCommit, EventIds, EventType, Meta, RawEvent, VERSION};
use subjects::gesture::CanvasGesture;
use subjects::graft::{Checkpoint, Keyframe, Replay};
use subjects::ids::{CanvasId, Env, GraftId, ObjectId, SessionId, TenantId};
use subjects::routing::{Routing, RoutingKeys};
use uuid::Uuid;

/// Whose a replay is, and where its canvas belongs.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Whose.
    pub(super) tenant_id: TenantId,
    /// In which environment.
    pub(super) env: Env,
    /// The replay.
    pub(super) artifact_id: ObjectId,
    /// Where its canvas belongs.
    pub(super) home: Home,
}

/// A replay in the order in which it is played.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) place: Place,
    pub(super) canvas_id: CanvasId,
    pub(super) session_id: GraftId,
    pub(super) started_at: DateTime<Utc>,
    /// From beginning to end, in milliseconds.
    pub(super) duration_ms: u64,
    pub(super) start: Stand,
    pub(super) end: Stand,
    pub(super) truncated: bool,
    steps: Vec<Step>,
}

/// A rev, and the document's hash there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) rev: u64,
    pub(super) state_hash: String,
}

#[derive(Debug)]
struct Step {
    at_ms: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    Commit(Box<Checkpoint>),
    Gesture(Keyframe),
}

impl Script {
    /// The script of a replay.
    pub(super) fn of(replay: Replay, place: Place) -> Self {
        let start = Stand { rev: replay.start.rev, state_hash: replay.start.state_hash };
        let end = replay.commits.last().map(|last| Stand { rev: last.rev, state_hash: last.state_hash.clone() });
        let steps = merged(replay.commits, replay.gestures);
        let took = (replay.ended_at - replay.started_at).num_milliseconds();
        let last_ms = steps.last().map_or(0, |step| step.at_ms);
        Self {
            place,
            canvas_id: replay.canvas_id,
            session_id: replay.session_id,
            started_at: replay.started_at,
            duration_ms: u64::try_from(took).unwrap_or(0).max(last_ms),
            end: end.unwrap_or_else(|| start.clone()),
            start,
            truncated: replay.truncated,
            steps,
        }
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// When the event behind `seen` others happened, in milliseconds after the beginning; behind the last one it is the end.
    pub(super) fn at_ms(&self, seen: usize) -> u64 {
        self.steps.get(seen).map_or(self.duration_ms, |step| step.at_ms)
    }

    /// When playing goes on for one who has seen so many events.
    pub(super) fn left_at_ms(&self, seen: usize) -> u64 {
        seen.checked_sub(1).map_or(0, |last| self.at_ms(last))
    }

    /// The event behind `seen` others, without a cursor.
    pub(super) fn event(&self, seen: usize) -> Option<Result<RawEvent, serde_json::Error>> {
        let Step { at_ms, what } = self.steps.get(seen)?;
        let ts = self.started_at + TimeDelta::milliseconds(i64::try_from(*at_ms).unwrap_or(i64::MAX / 2));
        Some(match what {
            What::Commit(commit) => self.commit(ts, commit),
            What::Gesture(gesture) => self.gesture(ts, seen, gesture),
        })
    }

    fn commit(&self, ts: DateTime<Utc>, commit: &Checkpoint) -> Result<RawEvent, serde_json::Error> {
        let Checkpoint { at_ms: _, rev, commit_id, command_id, actor, ops, state_hash, intent } = commit.clone();
        let data = to_raw_value(&CanvasCommit { rev, commit_id, command_id, ops, state_hash, intent })?;
        Ok(self.envelope((EventType::CanvasCommit, commit_id, ts), (&actor, None), data))
    }

    fn gesture(&self, ts: DateTime<Utc>, seen: usize, gesture: &Keyframe) -> Result<RawEvent, serde_json::Error> {
        let Keyframe { at_ms: _, actor, session_id, gesture_kind, payload } = gesture;
        let data = to_raw_value(&CanvasGesture { gesture_kind: *gesture_kind, payload: payload.clone() })?;
        Ok(self.envelope((EventType::CanvasGesture, self.name(seen), ts), (actor, session_id.clone()), data))
    }

    /// The name of an event that had none that was kept: the same each time it is played.
    fn name(&self, seen: usize) -> Uuid {
        let hash =
            Sha256::new().chain_update(self.place.artifact_id.as_str()).chain_update(seen.to_be_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Uuid::new_v8(bytes)
    }

    fn envelope(
        &self,
        (event_type, event_id, ts): (EventType, Uuid, DateTime<Utc>),
        (actor, session_id): (&Actor, Option<SessionId>),
        data: Box<serde_json::value::RawValue>,
    ) -> RawEvent {
        let trace = node::telemetry::current();
        let Place { tenant_id, env, home, .. } = &self.place;
        let keys = RoutingKeys {
            workspace_id: Some(home.workspace_id.clone()),
            project_id: Some(home.project_id.clone()),
            app_id: Some(home.app_id.clone()),
            surface_id: Some(home.surface_id.clone()),
            canvas_id: Some(self.canvas_id.clone()),
            actor_id: Some(actor.actor_id.clone()),
            actor_type: Some(actor.actor_type),
            session_id,
            ..RoutingKeys::default()
        };
        RawEvent {
            v: VERSION,
            event_type,
            ts,
            // Its number is of the log. Here it is not the log that is read.
            seq: None,
            event_id,
            trace_id: trace.trace_id_hex(),
            span_id: trace.span_id_hex(),
            ids: EventIds::default(),
            routing: Routing { tenant_id: tenant_id.clone(), env: *env, keys },
            data,
            meta: Meta::of(event_type),
        }
    }
}

/// Both in order of time. Commits keep theirs among themselves, whatever the clocks said; what a hand did comes before the
/// commit of the same instant.
fn merged(commits: Vec<Checkpoint>, gestures: Vec<Keyframe>) -> Vec<Step> {
    let mut latest_ms = 0;
    let mut steps: Vec<_> = gestures.into_iter().map(|gesture| (gesture.at_ms, What::Gesture(gesture))).collect();
    steps.sort_by_key(|(at_ms, _)| *at_ms);
    for commit in commits {
        latest_ms = commit.at_ms.max(latest_ms);
        steps.push((latest_ms, What::Commit(Box::new(commit))));
    }
    // A stable sort: gestures stand first.
    steps.sort_by_key(|(at_ms, _)| *at_ms);
    steps.into_iter().map(|(at_ms, what)| Step { at_ms, what }).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;
    use subjects::graft::Start;

    pub(crate) fn script(commits: &[(u64, u64)], gestures: &[u64]) -> Script {
        let actor = json!({ "actor_id": "u_7", "actor_type": "human" });
        let commit = |(at_ms, rev): &(u64, u64)| {
            json!({ "at_ms": at_ms, "rev": rev, "commit_id": Uuid::from_u128(u128::from(*rev)), "command_id": Uuid::nil(),
                "actor": actor, "ops": [], "state_hash": format!("h{rev}"), "intent": {} })
        };
        let gesture = |at_ms: &u64| json!({ "at_ms": at_ms, "actor": actor, "session_id": "s1", "gesture_kind": "drag", "payload": { "x": 1.50 } });
        let started_at = DateTime::from_timestamp_millis(1_000).unwrap();
        let replay = Replay {
            v: Replay::VERSION,
            canvas_id: "c".parse().unwrap(),
            session_id: "gs_1".parse().unwrap(),
            mode: subjects::graft::GraftMode::Live,
            recorded: subjects::graft::Recorded::All,
            started_at,
            ended_at: started_at + TimeDelta::milliseconds(500),
            start: Start { rev: 3, state_hash: "h3".into(), atoms: Vec::new() },
            commits: commits.iter().map(commit).map(|json| serde_json::from_value(json).unwrap()).collect(),
            gestures: gestures
                .iter()
                .map(gesture)
                .map(|json| serde_json::from_str(&json.to_string()).unwrap())
                .collect(),
            gestures_seen: gestures.len() as u64,
            truncated: false,
        };
        let home = Home {
            workspace_id: "w".parse().unwrap(),
            project_id: "p".parse().unwrap(),
            app_id: "a".parse().unwrap(),
            surface_id: "s".parse().unwrap(),
        };
        let (tenant_id, artifact_id) = ("t_a".parse().unwrap(), "art_1".parse().unwrap());
        Script::of(replay, Place { tenant_id, env: Env::Dev, artifact_id, home })
    }

    #[test]
    fn commits_and_gestures_come_in_their_time() {
        let script = script(&[(100, 4), (90, 5), (300, 6)], &[100, 50, 310]);
        let events: Vec<_> = (0..script.len()).map(|seen| script.event(seen).unwrap().unwrap()).collect();
        let said: Vec<_> = events.iter().map(|event| (event.event_type, event.ts.timestamp_millis())).collect();
        use EventType::{CanvasCommit as Commit, CanvasGesture as Gesture};
        let expected = [(50, Gesture), (100, Gesture), (100, Commit), (100, Commit), (300, Commit), (310, Gesture)];
        assert_eq!(said, expected.map(|(at_ms, of)| (of, 1_000 + at_ms)));
        assert!(events[2].data.get().starts_with(r#"{"rev":4,"#) && events[3].data.get().starts_with(r#"{"rev":5,"#));
        assert_eq!(events[2].event_id, Uuid::from_u128(4));
        assert_eq!(events[0].event_id, script.event(0).unwrap().unwrap().event_id, "the same each time");
        assert_ne!(events[0].event_id, events[1].event_id);
        assert_eq!((events[2].seq, events[2].meta.schema.as_str()), (None, "canvas_commit/1"));
        assert_eq!(events[0].routing.keys.session_id.as_ref().map(|id| id.as_str()), Some("s1"));
        assert_eq!(script.end, Stand { rev: 6, state_hash: "h6".into() });
        assert!(script.event(6).is_none());
    }

    #[test]
    fn playing_goes_on_where_it_was_left() {
        let script = script(&[(100, 4)], &[50]);
        assert_eq!([0, 1, 2].map(|seen| script.at_ms(seen)), [50, 100, 500]);
        assert_eq!([0, 1, 2, 3].map(|seen| script.left_at_ms(seen)), [0, 50, 100, 500]);
    }

    #[test]
    fn where_nothing_happened_the_end_is_the_start() {
        let script = script(&[], &[]);
        assert_eq!((&script.end, script.len(), script.duration_ms), (&script.start, 0, 500));
    }
}
