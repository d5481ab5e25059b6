//! Gestures: what a hand does on a canvas before anything is changed. Dropped first, kept nowhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The largest payload of a gesture, as JSON.
pub const PAYLOAD_BYTES_MAX: usize = 4 * 1024;

/// The kinds of gestures. A payload says how things stand now, never how they changed: between two that are told, any
/// number may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GestureKind {
    /// Where the caret stands.
    Caret,
    /// What is selected.
    Selection,
    /// What is dragged, and to where.
    Drag,
    /// A token's value while its knob is turned.
    TokenScrub,
    /// Where on the timeline something is held.
    TimelineNudge,
}

impl GestureKind {
    /// Every kind.
    pub const ALL: [GestureKind; 5] = [
        GestureKind::Caret,
        GestureKind::Selection,
        GestureKind::Drag,
        GestureKind::TokenScrub,
        GestureKind::TimelineNudge,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            GestureKind::Caret => "caret",
            GestureKind::Selection => "selection",
            GestureKind::Drag => "drag",
            GestureKind::TokenScrub => "token_scrub",
            GestureKind::TimelineNudge => "timeline_nudge",
        }
    }

    /// The kind of that name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// The data of `canvas_gesture`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CanvasGesture {
    /// Which kind.
    pub gesture_kind: GestureKind,
    /// How things stand, in the front end's own words: an object.
    pub payload: Box<RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_its_word() {
        for kind in GestureKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(GestureKind::named(kind.as_str()), Some(kind));
        }
        assert_eq!(GestureKind::named("wave"), None);
    }
}
