//! Where the next page of a list begins, sealed: a client can only hand back what we gave it, for the same list.

use crate::error::ApiError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::str::FromStr;
use subjects::code::Code;
use subjects::seal::{SEAL_BYTES, SealKey};

const CONTEXT: &[u8] = b"page/1";

/// The mark behind `last` in the list that `list` names.
pub fn seal(key: &SealKey, list: &[&[u8]], last: &str) -> String {
    let seal = key.seal(&parts(list, last.as_bytes()));
    URL_SAFE_NO_PAD.encode([&seal[..], last.as_bytes()].concat())
}

/// What the page begins behind: the last entry of the page before, from a mark that we made for this list. None for the
/// first page.
pub fn after<T: FromStr>(key: &SealKey, list: &[&[u8]], mark: Option<&str>) -> Result<Option<T>, ApiError> {
    let unnamed = |_| ApiError::new(Code::QueryInvalid, "The cursor names nothing of this list.");
    let last = mark.map(|mark| open(key, list, mark)).transpose()?;
    last.map(|last| last.parse().map_err(unnamed)).transpose()
}

/// Cuts what was found down to the page. One more than `limit` was asked for, which tells whether there is a next page:
/// if so, the last entry of this one is returned.
pub fn cut<T>(found: &mut Vec<T>, limit: usize) -> Option<&T> {
    let has_more = found.len() > limit;
    found.truncate(limit);
    found.last().filter(|_| has_more)
}

/// The last entry of the page before, from a mark that we made for this list.
fn open(key: &SealKey, list: &[&[u8]], mark: &str) -> Result<String, ApiError> {
    let forged = || ApiError::new(Code::QueryInvalid, "The cursor was not made by us for this list.");
    let bytes = URL_SAFE_NO_PAD.decode(mark).map_err(|_| forged())?;
    let (seal, last) = bytes.split_at_checked(SEAL_BYTES).ok_or_else(forged)?;
    if !key.is_sealed(&parts(list, last), seal) {
        return Err(forged());
    }
    String::from_utf8(last.to_vec()).map_err(|_| forged())
}

fn parts<'a>(list: &[&'a [u8]], last: &'a [u8]) -> Vec<&'a [u8]> {
    [CONTEXT].into_iter().chain(list.iter().copied()).chain([last]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_opens_for_its_own_list_and_no_other() {
        let key = SealKey::new(b"secret");
        let mark = seal(&key, &[b"t_a", b"dev"], "c7");
        assert_eq!(open(&key, &[b"t_a", b"dev"], &mark).unwrap(), "c7");
        for (key, list, mark) in [
            (&key, [&b"t_b"[..], b"dev"], mark.as_str()),
            (&key, [b"t_a", b"prod"], &mark),
            (&SealKey::new(b"other"), [b"t_a", b"dev"], &mark),
            (&key, [b"t_a", b"dev"], "YzE"),
            (&key, [b"t_a", b"dev"], "?"),
            (&key, [b"t_a", b"dev"], ""),
        ] {
            assert!(open(key, &list, mark).is_err(), "{mark}");
        }
    }

    #[test]
    fn a_page_goes_on_behind_the_last_entry_of_the_one_before() {
        let check = |found: &[u64], limit, page: &[u64], last: Option<u64>| {
            let mut found = found.to_vec();
            assert_eq!(cut(&mut found, limit).copied(), last);
            assert_eq!(found, page);
        };
        check(&[], 2, &[], None);
        check(&[1, 2], 2, &[1, 2], None);
        check(&[1, 2, 3], 2, &[1, 2], Some(2));
        let key = SealKey::new(b"secret");
        let begins =
            |last: &str| after::<u64>(&key, &[b"t_a"], Some(&seal(&key, &[b"t_a"], last))).map_err(|it| it.code());
        assert_eq!(begins("2"), Ok(Some(2)));
        assert_eq!(begins("c7"), Err(Code::QueryInvalid));
        assert!(after::<u64>(&key, &[b"t_a"], None).is_ok_and(|first| first.is_none()));
    }
}
