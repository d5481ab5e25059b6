//! Each operation on one small document, good and bad, in the order in which reasons are looked for.

use canvas::{Document, apply, limits};
use serde_json::{Value, json};
use subjects::document::Op;

/// The document of every row: `page(head text(deep)) aside`.
fn sample() -> Document {
    let atom = |atom_id: &str, parent_id: Value, index: usize, tokens: Value| json!({"atom_id": atom_id, "parent_id": parent_id, "index": index, "kind": "k", "tokens": tokens});
    let atoms = json!([
        atom("page", Value::Null, 0, json!({})),
        atom("head", json!("page"), 0, json!({"title": "a😀b", "size": 3})),
        atom("text", json!("page"), 1, json!({})),
        atom("deep", json!("text"), 0, json!({})),
        atom("aside", Value::Null, 1, json!({})),
    ]);
    Document::from_atoms(serde_json::from_value::<Vec<_>>(atoms).unwrap()).unwrap()
}

/// Applies one operation to the sample and shows what `show` shows of it, or the code of the reason.
fn outcome(op: Value, show: impl Fn(&Document) -> String) -> Result<String, &'static str> {
    let op: Op = serde_json::from_value(op).unwrap();
    let mut document = sample();
    match apply(&mut document, &[op]) {
        Ok(()) => Ok(show(&document)),
        Err(invalid) => {
            assert_eq!(document, sample(), "a refused operation changes nothing");
            Err(invalid.reason.code())
        }
    }
}

/// The tree in one line: `page(head text(deep)) aside`.
fn tree(document: &Document) -> String {
    tree_below(document, None)
}

fn tree_below(document: &Document, parent: Option<&str>) -> String {
    let is_child = |atom: &subjects::document::Atom| atom.parent_id.as_ref().map(|id| id.as_str()) == parent;
    let children = document.atoms().filter(is_child).map(|child| {
        let below = tree_below(document, Some(child.atom_id.as_str()));
        let below = if below.is_empty() { below } else { format!("({below})") };
        format!("{}{below}", child.atom_id)
    });
    children.collect::<Vec<_>>().join(" ")
}

/// The tokens of `head`, as JSON.
fn head(document: &Document) -> String {
    let head = document.atom(&"head".parse().unwrap()).unwrap();
    serde_json::to_string(&head.tokens).unwrap()
}

#[test]
fn add_atom() {
    let check = |atom_id: &str, parent_id: Value, index: usize, expected: Result<&str, _>| {
        let op = json!({"op": "add_atom", "atom_id": atom_id, "parent_id": parent_id, "index": index, "kind": "k"});
        assert_eq!(outcome(op, tree), expected.map(str::to_owned));
    };
    check("new", Value::Null, 0, Ok("new page(head text(deep)) aside"));
    check("new", Value::Null, 2, Ok("page(head text(deep)) aside new"));
    check("new", json!("page"), 1, Ok("page(head new text(deep)) aside"));
    check("new", json!("deep"), 0, Ok("page(head text(deep(new))) aside"));
    check("head", json!("gone"), 9, Err("atom_exists"));
    check("new", json!("gone"), 9, Err("parent_missing"));
    check("new", json!("new"), 0, Err("parent_missing"));
    check("new", Value::Null, 3, Err("index_beyond_end"));
    check("new", json!("aside"), 1, Err("index_beyond_end"));
}

#[test]
fn add_atom_checks_what_it_holds() {
    let check = |kind: &str, tokens: Value, expected: Result<&str, _>| {
        let op =
            json!({"op": "add_atom", "atom_id": "new", "parent_id": null, "index": 0, "kind": kind, "tokens": tokens});
        assert_eq!(outcome(op, tree), expected.map(str::to_owned));
    };
    check("k", json!({"a": 1, "b": [null]}), Ok("new page(head text(deep)) aside"));
    check("", json!({"": 1}), Err("kind_invalid"));
    check("k", json!({"": 1}), Err("path_invalid"));
    check("k", json!({"a": 1, "b": [u64::MAX]}), Err("number_out_of_range"));
}

#[test]
fn remove_atom() {
    let check = |atom_id: &str, expected: Result<&str, _>| {
        let op = json!({"op": "remove_atom", "atom_id": atom_id});
        assert_eq!(outcome(op, tree), expected.map(str::to_owned));
    };
    check("aside", Ok("page(head text(deep))"));
    check("text", Ok("page(head) aside"));
    check("page", Ok("aside"));
    check("gone", Err("atom_missing"));
}

#[test]
fn move_atom() {
    let check = |atom_id: &str, parent_id: Value, index: usize, expected: Result<&str, _>| {
        let op = json!({"op": "move_atom", "atom_id": atom_id, "parent_id": parent_id, "index": index});
        assert_eq!(outcome(op, tree), expected.map(str::to_owned));
    };
    check("head", json!("page"), 1, Ok("page(text(deep) head) aside"));
    check("head", json!("page"), 0, Ok("page(head text(deep)) aside"));
    check("text", json!("aside"), 0, Ok("page(head) aside(text(deep))"));
    check("text", Value::Null, 2, Ok("page(head) aside text(deep)"));
    check("page", json!("aside"), 0, Ok("aside(page(head text(deep)))"));
    check("gone", json!("gone"), 0, Err("atom_missing"));
    check("head", json!("gone"), 9, Err("parent_missing"));
    check("page", json!("page"), 9, Err("cycle"));
    check("page", json!("deep"), 0, Err("cycle"));
    check("head", json!("page"), 2, Err("index_beyond_end"));
    check("head", Value::Null, 3, Err("index_beyond_end"));
}

#[test]
fn set_token() {
    let check = |atom_id: &str, path: &str, value: Value, expected: Result<&str, _>| {
        let op = json!({"op": "set_token", "atom_id": atom_id, "path": path, "value": value});
        assert_eq!(outcome(op, head), expected.map(str::to_owned));
    };
    check("head", "size", json!("big"), Ok(r#"{"size":"big","title":"a😀b"}"#));
    check("head", "new", Value::Null, Ok(r#"{"new":null,"size":3,"title":"a😀b"}"#));
    check("gone", "", json!(1), Err("atom_missing"));
    check("head", "", json!(u64::MAX), Err("path_invalid"));
    check("head", "size", json!(u64::MAX), Err("number_out_of_range"));
}

#[test]
fn unset_token() {
    let check = |atom_id: &str, path: &str, expected: Result<&str, _>| {
        let op = json!({"op": "unset_token", "atom_id": atom_id, "path": path});
        assert_eq!(outcome(op, head), expected.map(str::to_owned));
    };
    check("head", "size", Ok(r#"{"title":"a😀b"}"#));
    check("gone", "size", Err("atom_missing"));
    check("head", "gone", Err("token_missing"));
}

#[test]
fn insert_text() {
    let check = |atom_id: &str, path: &str, at: usize, expected: Result<&str, _>| {
        let op = json!({"op": "insert_text", "atom_id": atom_id, "path": path, "at": at, "text": "_"});
        assert_eq!(outcome(op, head), expected.map(str::to_owned));
    };
    check("head", "title", 0, Ok(r#"{"size":3,"title":"_a😀b"}"#));
    check("head", "title", 3, Ok(r#"{"size":3,"title":"a😀_b"}"#));
    check("head", "title", 4, Ok(r#"{"size":3,"title":"a😀b_"}"#));
    check("gone", "title", 0, Err("atom_missing"));
    check("head", "gone", 0, Err("token_missing"));
    check("head", "size", 0, Err("token_not_text"));
    check("head", "title", 5, Err("position_beyond_end"));
    check("head", "title", 2, Err("position_in_surrogate_pair"));
}

#[test]
fn delete_range() {
    let check = |from: usize, to: usize, expected: Result<&str, _>| {
        let op = json!({"op": "delete_range", "atom_id": "head", "path": "title", "from": from, "to": to});
        assert_eq!(outcome(op, head), expected.map(str::to_owned));
    };
    check(1, 3, Ok(r#"{"size":3,"title":"ab"}"#));
    check(0, 4, Ok(r#"{"size":3,"title":""}"#));
    check(4, 4, Ok(r#"{"size":3,"title":"a😀b"}"#));
    check(9, 8, Err("range_reversed"));
    check(0, 5, Err("position_beyond_end"));
    check(1, 2, Err("position_in_surrogate_pair"));
    check(2, 3, Err("position_in_surrogate_pair"));
}

#[test]
fn replace_text_range() {
    let check = |from: usize, to: usize, text: &str, expected: Result<&str, _>| {
        let op = json!({"op": "replace_text_range", "atom_id": "head", "path": "title", "from": from, "to": to, "text": text});
        assert_eq!(outcome(op, head), expected.map(str::to_owned));
    };
    check(1, 3, "𝄞", Ok(r#"{"size":3,"title":"a𝄞b"}"#));
    check(0, 0, "", Ok(r#"{"size":3,"title":"a😀b"}"#));
    check(3, 1, "x", Err("range_reversed"));
    check(4, 5, "x", Err("position_beyond_end"));
    check(2, 4, "x", Err("position_in_surrogate_pair"));
    check(4, 4, &"x".repeat(limits::TEXT_BYTES_MAX), Err("text_too_long"));
}
