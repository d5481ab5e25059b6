//! Text frames of a WebSocket, as the server writes them: a header and the text, with nothing masked.

use bytes::Bytes;
use serde::Serialize;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};

/// What a header takes that is not masked, at most.
const HEADER_BYTES_MAX: usize = 10;

/// Adds one text frame of these parts.
pub(crate) fn put_text(to: &mut Vec<u8>, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let header = FrameHeader { opcode: OpCode::Data(Data::Text), ..FrameHeader::default() };
    header.format(length as u64, to).expect("memory takes what is written to it");
    parts.iter().for_each(|part| to.extend_from_slice(part));
}

/// One text frame that says this.
pub(crate) fn text(object: &impl Serialize) -> Bytes {
    let json = serde_json::to_vec(object).expect("a frame is JSON");
    let mut frame = Vec::with_capacity(json.len() + HEADER_BYTES_MAX);
    put_text(&mut frame, &[&json]);
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_is_written() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let json = "x".repeat(length);
            let mut bytes = Vec::new();
            put_text(&mut bytes, &[&json.as_bytes()[..length / 2], &json.as_bytes()[length / 2..]]);
            let mut client = tungstenite::protocol::frame::FrameSocket::new(bytes.as_slice());
            let frame = client.read(None).unwrap().unwrap();
            assert_eq!(frame.header().opcode, OpCode::Data(Data::Text));
            assert_eq!(frame.payload(), json.as_bytes());
        }
    }
}
