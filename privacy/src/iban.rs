//! Bank accounts by their IBAN: country, length and form of the country, check digits.

use crate::detect::{Detector, Finding, after, before};
use crate::kind::Kind;
use iban::Iban;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Finds IBANs.
pub(crate) struct Ibans;

static RUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z]{2}\d{2}(?:[ \-\u{a0}\u{202f}]?[A-Za-z0-9]{1,30}){1,12}").expect("a pattern of ours")
});

impl Detector for Ibans {
    fn find(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(run) = text.get(from..).and_then(|rest| RUN.find(rest)) {
            let run = from + run.start()..from + run.end();
            let account = account_in(text, run.clone());
            from = account.as_ref().map_or(run.start + 4, |account| account.end);
            found.extend(account.map(|range| Finding { range, kind: Kind::Iban }));
        }
        found
    }
}

/// The longest account that the run begins with, ending where a group does.
fn account_in(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    if is_joined(before(text, run.start)) {
        return None;
    }
    let ends = text[run.clone()].char_indices().map(|(at, c)| run.start + at + c.len_utf8()).rev();
    ends.filter(|end| !is_joined(after(text, *end)) || is_hyphen(after(text, *end)))
        .map(|end| run.start..end)
        .find(|range| is_account(&text[range.clone()]))
}

fn is_account(text: &str) -> bool {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    (15..=34).contains(&plain.len()) && plain.parse::<Iban>().is_ok()
}

fn is_joined(at: Option<char>) -> bool {
    at.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn is_hyphen(at: Option<char>) -> bool {
    at == Some('-')
}
