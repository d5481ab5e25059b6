//! The keyed seal under what clients hold for us and hand back: cursors, page marks, accepted commands.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The seal's length, in bytes: an HMAC-SHA-256 cut to 128 bits.
pub const SEAL_BYTES: usize = 16;

/// The key of all seals, from the deployment's secret. Every edge must hold the same.
#[derive(Clone)]
pub struct SealKey(Hmac<Sha256>);

impl SealKey {
    /// The key that a secret of any length makes.
    pub fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes a key of any length"))
    }

    /// The seal over `parts`, each with its length, so that no two lists of parts look alike.
    pub fn seal(&self, parts: &[&[u8]]) -> [u8; SEAL_BYTES] {
        let mut seal = [0; SEAL_BYTES];
        seal.copy_from_slice(&self.mac(parts).finalize().into_bytes()[..SEAL_BYTES]);
        seal
    }

    /// Whether `seal` is ours over `parts`, in constant time.
    pub fn is_sealed(&self, parts: &[&[u8]], seal: &[u8]) -> bool {
        seal.len() == SEAL_BYTES && self.mac(parts).verify_truncated_left(seal).is_ok()
    }

    /// A key of its own for what `parts` name. Whoever knows it knows no other.
    pub fn derive(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(parts).finalize().into_bytes().into()
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}
