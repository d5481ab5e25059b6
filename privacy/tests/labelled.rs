//! What the detectors find in sentences of which it is known what is in them, and what they miss. The sentences were written with
//! the detectors: on others' texts they will do worse, and names of people they do not look for at all.
//!
//! `cargo nextest run -p privacy --no-capture` prints the table.

use privacy::{DETECTORS, find_all};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

const SENTENCES: &str = include_str!("labelled.jsonl");

/// Kinds, with the least recall and the least precision that is asked of them. No pattern finds a name.
const FLOORS: [(&str, f64, f64); 7] = [
    ("email", 0.99, 0.90),
    ("iban", 0.99, 0.99),
    ("card", 0.99, 0.90),
    ("ip", 0.99, 0.85),
    ("phone", 0.99, 0.90),
    ("address", 0.85, 0.90),
    ("name", 0.0, 1.0),
];

#[derive(Deserialize)]
struct Sentence {
    text: String,
}

/// A part of a text, and what it is.
#[derive(Debug, Clone, PartialEq)]
struct Span {
    range: Range<usize>,
    kind: String,
}

#[derive(Default)]
struct Score {
    labelled: u32,
    covered: u32,
    found: u32,
    right: u32,
    wrong: Vec<String>,
}

impl Score {
    fn recall(&self) -> f64 {
        if self.labelled == 0 { 1.0 } else { f64::from(self.covered) / f64::from(self.labelled) }
    }

    fn precision(&self) -> f64 {
        if self.found == 0 { 1.0 } else { f64::from(self.right) / f64::from(self.found) }
    }
}

/// The text of a sentence without its labels, and these: `[[kind|text]]`.
fn read(marked: &str) -> (String, Vec<Span>) {
    let (mut text, mut spans) = (String::new(), Vec::new());
    let mut rest = marked;
    while let Some((before, behind)) = rest.split_once("[[") {
        text.push_str(before);
        let (label, behind) = behind.split_once("]]").expect("the end of a label");
        let (kind, words) = label.split_once('|').expect("a kind");
        spans.push(Span { range: text.len()..text.len() + words.len(), kind: kind.to_owned() });
        text.push_str(words);
        rest = behind;
    }
    text.push_str(rest);
    (text, spans)
}

fn scores() -> (usize, BTreeMap<String, Score>) {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let sentences = SENTENCES.lines().map(|line| serde_json::from_str::<Sentence>(line).expect("a sentence"));
    let mut count = 0;
    for sentence in sentences {
        count += 1;
        let (text, labelled) = read(&sentence.text);
        let found: Vec<_> = find_all(&DETECTORS, &text)
            .into_iter()
            .map(|finding| Span { range: finding.range, kind: finding.kind.as_str().to_owned() })
            .collect();
        for span in &labelled {
            let score = scores.entry(span.kind.clone()).or_default();
            score.labelled += 1;
            // All of it is gone, whatever it was taken for: that is what counts. The kind shows in the precision.
            let is_gone = |other: &Span| other.range.start <= span.range.start && span.range.end <= other.range.end;
            if found.iter().any(is_gone) {
                score.covered += 1;
            } else {
                score.wrong.push(format!("missed {:?} in {text:?}", &text[span.range.clone()]));
            }
        }
        for span in &found {
            let score = scores.entry(span.kind.clone()).or_default();
            score.found += 1;
            let is_it = |other: &&Span| other.range.start < span.range.end && span.range.start < other.range.end;
            match labelled.iter().find(is_it) {
                Some(label) if label.kind == span.kind => score.right += 1,
                Some(label) => score.wrong.push(format!("{} taken for {}: {text:?}", label.kind, span.kind)),
                None => score.wrong.push(format!("{:?} is none: {text:?}", &text[span.range.clone()])),
            }
        }
    }
    (count, scores)
}

#[test]
fn precision_and_recall_per_kind() {
    let (sentences, scores) = scores();
    println!("{sentences} sentences\nkind      labelled  recall  found  precision");
    for (kind, score) in &scores {
        let (recall, precision) = (score.recall(), score.precision());
        println!("{kind:<9} {:>8}  {recall:>6.3}  {:>5}  {precision:>9.3}", score.labelled, score.found);
        score.wrong.iter().for_each(|wrong| println!("          {wrong}"));
    }
    assert!(sentences >= 300, "{sentences} sentences");
    for (kind, recall, precision) in FLOORS {
        let score = &scores[kind];
        assert!(score.recall() >= recall, "recall of {kind}: {:.3}", score.recall());
        assert!(score.precision() >= precision, "precision of {kind}: {:.3}", score.precision());
    }
}
