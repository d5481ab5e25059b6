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

/// Makes a newtype of text what its form says: it is read only where it is valid, and written as it was read.
macro_rules! checked_text {
    ($name:ident, $is_valid:ident, $invalid:expr, $error:ty) => {
        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                if $is_valid(text) { Ok(Self(text.into())) } else { Err($invalid) }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(::serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use checked_text;
