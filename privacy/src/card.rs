//! Numbers of payment cards: by their length, their grouping, their first digit and their check digit.

use crate::detect::{Detector, Finding, after, before, is_word};
use crate::kind::Kind;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Finds numbers of payment cards.
pub(crate) struct Cards;

static RUN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d+(?:[ .\-\u{a0}\u{202f}]\d+)*").expect("a pattern of ours"));
static GROUP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+").expect("a pattern of ours"));

/// How cards are printed, in digits per group; one group may be of any length.
const GROUPINGS: [&[usize]; 6] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3], &[4, 4, 5], &[4, 4, 4, 1]];

/// Whole numbers of this many digits may be a card.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

impl Detector for Cards {
    fn find(&self, text: &str) -> Vec<Finding> {
        RUN.find_iter(text)
            .flat_map(|run| in_run(text, run.range()))
            .map(|range| Finding { range, kind: Kind::Card })
            .collect()
    }
}

fn in_run(text: &str, run: Range<usize>) -> Vec<Range<usize>> {
    let groups: Vec<Range<usize>> =
        GROUP.find_iter(&text[run.clone()]).map(|group| run.start + group.start()..run.start + group.end()).collect();
    let mut found = Vec::new();
    let mut first = 0;
    while first < groups.len() {
        let taken =
            (1..=5).rev().find(|taken| groups.get(first..first + taken).is_some_and(|groups| is_card(text, groups)));
        if let Some(taken) = taken {
            found.push(groups[first].start..groups[first + taken - 1].end);
        }
        first += taken.unwrap_or(1);
    }
    found
}

fn is_card(text: &str, groups: &[Range<usize>]) -> bool {
    let (start, end) = (groups[0].start, groups[groups.len() - 1].end);
    let lengths: Vec<usize> = groups.iter().map(Range::len).collect();
    let is_printed = lengths.len() == 1 || GROUPINGS.contains(&lengths.as_slice());
    if !is_printed || is_word(before(text, start)) || is_word(after(text, end)) {
        return false;
    }
    let digits: Vec<u8> = text[start..end].bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    DIGITS.contains(&digits.len()) && is_issued(&digits) && passes_luhn(&digits)
}

/// No network issues numbers that begin with 0 or 1 (which moments in milliseconds do), and few that are short.
fn is_issued(digits: &[u8]) -> bool {
    let is_one_digit = digits.iter().all(|digit| *digit == digits[0]);
    let begins_well = match digits.len() {
        13 => digits[0] == 4 || digits[0] == 5 || digits[0] == 6,
        14 => digits[0] == 3 || digits[0] == 5 || digits[0] == 6,
        15 => matches!(digits[0], 2 | 3 | 5 | 6),
        _ => digits[0] >= 2,
    };
    begins_well && !is_one_digit
}

/// Whether the check digit is right.
pub(crate) fn passes_luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let weigh = |(place, digit): (usize, &u8)| u32::from(if place % 2 == 1 { doubled(*digit) } else { *digit });
    digits.iter().rev().enumerate().map(weigh).sum::<u32>() % 10 == 0
}
