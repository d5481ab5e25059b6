//! Refresh tokens: `{session_id}.{256 random bits}`. Only the hash of one ever leaves the edge.

use crate::error::ApiError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;
use subjects::code::Code;
use uuid::Uuid;

/// A refresh token, as its owner holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session that it continues.
    pub session_id: Uuid,
    text: String,
}

const RANDOM_BYTES: usize = 32;

impl RefreshToken {
    /// A new one for a session.
    pub fn new(session_id: Uuid) -> Self {
        let random: [u8; RANDOM_BYTES] = rand::random();
        Self { session_id, text: format!("{session_id}.{}", URL_SAFE_NO_PAD.encode(random)) }
    }

    /// The token in a text that has its form.
    pub fn read(text: &str) -> Result<Self, ApiError> {
        let refused = || ApiError::new(Code::RefreshInvalid, "This is no refresh token. Log in again.");
        let (session_id, random) = text.split_once('.').ok_or_else(refused)?;
        let session_id = Uuid::try_parse(session_id).map_err(|_| refused())?;
        let random = URL_SAFE_NO_PAD.decode(random).map_err(|_| refused())?;
        if random.len() != RANDOM_BYTES {
            return Err(refused());
        }
        Ok(Self { session_id, text: text.to_owned() })
    }

    /// What the database keeps: SHA-256, in hex.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(&self.text))
    }

    /// The text for its owner.
    pub fn into_text(self) -> String {
        self.text
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, ..)", self.session_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written() {
        let token = RefreshToken::new(Uuid::now_v7());
        let text = token.clone().into_text();
        assert_eq!(RefreshToken::read(&text).unwrap(), token);
        assert_eq!(token.hash().len(), 64);
        assert!(!format!("{token:?}").contains(&text));
        for bad in ["", ".", "x.y", &text[1..], &text[..text.len() - 4], &format!("{text}AAAA")] {
            assert!(RefreshToken::read(bad).is_err(), "{bad}");
        }
    }
}
