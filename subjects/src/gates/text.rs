//! The texts of what gates decide on, each in its form: names for programs, words for people.

use crate::words::checked_text;
use serde::Serialize;

/// What is no such text. It is not repeated: it may be hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// No name.
    #[error("a name is 1 to {NAME_CHARS_MAX} of A-Z a-z 0-9 _ - . : /")]
    Name,
    /// No words.
    #[error("it is 1 to {WORDS_CHARS_MAX} characters, not all of them blank, and none of them NUL")]
    Words,
}

const NAME_CHARS_MAX: usize = 128;
const WORDS_CHARS_MAX: usize = 2_000;

/// Names an action, a provider, a KPI or a unit: 1–128 of `[A-Za-z0-9_.:/-]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Name(Box<str>);

/// What is said to people: a reason, a title, a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Words(Box<str>);

fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// PostgreSQL keeps no NUL.
fn are_words(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains('\0') && text.chars().nth(WORDS_CHARS_MAX).is_none()
}

checked_text!(Name, is_name, InvalidText::Name, InvalidText);
checked_text!(Words, are_words, InvalidText::Words, InvalidText);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_form_and_no_other() {
        let check = |text: &str, name: bool, words: bool| {
            assert_eq!(text.parse::<Name>().is_ok(), name, "name {text:?}");
            assert_eq!(text.parse::<Words>().is_ok(), words, "words {text:?}");
        };
        check("builder:publish_page", true, true);
        check("a.b/c-1", true, true);
        check("two words", false, true);
        check("größe", false, true);
        check("", false, false);
        check(" \n", false, false);
        check("a\0b", false, false);
        check(&"a".repeat(128), true, true);
        check(&"a".repeat(129), false, true);
        check(&"ä".repeat(2_000), false, true);
        check(&"ä".repeat(2_001), false, false);
    }
}
