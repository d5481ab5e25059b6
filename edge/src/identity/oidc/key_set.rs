//! The keys that an issuer publishes (RFC 7517), as far as they are for us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys by their names.
#[derive(Clone, Default)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

const KEYS_MAX: usize = 64;
/// RSA keys of less than 2048 bits can be broken; those of more than 8192 only take time.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;

impl KeySet {
    /// The keys of a set that can check signatures as we take them. Others are left out.
    pub(super) fn read(text: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(text)?;
        let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Ok(Self(jwks.filter_map(|jwk| usable(&jwk)).take(KEYS_MAX).collect()))
    }

    /// The key of this name for this algorithm. A token without a name is checked with the only key there is.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let mut keys = self.0.iter().filter(|key| key.algorithm == algorithm);
        let found = match kid {
            Some(kid) => keys.find(|key| key.kid.as_deref() == Some(kid)),
            None => keys.next().filter(|_| keys.next().is_none()),
        };
        found.map(|key| key.key.clone())
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn usable(jwk: &Jwk) -> Option<Key> {
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            let bytes = modulus.iter().skip_while(|byte| **byte == 0).count();
            RSA_BYTES.contains(&bytes).then_some((Algorithm::RS256, KeyAlgorithm::RS256))?
        }
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    let is_for_us = jwk.common.key_algorithm.as_ref().is_none_or(|said| *said == named)
        && jwk.common.public_key_use.as_ref().is_none_or(|said| *said == PublicKeyUse::Signature);
    let key = DecodingKey::from_jwk(jwk).ok().filter(|_| is_for_us)?;
    Some(Key { kid: jwk.common.key_id.clone(), algorithm, key })
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.kid)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_keys_that_are_for_us_are_kept() {
        let n = URL_SAFE_NO_PAD.encode([0xc5; 256]);
        let rsa = |more: Value| {
            let mut key = json!({ "kty": "RSA", "kid": "r", "n": n, "e": "AQAB" });
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key
        };
        let ec = json!({ "kty": "EC", "kid": "r", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        let check = |key: Value, algorithm, expected: bool| {
            let set = KeySet::read(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
            assert_eq!(set.find(Some("r"), algorithm).is_some(), expected, "{key}");
            assert_eq!(set.find(None, algorithm).is_some(), expected, "{key}, by no name");
            assert!(set.find(Some("other"), algorithm).is_none());
        };
        check(rsa(json!({})), Algorithm::RS256, true);
        check(rsa(json!({ "use": "sig", "alg": "RS256" })), Algorithm::RS256, true);
        check(rsa(json!({})), Algorithm::ES256, false);
        check(ec.clone(), Algorithm::ES256, true);
        check(ec.clone(), Algorithm::RS256, false);
        check(rsa(json!({ "use": "enc" })), Algorithm::RS256, false);
        check(rsa(json!({ "alg": "RS512" })), Algorithm::RS256, false);
        check(rsa(json!({ "n": URL_SAFE_NO_PAD.encode([0xc5; 128]) })), Algorithm::RS256, false);
        check(
            rsa(json!({ "n": URL_SAFE_NO_PAD.encode([&[0; 128][..], &[0xc5; 128]].concat()) })),
            Algorithm::RS256,
            false,
        );
        check(json!({ "kty": "oct", "kid": "r", "k": "c2VjcmV0" }), Algorithm::RS256, false);
        check(json!({ "kty": "nonsense", "kid": "r" }), Algorithm::RS256, false);
        let both = KeySet::read(json!({ "keys": [rsa(json!({})), rsa(json!({ "kid": "s" }))] }).to_string().as_bytes());
        assert!(both.unwrap().find(None, Algorithm::RS256).is_none(), "which of them?");
        assert!(KeySet::read(b"[]").is_err() && KeySet::read(b"{\"keys\":[]}").unwrap().is_empty());
    }
}
