//! What a client that follows a canvas holds: the document, changed by what it is told and by nothing else.

use crate::rows::DocumentBody;
use canvas::Document;
use subjects::document::{Atom, Op};

/// A client's own copy of a document.
#[derive(Debug, Clone)]
pub struct Replica {
    document: Document,
    /// The rev it stands at.
    pub rev: u64,
}

impl Replica {
    /// Of a canvas that nothing happened to yet.
    pub fn empty() -> Self {
        Self { document: Document::new(), rev: 0 }
    }

    /// Of a document that was read.
    pub fn of(body: &DocumentBody) -> Self {
        let document = Document::from_atoms(body.atoms.clone()).expect("a document");
        Self { document, rev: body.head_rev }
    }

    /// Of these atoms.
    pub fn from_atoms(atoms: Vec<Atom>, rev: u64) -> Self {
        Self { document: Document::from_atoms(atoms).expect("a document"), rev }
    }

    /// Does what was done, and demands to hold the same as the server afterwards.
    #[track_caller]
    pub fn follows(&mut self, ops: &[Op], rev: u64, hash: &str) {
        canvas::apply(&mut self.document, ops).expect("what the server did can be done");
        self.rev = rev;
        assert_eq!(self.hash(), hash, "at rev {rev}");
    }

    /// What it holds, by its hash.
    pub fn hash(&self) -> String {
        self.document.state_hash().to_string()
    }

    /// What it holds.
    pub fn atoms(&self) -> Vec<Atom> {
        self.document.atoms().collect()
    }
}
