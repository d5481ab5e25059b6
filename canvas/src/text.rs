//! Positions in a text as a browser counts them: in UTF-16 code units.

use crate::invalid::Reason;
use std::ops::Range;

/// The bytes that stand between two positions.
pub(crate) fn bytes_between(text: &str, from: usize, to: usize) -> Result<Range<usize>, Reason> {
    if from > to {
        return Err(Reason::RangeReversed);
    }
    Ok(byte_at(text, from)?..byte_at(text, to)?)
}

/// The length of a text in UTF-16 code units.
pub(crate) fn units(text: &str) -> usize {
    text.as_bytes().chunks(CHUNK_BYTES).map(units_of_chunk).sum()
}

/// Where a position stands in the bytes of the text.
fn byte_at(text: &str, position: usize) -> Result<usize, Reason> {
    let (mut byte, mut unit) = skip_chunks(text, position);
    for first in &text.as_bytes()[byte..] {
        let units = units_begun(*first);
        if units > 0 && unit >= position {
            break;
        }
        unit += usize::from(units);
        byte += 1;
    }
    match unit.cmp(&position) {
        std::cmp::Ordering::Less => Err(Reason::PositionBeyondEnd),
        std::cmp::Ordering::Equal => Ok(byte),
        std::cmp::Ordering::Greater => Err(Reason::PositionInSurrogatePair),
    }
}

/// Goes over all chunks that end at or before the position. May stop between the bytes of a character that is
/// counted already.
fn skip_chunks(text: &str, position: usize) -> (usize, usize) {
    let (mut byte, mut unit) = (0, 0);
    for chunk in text.as_bytes().chunks(CHUNK_BYTES) {
        let after = unit + units_of_chunk(chunk);
        if after > position {
            break;
        }
        byte += chunk.len();
        unit = after;
    }
    (byte, unit)
}

/// Small enough for the sum to fit a byte, which lets the compiler add many at once.
const CHUNK_BYTES: usize = 64;

fn units_of_chunk(chunk: &[u8]) -> usize {
    usize::from(chunk.iter().copied().map(units_begun).sum::<u8>())
}

/// The code units of the character that this byte begins; none if it continues one.
fn units_begun(byte: u8) -> u8 {
    let continues = byte & 0b1100_0000 == 0b1000_0000;
    let is_pair = byte >= 0b1111_0000;
    u8::from(!continues) + u8::from(is_pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same question asked of real UTF-16.
    fn reference(text: &str, position: usize) -> Result<usize, Reason> {
        let wide: Vec<u16> = text.encode_utf16().collect();
        let before = wide.get(..position).ok_or(Reason::PositionBeyondEnd)?;
        let before = String::from_utf16(before).map_err(|_| Reason::PositionInSurrogatePair)?;
        Ok(before.len())
    }

    #[test]
    fn positions_are_utf16() {
        let check = |text, from, to, expected| assert_eq!(bytes_between(text, from, to), expected);
        check("", 0, 0, Ok(0..0));
        check("", 0, 1, Err(Reason::PositionBeyondEnd));
        check("abc", 1, 2, Ok(1..2));
        check("abc", 3, 3, Ok(3..3));
        check("abc", 2, 1, Err(Reason::RangeReversed));
        check("abc", 9, 8, Err(Reason::RangeReversed));
        check("aéb", 1, 2, Ok(1..3));
        check("a€b", 1, 2, Ok(1..4));
        check("a😀b", 1, 3, Ok(1..5));
        check("a😀b", 1, 2, Err(Reason::PositionInSurrogatePair));
        check("a😀", 2, 3, Err(Reason::PositionInSurrogatePair));
        check("a😀", 3, 3, Ok(5..5));
        check("a😀", 3, 4, Err(Reason::PositionBeyondEnd));
    }

    proptest! {
        #[test]
        fn positions_agree_with_real_utf16(text in "([a-z]{0,70}|[é€😀𝄞\u{0}]{0,40}){0,6}", position in 0_usize..400) {
            prop_assert_eq!(byte_at(&text, position), reference(&text, position));
            prop_assert_eq!(units(&text), text.encode_utf16().count());
        }
    }
}
