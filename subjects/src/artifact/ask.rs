//! What the role `artifacts` is asked, and what it grants.

use crate::artifact::{Area, ArtifactKind, ObjectStatus, Promise};
use crate::ids::{CanvasId, ObjectId};
use crate::limits::PART_BYTES;
use serde::{Deserialize, Serialize};

/// What is asked about an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum ArtifactAsk {
    /// Bytes are promised.
    Promise {
        /// Names the object.
        object_id: ObjectId,
        /// Its part of the bucket.
        area: Area,
        /// What is said of the bytes.
        promise: Promise,
        /// What it is as an artifact, if it is one.
        artifact: Option<OfCanvas>,
        /// What it is made of.
        parents: Vec<ObjectId>,
    },
    /// The bytes are there: they are to be proved.
    Register {
        /// The object.
        object_id: ObjectId,
        /// The part of the bucket where it was promised.
        area: Area,
    },
}

/// What an artifact is beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfCanvas {
    /// What it is.
    pub kind: ArtifactKind,
    /// Made of which canvas.
    pub canvas_id: CanvasId,
    /// At which rev.
    pub rev: Option<u64>,
}

/// How an object stands when the role has done what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactGrant {
    /// How far it is. Ready at once where the tenant had the same bytes already.
    pub status: ObjectStatus,
    /// Where its bytes are to be put, or are.
    pub storage_key: String,
    /// The upload in parts that is awaited, where they are too many for one request.
    pub upload_id: Option<String>,
    /// What is said of the bytes.
    pub promise: Promise,
}

impl ArtifactAsk {
    /// The word for it in subjects.
    pub const fn kind(&self) -> &'static str {
        match self {
            ArtifactAsk::Promise { .. } => "promise",
            ArtifactAsk::Register { .. } => "register",
        }
    }

    /// The object that it is about.
    pub const fn object_id(&self) -> &ObjectId {
        match self {
            ArtifactAsk::Promise { object_id, .. } | ArtifactAsk::Register { object_id, .. } => object_id,
        }
    }
}

impl Promise {
    /// Whether the bytes are uploaded in parts.
    pub const fn is_in_parts(&self) -> bool {
        self.size > PART_BYTES
    }

    /// The parts, each with its number from 1 and its size: all but the last have [`PART_BYTES`].
    pub fn parts(&self) -> impl Iterator<Item = (i32, u64)> {
        let size = self.size;
        (1..).zip((0..size).step_by(PART_BYTES as usize)).map(move |(number, at)| (number, PART_BYTES.min(size - at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_whole() {
        let check = |size, expected: &[(i32, u64)]| {
            let promise = Promise { size, ..Promise::of(b"", "text/plain", None) };
            assert_eq!(promise.parts().collect::<Vec<_>>(), expected, "{size}");
        };
        check(1, &[(1, 1)]);
        check(PART_BYTES, &[(1, PART_BYTES)]);
        check(PART_BYTES + 1, &[(1, PART_BYTES), (2, 1)]);
        check(2 * PART_BYTES, &[(1, PART_BYTES), (2, PART_BYTES)]);
    }
}
