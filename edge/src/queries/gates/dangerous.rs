//! Actions that take a licence.

use super::{Place, Span, maybe_millis};
use crate::queries::{QueryError, rows, word};
use chrono::{DateTime, Utc};
use gates::{LEVELS, Level};
use node::postgres::Pool;
use serde::Serialize;
use std::collections::BTreeMap;

/// An action that takes a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DangerousAction {
    /// Which.
    #[schema(example = "publish_sensitive")]
    pub action: String,
    /// The least level of the licence: `low`, `medium` or `high`.
    #[schema(value_type = String, example = "high")]
    pub level: Level,
    /// The level that it takes for everybody; null where only the tenant demands one.
    #[schema(value_type = Option<String>)]
    pub default_level: Option<Level>,
    /// Who raised it last; null where nobody did.
    pub actor_id: Option<String>,
    /// When.
    #[serde(serialize_with = "maybe_millis")]
    pub changed_at: Option<DateTime<Utc>>,
}

impl DangerousAction {
    fn by_default((action, level): &(&str, Level)) -> Self {
        let (action, default_level) = ((*action).to_owned(), Some(*level));
        Self { action, level: *level, default_level, actor_id: None, changed_at: None }
    }
}

/// The defaults and what the tenant demands beyond them, by `action`.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    span: &Span<String>,
) -> Result<Vec<DangerousAction>, QueryError> {
    const SQL: &str = "SELECT action, level, actor_id, changed_at FROM dangerous_actions
        WHERE tenant_id = $1 AND env = $2 AND action COLLATE \"C\" > $3 ORDER BY action COLLATE \"C\" LIMIT $4";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &span.text(), &span.limit]).await?;
    let defaults = LEVELS.iter().filter(|(action, _)| *action > span.text()).map(DangerousAction::by_default);
    let mut all: BTreeMap<_, _> = defaults.map(|default| (default.action.clone(), default)).collect();
    for row in &rows {
        let (action, level): (String, Level) = (row.try_get("action")?, word(row, "level")?);
        let default_level = all.get(&action).and_then(|default| default.default_level);
        let level = default_level.max(Some(level)).unwrap_or(level);
        let (actor_id, changed_at) = (row.try_get("actor_id")?, row.try_get("changed_at")?);
        all.insert(action.clone(), DangerousAction { action, level, default_level, actor_id, changed_at });
    }
    let most = usize::try_from(span.limit).unwrap_or_default();
    Ok(all.into_values().take(most).collect())
}
