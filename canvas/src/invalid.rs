//! Why an operation is not valid on a document.

use crate::limits::{
    ATOMS_MAX, DEPTH_MAX, DOCUMENT_BYTES_MAX, KIND_BYTES_MAX, NESTING_MAX, PATH_BYTES_MAX, TEXT_BYTES_MAX,
};

/// Which of the operations (or of the atoms of a listing) is not valid, and why. Nothing was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("operation {index} is not valid")]
pub struct OpInvalid {
    /// Its place in what was given, from 0.
    pub index: usize,
    /// What is wrong with it.
    #[source]
    pub reason: Reason,
}

/// What is wrong with an operation: a sentence for people as `Display`, a stable word as [`Reason::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence says it")]
pub enum Reason {
    #[error("the atom is not in the document")]
    AtomMissing,
    #[error("the document has an atom of this id already")]
    AtomExists,
    #[error("the parent is not in the document")]
    ParentMissing,
    #[error("the index is beyond the end of the siblings")]
    IndexBeyondEnd,
    #[error("an earlier atom of the listing stands at this index")]
    IndexTaken,
    #[error("an atom cannot be moved into its own subtree")]
    Cycle,
    #[error("atoms may hang at most {DEPTH_MAX} deep")]
    TooDeep,
    #[error("a document holds at most {ATOMS_MAX} atoms")]
    TooManyAtoms,
    #[error("a document holds at most {DOCUMENT_BYTES_MAX} bytes")]
    DocumentTooLarge,
    #[error("a kind is 1 to {KIND_BYTES_MAX} of A-Z a-z 0-9 _ - . : /")]
    KindInvalid,
    #[error("a path is 1 to {PATH_BYTES_MAX} bytes without control characters")]
    PathInvalid,
    #[error("the atom has no such token")]
    TokenMissing,
    #[error("the token is not a string")]
    TokenNotText,
    #[error("a string holds at most {TEXT_BYTES_MAX} bytes of UTF-8")]
    TextTooLong,
    #[error("values may nest at most {NESTING_MAX} deep")]
    ValueTooDeep,
    #[error("an integer is at most 2^53 in magnitude")]
    NumberOutOfRange,
    #[error("the range ends before it starts")]
    RangeReversed,
    #[error("the position is beyond the end of the text")]
    PositionBeyondEnd,
    #[error("the position is inside a surrogate pair")]
    PositionInSurrogatePair,
}

impl Reason {
    /// The word that programs may rely on.
    pub const fn code(self) -> &'static str {
        match self {
            Reason::AtomMissing => "atom_missing",
            Reason::AtomExists => "atom_exists",
            Reason::ParentMissing => "parent_missing",
            Reason::IndexBeyondEnd => "index_beyond_end",
            Reason::IndexTaken => "index_taken",
            Reason::Cycle => "cycle",
            Reason::TooDeep => "too_deep",
            Reason::TooManyAtoms => "too_many_atoms",
            Reason::DocumentTooLarge => "document_too_large",
            Reason::KindInvalid => "kind_invalid",
            Reason::PathInvalid => "path_invalid",
            Reason::TokenMissing => "token_missing",
            Reason::TokenNotText => "token_not_text",
            Reason::TextTooLong => "text_too_long",
            Reason::ValueTooDeep => "value_too_deep",
            Reason::NumberOutOfRange => "number_out_of_range",
            Reason::RangeReversed => "range_reversed",
            Reason::PositionBeyondEnd => "position_beyond_end",
            Reason::PositionInSurrogatePair => "position_in_surrogate_pair",
        }
    }
}
