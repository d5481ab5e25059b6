//! What is said of flags, and what is asked of them.

use crate::http::body::StatedRouting;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use subjects::flags::{Asked, Effective, Flags, Key};

/// The flags that hold for a tenant in an env, and who said so.
#[derive(Debug, Serialize)]
pub struct FlagsBody {
    flags: BTreeMap<Key, Effective>,
}

/// What flags are to say: `{key: value}`, or null to say nothing any more. In tenant-0 also `{key: {value, locked}}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetFlagsBody {
    pub(super) flags: Asked,
    /// Routing keys, if not in headers or query.
    pub(super) routing: Option<StatedRouting>,
}

impl FlagsBody {
    /// Of these.
    pub fn of(flags: &Flags) -> Self {
        Self { flags: flags.each.clone() }
    }
}
