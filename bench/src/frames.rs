//! WebSocket frames as bytes come in from a server, and the few that a reader says.

use crate::pieces::{Pieces, Refused};

/// A frame of a server: whole, and not masked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// A text, and how long the frame is with its header.
    Text(&'a [u8], usize),
    /// The server asks whether anybody is there.
    Ping,
    /// The server closes.
    Close,
}

/// Cuts a response into frames, whatever pieces it arrives in.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    pieces: Pieces,
}

/// The answer to [`Frame::Ping`].
pub(crate) const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const MASKED: u8 = 0x80;

impl Scanner {
    /// Takes bytes in and hands out every frame that is whole.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Frame<'_>)) -> Result<(), Refused> {
        self.pieces.feed(bytes, b"HTTP/1.1 101", |bytes| frames(bytes, &mut each))
    }
}

/// Hands out the whole frames and says how many bytes they were.
fn frames(bytes: &[u8], each: &mut impl FnMut(Frame<'_>)) -> usize {
    let mut used = 0;
    while let Some((payload, length)) = frame(&bytes[used..]) {
        match bytes[used] {
            TEXT => each(Frame::Text(payload, length)),
            PING => each(Frame::Ping),
            _ => each(Frame::Close),
        }
        used += length;
    }
    used
}

/// The first frame's payload, and its length with the header, if it is whole.
fn frame(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (header, length) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, usize::from(short)),
    };
    Some((bytes.get(header..header + length)?, header + length))
}

/// A text of a client, masked with zeros: it costs the server as much as any other.
pub(crate) fn text(json: &str) -> Vec<u8> {
    let mut frame = vec![TEXT];
    match u16::try_from(json.len()) {
        Ok(length @ 0..=125) => frame.push(MASKED | length as u8),
        Ok(length) => {
            frame.push(MASKED | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => unreachable!("readers say little"),
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(json.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_whole_however_they_arrive() {
        let long = "x".repeat(300);
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec();
        bytes.extend_from_slice(&[TEXT, 2, b'h', b'i', PING, 0, TEXT, 126, 1, 44]);
        bytes.extend_from_slice(long.as_bytes());
        for size in 1..bytes.len() {
            let (mut scanner, mut heard) = (Scanner::default(), Vec::new());
            for piece in bytes.chunks(size) {
                let each = |frame: Frame<'_>| match frame {
                    Frame::Text(text, length) => heard.push((String::from_utf8(text.to_vec()).unwrap(), length)),
                    Frame::Ping => heard.push(("ping".into(), 2)),
                    Frame::Close => panic!("nobody closes"),
                };
                scanner.feed(piece, each).unwrap();
            }
            let expected = [("hi".to_owned(), 4), ("ping".to_owned(), 2), (long.clone(), 304)];
            assert_eq!(heard, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn what_a_client_says_is_masked() {
        assert_eq!(text("hi"), [TEXT, MASKED | 2, 0, 0, 0, 0, b'h', b'i']);
        assert_eq!(text(&"x".repeat(126))[..8], [TEXT, MASKED | 126, 0, 126, 0, 0, 0, 0]);
    }
}
