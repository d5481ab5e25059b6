//! What the role `gates` is asked, and what it grants.

pub mod change;
pub mod text;

pub use change::Change;

use crate::action::{Act, Acted};
use serde::{Deserialize, Serialize};

/// What is asked of the role `gates`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatesAsk {
    /// Something that gates decide on becomes another.
    Change(Box<Change>),
    /// Something is to touch the world.
    Act(Box<Act>),
}

/// What the role `gates` grants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatesGrant {
    /// It is as was asked.
    Done,
    /// It was decided whether the action may be: yes or no.
    Acted(Box<Acted>),
}

impl GatesAsk {
    /// The word for it in subjects.
    pub const fn kind(&self) -> &'static str {
        match self {
            GatesAsk::Change(change) => change.kind(),
            GatesAsk::Act(_) => "act",
        }
    }
}
