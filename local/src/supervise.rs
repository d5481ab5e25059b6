//! Starts edges and workers that die again, and keeps `stack.json` true.

use crate::config::Service;
use crate::info::StackInfo;
use crate::inner::Inner;
use crate::progress::Progress;
use std::sync::Weak;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Ends with the stack.
pub(crate) async fn run(stack: Weak<Inner>) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let mut told = None;
    loop {
        tick.tick().await;
        let Some(stack) = stack.upgrade() else { return };
        look(&stack, &mut told);
    }
}

/// Servers are not started again, as one that stopped a server means it; but `stack.json` says that it is down.
fn look(stack: &Inner, told: &mut Option<StackInfo>) {
    let happened = stack.slots.revive(|service| matches!(service, Service::Edge(_) | Service::Worker(_)));
    if stack.plan.config.progress == Progress::Told {
        happened.iter().for_each(|line| eprintln!("  ! {line}"));
    }
    let info = stack.info();
    if told.as_ref() != Some(&info) {
        match stack.write_info() {
            Ok(()) => *told = Some(info),
            Err(error) => eprintln!("  ! {error:#}"),
        }
    }
}
