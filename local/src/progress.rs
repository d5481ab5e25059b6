//! How a start tells what it is doing: a spinner on a terminal, plain lines elsewhere, nothing in tests.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(100);

/// Where progress is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// To nobody.
    Silent,
    /// On standard error.
    Told,
}

/// Something that takes a moment. Dropped without `done`, it has failed.
#[derive(Debug)]
pub(crate) struct Step {
    what: String,
    began: Instant,
    bar: Option<ProgressBar>,
    progress: Progress,
}

impl Progress {
    pub(crate) fn step(self, what: impl Into<String>, doing: &str) -> Step {
        let what = what.into();
        let on_terminal = self == Self::Told && std::io::stderr().is_terminal();
        if self == Self::Told && !on_terminal {
            eprintln!("  … {what}: {doing}");
        }
        Step {
            bar: on_terminal.then(|| spinner(format!("{what}: {doing}"))),
            what,
            began: Instant::now(),
            progress: self,
        }
    }
}

impl Step {
    /// It went well; `outcome` says what came of it.
    pub(crate) fn done(mut self, outcome: &str) {
        let line = format!("  ✓ {} {outcome} ({:.1} s)", self.what, self.began.elapsed().as_secs_f32());
        match self.bar.take() {
            Some(bar) => {
                bar.finish_and_clear();
                eprintln!("{line}");
            }
            None if self.progress == Progress::Told => eprintln!("{line}"),
            None => {}
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn spinner(message: String) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message);
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}
