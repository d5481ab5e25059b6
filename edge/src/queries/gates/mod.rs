//! What gates decide on, as it is kept and told: the rows of these questions are the bodies of answers.

pub mod budget;
pub mod dangerous;
pub mod kpi;
pub mod licences;
pub mod locks;
pub mod overrides;
pub mod questions;
pub mod switches;
pub mod temperature;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;
use subjects::ids::{Env, TenantId};

/// Whose, and in which environment.
pub type Place<'a> = (&'a TenantId, Env);

/// Where a page begins, by the mark of the last entry before it, and how many entries it has at most.
#[derive(Debug, Clone)]
pub struct Span<M> {
    /// Behind which entry; none begins at the first.
    pub after: Option<M>,
    /// The most entries.
    pub limit: i64,
}

impl Span<String> {
    /// Behind which text. The first text is behind none.
    fn text(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }
}

/// Writes a timestamp that may be missing.
fn maybe_millis<S: Serializer>(at: &Option<DateTime<Utc>>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true)),
        None => to.serialize_none(),
    }
}
