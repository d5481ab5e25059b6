//! Replays that are being played here: read once for all who watch the same, within a bound of memory.

use super::script::{Place, Script};
use crate::error::ApiError;
use crate::queries::replays::Stored;
use node::s3::Bucket;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use subjects::code::Code;
use subjects::graft::Replay;
use subjects::storage_key::StorageKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The largest replay that is played.
pub(super) const REPLAY_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// What all replays that are played here may take, about.
const HELD_KIB_MAX: usize = 256 * 1024;
/// About how much more a replay takes in memory than its JSON.
const WEIGHT_OF_JSON: u64 = 4;
const READ_SECS_MAX: u64 = 20;
const RETRY_AFTER_SECS: u64 = 5;

/// Replays that are being played.
#[derive(Debug)]
pub struct Replays {
    room: Arc<Semaphore>,
    played: Mutex<HashMap<StorageKey, Weak<Played>>>,
}

/// A replay that is being played, and the room that it takes.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) script: Script,
    _room: OwnedSemaphorePermit,
}

impl Replays {
    /// None is played yet.
    pub fn new() -> Self {
        Self { room: Arc::new(Semaphore::new(HELD_KIB_MAX)), played: Mutex::default() }
    }

    /// The script of a replay, read from the bucket unless somebody watches it already.
    pub(super) async fn script(&self, bucket: &Bucket, stored: &Stored, place: Place) -> Result<Arc<Played>, ApiError> {
        if let Some(played) = self.known(&stored.key) {
            return Ok(played);
        }
        let room = self.room_for(stored.size)?;
        let read = timeout(Duration::from_secs(READ_SECS_MAX), bucket.get(&stored.key)).await;
        let bytes = match read.map_err(|elapsed| ApiError::unavailable("S3", &elapsed))? {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(ApiError::internal(format!("the replay {} has no bytes", place.artifact_id))),
            Err(error) => return Err(ApiError::unavailable("S3", &error)),
        };
        let script = tokio::task::spawn_blocking(move || script(&bytes, place)).await.map_err(ApiError::internal)??;
        Ok(self.keep(&stored.key, Played { script, _room: room }))
    }

    fn known(&self, key: &StorageKey) -> Option<Arc<Played>> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner).get(key)?.upgrade()
    }

    /// Somebody may have read it in the meantime: then that one is played.
    fn keep(&self, key: &StorageKey, played: Played) -> Arc<Played> {
        let mut all = self.played.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(key).and_then(Weak::upgrade) {
            return known;
        }
        all.retain(|_, played| played.strong_count() > 0);
        let played = Arc::new(played);
        all.insert(key.clone(), Arc::downgrade(&played));
        played
    }

    fn room_for(&self, bytes: u64) -> Result<OwnedSemaphorePermit, ApiError> {
        if bytes > REPLAY_BYTES_MAX {
            let detail = format!("The replay has {bytes} bytes; at most {REPLAY_BYTES_MAX} are played. Download it.");
            return Err(ApiError::new(Code::BodyTooLarge, detail).with("bytes_max", REPLAY_BYTES_MAX));
        }
        let kib = u32::try_from((bytes * WEIGHT_OF_JSON).div_ceil(1024)).unwrap_or(u32::MAX);
        self.room.clone().try_acquire_many_owned(kib).map_err(|_| {
            let detail = "Too many replays are being played here. Come back in a moment.";
            ApiError::new(Code::Unavailable, detail).retry_after(RETRY_AFTER_SECS)
        })
    }
}

impl Default for Replays {
    fn default() -> Self {
        Self::new()
    }
}

fn script(bytes: &[u8], place: Place) -> Result<Script, ApiError> {
    let replay: Replay = serde_json::from_slice(bytes).map_err(ApiError::internal)?;
    if replay.v != Replay::VERSION {
        return Err(ApiError::internal(format!("a replay of the form {}", replay.v)));
    }
    Ok(Script::of(replay, place))
}

#[cfg(test)]
mod tests {
    use super::super::script::tests::script;
    use super::*;

    #[test]
    fn what_is_played_is_read_once_and_forgotten_afterwards() {
        let replays = Replays::new();
        let key = StorageKey::from_stored("k".into());
        let played = || Played { script: script(&[], &[]), _room: replays.room_for(1_024).unwrap() };
        assert!(replays.known(&key).is_none());
        let first = replays.keep(&key, played());
        assert!(Arc::ptr_eq(&first, &replays.keep(&key, played())));
        assert!(replays.known(&key).is_some());
        drop(first);
        assert!(replays.known(&key).is_none());
        assert_eq!(replays.room.available_permits(), HELD_KIB_MAX);
    }

    #[test]
    fn there_is_room_for_so_much() {
        let replays = Replays::new();
        assert_eq!(replays.room_for(REPLAY_BYTES_MAX + 1).unwrap_err().code(), Code::BodyTooLarge);
        let held = [(); 2].map(|()| replays.room_for(REPLAY_BYTES_MAX).unwrap());
        assert_eq!(replays.room_for(1).unwrap_err().code(), Code::Unavailable);
        drop(held);
        assert!(replays.room_for(1).is_ok());
    }
}
