//! A document as it stood after a commit. Pure.

use crate::queries::log::CommitOps;
use bytes::Bytes;
use canvas::Document;
use serde::Serialize;
use subjects::cursor::Cursor;
use subjects::document::{Atom, Snapshot};
use subjects::routing::{Stream, StreamKey};
use subjects::seal::SealKey;

/// A document as it stood after the commit of a rev.
#[derive(Debug, Clone, Default)]
pub struct Stand {
    /// The rev; 0 is before the first commit.
    pub rev: u64,
    /// The commit's place in the log.
    pub seq: u64,
    /// What stood there.
    pub document: Document,
}

/// What we hold does not fit together.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A listing that is no document.
    #[error("the snapshot at rev {0} is no document")]
    Snapshot(u64, #[source] canvas::OpInvalid),
    /// Another document than was stored.
    #[error("the snapshot at rev {0} does not have its hash")]
    Hash(u64),
    /// A commit that cannot have happened.
    #[error("the commit of rev {0} does not apply")]
    Commit(u64, #[source] canvas::OpInvalid),
    /// A commit is missing.
    #[error("rev {0} is missing")]
    Missing(u64),
}

/// The document as it travels (contract section 3).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DocumentBody {
    #[schema(value_type = String)]
    canvas_id: String,
    head_rev: u64,
    /// Proves what is held.
    state_hash: String,
    /// A reader's place after the commit of `head_rev`.
    cursor: String,
    /// Parents before children: `atom_id`, `parent_id`, `index`, `kind`, `tokens`.
    #[schema(value_type = Vec<Object>)]
    atoms: Vec<Atom>,
}

impl Stand {
    /// The stand that a snapshot holds, proven by its hash.
    pub fn of(snapshot: Snapshot) -> Result<Self, Broken> {
        let Snapshot { rev, seq, state_hash, atoms } = snapshot;
        let document = Document::from_atoms(atoms).map_err(|error| Broken::Snapshot(rev, error))?;
        if document.state_hash().to_string() != state_hash {
            return Err(Broken::Hash(rev));
        }
        Ok(Self { rev, seq, document })
    }

    /// The stand after these commits, which follow it without a hole.
    pub fn after(mut self, commits: Vec<CommitOps>) -> Result<Self, Broken> {
        for commit in commits {
            if commit.rev != self.rev + 1 {
                return Err(Broken::Missing(self.rev + 1));
            }
            canvas::apply(&mut self.document, &commit.ops).map_err(|error| Broken::Commit(commit.rev, error))?;
            (self.rev, self.seq) = (commit.rev, commit.seq);
        }
        Ok(self)
    }

    /// The stand as JSON.
    pub fn render(&self, key: &SealKey, stream: &StreamKey) -> serde_json::Result<Bytes> {
        let (Stream::Canvas(id), cursor) = (&stream.stream, Cursor::after(self.seq)) else {
            return Ok(Bytes::new());
        };
        let body = DocumentBody {
            canvas_id: id.to_string(),
            head_rev: self.rev,
            state_hash: self.document.state_hash().to_string(),
            cursor: cursor.seal(key, stream),
            atoms: self.document.atoms().collect(),
        };
        serde_json::to_vec(&body).map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use subjects::document::Op;

    fn add(rev: u64, atom: &str) -> CommitOps {
        let (atom_id, kind) = (atom.parse().unwrap(), "x".to_owned());
        let op = Op::AddAtom { atom_id, parent_id: None, index: 0, kind, tokens: Default::default() };
        CommitOps { rev, seq: rev * 2, ops: vec![op] }
    }

    #[test]
    fn commits_are_applied_without_a_hole() {
        let stand = Stand::default().after(vec![add(1, "a"), add(2, "b")]).unwrap();
        assert_eq!((stand.rev, stand.seq, stand.document.atom_count()), (2, 4, 2));
        assert!(matches!(stand.clone().after(vec![add(4, "c")]), Err(Broken::Missing(3))));
        assert!(matches!(stand.after(vec![add(3, "a")]), Err(Broken::Commit(3, _))));
    }

    #[test]
    fn a_snapshot_proves_itself() {
        let stand = Stand::default().after(vec![add(1, "a")]).unwrap();
        let snapshot = Snapshot {
            rev: 1,
            seq: 2,
            state_hash: stand.document.state_hash().to_string(),
            atoms: stand.document.atoms().collect(),
        };
        assert_eq!(Stand::of(snapshot.clone()).unwrap().document, stand.document);
        let other = Snapshot { atoms: Vec::new(), ..snapshot };
        assert!(matches!(Stand::of(other), Err(Broken::Hash(1))));
    }

    #[test]
    fn the_empty_document_is_rendered() {
        let stream = "t_acme.dev.canvas.c1".parse().unwrap();
        let body = Stand::default().render(&SealKey::new(b"secret"), &stream).unwrap();
        insta::assert_snapshot!(std::str::from_utf8(&body).unwrap());
    }
}
