//! A proof that one record is in a log, in one file that needs nothing else (c2sp.org/tlog-proof).

use crate::checkpoint::{Checkpoint, CheckpointError, Keys};
use crate::leaf::{Leaf, LeafError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;
use tlog_tiles::{Hash, check_record, record_hash};

/// A record, its way to a root, and the checkpoint that says the root.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// The record's bytes: the file's `extra`.
    pub record: Vec<u8>,
    /// Its place.
    pub seq: u64,
    /// The hashes beside its way.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint.
    pub note: Vec<u8>,
}

/// Why a proof proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// It is not in its form.
    #[error("it is no proof: {0}")]
    Form(&'static str),
    /// Its checkpoint is not believed.
    #[error("its checkpoint is not believed")]
    Checkpoint(#[from] CheckpointError),
    /// The way does not lead from the record to the root.
    #[error("the record is not in the log")]
    NotIncluded,
    /// It proves what is no record, or one of another place.
    #[error("what it proves is no record of this log")]
    Record(#[from] LeafError),
}

const HEADER: &str = "c2sp.org/tlog-proof@v1";

impl Proof {
    /// As a file.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\nextra {}\nindex {}\n", STANDARD.encode(&self.record), self.seq);
        for hash in &self.hashes {
            writeln!(text, "{hash}").expect("a string takes everything");
        }
        format!("{text}\n{}", String::from_utf8_lossy(&self.note))
    }

    /// Of a file.
    pub fn from_text(text: &str) -> Result<Self, ProofError> {
        let (head, note) = text.split_once("\n\n").ok_or(ProofError::Form("it has no checkpoint"))?;
        let mut lines = head.lines();
        let mut next = |what: &'static str| lines.next().ok_or(ProofError::Form(what));
        if next("it is empty")? != HEADER {
            return Err(ProofError::Form("its first line is another"));
        }
        let extra = next("it has no record")?.strip_prefix("extra ").ok_or(ProofError::Form("it has no record"))?;
        let record = STANDARD.decode(extra).map_err(|_| ProofError::Form("its record is not base64"))?;
        let index = next("it has no index")?.strip_prefix("index ").ok_or(ProofError::Form("it has no index"))?;
        let seq = index.parse().map_err(|_| ProofError::Form("its index is no number"))?;
        let hashes = lines.map(Hash::parse_hash).collect::<Result<_, _>>();
        let hashes = hashes.map_err(|_| ProofError::Form("a hash is not in its form"))?;
        Ok(Self { record, seq, hashes, note: note.as_bytes().to_vec() })
    }

    /// The record that it proves, and the checkpoint that it is in.
    pub fn check(&self, keys: &Keys) -> Result<(Leaf, Checkpoint), ProofError> {
        let checkpoint = Checkpoint::open(&self.note, keys)?;
        let hash = record_hash(&self.record);
        check_record(&self.hashes, checkpoint.size, checkpoint.root, self.seq, hash)
            .map_err(|_| ProofError::NotIncluded)?;
        let leaf = Leaf::from_bytes(&self.record)?;
        if leaf.seq != self.seq || !checkpoint.origin.ends_with(&format!("/audit/{}/{}", leaf.tenant_id, leaf.env)) {
            return Err(ProofError::Form("the record is of another place"));
        }
        Ok((leaf, checkpoint))
    }
}
