//! The checks, each by a row that it lets pass and rows that it finds.

use canvas::Document;
use canvas::audit::{CHECKS, FINDINGS_MAX, audit};
use proptest::prelude::*;
use serde_json::{Value, json};
use subjects::document::Atom;

fn atoms(rows: &Value) -> Vec<Atom> {
    serde_json::from_value(rows.clone()).unwrap()
}

fn atom(id: &str, parent: Option<&str>, index: usize, kind: &str, tokens: Value) -> Value {
    json!({ "atom_id": id, "parent_id": parent, "index": index, "kind": kind, "tokens": tokens })
}

/// What is found: the check's word and the atom, in the report's order.
#[track_caller]
fn check(rows: Value, expected: &[(&str, &str)]) {
    let report = audit(&atoms(&rows));
    let found: Vec<_> = report.findings.iter().map(|it| (it.check, it.atom_id.as_str())).collect();
    assert_eq!(found, expected, "{rows}");
    assert_eq!(report.passed, expected.is_empty());
    let counted: usize = report.checks.iter().map(|count| count.findings).sum();
    assert_eq!((counted, report.checks.len()), (expected.len(), CHECKS.len()));
}

fn heading(id: &str, index: usize, level: Value) -> Value {
    atom(id, None, index, "heading", json!({ "text": "Title", "level": level }))
}

#[test]
fn an_empty_document_passes() {
    check(json!([]), &[]);
    check(json!([atom("a", None, 0, "frame", json!({}))]), &[]);
}

#[test]
fn orphans_are_found() {
    let frame = |id, parent| atom(id, parent, 0, "frame", json!({}));
    check(json!([frame("a", None), frame("b", Some("a"))]), &[]);
    check(json!([frame("b", Some("a")), frame("a", None)]), &[]);
    check(json!([frame("a", Some("gone")), frame("b", Some("a"))]), &[("orphan_atom", "a"), ("orphan_atom", "b")]);
    check(json!([frame("a", Some("b")), frame("b", Some("a"))]), &[("orphan_atom", "a"), ("orphan_atom", "b")]);
    check(json!([frame("a", None), frame("a", None)]), &[("orphan_atom", "a")]);
}

#[test]
fn what_a_kind_must_say_is_missed() {
    let one = |kind, tokens| json!([atom("a", None, 0, kind, tokens)]);
    check(one("text", json!({ "text": "x" })), &[]);
    check(one("text", json!({})), &[("required_token_empty", "a")]);
    check(one("text", json!({ "text": " \n" })), &[("required_token_empty", "a")]);
    check(one("text", json!({ "text": 7 })), &[("required_token_empty", "a")]);
    check(one("button", json!({ "title": "Buy" })), &[]);
    check(one("link", json!({ "text": "here" })), &[("required_token_empty", "a")]);
    check(one("painting", json!({})), &[]);
}

#[test]
fn long_texts_are_found() {
    let one = |kind, path: &str, chars| json!([atom("a", None, 0, kind, json!({ path: "é".repeat(chars) }))]);
    check(one("button", "label", 40), &[]);
    check(one("button", "label", 41), &[("text_too_long", "a")]);
    check(one("paragraph", "text", 5_000), &[]);
    check(one("paragraph", "text", 5_001), &[("text_too_long", "a")]);
    check(one("frame", "alt", 251), &[("text_too_long", "a")]);
    check(one("frame", "note", 9_000), &[]);
}

#[test]
fn silent_images_are_found() {
    let image = |tokens| json!([atom("a", None, 0, "image", tokens)]);
    check(image(json!({ "src": "s", "alt": "A cat" })), &[]);
    check(image(json!({ "src": "s", "decorative": true })), &[]);
    check(image(json!({ "src": "s" })), &[("alt_text_missing", "a")]);
    check(image(json!({ "src": "s", "alt": "" })), &[("alt_text_missing", "a")]);
}

#[test]
fn levels_that_are_left_out_are_found() {
    let levels = |levels: &[u64]| {
        let rows = levels.iter().enumerate().map(|(n, level)| heading(&format!("h{n}"), n, json!(level)));
        Value::Array(rows.collect())
    };
    check(levels(&[1, 2, 3, 1, 2]), &[]);
    check(levels(&[2]), &[("heading_order", "h0")]);
    check(levels(&[1, 3]), &[("heading_order", "h1")]);
    check(levels(&[1, 3, 4]), &[("heading_order", "h1")]);
    check(levels(&[0]), &[("heading_order", "h0")]);
    check(json!([heading("h", 0, Value::Null)]), &[]);
    // The order is the reader's, not the list's.
    check(json!([heading("b", 1, json!(2)), heading("a", 0, json!(1))]), &[]);
}

#[test]
fn a_report_is_bounded_and_says_so() {
    let rows: Vec<_> = (0..=FINDINGS_MAX).map(|n| atom(&format!("a{n}"), None, n, "text", json!({}))).collect();
    let report = audit(&atoms(&Value::Array(rows)));
    assert_eq!((report.findings.len(), report.truncated), (FINDINGS_MAX, true));
    assert_eq!(report.checks.iter().map(|count| count.findings).sum::<usize>(), FINDINGS_MAX + 1);
}

proptest! {
    /// A document has no orphans, however its atoms are listed; and every atom is looked at once.
    #[test]
    fn a_document_has_no_orphans(parents in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40)) {
        let mut rows: Vec<Atom> = Vec::new();
        for (n, parent) in parents.iter().enumerate() {
            let parent = (n > 0).then(|| parent.index(n + 1)).and_then(|at| rows.get(at)).map(|atom| atom.atom_id.clone());
            let index = rows.iter().filter(|atom| atom.parent_id == parent).count();
            let (atom_id, kind, tokens) = (format!("a{n}").parse().unwrap(), "frame".to_owned(), Default::default());
            rows.push(Atom { atom_id, parent_id: parent, index, kind, tokens });
        }
        prop_assert!(Document::from_atoms(rows.clone()).is_ok());
        let outline = canvas::audit::Outline::of(&rows);
        prop_assert_eq!((outline.reached.len(), outline.orphans.len()), (rows.len(), 0));
        rows.reverse();
        prop_assert!(audit(&rows).passed);
    }
}
