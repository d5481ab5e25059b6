//! Atoms in the order in which a reader meets them.

use std::collections::{BTreeMap, HashSet};
use subjects::document::Atom;
use subjects::ids::AtomId;

/// Atoms as they hang below the root, and those that do not.
#[derive(Debug)]
pub struct Outline<'a> {
    /// Those below the root: each before what hangs under it, siblings by their index.
    pub reached: Vec<&'a Atom>,
    /// Those that the root does not reach: under an atom that there is not, under themselves, or twice the same id.
    pub orphans: Vec<&'a Atom>,
}

impl<'a> Outline<'a> {
    /// The outline of these atoms, however they are listed.
    pub fn of(atoms: &'a [Atom]) -> Self {
        let mut children: BTreeMap<Option<&'a AtomId>, Vec<&'a Atom>> = BTreeMap::new();
        for atom in atoms {
            children.entry(atom.parent_id.as_ref()).or_default().push(atom);
        }
        for siblings in children.values_mut() {
            siblings.sort_by_key(|atom| atom.index);
        }
        let (mut reached, mut seen) = (Vec::new(), HashSet::new());
        let below = |parent: Option<&'a AtomId>| children.get(&parent).into_iter().flatten().rev().copied();
        let mut waiting: Vec<&'a Atom> = below(None).collect();
        while let Some(atom) = waiting.pop() {
            if seen.insert(&atom.atom_id) {
                reached.push(atom);
                waiting.extend(below(Some(&atom.atom_id)));
            }
        }
        let is_reached: HashSet<*const Atom> = reached.iter().map(|atom| std::ptr::from_ref(*atom)).collect();
        let orphans = atoms.iter().filter(|atom| !is_reached.contains(&std::ptr::from_ref(*atom))).collect();
        Self { reached, orphans }
    }
}
