//! The document's hash from scratch, by the words of the contract and nothing of ours: a client's proof.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subjects::document::Atom;
use subjects::ids::AtomId;

/// `H(atom) = SHA-256(JCS({atom_id, kind, tokens}) ‖ H(child 1) ‖ H(child 2) ‖ …)`, from the implied root, in hex.
pub fn state_hash(atoms: &[Atom]) -> String {
    let root = json!({ "atom_id": "", "kind": "root", "tokens": {} });
    hex::encode(node(&root, None, atoms))
}

fn node(own: &Value, atom_id: Option<&AtomId>, atoms: &[Atom]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(serde_json_canonicalizer::to_vec(own).expect("canonical JSON"));
    for child in atoms.iter().filter(|atom| atom.parent_id.as_ref() == atom_id) {
        let own = json!({ "atom_id": child.atom_id, "kind": child.kind, "tokens": child.tokens });
        hash.update(node(&own, Some(&child.atom_id), atoms));
    }
    hash.finalize().to_vec()
}
