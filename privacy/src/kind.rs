//! The kinds of personal data that are looked for.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An email address.
    Email,
    /// A bank account by its international number.
    Iban,
    /// The number of a payment card.
    Card,
    /// An address on the internet, of version 4 or 6.
    Ip,
    /// A telephone number.
    Phone,
    /// Where somebody lives or can be written to.
    Address,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 6] = [Kind::Email, Kind::Iban, Kind::Card, Kind::Ip, Kind::Phone, Kind::Address];

    /// The kind in one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Iban => "iban",
            Kind::Card => "card",
            Kind::Ip => "ip",
            Kind::Phone => "phone",
            Kind::Address => "address",
        }
    }

    /// What stands in the place of what was found.
    pub const fn mark(self) -> &'static str {
        match self {
            Kind::Email => "[email]",
            Kind::Iban => "[iban]",
            Kind::Card => "[card]",
            Kind::Ip => "[ip]",
            Kind::Phone => "[phone]",
            Kind::Address => "[address]",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
