//! Ids of our own in a text, and other things that look like personal data and are none.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// UUIDs, ids by their prefix, and moments.
static FORMS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})
        | \b[a-z]{1,3}_[A-Za-z0-9_-]+
        | \b\d{4}-\d{2}-\d{2}(?:[T\ ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?",
    )
    .expect("a pattern of ours")
});

/// What may be a hash, a sealed cursor, a key or an id without a prefix.
static WORDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9_-]{16,}").expect("a pattern of ours"));

/// Where ids of ours stand, in any order.
pub(crate) fn spans(text: &str) -> Vec<Range<usize>> {
    let words = WORDS.find_iter(text).filter(|word| is_sealed(word.as_str()));
    FORMS.find_iter(text).chain(words).map(|span| span.range()).collect()
}

/// Whether a long word is letters and digits all through, as hashes and sealed texts are, and not a number beside a word, as in
/// `mobile-0171-3920012`.
fn is_sealed(word: &str) -> bool {
    let turns =
        word.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic()).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    letters > 0 && digits > 0 && (turns > 0 || word.len() >= 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut found: Vec<&str> = spans(text).into_iter().map(|span| &text[span]).collect();
        found.dedup();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn ids_of_ours() {
        check("tenant t_acme-030-2312-5123 here", &["t_acme-030-2312-5123"]);
        check("on 2026-11-20T20:13:58.123Z", &["2026-11-20T20:13:58.123Z"]);
        check("at 4f6b2c1d9e8a7b6c", &["4f6b2c1d9e8a7b6c"]);
        check("mobile-0171-3920012", &[]);
        check("4111111111111111", &[]);
        check("call 0171 3920012", &[]);
    }
}
