//! Detectors, and what they find together.

use crate::address::Addresses;
use crate::card::Cards;
use crate::email::Emails;
use crate::iban::Ibans;
use crate::ip::Ips;
use crate::kind::Kind;
use crate::own;
use crate::phone::Phones;
use std::ops::Range;

/// Personal data in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What.
    pub kind: Kind,
}

/// Finds personal data of one or more kinds.
pub trait Detector: Sync {
    /// What is found in a text, in any order. Ranges lie on the borders of characters.
    fn find(&self, text: &str) -> Vec<Finding>;
}

/// Ours. Where two find the same, the first says what it is.
pub const DETECTORS: [&dyn Detector; 6] = [&Emails, &Ibans, &Cards, &Ips, &Phones, &Addresses];

/// What the detectors find in a text, from left to right, none touching another. What lies in an id of ours is not a finding,
/// unless it is an email address or an IBAN, which no id of ours can be.
pub fn find_all(detectors: &[&dyn Detector], text: &str) -> Vec<Finding> {
    let ours = own::spans(text);
    let mut found: Vec<Finding> = Vec::new();
    for finding in detectors.iter().flat_map(|detector| detector.find(text)) {
        let is_ours =
            !matches!(finding.kind, Kind::Email | Kind::Iban) && ours.iter().any(|span| meet(span, &finding.range));
        if is_ours || finding.range.is_empty() {
            continue;
        }
        join(&mut found, finding);
    }
    found.sort_by_key(|finding| finding.range.start);
    found
}

/// What meets others becomes one with them, under the first one's kind.
fn join(found: &mut Vec<Finding>, finding: Finding) {
    let Some(first) = found.iter().position(|other| meet(&other.range, &finding.range)) else {
        return found.push(finding);
    };
    let mut range = finding.range;
    let kind = found[first].kind;
    found.retain(|other| {
        let met = meet(&other.range, &range);
        if met {
            range = range.start.min(other.range.start)..range.end.max(other.range.end);
        }
        !met
    });
    found.push(Finding { range, kind });
}

fn meet(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// The character before a place.
pub(crate) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character at a place.
pub(crate) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Whether a character goes on a word or an id.
pub(crate) fn is_word(at: Option<char>) -> bool {
    at.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Vec<Finding>);

    impl Detector for Fixed {
        fn find(&self, _: &str) -> Vec<Finding> {
            self.0.clone()
        }
    }

    fn finding(range: Range<usize>, kind: Kind) -> Finding {
        Finding { range, kind }
    }

    #[test]
    fn what_meets_becomes_one() {
        let first = Fixed(vec![finding(2..4, Kind::Email)]);
        let second = Fixed(vec![finding(3..6, Kind::Phone), finding(6..7, Kind::Ip), finding(0..1, Kind::Phone)]);
        assert_eq!(
            find_all(&[&first, &second], "abc defgh"),
            [finding(0..1, Kind::Phone), finding(2..6, Kind::Email), finding(6..7, Kind::Ip)]
        );
    }
}
