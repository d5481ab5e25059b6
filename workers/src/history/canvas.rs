//! A canvas in memory: its document, and how far its log has been followed.

use canvas::{Document, OpInvalid};
use subjects::document::Snapshot;
use subjects::event::{CanvasCommit, StreamEvent};

/// A document as it is after a rev.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Canvas {
    /// The rev.
    pub(crate) rev: u64,
    /// The place in the log of the commit that made the rev; 0 for rev 0.
    pub(crate) seq: u64,
    /// The document.
    pub(crate) document: Document,
}

/// Log or snapshot do not say what they must: the documents that are made from them would be wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Corrupt {
    #[error("rev {found} follows rev {rev}")]
    Hole { rev: u64, found: u64 },
    #[error("what follows rev {rev} is not understood")]
    NoCommit { rev: u64, source: serde_json::Error },
    #[error("the commit of rev {rev} cannot be applied")]
    NotApplicable { rev: u64, source: OpInvalid },
    #[error("the atoms of the snapshot of rev {rev} make no document")]
    NoDocument { rev: u64, source: OpInvalid },
    #[error("the document of rev {rev} has another state hash")]
    OtherHash { rev: u64 },
}

impl Canvas {
    /// Before the first commit.
    pub(crate) fn new() -> Self {
        Self { rev: 0, seq: 0, document: Document::new() }
    }

    /// The canvas of a snapshot, proved by its hash.
    pub(crate) fn from_snapshot(snapshot: Snapshot) -> Result<Self, Corrupt> {
        let Snapshot { rev, seq, state_hash, atoms } = snapshot;
        let document = Document::from_atoms(atoms).map_err(|source| Corrupt::NoDocument { rev, source })?;
        let canvas = Self { rev, seq, document };
        canvas.prove(&state_hash).map(|()| canvas)
    }

    /// What is kept of it in S3.
    pub(crate) fn to_snapshot(&self) -> Snapshot {
        Snapshot {
            rev: self.rev,
            seq: self.seq,
            state_hash: self.document.state_hash().to_string(),
            atoms: self.document.atoms().collect(),
        }
    }

    /// Follows the log by the events of these commits, proved by the hash of the last. After an error it is of no use.
    pub(crate) fn follow(&mut self, commits: &[String]) -> Result<(), Corrupt> {
        let mut state_hash = None;
        for commit in commits {
            state_hash = Some(self.follow_one(commit)?);
        }
        state_hash.map_or(Ok(()), |state_hash| self.prove(&state_hash))
    }

    fn follow_one(&mut self, commit: &str) -> Result<String, Corrupt> {
        let event = read(commit).map_err(|source| Corrupt::NoCommit { rev: self.rev, source })?;
        let CanvasCommit { rev, ops, state_hash, .. } = event.data;
        if rev != self.rev + 1 {
            return Err(Corrupt::Hole { rev: self.rev, found: rev });
        }
        canvas::apply(&mut self.document, &ops).map_err(|source| Corrupt::NotApplicable { rev, source })?;
        (self.rev, self.seq) = (rev, event.seq.unwrap_or_default());
        Ok(state_hash)
    }

    fn prove(&self, state_hash: &str) -> Result<(), Corrupt> {
        let is_proved = self.document.state_hash().to_string() == state_hash;
        is_proved.then_some(()).ok_or(Corrupt::OtherHash { rev: self.rev })
    }
}

/// A commit from its event in the log.
pub(crate) fn read(json: &str) -> Result<StreamEvent<CanvasCommit>, serde_json::Error> {
    serde_json::from_str(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(rev: u64, state_hash: &str) -> String {
        format!(
            r#"{{"v":1,"type":"canvas_commit","ts":"2026-11-20T20:13:58.123Z","seq":{rev},"event_id":"0199a1b2-0000-7000-8000-000000000001","trace_id":"t","span_id":"s","ids":{{"request_id":null,"correlation_id":null,"run_id":null,"step_id":null}},"routing":{{"tenant_id":"t_acme","env":"dev"}},"data":{{"rev":{rev},"commit_id":"0199a1b2-0000-7000-8000-000000000001","command_id":"0199a1b2-0000-7000-8000-000000000001","ops":[],"state_hash":"{state_hash}","intent":{{}}}},"meta":{{"schema":"canvas_commit/1","priority":"truth","persist":"always"}}}}"#
        )
    }

    #[test]
    fn only_what_is_proved_is_followed() {
        let empty = Document::new().state_hash().to_string();
        let check = |commits: &[String], expected: Result<u64, &str>| {
            let mut canvas = Canvas::new();
            let followed = canvas.follow(commits).map(|()| canvas.rev).map_err(|error| error.to_string());
            assert_eq!(followed, expected.map_err(str::to_owned));
        };
        check(&[], Ok(0));
        check(&[commit(1, &empty), commit(2, &empty)], Ok(2));
        check(&[commit(2, &empty)], Err("rev 2 follows rev 0"));
        check(&[commit(1, "0")], Err("the document of rev 1 has another state hash"));
        check(&["{}".to_owned()], Err("what follows rev 0 is not understood"));
    }

    #[test]
    fn a_snapshot_is_read_as_it_is_written() {
        let canvas = Canvas { rev: 256, seq: 300, document: Document::new() };
        assert_eq!(Canvas::from_snapshot(canvas.to_snapshot()).unwrap(), canvas);
        let forged = Snapshot { state_hash: "0".repeat(64), ..canvas.to_snapshot() };
        assert!(matches!(Canvas::from_snapshot(forged), Err(Corrupt::OtherHash { rev: 256 })));
    }
}
