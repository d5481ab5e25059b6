//! What holds for any command, as bytes from anywhere. The fuzz target `command` asks the same.

use crate::model::Node;
use canvas::{Document, apply};
use subjects::document::{Atom, Op};

/// Reads the bytes as operations and applies them to a small document: the hash is the one from scratch, and a
/// refused command leaves nothing behind. Bytes that are not operations are none of our concern.
pub(crate) fn holds_for(bytes: &[u8]) {
    let Ok(ops) = serde_json::from_slice::<Vec<Op>>(bytes) else {
        return;
    };
    let before = sample();
    let mut document = before.clone();
    before.state_hash();
    if let Err(invalid) = apply(&mut document, &ops) {
        assert!(invalid.index < ops.len());
        assert_eq!(document, before);
    }
    let atoms: Vec<Atom> = document.atoms().collect();
    assert_eq!(document.state_hash().to_string(), hex::encode(Node::of(&atoms).hash()));
    let again = Document::from_atoms(atoms).expect("a document lists itself as one may be given");
    assert_eq!((again.bytes(), again.state_hash()), (document.bytes(), document.state_hash()));
}

fn sample() -> Document {
    let atoms = r#"[
        {"atom_id": "a", "parent_id": null, "index": 0, "kind": "k", "tokens": {"t": "a😀b", "n": 1.5}},
        {"atom_id": "b", "parent_id": "a", "index": 0, "kind": "k", "tokens": {}},
        {"atom_id": "c", "parent_id": null, "index": 1, "kind": "k", "tokens": {"t": ""}}
    ]"#;
    Document::from_atoms(serde_json::from_str::<Vec<Atom>>(atoms).unwrap()).unwrap()
}
