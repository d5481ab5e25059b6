//! Signed checkpoints: how far a log is and what its root is (c2sp.org/tlog-checkpoint, Ed25519).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, VerifierList, key_id, new_ed25519_verifier_key};
use std::fmt;
use tlog_tiles::Hash;

/// A checkpoint whose signature holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Which log, as [`origin`] says it.
    pub origin: String,
    /// How many records.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

/// The key that signs checkpoints.
#[derive(Clone)]
pub struct SigningPair {
    skey: String,
    vkey: String,
}

/// The algorithm of every key: Ed25519.
const ED25519: u8 = 1;

/// The keys whose signatures are believed.
#[derive(Debug, Clone)]
pub struct Keys(Vec<String>);

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A key is not in its form.
    #[error("{0} is no verifier key")]
    Key(String),
    /// It is not a signed checkpoint.
    #[error("it is no signed checkpoint: {0}")]
    Form(String),
    /// None of the keys signed it, or the signature does not hold.
    #[error("it is not signed by a key that is believed")]
    Signature,
}

/// The name of a tenant's log: `{host}/audit/{tenant_id}/{env}`.
pub fn origin(host: &str, tenant_id: &str, env: &str) -> String {
    format!("{host}/audit/{tenant_id}/{env}")
}

impl SigningPair {
    /// The pair that these 32 random bytes make, under a name without spaces and `+`.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed).verifying_key();
        let id = key_id(name, &[&[ED25519], key.as_bytes().as_slice()].concat());
        let skey = STANDARD.encode([&[ED25519], seed.as_slice()].concat());
        Self { skey: format!("PRIVATE+KEY+{name}+{id:08x}+{skey}"), vkey: new_ed25519_verifier_key(name, &key) }
    }

    /// What others verify with.
    pub fn vkey(&self) -> &str {
        &self.vkey
    }
}

impl fmt::Debug for SigningPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningPair").field("vkey", &self.vkey).finish_non_exhaustive()
    }
}

impl Keys {
    /// Verifier keys in the form of signed-note: `{name}+{key id}+{base64}`.
    pub fn new(vkeys: impl IntoIterator<Item = String>) -> Result<Self, CheckpointError> {
        let keys = Self(vkeys.into_iter().collect());
        keys.verifiers().map(|_| keys)
    }

    fn verifiers(&self) -> Result<VerifierList, CheckpointError> {
        let verifier = |vkey: &String| {
            let verifier = StandardVerifier::new(vkey).map_err(|_| CheckpointError::Key(vkey.clone()))?;
            Ok(Box::new(verifier) as Box<dyn signed_note::Verifier>)
        };
        Ok(VerifierList::new(self.0.iter().map(verifier).collect::<Result<_, CheckpointError>>()?))
    }
}

impl Checkpoint {
    /// The checkpoint as a signed note.
    pub fn sign(&self, pair: &SigningPair) -> Result<Vec<u8>, CheckpointError> {
        let signer = StandardSigner::new(&pair.skey).map_err(|_| CheckpointError::Key("the signer's".into()))?;
        let form = |error: &dyn std::fmt::Display| CheckpointError::Form(error.to_string());
        let text = tlog_tiles::Checkpoint::new(&self.origin, self.size, self.root, "").map_err(|error| form(&error))?;
        let mut note = Note::new(&text.to_bytes(), &[]).map_err(|error| form(&error))?;
        note.add_sigs(&[&signer as &dyn Signer]).map_err(|error| form(&error))?;
        Ok(note.to_bytes())
    }

    /// The checkpoint of a note that one of the keys signed.
    pub fn open(note: &[u8], keys: &Keys) -> Result<Self, CheckpointError> {
        let note = Note::from_bytes(note).map_err(|error| CheckpointError::Form(error.to_string()))?;
        note.verify(&keys.verifiers()?).map_err(|_| CheckpointError::Signature)?;
        let text = tlog_tiles::Checkpoint::from_bytes(note.text());
        let text = text.map_err(|error| CheckpointError::Form(error.to_string()))?;
        Ok(Self { origin: text.origin().to_owned(), size: text.size(), root: *text.hash() })
    }
}
