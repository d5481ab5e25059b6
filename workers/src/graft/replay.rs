//! A replay from what was recorded. Pure.

use crate::graft::sample::sample;
use crate::history::Canvas;
use crate::store::grafts::Session;
use chrono::{DateTime, TimeDelta, Utc};
use subjects::command::Actor;
use subjects::event::{CanvasCommit, RawEvent, StreamEvent};
use subjects::gesture::CanvasGesture;
use subjects::graft::{Checkpoint, Keyframe, Recorded, Replay, Start};
use subjects::routing::Routing;

/// What was recorded of a session.
#[derive(Debug)]
pub(crate) struct Material {
    /// The canvas at its beginning, or where the first commit that is left begins.
    pub(crate) start: Canvas,
    /// What was committed since, as the log has it.
    pub(crate) commits: Vec<StreamEvent<CanvasCommit>>,
    /// What hands did, as the bus had it.
    pub(crate) gestures: Vec<RawEvent>,
    /// Whether the oldest of it was left out, because it was too much.
    pub(crate) is_cut: bool,
}

/// The replay of a session that ended then. The clocks of edges and workers differ a little: what the bus had of the session lies
/// in it.
pub(crate) fn build(session: &Session, ended_at: DateTime<Utc>, material: Material) -> Replay {
    let Material { start, commits, gestures, is_cut } = material;
    let whole = (ended_at - session.started_at).max(TimeDelta::zero());
    let after =
        |ts: DateTime<Utc>| (ts - session.started_at).clamp(TimeDelta::zero(), whole).num_milliseconds().unsigned_abs();
    let mut keyframes: Vec<_> = gestures.iter().filter_map(|event| keyframe(event, after(event.ts))).collect();
    keyframes.sort_by_key(|keyframe| keyframe.at_ms);
    let gestures_seen = keyframes.len() as u64;
    let gestures = match session.recorded {
        Recorded::All => keyframes,
        Recorded::Keyframe => sample(keyframes),
        Recorded::None => Vec::new(),
    };
    Replay {
        v: Replay::VERSION,
        canvas_id: session.canvas_id.clone(),
        session_id: session.session_id.clone(),
        mode: session.mode,
        recorded: session.recorded,
        started_at: session.started_at,
        ended_at,
        truncated: is_cut,
        start: Start {
            rev: start.rev,
            state_hash: start.document.state_hash().to_string(),
            atoms: start.document.atoms().collect(),
        },
        commits: commits.into_iter().map(|commit| checkpoint(commit, after)).collect(),
        gestures,
        gestures_seen,
    }
}

/// A replay as it is kept.
pub(crate) fn json(replay: &Replay) -> Vec<u8> {
    serde_json::to_vec(replay).expect("a replay is JSON")
}

fn checkpoint(commit: StreamEvent<CanvasCommit>, after: impl Fn(DateTime<Utc>) -> u64) -> Checkpoint {
    let CanvasCommit { rev, commit_id, command_id, ops, state_hash, intent } = commit.data;
    let actor = actor(&commit.routing);
    Checkpoint { at_ms: after(commit.ts), rev, commit_id, command_id, actor, ops, state_hash, intent }
}

/// What is no gesture of ours is none.
fn keyframe(event: &RawEvent, at_ms: u64) -> Option<Keyframe> {
    let CanvasGesture { gesture_kind, payload } = serde_json::from_str(event.data.get()).ok()?;
    let session_id = event.routing.keys.session_id.clone();
    Some(Keyframe { at_ms, actor: actor(&event.routing), session_id, gesture_kind, payload })
}

/// Every commit and gesture was made by somebody.
fn actor(routing: &Routing) -> Actor {
    let nobody = Actor::system();
    Actor {
        actor_id: routing.keys.actor_id.clone().unwrap_or(nobody.actor_id),
        actor_type: routing.keys.actor_type.unwrap_or(nobody.actor_type),
    }
}

/// A replay of these commits: who, with which label, and why.
#[cfg(test)]
pub(crate) fn example(commits: &[(&str, Option<&str>, Option<&str>)]) -> Replay {
    use subjects::command::Intent;
    use subjects::document::Op;
    use subjects::graft::GraftMode;
    use subjects::ids::ActorType;
    use uuid::Uuid;
    let started_at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let commit = |(n, (actor, label, why)): (usize, &(&str, Option<&str>, Option<&str>))| Checkpoint {
        at_ms: n as u64,
        rev: n as u64 + 1,
        commit_id: Uuid::nil(),
        command_id: Uuid::nil(),
        actor: Actor { actor_id: actor.parse().unwrap(), actor_type: ActorType::Human },
        ops: vec![Op::RemoveAtom { atom_id: "a".parse().unwrap() }],
        state_hash: "00".into(),
        intent: Intent { label: label.map(Into::into), why: why.map(Into::into), ..Intent::default() },
    };
    Replay {
        v: Replay::VERSION,
        canvas_id: "c1".parse().unwrap(),
        session_id: "gs_1".parse().unwrap(),
        mode: GraftMode::Live,
        recorded: Recorded::All,
        started_at,
        ended_at: started_at,
        start: Start { rev: 0, state_hash: "00".into(), atoms: Vec::new() },
        commits: commits.iter().enumerate().map(commit).collect(),
        gestures: Vec::new(),
        gestures_seen: 0,
        truncated: false,
    }
}
