//! The document once more, as simply as it can be said, for the real one to agree with: a tree of owned nodes
//! that is copied to be changed, text as UTF-16, every hash from scratch.

use serde::Serialize;
use sha2::{Digest, Sha256};
use subjects::document::{Atom, Op, Tokens};

/// An atom with its subtree; the implied root is one too.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Node {
    atom_id: String,
    kind: String,
    tokens: Tokens,
    #[serde(skip)]
    children: Vec<Node>,
}

impl Node {
    /// The empty document.
    pub(crate) fn root() -> Self {
        Self { atom_id: String::new(), kind: "root".into(), tokens: Tokens::new(), children: vec![] }
    }

    /// The document after all of the operations, or the index of the first that is not valid.
    pub(crate) fn after(&self, ops: &[Op]) -> Result<Node, usize> {
        let mut node = self.clone();
        for (index, op) in ops.iter().enumerate() {
            node.apply(op).ok_or(index)?;
        }
        Ok(node)
    }

    /// The hash of contract section 3, from scratch.
    pub(crate) fn hash(&self) -> Vec<u8> {
        let mut bytes = serde_json_canonicalizer::to_vec(self).unwrap();
        bytes.extend(self.children.iter().flat_map(Node::hash));
        Sha256::digest(bytes).to_vec()
    }

    /// The node of an atom listing.
    pub(crate) fn of(atoms: &[Atom]) -> Self {
        let mut root = Self::root();
        for Atom { atom_id, parent_id, kind, tokens, .. } in atoms {
            let node = Self::new(atom_id, kind, tokens);
            root.find(id(parent_id)).unwrap().children.push(node);
        }
        root
    }

    fn new(atom_id: impl ToString, kind: &str, tokens: &Tokens) -> Self {
        Self { atom_id: atom_id.to_string(), kind: kind.into(), tokens: tokens.clone(), children: vec![] }
    }

    fn apply(&mut self, op: &Op) -> Option<()> {
        match op {
            Op::AddAtom { atom_id, parent_id, index, kind, tokens } => {
                let is_new = self.find(atom_id.as_str()).is_none();
                is_new.then_some(())?;
                self.put(id(parent_id), *index, Self::new(atom_id, kind, tokens))
            }
            Op::RemoveAtom { atom_id } => self.take(atom_id.as_str()).map(drop),
            Op::MoveAtom { atom_id, parent_id, index } => {
                let node = self.take(atom_id.as_str())?;
                self.put(id(parent_id), *index, node)
            }
            Op::SetToken { atom_id, path, value } => {
                self.find(atom_id.as_str())?.tokens.insert(path.clone(), value.clone());
                Some(())
            }
            Op::UnsetToken { atom_id, path } => self.find(atom_id.as_str())?.tokens.remove(path).map(drop),
            Op::InsertText { atom_id, path, at, text } => self.splice(atom_id.as_str(), path, (*at, *at), text),
            Op::DeleteRange { atom_id, path, from, to } => self.splice(atom_id.as_str(), path, (*from, *to), ""),
            Op::ReplaceTextRange { atom_id, path, from, to, text } => {
                self.splice(atom_id.as_str(), path, (*from, *to), text)
            }
        }
    }

    fn find(&mut self, atom_id: &str) -> Option<&mut Node> {
        if self.atom_id == atom_id {
            return Some(self);
        }
        self.children.iter_mut().find_map(|child| child.find(atom_id))
    }

    fn take(&mut self, atom_id: &str) -> Option<Node> {
        match self.children.iter().position(|child| child.atom_id == atom_id) {
            Some(index) => Some(self.children.remove(index)),
            None => self.children.iter_mut().find_map(|child| child.take(atom_id)),
        }
    }

    fn put(&mut self, parent_id: &str, index: usize, node: Node) -> Option<()> {
        let siblings = &mut self.find(parent_id)?.children;
        (index <= siblings.len()).then(|| siblings.insert(index, node))
    }

    /// A cut inside a surrogate pair leaves half a pair before the cut, which is no text.
    fn splice(&mut self, atom_id: &str, path: &str, (from, to): (usize, usize), text: &str) -> Option<()> {
        let value = self.find(atom_id)?.tokens.get_mut(path)?;
        let old: Vec<u16> = value.as_str()?.encode_utf16().collect();
        let part = |range| String::from_utf16(old.get::<std::ops::Range<usize>>(range)?).ok();
        let (before, _, after) = (part(0..from)?, part(from..to)?, part(to..old.len())?);
        *value = format!("{before}{text}{after}").into();
        Some(())
    }
}

fn id(parent_id: &Option<subjects::ids::AtomId>) -> &str {
    parent_id.as_ref().map_or("", |id| id.as_str())
}
