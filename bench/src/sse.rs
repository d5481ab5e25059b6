//! Server-Sent Events as bytes come in: cut into blocks, and what a figure wants to know of each.

use crate::pieces::{Pieces, Refused};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// What one block said. What is absent was not said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// The name on its `event:` line.
    pub(crate) event: Option<&'a str>,
    /// Its `id:`, which is the cursor after it.
    pub(crate) id: Option<&'a str>,
    /// Its `data:`.
    pub(crate) data: Option<&'a [u8]>,
}

/// Cuts a response into blocks, whatever pieces it arrives in.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    pieces: Pieces,
}

static BLOCK_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n\n"));
static SEQ: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"seq\":"));
static SENT_US: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"sent_us\":"));
static CURSOR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"cursor\":\""));

impl Scanner {
    /// Takes bytes in and hands out every block that is whole, with its end.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Refused> {
        self.pieces.feed(bytes, b"HTTP/1.1 200", |bytes| blocks(bytes, &mut each))
    }
}

/// Hands out the whole blocks and says how many bytes they were.
fn blocks(bytes: &[u8], each: &mut impl FnMut(&[u8])) -> usize {
    let mut used = 0;
    while let Some(length) = BLOCK_END.find(&bytes[used..]) {
        each(&bytes[used..used + length + 2]);
        used += length + 2;
    }
    used
}

/// The block's lines.
pub(crate) fn parse(block: &[u8]) -> Block<'_> {
    let mut parsed = Block::default();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', block) {
        let line = &block[start..end];
        start = end + 1;
        if let Some(value) = field(line, b"id:") {
            parsed.id = std::str::from_utf8(value).ok();
        } else if let Some(value) = field(line, b"event:") {
            parsed.event = std::str::from_utf8(value).ok();
        } else if let Some(value) = field(line, b"data:") {
            parsed.data = Some(value);
        }
    }
    parsed
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

/// The event's number in its log.
pub(crate) fn seq(data: &[u8]) -> Option<u64> {
    number_behind(&SEQ, data)
}

/// When the event was sent, where it says so.
pub(crate) fn sent_us(data: &[u8]) -> Option<u64> {
    number_behind(&SENT_US, data)
}

/// The cursor that a `hello` carries.
pub(crate) fn cursor(data: &[u8]) -> Option<&str> {
    let text = &data[CURSOR.find(data)? + CURSOR.needle().len()..];
    let end = memchr::memchr(b'"', text)?;
    std::str::from_utf8(&text[..end]).ok()
}

fn number_behind(name: &Finder<'_>, data: &[u8]) -> Option<u64> {
    let digits = &data[name.find(data)? + name.needle().len()..];
    let mut digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).peekable();
    digits.peek()?;
    Some(digits.fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    const BODY: &str =
        ": hi\n\nid: a\nevent: hello\ndata: {\"cursor\":\"a\"}\n\nid:b\ndata:{\"seq\":7,\"sent_us\":12}\n\n";

    #[test]
    fn blocks_are_whole_however_they_arrive() {
        let text = format!("{HEAD}{BODY}");
        for size in 1..text.len() {
            let mut scanner = Scanner::default();
            let mut heard = String::new();
            for piece in text.as_bytes().chunks(size) {
                scanner.feed(piece, |block| heard.push_str(std::str::from_utf8(block).unwrap())).unwrap();
            }
            assert_eq!(heard, BODY, "in pieces of {size}");
        }
    }

    #[test]
    fn a_block_is_read_by_its_lines() {
        let check = |block: &str, event, id, data: Option<&str>| {
            assert_eq!(parse(block.as_bytes()), Block { event, id, data: data.map(str::as_bytes) });
        };
        check("id: a\nevent: hello\ndata: {}\n\n", Some("hello"), Some("a"), Some("{}"));
        check("id:a\n\n", None, Some("a"), None);
        check(": alive\n\n", None, None, None);
    }

    #[test]
    fn numbers_and_cursors_are_found_in_the_data() {
        let data = br#"{"v":1,"seq":41,"cursor":"x-y","data":{"sent_us":99}}"#;
        assert_eq!((seq(data), sent_us(data), cursor(data)), (Some(41), Some(99), Some("x-y")));
        let without = br#"{"seq":null,"cursor":null}"#;
        assert_eq!((seq(without), sent_us(without), cursor(without)), (None, None, None));
    }

    #[test]
    fn a_refusal_is_told() {
        let refusal = "HTTP/1.1 403 Forbidden\r\n\r\n";
        assert_eq!(Scanner::default().feed(refusal.as_bytes(), |_| {}), Err(Refused(refusal.into())));
    }
}
