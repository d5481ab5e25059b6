//! What holds for any command, as bytes from anywhere. The fuzz target `command` asks the same.

use crate::model::Node;
use canvas::{Document, apply};
use subjects::document::{Atom, Op};

/// Reads the bytes as operations and applies them to a small document. What is applied comes out as in the model,
/// what is refused leaves nothing behind, and the hash is the one from scratch. Bytes that are not operations are
/// none of our concern.
pub(crate) fn holds_for(bytes: &[u8]) {
    let Ok(ops) = serde_json::from_slice::<Vec<Op>>(bytes) else { return };
    let before = sample();
    let mut document = before.clone();
    before.state_hash();
    let model = match apply(&mut document, &ops) {
        Ok(()) => model(&before).after(&ops).expect("the model has no limits"),
        Err(invalid) => {
            assert!(invalid.index < ops.len());
            model(&before)
        }
    };
    assert_eq!(document.state_hash().to_string(), hex::encode(model.hash()));
    let again = Document::from_atoms(document.atoms()).expect("a document lists itself");
    assert_eq!((again.bytes(), again.state_hash()), (document.bytes(), document.state_hash()));
}

fn model(document: &Document) -> Node {
    Node::of(&document.atoms().collect::<Vec<_>>())
}

fn sample() -> Document {
    let atoms = r#"[
        {"atom_id": "a", "parent_id": null, "index": 0, "kind": "k", "tokens": {"t": "a😀b", "n": 1.5}},
        {"atom_id": "b", "parent_id": "a", "index": 0, "kind": "k", "tokens": {}},
        {"atom_id": "c", "parent_id": null, "index": 1, "kind": "k", "tokens": {"t": ""}}
    ]"#;
    Document::from_atoms(serde_json::from_str::<Vec<Atom>>(atoms).unwrap()).unwrap()
}
