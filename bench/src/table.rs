//! What was measured, as a table for people and as JSON.

use serde::Serialize;
use std::fmt::Write;

/// One figure, or one part of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// Its number in the list of figures.
    pub(crate) figure: u8,
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) baseline: Option<f64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) goal: String,
    /// None where nothing is asked: it is said for information.
    pub(crate) met: Option<bool>,
    pub(crate) note: String,
}

/// What is asked of a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// Ours over the baseline.
    RatioAtMost(f64),
    /// Ours over the baseline.
    RatioAtLeast(f64),
    /// Ours.
    AtMost(f64),
    /// Nothing.
    Informative,
}

impl Row {
    pub(crate) fn new(figure: u8, name: impl Into<String>, unit: &'static str, ours: f64, goal: Goal) -> Self {
        let row = Self {
            figure,
            name: name.into(),
            unit,
            ours,
            baseline: None,
            ratio: None,
            goal: goal.words(),
            met: None,
            note: String::new(),
        };
        row.judged(goal)
    }

    /// Beside what it is compared with.
    pub(crate) fn beside(mut self, baseline: f64, goal: Goal) -> Self {
        self.baseline = Some(baseline);
        self.ratio = Some(self.ours / baseline);
        self.goal = goal.words();
        self.judged(goal)
    }

    /// Met only if this holds, too.
    pub(crate) fn and(mut self, holds: bool, otherwise: &str) -> Self {
        if !holds {
            self.met = Some(false);
            self = self.note(otherwise);
        }
        self
    }

    pub(crate) fn note(mut self, note: impl AsRef<str>) -> Self {
        if !self.note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(note.as_ref());
        self
    }

    /// In one line, as soon as it is known.
    pub(crate) fn line(&self) -> String {
        let cells = cells(self).into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>();
        format!("{}  {}", cells.join("  "), self.note)
    }

    fn judged(mut self, goal: Goal) -> Self {
        self.met = match goal {
            Goal::RatioAtMost(most) => self.ratio.map(|ratio| ratio <= most),
            Goal::RatioAtLeast(least) => self.ratio.map(|ratio| ratio >= least),
            Goal::AtMost(most) => Some(self.ours <= most),
            Goal::Informative => None,
        };
        self
    }
}

impl Goal {
    fn words(self) -> String {
        match self {
            Goal::RatioAtMost(most) => format!("<= {most} x"),
            Goal::RatioAtLeast(least) => format!(">= {least} x"),
            Goal::AtMost(most) => format!("<= {most}"),
            Goal::Informative => String::new(),
        }
    }
}

/// The table, with its notes below.
pub(crate) fn render(rows: &[Row]) -> String {
    const HEAD: [&str; 8] = ["#", "figure", "ours", "baseline", "unit", "ratio", "goal", "met"];
    let cells: Vec<[String; 8]> = std::iter::once(HEAD.map(String::from)).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &cells {
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(text, "{cell:<width$}  ");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for row in rows.iter().filter(|row| !row.note.is_empty()) {
        let _ = write!(text, "\n{} {}: {}", row.figure, row.name, row.note);
    }
    text.push('\n');
    text
}

fn cells(row: &Row) -> [String; 8] {
    let number = |value: Option<f64>| value.map(short).unwrap_or_default();
    let met = match row.met {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    };
    [
        row.figure.to_string(),
        row.name.clone(),
        short(row.ours),
        number(row.baseline),
        row.unit.into(),
        number(row.ratio),
        row.goal.clone(),
        met.into(),
    ]
}

/// Three digits or so.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_judged_by_its_goal() {
        let check = |ours, baseline: Option<f64>, goal, expected| {
            let row = Row::new(1, "x", "us", ours, goal);
            let row = baseline.map_or(row.clone(), |baseline| row.beside(baseline, goal));
            assert_eq!(row.met, expected, "{row:?}");
        };
        check(3.0, Some(2.0), Goal::RatioAtMost(1.5), Some(true));
        check(3.1, Some(2.0), Goal::RatioAtMost(1.5), Some(false));
        check(3.1, Some(2.0), Goal::RatioAtLeast(1.5), Some(true));
        check(10.0, None, Goal::AtMost(10.0), Some(true));
        check(10.1, None, Goal::AtMost(10.0), Some(false));
        check(10.1, None, Goal::Informative, None);
        check(10.1, None, Goal::RatioAtMost(1.0), None);
    }

    #[test]
    fn what_must_also_hold_can_spoil_a_row() {
        let row = Row::new(8, "storm", "s", 1.0, Goal::AtMost(2.0));
        assert_eq!(row.clone().and(true, "holes").met, Some(true));
        let spoilt = row.and(false, "holes");
        assert_eq!((spoilt.met, spoilt.note.as_str()), (Some(false), "holes"));
    }
}
