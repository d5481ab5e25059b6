//! Email addresses, also where `@` and dots are written in brackets.

use crate::detect::{Detector, Finding};
use crate::kind::Kind;
use regex::Regex;
use std::sync::LazyLock;

/// Finds email addresses.
pub(crate) struct Emails;

static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        [\p{L}\p{N}._%+'-]* [\p{L}\p{N}_%+-]
        (?: @ | \s?[\[({]\s?(?i:at|ät)\s?[\])}]\s? )
        [\p{L}\p{N}-]+
        (?: (?: \. | \s?[\[({]\s?(?i:dot|punkt|punto|point)\s?[\])}]\s? ) [\p{L}\p{N}-]+ )*
        (?: \. | \s?[\[({]\s?(?i:dot|punkt|punto|point)\s?[\])}]\s? )
        (?: xn--[a-z0-9-]+ | \p{L}{2,24} )",
    )
    .expect("a pattern of ours")
});

impl Detector for Emails {
    fn find(&self, text: &str) -> Vec<Finding> {
        if !text.contains(['@', '[', '(', '{']) {
            return Vec::new();
        }
        FORM.find_iter(text).map(|found| Finding { range: found.range(), kind: Kind::Email }).collect()
    }
}
