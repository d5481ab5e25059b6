//! Starts edges and workers that die again.

use crate::config::Service;
use crate::progress::Progress;
use crate::stack::Inner;
use std::sync::Weak;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Ends with the stack.
pub(crate) async fn run(stack: Weak<Inner>) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tick.tick().await;
        let Some(stack) = stack.upgrade() else { return };
        look(&stack);
    }
}

/// Servers are not started again: a test that stops one means it.
fn look(stack: &Inner) {
    let happened = stack.slots.revive(|service| matches!(service, Service::Edge(_) | Service::Worker(_)));
    if happened.is_empty() {
        return;
    }
    if let Err(error) = stack.write_info() {
        eprintln!("  ! {error:#}");
    }
    if stack.plan.config.progress == Progress::Told {
        happened.iter().for_each(|line| eprintln!("  ! {line}"));
    }
}
