//! A document: what it is made from, what can be asked of it.

use crate::decide;
use crate::evolve::evolve;
use crate::hash::StateHash;
use crate::invalid::{OpInvalid, Reason};
use crate::tree::{ROOT, Tree};
use subjects::document::Atom;
use subjects::ids::AtomId;

/// The state of a canvas: an ordered tree of atoms under an implied root. Two documents are equal when they
/// list the same atoms.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) tree: Tree,
    pub(crate) bytes: usize,
}

impl Document {
    /// The document of rev 0: no atoms.
    pub fn new() -> Self {
        Self { tree: Tree::new(), bytes: 0 }
    }

    /// The document that lists these atoms: parents before children, siblings in order. Each is checked as if it
    /// were added by a command, and must stand at the index it says.
    pub fn from_atoms(atoms: impl IntoIterator<Item = Atom>) -> Result<Self, OpInvalid> {
        let mut document = Self::new();
        for (index, atom) in atoms.into_iter().enumerate() {
            document.append(atom).map_err(|reason| OpInvalid { index, reason })?;
        }
        Ok(document)
    }

    /// All atoms: parents before children, siblings in order. [`Document::from_atoms`] takes them back.
    pub fn atoms(&self) -> impl Iterator<Item = Atom> {
        self.tree.downwards(ROOT).filter_map(|(slot, index)| self.tree.atom(slot, index))
    }

    /// One atom with its place.
    pub fn atom(&self, atom_id: &AtomId) -> Option<Atom> {
        let slot = self.tree.slot(atom_id)?;
        self.tree.atom(slot, self.tree.index(slot))
    }

    /// How many atoms there are.
    pub fn atom_count(&self) -> usize {
        self.tree.atom_count()
    }

    /// What it counts for against [`crate::limits::DOCUMENT_BYTES_MAX`].
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The hash by which two who hold a document know that they hold the same (contract section 3). Only what
    /// changed since the last call, and what hangs above it, is hashed again.
    pub fn state_hash(&self) -> StateHash {
        StateHash::of(&self.tree)
    }

    fn append(&mut self, atom: Atom) -> Result<(), Reason> {
        let parent = decide::parent(self, atom.parent_id.as_ref())?;
        if atom.index < self.tree.node(parent).children.len() {
            return Err(Reason::IndexTaken);
        }
        let change = decide::add(self, atom)?;
        evolve(self, change);
        Ok(())
    }
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.atom_count() == other.atom_count() && self.atoms().eq(other.atoms())
    }
}
