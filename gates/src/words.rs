//! What stands for what in JSON, in the database and in requests, in both directions.

use crate::decision::GateName;
use crate::facts::{Level, LockState, SubjectKind, Target, Verdict, Window};

/// A word that names nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownWord {
    kind: &'static str,
    words: &'static [&'static str],
}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} must be one of {:?}", self.kind, self.words)
    }
}

impl std::error::Error for UnknownWord {}

macro_rules! words {
    ($($name:ident, $kind:literal, { $($variant:ident = $word:literal),* $(,)? };)*) => {$(
        impl $name {
            /// Every one.
            pub const ALL: [$name; [$($word),*].len()] = [$($name::$variant),*];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                let named = Self::ALL.into_iter().find(|it| it.as_str() == text);
                named.ok_or(UnknownWord { kind: $kind, words: &[$($word),*] })
            }
        }
    )*};
}

words! {
    Level, "level", { Low = "low", Medium = "medium", High = "high" };
    SubjectKind, "type", { Human = "human", Agent = "agent", Tool = "tool", Surface = "surface", App = "app" };
    LockState, "state", { Draft = "draft", Approved = "approved", Rejected = "rejected" };
    Verdict, "opinion", { Approve = "APPROVE", Reject = "REJECT" };
    Window, "window", { Hour = "hour", Day = "day", Month = "month" };
    GateName, "gate", {
        KillSwitch = "kill_switch", Firearms = "firearms", StrategyLock = "strategy_lock", Budget = "budget", Kpi = "kpi",
        Temperature = "temperature"
    };
}

impl Target {
    /// The word for what kind of thing it stops.
    pub const fn kind(&self) -> &'static str {
        match self {
            Target::Everything => "everything",
            Target::Action(_) => "action",
            Target::Provider(_) => "provider",
            Target::Autonomy => "autonomy",
        }
    }

    /// The action or provider; empty for the others.
    pub fn name(&self) -> &str {
        match self {
            Target::Action(name) | Target::Provider(name) => name,
            Target::Everything | Target::Autonomy => "",
        }
    }

    /// The target of this kind and name; none where the one does not go with the other.
    pub fn named(kind: &str, name: &str) -> Option<Self> {
        match (kind, name) {
            ("everything", "") => Some(Target::Everything),
            ("autonomy", "") => Some(Target::Autonomy),
            ("action" | "provider", "") => None,
            ("action", name) => Some(Target::Action(name.to_owned())),
            ("provider", name) => Some(Target::Provider(name.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_is_written() {
        fn check<T: serde::Serialize + std::str::FromStr<Err = UnknownWord> + PartialEq + std::fmt::Debug>(
            all: &[T],
            word: fn(&T) -> &'static str,
        ) {
            for it in all {
                assert_eq!(serde_json::to_value(it).unwrap(), word(it));
                assert_eq!(word(it).parse::<T>().as_ref(), Ok(it));
            }
            assert!("nonsense".parse::<T>().is_err());
        }
        check(&Level::ALL, |it| it.as_str());
        check(&SubjectKind::ALL, |it| it.as_str());
        check(&LockState::ALL, |it| it.as_str());
        check(&Verdict::ALL, |it| it.as_str());
        check(&Window::ALL, |it| it.as_str());
        check(&GateName::ALL, |it| it.as_str());
    }

    #[test]
    fn a_target_is_found_again() {
        let (publish, acme) = (Target::Action("publish".into()), Target::Provider("acme".into()));
        for target in [Target::Everything, publish, acme, Target::Autonomy] {
            assert_eq!(Target::named(target.kind(), target.name()), Some(target));
        }
        for (kind, name) in [("everything", "x"), ("autonomy", "x"), ("action", ""), ("provider", ""), ("x", "")] {
            assert_eq!(Target::named(kind, name), None, "{kind} {name}");
        }
    }
}
