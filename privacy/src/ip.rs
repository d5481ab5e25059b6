//! Addresses on the internet, read by the standard library; not versions, and not the machine itself.

use crate::detect::{Detector, Finding, after, before, is_word};
use crate::kind::Kind;
use regex::Regex;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

/// Finds addresses on the internet.
pub(crate) struct Ips;

static V4: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d{1,3}(?:\.\d{1,3}){3}").expect("a pattern of ours"));
static V6: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*").expect("a pattern of ours"));

/// What stands before four numbers that are a version.
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:\bv|\bver\.?|versions?|versión|versione|versão|wersja|wersji|verze|versjon|версия|версии|版本|バージョン|section|chapter|kapitel|abschnitt|release|revision|build|upgrade[d]? to|update[d]? to|[a-z]-v?|/v?|==|[~^])(?:\s+(?:is|ist|number|nr\.?|no\.?|to|auf|from|von))?[\s:=]*$",
    )
    .expect("a pattern of ours")
});

/// How far back such a word may stand.
const BEFORE_CHARS: usize = 24;

impl Detector for Ips {
    fn find(&self, text: &str) -> Vec<Finding> {
        let v4 = V4.find_iter(text).map(|found| found.range()).filter(|range| is_v4(text, range));
        let v6 = V6.find_iter(text).filter_map(|found| v6_in(text, found.range()));
        v4.chain(v6).map(|range| Finding { range, kind: Kind::Ip }).collect()
    }
}

fn is_v4(text: &str, range: &Range<usize>) -> bool {
    let (left, right) = (before(text, range.start), after(text, range.end));
    let goes_on = |at: Option<char>| is_word(at) || at == Some('+');
    let is_longer = right == Some('.') && text[range.end + 1..].starts_with(|c: char| c.is_ascii_alphanumeric());
    if goes_on(left) || left == Some('.') || goes_on(right) || is_longer {
        return false;
    }
    let Ok(address) = text[range.clone()].parse::<Ipv4Addr>() else { return false };
    !address.is_loopback() && !address.is_unspecified() && !is_version(text, range)
}

fn is_version(text: &str, range: &Range<usize>) -> bool {
    let start = text[..range.start].char_indices().rev().take(BEFORE_CHARS).last().map_or(range.start, |(at, _)| at);
    let is_addressed = text[..range.start].ends_with("://");
    let after = &text[range.end..];
    let is_candidate = ["-rc", "-beta", "-alpha", "-dev", "-SNAPSHOT"].iter().any(|end| after.starts_with(end));
    !is_addressed && (is_candidate || VERSION.is_match(&text[start..range.start]))
}

fn v6_in(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let trimmed = text[range.clone()].trim_end_matches('.');
    let trimmed = if trimmed.ends_with("::") { trimmed } else { trimmed.trim_end_matches(':') };
    let range = range.start..range.start + trimmed.len();
    if is_word(before(text, range.start)) || is_word(after(text, range.end)) {
        return None;
    }
    let address: Ipv6Addr = trimmed.parse().ok()?;
    let groups = trimmed.split(':').filter(|group| !group.is_empty());
    let is_code = !trimmed.contains(|c: char| c.is_ascii_digit())
        || (groups.clone().count() < 3 && groups.clone().all(|group| group.len() < 3));
    (!is_code && !address.is_loopback() && !address.is_unspecified()).then_some(range)
}
