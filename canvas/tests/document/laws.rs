//! What holds for every document and every command.

use crate::arbitrary::{commands, op};
use crate::command;
use crate::model::Node;
use canvas::{Document, apply, invert};
use proptest::collection::vec;
use proptest::prelude::*;
use subjects::document::{Atom, Op};

/// What a document is, down to the bytes that are stored and sent.
fn bytes(document: &Document) -> (String, String, usize) {
    let atoms: Vec<Atom> = document.atoms().collect();
    (serde_json::to_string(&atoms).unwrap(), document.state_hash().to_string(), document.bytes())
}

/// The document that these commands lead to; refused ones change nothing.
fn after(commands: &[Vec<Op>]) -> Document {
    let mut document = Document::new();
    for ops in commands {
        let _ = apply(&mut document, ops);
    }
    document
}

proptest! {
    #[test]
    fn it_agrees_with_the_model_on_what_is_valid_and_what_comes_of_it(commands in commands()) {
        let (mut document, mut model) = (Document::new(), Node::root());
        for ops in &commands {
            let refused_at = apply(&mut document, ops).err().map(|invalid| invalid.index);
            match model.after(ops) {
                Ok(node) => {
                    prop_assert_eq!(refused_at, None);
                    model = node;
                }
                Err(index) => prop_assert_eq!(refused_at, Some(index)),
            }
            prop_assert_eq!(document.state_hash().to_string(), hex::encode(model.hash()));
        }
    }

    #[test]
    fn the_same_commands_lead_to_the_same(commands in commands()) {
        let (mut once, mut again) = (Document::new(), Document::new());
        for ops in &commands {
            // One is asked for its hash after every command, the other only at the end.
            prop_assert_eq!(apply(&mut once, ops), apply(&mut again, ops));
            once.state_hash();
        }
        prop_assert_eq!(bytes(&once), bytes(&again));
    }

    #[test]
    fn a_refused_command_leaves_every_bit(commands in commands(), ops in vec(op(), 1..20)) {
        let mut document = after(&commands);
        let before = bytes(&document);
        if apply(&mut document, &ops).is_err() {
            prop_assert_eq!(bytes(&document), before);
        }
    }

    #[test]
    fn what_is_inverted_is_undone(commands in commands(), ops in vec(op(), 20)) {
        let mut document = after(&commands);
        for op in &ops {
            let before = bytes(&document);
            let inverse = invert(&document, op);
            let applied = apply(&mut document, std::slice::from_ref(op));
            prop_assert_eq!(inverse.as_ref().err(), applied.as_ref().err().map(|invalid| &invalid.reason));
            if let Ok(inverse) = inverse {
                let mut undone = document.clone();
                prop_assert_eq!(apply(&mut undone, &inverse), Ok(()));
                prop_assert_eq!(bytes(&undone), before);
            }
        }
    }

    #[test]
    fn a_document_is_what_it_lists(commands in commands()) {
        let document = after(&commands);
        let (json, ..) = bytes(&document);
        let atoms: Vec<Atom> = serde_json::from_str(&json).unwrap();
        let again = Document::from_atoms(atoms).unwrap();
        prop_assert_eq!(bytes(&again), bytes(&document));
        prop_assert_eq!(again, document);
    }

    #[test]
    fn any_bytes_are_a_harmless_command(bytes: Vec<u8>) {
        command::holds_for(&bytes);
    }

    #[test]
    fn a_damaged_command_is_harmless(ops in vec(op(), 1..5), at: prop::sample::Index, byte: u8) {
        let mut bytes = serde_json::to_vec(&ops).unwrap();
        command::holds_for(&bytes);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        command::holds_for(&bytes);
    }
}
