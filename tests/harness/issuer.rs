//! An issuer of tokens that is not ours: an OpenID Connect provider with real keys, on a port of its own.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A provider that listens until it is dropped. It publishes the keys that it was told to.
#[derive(Debug)]
pub struct Issuer {
    /// What its tokens say in `iss`.
    pub url: String,
    desk: Arc<Desk>,
    _listening: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Desk {
    url: Mutex<String>,
    published: Mutex<Vec<Value>>,
    asked: AtomicUsize,
    is_closed: std::sync::atomic::AtomicBool,
}

/// A key that signs.
#[derive(Debug)]
pub struct SigningKey {
    /// Its name.
    pub kid: String,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
}

impl SigningKey {
    /// RSA with 2048 bits, for RS256.
    pub fn rsa(kid: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        Self { kid: kid.to_owned(), pair: Pair::Rsa(Box::new(pair)) }
    }

    /// P-256, for ES256.
    pub fn p256(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self { kid: kid.to_owned(), pair: Pair::P256(Box::new(pair)) }
    }

    /// The header of a token that it signs.
    pub fn header(&self) -> Value {
        json!({ "alg": self.algorithm(), "kid": self.kid, "typ": "JWT" })
    }

    /// A token with these claims.
    pub fn signs(&self, claims: &Value) -> String {
        self.signs_as(&self.header(), claims)
    }

    /// A token with this header, whatever it says.
    pub fn signs_as(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let text = format!("{header}.{claims}");
        let signature = self.sign(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Its public half, as it is published.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Rsa(pair) => {
                // RSAPublicKey in DER: the modulus of 256 bytes stands behind a header of 9, the exponent at the end.
                let der = pair.public_key().as_ref();
                let (n, e) = (&der[9..265], &der[der.len() - 3..]);
                json!({ "kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": text(n), "e": text(e) })
            }
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (&point[1..33], &point[33..65]);
                json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "x": text(x), "y": text(y) })
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::P256(_) => "ES256",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
            Pair::P256(pair) => pair.sign(&random, message).expect("a signature").as_ref().to_vec(),
        }
    }
}

impl Issuer {
    /// On a port of its own, with no keys yet.
    pub async fn listens() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let desk = Arc::new(Desk { url: Mutex::new(url.clone()), ..Desk::default() });
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, desk.clone()));
        Self { url, desk, _listening: listening }
    }

    /// Publishes these keys, and no others.
    pub fn publishes(&self, keys: &[&SigningKey]) {
        self.publishes_as(keys.iter().map(|key| key.jwk()).collect());
    }

    /// Publishes these keys, whatever they are.
    pub fn publishes_as(&self, keys: Vec<Value>) {
        *self.desk.published.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// How often its keys were asked for.
    pub fn was_asked(&self) -> usize {
        self.desk.asked.load(Ordering::SeqCst)
    }

    /// From now on it answers everything with a fault of its own.
    pub fn breaks_down(&self) {
        self.desk.is_closed.store(true, Ordering::SeqCst);
    }

    /// What a token of it says, valid for so many seconds.
    pub fn claims(&self, subject: &str, audience: &str, secs: i64) -> Value {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a time").as_secs().cast_signed();
        let jti = uuid::Uuid::new_v4();
        json!({ "iss": self.url, "sub": subject, "aud": audience, "iat": now, "exp": now + secs, "jti": jti })
    }
}

impl Desk {
    fn answer(&self, path: &str) -> Option<Value> {
        if self.is_closed.load(Ordering::SeqCst) {
            return None;
        }
        let url = self.url.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match path {
            "/.well-known/openid-configuration" => Some(json!({ "issuer": url, "jwks_uri": format!("{url}/keys") })),
            "/keys" => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                let keys = self.published.lock().unwrap_or_else(PoisonError::into_inner);
                Some(json!({ "keys": *keys }))
            }
            _ => None,
        }
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut exchanges = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        exchanges.spawn(exchange(socket, desk.clone()));
    }
}

/// Takes one GET after the other.
async fn exchange(mut socket: TcpStream, desk: Arc<Desk>) {
    let mut unread = Vec::new();
    while socket.read_buf(&mut unread).await.is_ok_and(|bytes| bytes > 0) {
        while let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&unread[..end]).into_owned();
            unread.drain(..end + 4);
            let path = head.split(' ').nth(1).unwrap_or_default();
            let (status, body) = match desk.answer(path) {
                Some(body) => ("200 OK", body.to_string()),
                None => ("500 Broken", String::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            // The asker may be gone already.
            let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
        }
    }
}
