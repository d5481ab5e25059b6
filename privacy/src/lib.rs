//! Takes personal data out of what is recorded (contract section 9).
//!
//! First a list of fields: what is listed as a word of ours is kept, what is listed as text is searched, and any other text
//! is dropped. Then detectors search the text and put the kind in the place of what they found, e.g. `[email]`.
//!
//! What this does not do: it finds no names of people, no data that is spread over several fields or several events (a number
//! that is typed one digit at a time), nothing in pictures, and nothing that is written to be missed.

mod address;
mod card;
mod detect;
mod email;
mod fields;
mod iban;
mod ip;
mod kind;
mod learnable;
mod own;
mod phone;
mod redact;

pub use detect::{DETECTORS, Detector, Finding, find_all};
pub use fields::{Treatment, treatment};
pub use kind::Kind;
pub use learnable::learnable;
pub use redact::{DROPPED, Redacted, redact, redact_text, redact_with};

/// The version of the fields and the detectors: another one may find other things. Stored with all that was searched.
pub const VERSION: &str = "1";
