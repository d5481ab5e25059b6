//! Structural checks of a document, for those who publish it. Each is a pure function; the list is an array.

mod checks;
mod outline;

pub use checks::CHECKS;
pub use outline::Outline;

use serde::Serialize;
use subjects::document::Atom;
use subjects::ids::AtomId;

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// The stable word for it.
    pub name: &'static str,
    /// What it finds, in the document's order.
    pub run: fn(&Outline<'_>) -> Vec<Finding>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// [`Check::name`].
    pub check: &'static str,
    /// Where.
    pub atom_id: AtomId,
    /// The token that it is about, where it is about one.
    pub path: Option<&'static str>,
    /// A sentence for people.
    pub detail: String,
}

/// How many findings a check had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// [`Check::name`].
    pub check: &'static str,
    /// How many, all of them.
    pub findings: usize,
}

/// What all checks found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing was found.
    pub passed: bool,
    /// How many atoms were looked at.
    pub atoms: usize,
    /// Each check, in order.
    pub checks: Vec<Count>,
    /// The first [`FINDINGS_MAX`] findings.
    pub findings: Vec<Finding>,
    /// Whether there are more than that.
    pub truncated: bool,
}

/// The most findings that a report lists.
pub const FINDINGS_MAX: usize = 1_000;

/// Runs every check over these atoms. They need not make a [`crate::Document`]: that is among what is checked.
pub fn audit(atoms: &[Atom]) -> Report {
    let outline = Outline::of(atoms);
    let found = CHECKS.map(|check| (check.name, (check.run)(&outline)));
    let checks: Vec<_> = found.iter().map(|(check, found)| Count { check, findings: found.len() }).collect();
    let all: usize = checks.iter().map(|count| count.findings).sum();
    let findings = found.into_iter().flat_map(|(_, found)| found).take(FINDINGS_MAX).collect();
    Report { passed: all == 0, atoms: atoms.len(), checks, findings, truncated: all > FINDINGS_MAX }
}
