//! Canvas documents: the nearest one at hand plus what was done since, and the history of what was done.

mod documents;
pub mod history;
mod nearest;
pub mod read;
mod stand;

pub use documents::Documents;
pub use stand::{Broken, DocumentBody, Stand};
