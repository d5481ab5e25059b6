//! The tree as it stands in memory: nodes in slots, each with its ordered children and its cached hashes.

use crate::hash::Sums;
use slab::Slab;
use std::collections::HashMap;
use subjects::document::{Atom, Tokens};
use subjects::ids::AtomId;

/// Where a node stands in memory.
pub(crate) type Slot = usize;

/// The slot of the implied root.
pub(crate) const ROOT: Slot = 0;

/// The kind of the implied root, as it goes into the state hash.
const ROOT_KIND: &str = "root";

/// An atom, or the implied root, which alone has no id.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) atom_id: Option<AtomId>,
    pub(crate) kind: String,
    pub(crate) tokens: Tokens,
    /// The root is its own parent.
    pub(crate) parent: Slot,
    pub(crate) children: Vec<Slot>,
    pub(crate) sums: Sums,
}

/// The nodes of a document. Its methods trust their arguments: what may be done is decided before.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    nodes: Slab<Node>,
    slots: HashMap<AtomId, Slot>,
}

impl Tree {
    /// The implied root, alone.
    pub(crate) fn new() -> Self {
        let mut nodes = Slab::new();
        let root = nodes.insert(Node {
            atom_id: None,
            kind: ROOT_KIND.to_owned(),
            tokens: Tokens::new(),
            parent: ROOT,
            children: Vec::new(),
            sums: Sums::default(),
        });
        debug_assert_eq!(root, ROOT, "a slab fills from the front");
        Self { nodes, slots: HashMap::new() }
    }

    /// How many atoms there are, the root not counted.
    pub(crate) fn atom_count(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn slot(&self, atom_id: &AtomId) -> Option<Slot> {
        self.slots.get(atom_id).copied()
    }

    pub(crate) fn node(&self, slot: Slot) -> &Node {
        &self.nodes[slot]
    }

    /// Where the node stands among its siblings. The root stands at 0.
    pub(crate) fn index(&self, slot: Slot) -> usize {
        let siblings = &self.nodes[self.nodes[slot].parent].children;
        siblings.iter().position(|sibling| *sibling == slot).unwrap_or(0)
    }

    /// The node, its parent, and so on up to the root.
    pub(crate) fn upwards(&self, from: Slot) -> impl Iterator<Item = Slot> {
        std::iter::successors(Some(from), |slot| (*slot != ROOT).then(|| self.nodes[*slot].parent))
    }

    /// How many atoms stand on the longest way down from this node, itself counted.
    pub(crate) fn height(&self, slot: Slot) -> usize {
        let children = self.nodes[slot].children.iter();
        1 + children.map(|child| self.height(*child)).max().unwrap_or(0)
    }

    /// The node and all below it, parents before children, siblings in order, each with its index.
    pub(crate) fn downwards(&self, from: Slot) -> impl Iterator<Item = (Slot, usize)> {
        let mut waiting = vec![(from, self.index(from))];
        std::iter::from_fn(move || {
            let (slot, index) = waiting.pop()?;
            let children = self.nodes[slot].children.iter().enumerate();
            waiting.extend(children.rev().map(|(index, child)| (*child, index)));
            Some((slot, index))
        })
    }

    /// The node as an atom at `index`; none if it is the root.
    pub(crate) fn atom(&self, slot: Slot, index: usize) -> Option<Atom> {
        let node = &self.nodes[slot];
        Some(Atom {
            atom_id: node.atom_id.clone()?,
            parent_id: self.nodes[node.parent].atom_id.clone(),
            index,
            kind: node.kind.clone(),
            tokens: node.tokens.clone(),
        })
    }

    pub(crate) fn insert(&mut self, parent: Slot, atom: Atom) {
        let slot = self.nodes.insert(Node {
            atom_id: Some(atom.atom_id.clone()),
            kind: atom.kind,
            tokens: atom.tokens,
            parent,
            children: Vec::new(),
            sums: Sums::default(),
        });
        self.slots.insert(atom.atom_id, slot);
        self.nodes[parent].children.insert(atom.index, slot);
        self.forget_hashes(parent);
    }

    /// Takes the node away with all below it.
    pub(crate) fn remove(&mut self, slot: Slot) {
        self.detach(slot);
        let mut waiting = vec![slot];
        while let Some(slot) = waiting.pop() {
            let node = self.nodes.remove(slot);
            waiting.extend(node.children);
            if let Some(atom_id) = node.atom_id {
                self.slots.remove(&atom_id);
            }
        }
    }

    /// Hangs the node, with all below it, under `parent`, where it then stands at `index`.
    pub(crate) fn relocate(&mut self, slot: Slot, parent: Slot, index: usize) {
        self.detach(slot);
        self.nodes[slot].parent = parent;
        self.nodes[parent].children.insert(index, slot);
        self.forget_hashes(parent);
    }

    /// The tokens of a node, to be changed.
    pub(crate) fn tokens_mut(&mut self, slot: Slot) -> &mut Tokens {
        self.forget_hashes(slot);
        let node = &mut self.nodes[slot];
        node.sums.forget_own();
        &mut node.tokens
    }

    fn detach(&mut self, slot: Slot) {
        let (parent, index) = (self.nodes[slot].parent, self.index(slot));
        self.nodes[parent].children.remove(index);
        self.forget_hashes(parent);
    }

    /// Forgets the hash of the node and of all above it. Stops where one was forgotten before: then those above
    /// it were too, because a hash is made only after those below it.
    fn forget_hashes(&mut self, mut slot: Slot) {
        while self.nodes[slot].sums.forget_hash() && slot != ROOT {
            slot = self.nodes[slot].parent;
        }
    }
}
