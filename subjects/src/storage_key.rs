//! The keys of objects in S3 (contract section 6). No key is made anywhere else.

use crate::ids::{CanvasId, Env, TenantId};
use std::fmt;

/// The key of an object. All begin `tenants/{tenant_id}/{env}/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageKey(String);

impl StorageKey {
    /// The snapshot of a canvas as it was at `rev`.
    pub fn snapshot(tenant_id: &TenantId, env: Env, canvas_id: &CanvasId, rev: u64) -> Self {
        Self(format!("tenants/{tenant_id}/{env}/canvas/{canvas_id}/snapshots/{rev}"))
    }

    /// A key as it was stored by us. Nothing a client sent may come here.
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    /// The key as S3 is told it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_stands_under_its_tenant_and_env() {
        let key = StorageKey::snapshot(&"t_acme".parse().unwrap(), Env::Dev, &"c1".parse().unwrap(), 256);
        assert_eq!(key.as_str(), "tenants/t_acme/dev/canvas/c1/snapshots/256");
    }
}
