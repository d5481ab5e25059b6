//! Telephone numbers: with a country's code, with a word before them that says so, or in a form that only they have.

use crate::detect::{Detector, Finding, after, before, is_word};
use crate::kind::Kind;
use phonenumber::country::Id;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Finds telephone numbers.
pub(crate) struct Phones;

static RUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[+＋]?\(?[+＋]?\d(?:[ \t().\-/\u{a0}\u{202f}\u{2010}-\u{2013}]{0,3}\d){5,19}")
        .expect("a pattern of ours")
});

/// Words after which a number is a telephone number.
static SURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?: \btel\b | \btél\b | telef | teléf | \bphone | telephone | \bfon\b | \bmobil | \bmóvil | \bmovil | \bcell | \bcel\b
            | \bhandy | whatsapp | \bsms\b | \bfax\b | portable | cellulare | celular | gsm | тел | 电话 | 電話 | 手机 | 携帯 | 전화
            | rufnummer | durchwahl | hotline | téléphone | numéro\ de | número\ de ) [^0-9]{0,24}$",
    )
    .expect("a pattern of ours")
});

/// Words after which a number that can be one is one.
static LIKELY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?: \bcall | \bring\b | \btext\b | \bdial | \breach | \bruf\w* | \banruf\w* | \berreich\w* | \bnummer\b | \bnumber\b | appel | joindre
            | ll[aá]m | chiam | \bbel\b | \bbellen\b | \bbereik | ligar | ligue | zadzwo | \bnum[eé]ro | \bnúmero | позвон | contact | kontakt ) [^0-9]{0,24}$",
    )
    .expect("a pattern of ours")
});

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?: (?:0?[1-9]|[12]\d|3[01])[./-]\s?(?:0?[1-9]|[12]\d|3[01])[./-]\s?(?:\d{4}|\d{2}) | \d{4}[./-]\d{1,2}[./-]\d{1,2} )
            (?:[^\d./-]|$)",
    )
    .expect("a pattern of ours")
});
static NORTH_AMERICA: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}$").expect("a pattern of ours"));

/// How far back a word may stand.
const BEFORE_CHARS: usize = 40;

/// Countries whose numbers begin with 0 when the country's code is left out.
const TRUNK: [Id; 14] =
    [Id::DE, Id::GB, Id::FR, Id::AT, Id::CH, Id::NL, Id::BE, Id::IT, Id::SE, Id::AU, Id::JP, Id::IN, Id::IE, Id::ZA];

/// Those, and others whose numbers begin with anything.
const OTHERS: [Id; 9] = [Id::US, Id::ES, Id::PT, Id::BR, Id::PL, Id::CN, Id::DK, Id::NO, Id::MX];

impl Detector for Phones {
    fn find(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(run) = text.get(from..).and_then(|rest| RUN.find(rest)) {
            let run = from + run.start()..from + run.end();
            let number = number_in(text, run.clone());
            from = number.as_ref().map_or_else(|| next_group(text, &run), |number| number.end);
            found.extend(number.map(|range| Finding { range, kind: Kind::Phone }));
        }
        found
    }
}

/// Where the search goes on after a run that begins with no number: behind its first group of digits.
fn next_group(text: &str, run: &Range<usize>) -> usize {
    let digits = text[run.clone()].find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let rest = &text[run.start + digits..run.end];
    run.start + digits + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
}

/// The longest number that the run begins with, ending where a group does.
fn number_in(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let said = Said::before(text, run.start);
    let glued = |c: char| matches!(c, '.' | ',' | '#' | '$' | '€' | '£' | '=' | '@' | '/' | '%' | '-');
    let left = before(text, run.start);
    if is_word(left) || (said != Said::Sure && left.is_some_and(glued)) || DATE.is_match(&text[run.clone()]) {
        return None;
    }
    let mut end = run.end;
    loop {
        let number = &text[run.start..end];
        if ends_well(text, end) && is_number(number, said) {
            return Some(run.start..end);
        }
        let shorter =
            number.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(|c: char| !c.is_ascii_digit());
        if shorter.is_empty() || shorter.len() == number.len() {
            return None;
        }
        end = run.start + shorter.len();
    }
}

fn ends_well(text: &str, end: usize) -> bool {
    let rest = &text[end..];
    let is_decimal = rest.starts_with(['.', ',', ':']) && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_unit = rest.trim_start().starts_with(['€', '$', '£', '%']);
    let has_extension = ["x", "ext"].iter().any(|word| {
        rest.strip_prefix(word)
            .is_some_and(|rest| rest.starts_with([' ', '.']) || rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    !is_decimal && !is_unit && (has_extension || !is_word(after(text, end)))
}

/// What the words before a number say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Sure,
    Likely,
    Nothing,
}

impl Said {
    fn before(text: &str, at: usize) -> Self {
        let start = text[..at].char_indices().rev().take(BEFORE_CHARS).last().map_or(at, |(start, _)| start);
        let words = &text[start..at];
        match (SURE.is_match(words), LIKELY.is_match(words)) {
            (true, _) => Self::Sure,
            (false, true) => Self::Likely,
            (false, false) => Self::Nothing,
        }
    }
}

fn is_number(text: &str, said: Said) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.contains(['+', '＋']) {
        return (8..=15).contains(&digits.len()) && phonenumber::parse(None, format!("+{digits}")).is_ok();
    }
    if let Some(abroad) = digits.strip_prefix("00").filter(|abroad| (9..=15).contains(&abroad.len()))
        && phonenumber::parse(None, format!("+{abroad}")).is_ok_and(|number| number.is_valid())
    {
        return true;
    }
    match said {
        Said::Sure => (6..=15).contains(&digits.len()),
        Said::Likely => is_of(&digits, &TRUNK) || is_of(&digits, &OTHERS),
        Said::Nothing => has_its_form(text, &digits),
    }
}

fn has_its_form(text: &str, digits: &str) -> bool {
    let is_parted = text.contains(|c: char| !c.is_ascii_digit());
    let is_local = digits.starts_with('0') && (if is_parted { 9..=13 } else { 10..=12 }).contains(&digits.len());
    (is_local && is_of(digits, &TRUNK)) || (NORTH_AMERICA.is_match(text) && is_of(digits, &[Id::US]))
}

fn is_of(digits: &str, countries: &[Id]) -> bool {
    (7..=13).contains(&digits.len())
        && countries
            .iter()
            .any(|country| phonenumber::parse(Some(*country), digits).is_ok_and(|number| number.is_valid()))
}
