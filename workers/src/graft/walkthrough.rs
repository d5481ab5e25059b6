//! A session told afterwards: for machines, operation by operation; and for people, in prose. Pure.

use serde::Serialize;
use std::fmt::Write;
use subjects::command::{Actor, Intent};
use subjects::document::Op;
use subjects::graft::{Checkpoint, Replay};
use uuid::Uuid;

/// What was done, commit by commit: every operation, and why.
#[derive(Debug, Serialize)]
struct Debug<'a> {
    v: u64,
    canvas_id: &'a str,
    session_id: &'a str,
    start_rev: u64,
    steps: Vec<Step<'a>>,
}

/// One commit: all its operations have the same intent.
#[derive(Debug, Serialize)]
struct Step<'a> {
    at_ms: u64,
    rev: u64,
    commit_id: Uuid,
    command_id: Uuid,
    actor: &'a Actor,
    intent: &'a Intent,
    ops: &'a [Op],
    state_hash: &'a str,
}

const VERSION: u64 = 1;
/// What somebody did who said nothing of why.
const UNLABELLED: &str = "Changes";

/// For machines: JSON.
pub(crate) fn debug(replay: &Replay) -> Vec<u8> {
    let steps = replay.commits.iter().map(|commit| Step {
        at_ms: commit.at_ms,
        rev: commit.rev,
        commit_id: commit.commit_id,
        command_id: commit.command_id,
        actor: &commit.actor,
        intent: &commit.intent,
        ops: &commit.ops,
        state_hash: &commit.state_hash,
    });
    let told = Debug {
        v: VERSION,
        canvas_id: replay.canvas_id.as_str(),
        session_id: replay.session_id.as_str(),
        start_rev: replay.start.rev,
        steps: steps.collect(),
    };
    serde_json::to_vec(&told).expect("what was JSON is JSON")
}

/// For people: Markdown. What the same actor did under the same label, one after the other, is one point.
pub(crate) fn sales(replay: &Replay) -> String {
    let minutes = (replay.ended_at - replay.started_at).num_seconds().max(0).unsigned_abs().div_ceil(60);
    let (revs, hands) = (replay.commits.len(), actors(replay));
    let mut text = format!("# What was done on {}\n\n", replay.canvas_id);
    writeln!(text, "{revs} changes by {hands} in {minutes} minutes.\n").expect("a string takes everything");
    let same = |a: &Checkpoint, b: &Checkpoint| a.actor == b.actor && label(a) == label(b);
    for points in replay.commits.chunk_by(same) {
        let (first, last) = (&points[0], &points[points.len() - 1]);
        let times = if points.len() > 1 { format!(" ({} steps)", points.len()) } else { String::new() };
        let revs = if first.rev == last.rev {
            format!("rev {}", first.rev)
        } else {
            format!("revs {}–{}", first.rev, last.rev)
        };
        writeln!(
            text,
            "- **{}**{times}, {} {}, {revs}",
            plain(label(first)),
            first.actor.actor_type.as_str(),
            plain(first.actor.actor_id.as_str())
        )
        .expect("a string takes everything");
        let mut whys: Vec<&str> = points.iter().filter_map(|commit| commit.intent.why.as_deref()).collect();
        whys.dedup();
        for why in whys {
            writeln!(text, "  - {}", plain(why)).expect("a string takes everything");
        }
    }
    text
}

fn label(commit: &Checkpoint) -> &str {
    commit.intent.label.as_deref().filter(|label| !label.trim().is_empty()).unwrap_or(UNLABELLED)
}

fn actors(replay: &Replay) -> String {
    let mut hands: Vec<_> = replay.commits.iter().map(|commit| commit.actor.actor_id.as_str()).collect();
    hands.sort_unstable();
    hands.dedup();
    if hands.len() == 1 { "one actor".to_owned() } else { format!("{} actors", hands.len()) }
}

/// Text of a client on one line, in which nothing is Markdown or HTML.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' => plain.extend(['\\', c]),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graft::replay::example;

    #[test]
    fn people_read_what_was_done() {
        let replay = example(&[
            ("u_1", Some("Fix hero"), None),
            ("u_1", Some("Fix hero"), Some("It was <long>")),
            ("a_2", None, None),
        ]);
        let text = sales(&replay);
        assert!(text.contains("3 changes by 2 actors"), "{text}");
        assert!(text.contains("- **Fix hero** (2 steps), human u\\_1, revs 1–2\n  - It was \\<long\\>\n"), "{text}");
        assert!(text.contains("- **Changes**, human a\\_2, rev 3"), "{text}");
    }

    #[test]
    fn machines_read_every_operation() {
        let replay = example(&[("u_1", Some("Fix hero"), None), ("u_1", None, None)]);
        let told: serde_json::Value = serde_json::from_slice(&debug(&replay)).unwrap();
        assert_eq!(told["steps"].as_array().unwrap().len(), 2);
        assert_eq!((&told["steps"][0]["intent"]["label"], &told["steps"][1]["rev"]), (&"Fix hero".into(), &2.into()));
    }
}
