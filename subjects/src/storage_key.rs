//! The keys of objects in S3 (contract section 6). No key is made anywhere else.

use crate::artifact::{Area, ArtifactKind};
use crate::ids::{CanvasId, Env, ObjectId, TenantId};
use std::fmt;

/// The key of an object. All begin `tenants/{tenant_id}/{env}/`, and none has a segment that is empty, `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StorageKey(String);

/// The longest file name within a key, in bytes.
const FILENAME_BYTES_MAX: usize = 128;
/// What a file is called whose name has nothing that a key may hold.
const NAMELESS: &str = "file";

impl StorageKey {
    /// The snapshot of a canvas as it was at `rev`.
    pub fn snapshot(tenant_id: &TenantId, env: Env, canvas_id: &CanvasId, rev: u64) -> Self {
        Self::below(tenant_id, env, &format!("canvas/{canvas_id}/snapshots/{rev}"))
    }

    /// An artifact.
    pub fn artifact(tenant_id: &TenantId, env: Env, kind: ArtifactKind, artifact_id: &ObjectId) -> Self {
        Self::below(tenant_id, env, &format!("artifacts/{kind}/{artifact_id}"))
    }

    /// An asset under a name that a client gave: reduced to its last segment and a safe alphabet.
    pub fn asset(tenant_id: &TenantId, env: Env, area: Area, asset_id: &ObjectId, filename: &str) -> Self {
        Self::below(tenant_id, env, &format!("{area}/{asset_id}/{}", safe(filename)))
    }

    /// Where the bytes of an object of its own belong: an artifact by its kind, an asset by its file's name.
    pub fn object(
        (tenant_id, env): (&TenantId, Env),
        area: Area,
        object_id: &ObjectId,
        (kind, filename): (Option<ArtifactKind>, Option<&str>),
    ) -> Self {
        match kind {
            Some(kind) => Self::artifact(tenant_id, env, kind, object_id),
            None => Self::asset(tenant_id, env, area, object_id, filename.unwrap_or_default()),
        }
    }

    /// What is published of the audit log, by its path there: `checkpoint`, `tile/0/000`, … as the crate `audit` names it.
    /// Nothing a client sent may come here.
    pub fn audit(tenant_id: &TenantId, env: Env, path: &str) -> Self {
        Self::below(tenant_id, env, &format!("audit/{path}"))
    }

    /// A key as it was stored by us. Nothing a client sent may come here.
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    /// The key as S3 is told it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn below(tenant_id: &TenantId, env: Env, rest: &str) -> Self {
        Self(format!("tenants/{tenant_id}/{env}/{rest}"))
    }
}

/// The last segment of a file name, of letters, digits, `.`, `_` and `-` alone, without dots at its beginning. What is
/// too long loses its beginning, so that it keeps its extension.
fn safe(filename: &str) -> String {
    let last = filename.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    let name: String = last.chars().map(plain).collect();
    let name = &name[name.len().saturating_sub(FILENAME_BYTES_MAX)..];
    let name = name.trim_start_matches('.');
    if name.is_empty() { NAMELESS.to_owned() } else { name.to_owned() }
}

impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asset(filename: &str) -> String {
        let (tenant_id, asset_id) = ("t_acme".parse().unwrap(), "ast_1".parse().unwrap());
        StorageKey::asset(&tenant_id, Env::Dev, Area::Raw, &asset_id, filename).as_str().to_owned()
    }

    #[test]
    fn an_object_stands_under_its_tenant_and_env() {
        let (tenant_id, id): (TenantId, ObjectId) = ("t_acme".parse().unwrap(), "art_1".parse().unwrap());
        let snapshot = StorageKey::snapshot(&tenant_id, Env::Dev, &"c1".parse().unwrap(), 256);
        assert_eq!(snapshot.as_str(), "tenants/t_acme/dev/canvas/c1/snapshots/256");
        let replay = StorageKey::artifact(&tenant_id, Env::Prod, ArtifactKind::Replay, &id);
        assert_eq!(replay.as_str(), "tenants/t_acme/prod/artifacts/replay/art_1");
        let tile = StorageKey::audit(&tenant_id, Env::Dev, "tile/0/x001/067");
        assert_eq!(tile.as_str(), "tenants/t_acme/dev/audit/tile/0/x001/067");
        let media = StorageKey::asset(&tenant_id, Env::Dev, Area::MediaV2, &id, "a.png");
        assert_eq!(media.as_str(), "tenants/t_acme/dev/media_v2/art_1/a.png");
    }

    #[test]
    fn a_file_name_is_reduced() {
        let check = |filename: &str, expected: &str| {
            assert_eq!(asset(filename), format!("tenants/t_acme/dev/raw/ast_1/{expected}"), "{filename:?}");
        };
        check("photo.png", "photo.png");
        check("../../t_other/x", "x");
        check("..\\..\\x.png", "x.png");
        check("a/..", "file");
        check("..", "file");
        check("", "file");
        check("a/", "file");
        check("Größe 1.png", "Gr__e_1.png");
        check("a%2fb", "a_2fb");
        check("\0\n", "__");
        check(&format!("{}.png", "x".repeat(500)), &format!("{}.png", "x".repeat(124)));
    }

    proptest! {
        #[test]
        fn no_file_name_leads_out_of_its_folder(filename in any::<String>()) {
            let key = asset(&filename);
            let segments: Vec<_> = key.split('/').collect();
            prop_assert_eq!(&segments[..5], ["tenants", "t_acme", "dev", "raw", "ast_1"]);
            prop_assert_eq!(segments.len(), 6);
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            prop_assert!(!segments[5].is_empty() && !segments[5].starts_with('.') && segments[5].bytes().all(is_plain));
            prop_assert!(segments[5].len() <= FILENAME_BYTES_MAX);
        }
    }
}
