//! What a document may hold, so that its memory and every recursion over it are bounded.

/// The most atoms of a document.
pub const ATOMS_MAX: usize = 100_000;
/// The most atoms on a way from the root down, the root not counted.
pub const DEPTH_MAX: usize = 128;
/// The size of a document, counted as its ids, kinds, paths and texts and a fixed share for each atom and value.
pub const DOCUMENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The longest kind. A kind is made of `A-Z a-z 0-9 _ - . : /`.
pub const KIND_BYTES_MAX: usize = 64;
/// The longest path of a token. A path holds no control characters.
pub const PATH_BYTES_MAX: usize = 256;
/// The longest string anywhere in a token, in UTF-8.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
/// How deep arrays and objects may nest in a token's value.
pub const NESTING_MAX: usize = 32;
/// The largest integer in magnitude: all up to it are exact in a double, which is what a browser has.
pub const INTEGER_MAX: u64 = 1 << 53;
