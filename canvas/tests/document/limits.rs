//! The limits of a document, each at its last good value and one beyond.

use canvas::limits::{ATOMS_MAX, DEPTH_MAX, DOCUMENT_BYTES_MAX, TEXT_BYTES_MAX};
use canvas::{Document, Reason, apply};
use subjects::document::{Op, Tokens};

fn add(name: impl ToString, parent: Option<String>) -> Op {
    Op::AddAtom {
        atom_id: name.to_string().parse().unwrap(),
        parent_id: parent.map(|parent| parent.parse().unwrap()),
        index: 0,
        kind: "k".to_owned(),
        tokens: Tokens::new(),
    }
}

fn reason(document: &mut Document, op: Op) -> Option<Reason> {
    apply(document, &[op]).err().map(|invalid| invalid.reason)
}

/// Atoms named 1, 2, 3, … `depth`, each below the one before.
fn chain(depth: usize) -> Document {
    let mut document = Document::new();
    let below = |depth: usize| (depth > 1).then(|| (depth - 1).to_string());
    let ops: Vec<Op> = (1..=depth).map(|depth| add(depth, below(depth))).collect();
    apply(&mut document, &ops).unwrap();
    document
}

#[test]
fn atoms_hang_only_so_deep() {
    let mut document = chain(DEPTH_MAX);
    let deepest = DEPTH_MAX.to_string();
    assert_eq!(reason(&mut document, add("more", Some(deepest))), Some(Reason::TooDeep));
    assert_eq!(document.state_hash(), chain(DEPTH_MAX).state_hash());
}

#[test]
fn a_subtree_moves_only_to_where_it_fits() {
    let mut document = chain(DEPTH_MAX - 1);
    apply(&mut document, &[add("top", None), add("under", Some("top".into()))]).unwrap();
    let below = |parent: usize| Op::MoveAtom {
        atom_id: "top".parse().unwrap(),
        parent_id: Some(parent.to_string().parse().unwrap()),
        index: 0,
    };
    assert_eq!(reason(&mut document, below(DEPTH_MAX - 1)), Some(Reason::TooDeep));
    assert_eq!(reason(&mut document, below(DEPTH_MAX - 2)), None);
}

#[test]
fn a_document_holds_only_so_many_atoms() {
    let mut document = Document::new();
    let half = |n: usize| (n > 1).then(|| (n / 2).to_string());
    let ops: Vec<Op> = (1..=ATOMS_MAX).map(|n| add(n, half(n))).collect();
    apply(&mut document, &ops).unwrap();
    assert_eq!(reason(&mut document, add("more", None)), Some(Reason::TooManyAtoms));
    assert_eq!(document.atom_count(), ATOMS_MAX);
}

#[test]
fn a_document_holds_only_so_many_bytes() {
    let mut document = Document::new();
    apply(&mut document, &[add("a", None)]).unwrap();
    let set = |path: usize, bytes: usize| Op::SetToken {
        atom_id: "a".parse().unwrap(),
        path: path.to_string(),
        value: "x".repeat(bytes).into(),
    };
    let fits = DOCUMENT_BYTES_MAX / TEXT_BYTES_MAX - 1;
    (0..fits).for_each(|path| assert_eq!(reason(&mut document, set(path, TEXT_BYTES_MAX)), None));
    let full = reason(&mut document, set(fits, TEXT_BYTES_MAX));
    assert_eq!(full, Some(Reason::DocumentTooLarge));
    assert_eq!(reason(&mut document, set(0, 1)), None, "what makes it smaller may always be done");
    assert_eq!(reason(&mut document, set(fits, TEXT_BYTES_MAX)), None);
}
