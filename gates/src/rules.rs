//! Which actions take a licence, and which a strategy lock.

use crate::facts::Level;
use std::collections::BTreeMap;

/// Dangerous actions and the level that each takes (contract section 7).
pub const LEVELS: [(&str, Level); 3] =
    [("dangerous_tool_use", Level::Medium), ("agent_autonomy_high", Level::High), ("publish_sensitive", Level::High)];

/// Actions that take a strategy lock (contract section 7). Throwing a kill switch takes none; releasing one does.
const LOCKED: [&str; 10] = [
    "publish_sensitive",
    "builder:publish_page",
    "builder:update_global_seo",
    "vector:ingest",
    "analytics:config_upsert",
    "kpi:corridor_upsert",
    "temperature:upsert_floors",
    "temperature:upsert_ceilings",
    "temperature:upsert_weights",
    "safety:kill_switch_update",
];

/// The level that an action takes, if it takes one: the default, or the tenant's where that is higher.
pub fn level_needed(action: &str, tenants: &BTreeMap<String, Level>) -> Option<Level> {
    let default = LEVELS.iter().find(|(name, _)| *name == action).map(|(_, level)| *level);
    default.max(tenants.get(action).copied())
}

/// Whether an action takes a strategy lock.
pub fn needs_lock(action: &str) -> bool {
    LOCKED.contains(&action)
}
