//! Where a reader begins: what it asked for, against what there is.

use super::frame::Seals;
use subjects::cursor::{Cursor, Forged};
use subjects::frames::Reason;

/// What a reader asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Whatever comes from now on.
    Live,
    /// All after this place.
    After(Cursor),
    /// All after a place that we never gave it.
    Forged,
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Splice {
    /// With all after this place.
    Resumed(Cursor),
    /// With whatever is live when it arrives; and why, where it asked for something else.
    Live(Option<Reason>),
}

/// All that is retained.
const EVERYTHING: &str = "0";

/// What the reader's `Last-Event-ID` and `?cursor=` ask for. A browser repeats its URL on every reconnect, so the
/// header is the newer of the two.
pub(crate) fn asked(last_event_id: Option<&str>, query: Option<&str>, seals: &Seals) -> Asked {
    let text = last_event_id.filter(|text| !text.is_empty()).or(query);
    match text {
        None | Some("") => Asked::Live,
        Some(EVERYTHING) => Asked::After(Cursor::START),
        Some(text) => match Cursor::open(text, &seals.key, &seals.stream) {
            Ok(cursor) => Asked::After(cursor),
            Err(Forged) => Asked::Forged,
        },
    }
}

/// Where a reader begins that asked so, when the log ends with event `head`. `head` must be no older than the
/// question, or a place that another edge gave a moment ago looks as if it lay ahead.
pub(crate) fn splice(asked: Asked, head: u64) -> Splice {
    match asked {
        Asked::Live => Splice::Live(None),
        Asked::Forged => Splice::Live(Some(Reason::Forged)),
        Asked::After(cursor) if cursor.seq > head => Splice::Live(Some(Reason::Ahead)),
        Asked::After(cursor) => Splice::Resumed(cursor),
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::seals;
    use super::*;
    use subjects::cursor::BusPlace;

    #[test]
    fn the_header_is_newer_than_the_url() {
        let place = Some(BusPlace { epoch: 1, sequence: 9 });
        let (three, four) = (Cursor::after(3), Cursor { seq: 4, place });
        let (sealed_3, sealed_4) = (seals().seal(three), seals().seal(four));
        let check = |header, query, expected| assert_eq!(asked(header, query, &seals()), expected);
        check(None, None, Asked::Live);
        check(Some(""), None, Asked::Live);
        check(None, Some(""), Asked::Live);
        check(None, Some("0"), Asked::After(Cursor::START));
        check(Some(&sealed_4), Some(&sealed_3), Asked::After(four));
        check(Some(&sealed_4), Some("0"), Asked::After(four));
        check(Some(""), Some(&sealed_3), Asked::After(three));
        check(Some("1"), Some(&sealed_3), Asked::Forged);
        check(None, Some("00"), Asked::Forged);
    }

    #[test]
    fn a_reader_goes_on_where_it_was_or_is_told_why_not() {
        let after = |seq| Asked::After(Cursor::after(seq));
        for (asked, head, expected) in [
            (Asked::Live, 0, Splice::Live(None)),
            (Asked::Live, 7, Splice::Live(None)),
            (Asked::Forged, 7, Splice::Live(Some(Reason::Forged))),
            (after(0), 0, Splice::Resumed(Cursor::START)),
            (after(0), 7, Splice::Resumed(Cursor::START)),
            (after(7), 7, Splice::Resumed(Cursor::after(7))),
            (after(8), 7, Splice::Live(Some(Reason::Ahead))),
        ] {
            assert_eq!(splice(asked, head), expected, "{asked:?} at {head}");
        }
    }
}
