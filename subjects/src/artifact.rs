//! Artifacts and assets: what is kept of bytes (contract sections 5, 6 and 11).

pub mod ask;

use crate::ids::ObjectId;
use crate::words::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Where an object belongs: its part of the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// What was made of a canvas.
    Artifacts,
    /// What was uploaded as it is.
    Raw,
    /// Media and what was derived from them.
    MediaV2,
}

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// How a canvas looks.
    Preview,
    /// A recorded session, to be played back.
    Replay,
    /// A report of checks.
    Audit,
    /// A canvas in another form.
    Export,
    /// Derived from media.
    Media,
    /// A document as it was at a rev.
    Snapshot,
    /// A recorded session in prose.
    WalkthroughSales,
    /// A recorded session, operation by operation.
    WalkthroughDebug,
}

/// How far an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectStatus {
    /// Its bytes are awaited.
    Pending,
    /// Its bytes are there, and are what was promised.
    Ready,
    /// The scanner refused it.
    Refused,
    /// Its bytes did not come in time.
    Expired,
}

/// What is said of bytes before they are there, and holds once they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// How many.
    pub size: u64,
    /// Their SHA-256, in lower-case hex.
    pub sha256: String,
    /// Their media type.
    pub content_type: String,
    /// What the client calls them.
    pub filename: Option<String>,
}

impl Promise {
    /// What is to be said of these bytes.
    pub fn of(bytes: &[u8], content_type: &str, filename: Option<String>) -> Self {
        let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { size: bytes.len() as u64, sha256, content_type: content_type.to_owned(), filename }
    }
}

/// The data of `artifact_written`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactWritten {
    /// The artifact.
    pub artifact_id: ObjectId,
    /// What it is.
    pub kind: ArtifactKind,
    /// Where it can be asked for: `/artifacts/{artifact_id}`.
    pub uri: String,
    /// The rev of the canvas that it was made of, where it was made of one.
    pub rev: Option<u64>,
    /// What it was made of: artifacts and assets.
    pub lineage: Vec<ObjectId>,
}

/// Where an artifact can be asked for.
pub fn artifact_uri(artifact_id: &ObjectId) -> String {
    format!("/artifacts/{artifact_id}")
}

/// A new name for an artifact or asset. Later ones sort after earlier ones.
pub fn new_id(area: Area) -> ObjectId {
    id_of(area, Uuid::now_v7())
}

/// The name of the artifact that a command makes under `name`: the same whenever it is asked for. Later commands' artifacts
/// sort after earlier ones'.
pub fn id_made_by(command_id: Uuid, name: &str) -> ObjectId {
    let hash = Sha256::new().chain_update(command_id.as_bytes()).chain_update(name).finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let millis = command_id.get_timestamp().map_or(0, |at| {
        let (secs, nanos) = at.to_unix();
        secs * 1_000 + u64::from(nanos) / 1_000_000
    });
    id_of(Area::Artifacts, Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

fn id_of(area: Area, uuid: Uuid) -> ObjectId {
    let prefix = match area {
        Area::Artifacts => "art",
        Area::Raw | Area::MediaV2 => "ast",
    };
    format!("{prefix}_{}", uuid.simple()).parse().expect("a prefix and a UUID are an id")
}

words! {
    Area, "area", { Artifacts = "artifacts", Raw = "raw", MediaV2 = "media_v2" };
    ArtifactKind, "kind", {
        Preview = "preview",
        Replay = "replay",
        Audit = "audit",
        Export = "export",
        Media = "media",
        Snapshot = "snapshot",
        WalkthroughSales = "walkthrough_sales",
        WalkthroughDebug = "walkthrough_debug",
    };
    ObjectStatus, "status", { Pending = "pending", Ready = "ready", Refused = "refused", Expired = "expired" };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for area in Area::ALL {
            assert_eq!((serde_json::to_value(area).unwrap(), area.as_str().parse()), (area.as_str().into(), Ok(area)));
        }
        for kind in ArtifactKind::ALL {
            assert_eq!((serde_json::to_value(kind).unwrap(), kind.as_str().parse()), (kind.as_str().into(), Ok(kind)));
        }
        for status in ObjectStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        let unknown = "painting".parse::<ArtifactKind>().unwrap_err();
        assert!(ArtifactKind::ALL.iter().all(|kind| unknown.words.contains(&kind.as_str())), "{unknown}");
    }

    #[test]
    fn what_a_command_makes_has_the_same_name_each_time() {
        let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(id_made_by(first, "replay"), id_made_by(first, "replay"));
        assert_ne!(id_made_by(first, "replay"), id_made_by(first, "audit"));
        assert_ne!(id_made_by(first, "replay"), id_made_by(second, "replay"));
    }

    #[test]
    fn a_promise_is_of_the_bytes() {
        let promise = Promise::of(b"abc", "text/plain", None);
        assert_eq!(promise.size, 3);
        assert_eq!(promise.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
