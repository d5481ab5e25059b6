//! Where a worker kills itself, so that tests can see that nothing is lost. Never set in production.

use clap::ValueEnum;
use subjects::subject::Subject;

/// A point on a command's way.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[value(rename_all = "snake_case")]
pub enum Point {
    /// Nowhere.
    Never,
    /// Delivered, nothing done.
    BeforeTransaction,
    /// Durable, nothing sent.
    AfterTransaction,
    /// Events and answer sent, not acknowledged.
    AfterSending,
}

/// Where to die, and for which commands.
#[derive(Debug)]
pub(crate) struct Failpoint {
    at: Point,
    /// As it stands in a message's body; empty is in every body.
    mark: String,
}

impl Failpoint {
    /// Dies at `at` for commands whose intent has this label; an empty label stands for all.
    pub(crate) fn new(at: Point, label: &str) -> Self {
        let mark = if label.is_empty() { String::new() } else { format!("\"label\":\"{label}\"") };
        Self { at, mark }
    }

    /// Whether the worker of a message is to die here.
    pub(crate) fn is_at(&self, point: Point, subject: &str, body: &[u8]) -> bool {
        let is_mark = |part: &[u8]| part == self.mark.as_bytes();
        let is_marked = || self.mark.is_empty() || body.windows(self.mark.len()).any(is_mark);
        let is_canvas = || matches!(subject.parse(), Ok(Subject::Command(_)));
        point != Point::Never && self.at == point && is_canvas() && is_marked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Point::{AfterSending, AfterTransaction, Never};

    #[test]
    fn only_marked_canvas_commands_die() {
        let body = br#"{"commands":[{"intent":{"label":"die"}}]}"#;
        let canvas = Subject::Command("t_acme.dev.canvas.c1".parse().unwrap()).to_string();
        let control = Subject::control("t_acme".parse().unwrap(), "dev".parse().unwrap(), "signup", "x").to_string();
        let check = |at, label, point, subject: &str, expected| {
            let is_at = Failpoint::new(at, label).is_at(point, subject, body);
            assert_eq!(is_at, expected, "{at:?} {label} {point:?} {subject}");
        };
        check(Never, "", AfterSending, &canvas, false);
        check(Never, "", Never, &canvas, false);
        check(AfterSending, "", AfterSending, &canvas, true);
        check(AfterSending, "", AfterTransaction, &canvas, false);
        check(AfterSending, "die", AfterSending, &canvas, true);
        check(AfterSending, "live", AfterSending, &canvas, false);
        check(AfterSending, "", AfterSending, &control, false);
    }
}
