//! What a reader holds: its place in one log, sealed so that it can be neither forged nor carried elsewhere.

use crate::routing::StreamKey;
use crate::seal::{SEAL_BYTES, SealKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A place in the log of a stream key: after the event `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The last event that was seen; 0 is before the first.
    pub seq: u64,
    /// Where that event stands on the bus, where this is known.
    pub place: Option<BusPlace>,
}

/// Where an event stands on the bus. Only a short cut: `seq` decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BusPlace {
    /// Which life of the event stream: another epoch's sequences mean nothing.
    pub epoch: u32,
    /// The JetStream sequence.
    pub sequence: u64,
}

/// A text that we did not seal, or not for this log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor was not made by us for this stream")]
pub struct Forged;

const CONTEXT: &[u8] = b"cursor/1";
const BODY_BYTES: usize = 20;

impl Cursor {
    /// Before the first event.
    pub const START: Cursor = Cursor { seq: 0, place: None };

    /// The cursor after event `seq`, its place on the bus unknown.
    pub const fn after(seq: u64) -> Self {
        Self { seq, place: None }
    }

    /// The opaque text that a client holds. The same cursor seals to the same text.
    pub fn seal(&self, key: &SealKey, stream: &StreamKey) -> String {
        let body = self.body();
        let mut bytes = [0; BODY_BYTES + SEAL_BYTES];
        bytes[..BODY_BYTES].copy_from_slice(&body);
        bytes[BODY_BYTES..].copy_from_slice(&key.seal(&[CONTEXT, stream.to_string().as_bytes(), &body]));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor in a text that we sealed for `stream`.
    pub fn open(text: &str, key: &SealKey, stream: &StreamKey) -> Result<Self, Forged> {
        let mut bytes = [0; BODY_BYTES + SEAL_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(length) if length == bytes.len() => {}
            Ok(_) | Err(_) => return Err(Forged),
        }
        let (body, seal) = bytes.split_at(BODY_BYTES);
        if !key.is_sealed(&[CONTEXT, stream.to_string().as_bytes(), body], seal) {
            return Err(Forged);
        }
        Ok(Self::from_body(body.try_into().map_err(|_| Forged)?))
    }

    fn body(&self) -> [u8; BODY_BYTES] {
        let BusPlace { epoch, sequence } = self.place.unwrap_or(BusPlace { epoch: 0, sequence: 0 });
        let mut body = [0; BODY_BYTES];
        body[..8].copy_from_slice(&self.seq.to_be_bytes());
        body[8..12].copy_from_slice(&epoch.to_be_bytes());
        body[12..].copy_from_slice(&sequence.to_be_bytes());
        body
    }

    fn from_body(body: [u8; BODY_BYTES]) -> Self {
        let number = |range: std::ops::Range<usize>| body[range].iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        let (seq, epoch, sequence) = (number(0..8), number(8..12) as u32, number(12..20));
        let place = (sequence != 0).then_some(BusPlace { epoch, sequence });
        Self { seq, place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(text: &str) -> StreamKey {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn a_cursor_opens_for_its_own_stream_and_no_other(seq: u64, epoch: u32, sequence in 1_u64..) {
            let key = SealKey::new(b"secret");
            let own = stream("t_acme.dev.canvas.c1");
            for cursor in [Cursor::after(seq), Cursor { seq, place: Some(BusPlace { epoch, sequence }) }] {
                let text = cursor.seal(&key, &own);
                prop_assert_eq!(Cursor::open(&text, &key, &own), Ok(cursor));
                for other in ["t_acme.dev.canvas.c2", "t_acme.prod.canvas.c1", "t_evil.dev.canvas.c1", "t_acme.dev.thread.c1"] {
                    prop_assert_eq!(Cursor::open(&text, &key, &stream(other)), Err(Forged));
                }
                prop_assert_eq!(Cursor::open(&text, &SealKey::new(b"other"), &own), Err(Forged));
            }
        }

        #[test]
        fn a_changed_cursor_is_forged(seq: u64, at in 0_usize..36, bit in 0_u8..8) {
            let key = SealKey::new(b"secret");
            let own = stream("t_acme.dev.canvas.c1");
            let mut bytes = URL_SAFE_NO_PAD.decode(Cursor::after(seq).seal(&key, &own)).unwrap();
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(Cursor::open(&URL_SAFE_NO_PAD.encode(bytes), &key, &own), Err(Forged));
        }

        #[test]
        fn any_other_text_is_forged(text: String) {
            prop_assert_eq!(Cursor::open(&text, &SealKey::new(b"secret"), &stream("t_a.dev.canvas.c1")), Err(Forged));
        }
    }
}
