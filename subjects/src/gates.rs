//! What the role `gates` is asked, and what it grants.

pub mod change;
pub mod text;

pub use change::Change;

use serde::{Deserialize, Serialize};

/// What is asked of the role `gates`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatesAsk {
    /// Something that gates decide on becomes another.
    Change(Box<Change>),
}

/// What the role `gates` grants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatesGrant {
    /// It is as was asked.
    Done,
}

impl GatesAsk {
    /// The word for it in subjects.
    pub const fn kind(&self) -> &'static str {
        match self {
            GatesAsk::Change(change) => change.kind(),
        }
    }
}
