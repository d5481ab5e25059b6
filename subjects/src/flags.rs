//! Feature flags: which there are, what each may say, and what holds when several say it (contract section 8).

mod effective;
mod wish;

pub use effective::{Effective, Flags, Setting, Settings, Source};
pub use wish::{Asked, InvalidWish, Wish, Wishes, wishes};

use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use std::fmt;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$word_doc])* $word,)* }

        impl $name {
            /// Every word, as it is written.
            pub const WORDS: &'static [&'static str] = &[$($text,)*];

            /// The word as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$word => $text,)* }
            }

            /// What a value says; none where it is no word of these.
            pub fn of(value: Value) -> Option<Self> {
                match value {
                    $(Value::Word($text) => Some($name::$word),)*
                    Value::Word(_) | Value::Switch(_) => None,
                }
            }
        }
    )*};
}

words! {
    /// On which rails gestures go out.
    GestureFanout {
        /// On none.
        Off = "off",
        /// To readers by WebSocket.
        Ws = "ws",
        /// To readers by WebSocket, and to those by SSE who ask for the channel.
        WsSse = "ws_sse",
    }
    /// Which gestures are recorded.
    GestureLog {
        /// Each.
        All = "all",
        /// Those that begin or end something.
        Keyframe = "keyframe",
        /// None.
        None = "none",
    }
    /// How something is done that can be done as it happens or afterwards.
    Mode {
        /// As it happens.
        Live = "live",
        /// By the rails, afterwards.
        Auto = "auto",
    }
}

/// A flag's name. In this order they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `ws_enabled`
    WsEnabled,
    /// `sse_enabled`
    SseEnabled,
    /// `gesture_fanout`
    GestureFanout,
    /// `gesture_log`
    GestureLog,
    /// `replay_mode`
    ReplayMode,
    /// `visibility_mode`
    VisibilityMode,
    /// `signup_open`
    SignupOpen,
}

/// What a flag may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// On or off: `true` or `false`.
    Switch,
    /// One of these words.
    Words(&'static [&'static str]),
}

/// What a flag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Value {
    /// On or off.
    Switch(bool),
    /// One of the words of its form.
    Word(&'static str),
}

/// What there is to know of a flag before anybody set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Its name.
    pub key: Key,
    /// What it may say.
    pub form: Form,
    /// What holds while nobody says otherwise.
    pub default: Value,
    /// What it is for.
    pub meaning: &'static str,
}

/// Every flag, in the order of [`Key`].
pub const FLAGS: [Flag; 7] = [
    Flag {
        key: Key::WsEnabled,
        form: Form::Switch,
        default: Value::Switch(true),
        meaning: "Whether WebSockets are served. Off, open ones are closed with 4503: do not come back yet.",
    },
    Flag {
        key: Key::SseEnabled,
        form: Form::Switch,
        default: Value::Switch(true),
        meaning: "Whether Server-Sent Events are served. Off, open streams end with `error` RAIL_DISABLED: do not come back yet.",
    },
    Flag {
        key: Key::GestureFanout,
        form: Form::Words(GestureFanout::WORDS),
        default: Value::Word(GestureFanout::Ws.as_str()),
        meaning: "On which rails live gestures go out: on none, by WebSocket, or by WebSocket and SSE.",
    },
    Flag {
        key: Key::GestureLog,
        form: Form::Words(GestureLog::WORDS),
        default: Value::Word(GestureLog::Keyframe.as_str()),
        meaning: "Which gestures a graft records: each, those that begin or end something, or none.",
    },
    Flag {
        key: Key::ReplayMode,
        form: Form::Words(Mode::WORDS),
        default: Value::Word(Mode::Live.as_str()),
        meaning: "How a replay is made: of the gestures as they were recorded, or from the commits.",
    },
    Flag {
        key: Key::VisibilityMode,
        form: Form::Words(Mode::WORDS),
        default: Value::Word(Mode::Live.as_str()),
        meaning: "How a graft is seen by others where its request does not say: as it happens, or as a replay afterwards.",
    },
    Flag {
        key: Key::SignupOpen,
        form: Form::Switch,
        default: Value::Switch(true),
        meaning: "Whether strangers may sign up. They belong to no tenant yet: what holds for tenant-0 in `prod` decides.",
    },
];

impl Key {
    /// The name as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Key::WsEnabled => "ws_enabled",
            Key::SseEnabled => "sse_enabled",
            Key::GestureFanout => "gesture_fanout",
            Key::GestureLog => "gesture_log",
            Key::ReplayMode => "replay_mode",
            Key::VisibilityMode => "visibility_mode",
            Key::SignupOpen => "signup_open",
        }
    }

    /// The flag of this name.
    pub fn named(name: &str) -> Option<Self> {
        FLAGS.iter().map(|flag| flag.key).find(|key| key.as_str() == name)
    }

    /// What there is to know of the flag.
    pub const fn flag(self) -> &'static Flag {
        &FLAGS[self as usize]
    }

    /// What `json` says for this flag; none where it is not of the flag's form.
    pub fn value(self, json: &Json) -> Option<Value> {
        match self.flag().form {
            Form::Switch => json.as_bool().map(Value::Switch),
            Form::Words(words) => {
                let said = json.as_str()?;
                words.iter().find(|word| **word == said).map(|word| Value::Word(word))
            }
        }
    }
}

impl Value {
    /// Whether it says on.
    pub const fn is_on(self) -> bool {
        matches!(self, Value::Switch(true))
    }

    /// The value's name where each has one: `on`, `off`, or the word.
    pub const fn variant(self) -> &'static str {
        match self {
            Value::Switch(true) => "on",
            Value::Switch(false) => "off",
            Value::Word(word) => word,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Form::Switch => f.write_str("true or false"),
            Form::Words(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Switch(on) => to.serialize_bool(*on),
            Value::Word(word) => to.serialize_str(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_flag_stands_at_its_key_and_has_a_default_of_its_form() {
        for (at, flag) in FLAGS.iter().enumerate() {
            assert_eq!(flag.key as usize, at, "{}", flag.key);
            assert_eq!(Key::named(flag.key.as_str()), Some(flag.key));
            let json = serde_json::to_value(flag.default).unwrap();
            assert_eq!(flag.key.value(&json), Some(flag.default), "{}", flag.key);
            assert!(!flag.meaning.is_empty());
        }
    }

    #[test]
    fn a_value_is_of_its_flags_form() {
        let check = |key: Key, json: Json, expected| assert_eq!(key.value(&json), expected, "{key} {json}");
        check(Key::WsEnabled, json!(false), Some(Value::Switch(false)));
        check(Key::WsEnabled, json!("false"), None);
        check(Key::WsEnabled, json!(0), None);
        check(Key::WsEnabled, json!(null), None);
        check(Key::GestureFanout, json!("ws_sse"), Some(Value::Word("ws_sse")));
        check(Key::GestureFanout, json!("WS"), None);
        check(Key::GestureFanout, json!("auto"), None);
        check(Key::GestureFanout, json!(true), None);
        check(Key::ReplayMode, json!("auto"), Some(Value::Word("auto")));
        assert_eq!(Key::named("WS_ENABLED"), None);
    }

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for fanout in [GestureFanout::Off, GestureFanout::Ws, GestureFanout::WsSse] {
            assert_eq!(GestureFanout::of(Value::Word(fanout.as_str())), Some(fanout));
        }
        assert_eq!(GestureLog::of(Value::Word("ws")), None);
        assert_eq!(Mode::of(Value::Switch(true)), None);
    }
}
