//! What `Document::from_atoms` takes, and what it refuses.

use canvas::{Document, OpInvalid, Reason};
use serde_json::json;
use subjects::document::Atom;

fn atom(atom_id: &str, parent_id: Option<&str>, index: usize) -> Atom {
    let place = json!({"atom_id": atom_id, "parent_id": parent_id, "index": index, "kind": "k", "tokens": {}});
    serde_json::from_value(place).unwrap()
}

#[test]
fn a_listing_says_parents_first_and_siblings_in_order() {
    let check = |atoms: &[Atom], expected: Result<(), (usize, Reason)>| {
        let document = Document::from_atoms(atoms.to_vec());
        let refused = |OpInvalid { index, reason }| (index, reason);
        assert_eq!(document.map(drop).map_err(refused), expected);
    };
    let (a, b) = (atom("a", None, 0), atom("b", None, 1));
    let under_a = atom("c", Some("a"), 0);
    check(&[], Ok(()));
    check(&[a.clone(), b.clone(), under_a.clone()], Ok(()));
    check(&[a.clone(), under_a.clone(), b.clone()], Ok(()));
    check(&[under_a, a.clone()], Err((0, Reason::ParentMissing)));
    check(&[b.clone(), a.clone()], Err((0, Reason::IndexBeyondEnd)));
    check(&[a.clone(), atom("b", None, 0)], Err((1, Reason::IndexTaken)));
    check(&[a, b, atom("a", None, 2)], Err((2, Reason::AtomExists)));
}
