//! The checks. One more is one more line in [`CHECKS`] and a function that tells what it finds.

use super::{Check, Finding, Outline};
use serde_json::Value;
use subjects::document::Atom;

/// Every check, in the order of the report.
pub const CHECKS: [Check; 5] = [
    Check { name: ORPHAN, run: orphans },
    Check { name: EMPTY, run: empty },
    Check { name: TOO_LONG, run: too_long },
    Check { name: ALT_MISSING, run: alt_missing },
    Check { name: HEADING_ORDER, run: heading_order },
];

const ORPHAN: &str = "orphan_atom";
const EMPTY: &str = "required_token_empty";
const TOO_LONG: &str = "text_too_long";
const ALT_MISSING: &str = "alt_text_missing";
const HEADING_ORDER: &str = "heading_order";

const HEADING: &str = "heading";
const IMAGE: &str = "image";
const ALT: &str = "alt";

/// What an atom of a kind must say: one of these tokens, not empty.
const REQUIRED: [(&str, &[&str]); 6] = [
    (HEADING, &["text", "title"]),
    ("text", &["text"]),
    ("paragraph", &["text"]),
    ("button", &["label", "text", "title"]),
    ("link", &["href"]),
    (IMAGE, &["src"]),
];
/// Tokens that people read.
const TEXTS: [&str; 4] = ["text", "title", "label", ALT];
/// The longest text of a kind, in characters.
const CHARS_MAX_OF: [(&str, usize); 3] = [(HEADING, 120), ("button", 40), ("link", 120)];
/// The longest text of any other kind.
const CHARS_MAX: usize = 5_000;
/// The longest alternative text: it is read aloud in one go.
const ALT_CHARS_MAX: usize = 250;

/// Atoms that hang under nothing that is shown.
fn orphans(outline: &Outline<'_>) -> Vec<Finding> {
    let detail = |atom: &Atom| match &atom.parent_id {
        Some(parent_id) => format!("It hangs under {parent_id}, which the root does not reach."),
        None => "Another atom has the same id.".to_owned(),
    };
    outline.orphans.iter().map(|atom| finding(ORPHAN, atom, None, detail(atom))).collect()
}

/// Atoms that lack what their kind must say.
fn empty(outline: &Outline<'_>) -> Vec<Finding> {
    let check = |atom: &&Atom| {
        let (_, paths) = REQUIRED.iter().find(|(kind, _)| *kind == atom.kind)?;
        let is_said = paths.iter().any(|path| says(atom, path));
        let detail = || format!("A {} says {}; here it is empty or missing.", atom.kind, paths.join(" or "));
        (!is_said).then(|| finding(EMPTY, atom, paths.first().copied(), detail()))
    };
    outline.reached.iter().filter_map(check).collect()
}

/// Texts that are longer than their kind bears.
fn too_long(outline: &Outline<'_>) -> Vec<Finding> {
    let check = |atom: &Atom, path: &'static str| {
        let chars = text(atom, path)?.chars().count();
        let most = chars_max(&atom.kind, path);
        let detail = || format!("{path} has {chars} characters; {most} are the most.");
        (chars > most).then(|| finding(TOO_LONG, atom, Some(path), detail()))
    };
    outline.reached.iter().flat_map(|atom| TEXTS.into_iter().filter_map(move |path| check(atom, path))).collect()
}

/// Images that say nothing to who cannot see them. An image that only decorates says so by `decorative: true`.
fn alt_missing(outline: &Outline<'_>) -> Vec<Finding> {
    let is_decorative = |atom: &Atom| atom.tokens.get("decorative") == Some(&Value::Bool(true));
    let images = outline.reached.iter().filter(|atom| atom.kind == IMAGE);
    let silent = images.filter(|atom| !is_decorative(atom) && !says(atom, ALT));
    silent.map(|atom| finding(ALT_MISSING, atom, Some(ALT), "The image has no alternative text.".to_owned())).collect()
}

/// Headings that leave a level out. The first has level 1; each later one goes at most one deeper than the one before.
fn heading_order(outline: &Outline<'_>) -> Vec<Finding> {
    let mut before = 0;
    let mut found = Vec::new();
    for atom in outline.reached.iter().filter(|atom| atom.kind == HEADING) {
        let level = atom.tokens.get("level").and_then(Value::as_u64).unwrap_or(1);
        if level > before + 1 || level == 0 {
            let detail = format!("A heading of level {level} follows level {before}; {} was due at most.", before + 1);
            found.push(finding(HEADING_ORDER, atom, Some("level"), detail));
        }
        before = level;
    }
    found
}

fn finding(check: &'static str, atom: &Atom, path: Option<&'static str>, detail: String) -> Finding {
    Finding { check, atom_id: atom.atom_id.clone(), path, detail }
}

fn chars_max(kind: &str, path: &str) -> usize {
    let of_kind = CHARS_MAX_OF.iter().find(|(it, _)| *it == kind).map(|(_, most)| *most);
    if path == ALT { ALT_CHARS_MAX } else { of_kind.unwrap_or(CHARS_MAX) }
}

fn text<'a>(atom: &'a Atom, path: &str) -> Option<&'a str> {
    atom.tokens.get(path).and_then(Value::as_str)
}

fn says(atom: &Atom, path: &str) -> bool {
    text(atom, path).is_some_and(|text| !text.trim().is_empty())
}
