//! State hashes that were computed without our code (`golden/state_hash.py`), for us and for clients to agree with.

use canvas::Document;
use serde::Deserialize;
use subjects::document::Atom;

#[derive(Deserialize)]
struct Case {
    name: String,
    atoms: Vec<Atom>,
    state_hash: String,
}

#[test]
fn state_hashes_are_those_of_the_contract() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../golden/state_hash.json")).unwrap();
    for Case { name, atoms, state_hash } in cases {
        let document = Document::from_atoms(atoms).unwrap();
        assert_eq!(document.state_hash().to_string(), state_hash, "{name}");
    }
}
