//! The event that says that an artifact is there.

use crate::cause::Cause;
use crate::store::append::NewEvent;
use chrono::{DateTime, Utc};
use subjects::artifact::{ArtifactKind, ArtifactWritten, artifact_uri};
use subjects::event::EventType;
use subjects::ids::ObjectId;
use subjects::routing::StreamKey;
use uuid::Uuid;

/// What is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    /// Names it.
    pub(crate) artifact_id: &'a ObjectId,
    /// What it is.
    pub(crate) kind: ArtifactKind,
    /// The rev of the canvas that it was made of.
    pub(crate) rev: Option<u64>,
    /// What it was made of.
    pub(crate) parents: &'a [ObjectId],
}

/// Its event, at this place of the canvas's log.
pub(crate) fn event(cause: Cause<'_>, kept: Kept<'_>, at: (&StreamKey, u64), stamp: (DateTime<Utc>, Uuid)) -> NewEvent {
    let data = ArtifactWritten {
        artifact_id: kept.artifact_id.clone(),
        kind: kept.kind,
        uri: artifact_uri(kept.artifact_id),
        rev: kept.rev,
        lineage: kept.parents.to_vec(),
    };
    cause.event((EventType::ArtifactWritten, &data), at, stamp)
}
