//! Sets of words: what stands for what in JSON, in the database and in keys, in both directions.

/// A word that names nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be one of {words:?}")]
pub struct UnknownWord {
    pub(crate) kind: &'static str,
    pub(crate) words: &'static [&'static str],
}

/// Gives an enum its words. They are those of its JSON, which a test of each compares.
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

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let named = Self::ALL.into_iter().find(|it| it.as_str() == text);
                named.ok_or($crate::words::UnknownWord { kind: $kind, words: &[$($word),*] })
            }
        }
    )*};
}
pub(crate) use words;
