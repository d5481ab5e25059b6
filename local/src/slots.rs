//! The processes of a stack: one slot each, which remembers how to start it and whether it should run.

use crate::child::{Child, Launch};
use crate::config::Service;
use crate::files;
use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The first wait before a process that died is started again; it doubles while the process keeps dying.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// Having lived so long, it is not "dying again".
const SETTLED: Duration = Duration::from_secs(10);

/// All slots of a stack. No lock is held while anything is waited for.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<BTreeMap<Service, Slot>>);

#[derive(Debug)]
struct Slot {
    launch: Launch,
    child: Option<Child>,
    /// Whether it should run, as its owner last said.
    wanted: bool,
    started: Instant,
    deaths: u32,
    retry_at: Option<Instant>,
}

impl Slots {
    /// Starts it unless it runs. The first launch given for a service is kept, with what `add_env` adds to it.
    pub(crate) fn start(&self, service: Service, launch: Launch) -> Result<()> {
        let mut slots = self.lock();
        let slot = slots.entry(service).or_insert_with(|| Slot::new(launch));
        slot.wanted = true;
        if slot.is_running() { Ok(()) } else { slot.spawn() }
    }

    /// In force from its next start.
    pub(crate) fn add_env(&self, service: Service, env: &[(&str, &str)]) {
        if let Some(slot) = self.lock().get_mut(&service) {
            slot.launch.env.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
    }

    /// Takes the running process out, no longer wanted; with it comes the signal that asks it to stop.
    pub(crate) fn take(&self, service: Service) -> Option<(Child, Signal)> {
        let mut slots = self.lock();
        let slot = slots.get_mut(&service)?;
        slot.wanted = false;
        slot.retry_at = None;
        Some((slot.child.take()?, slot.launch.stop))
    }

    /// Ends the process at once; it is still wanted.
    pub(crate) fn kill(&self, service: Service) -> Result<()> {
        self.with_child(service, Child::kill)
    }

    pub(crate) fn signal(&self, service: Service, signal: Signal) -> Result<()> {
        self.with_child(service, |child| child.signal(signal))
    }

    /// None while it is down.
    pub(crate) fn pid(&self, service: Service) -> Option<u32> {
        let mut slots = self.lock();
        let child = slots.get_mut(&service)?.child.as_mut()?;
        child.exit_status().is_none().then(|| child.pid())
    }

    /// Fails with its last words when it has ended by itself.
    pub(crate) fn alive(&self, service: Service) -> Result<()> {
        let mut slots = self.lock();
        let slot = slots.get_mut(&service).with_context(|| format!("{service} was never started"))?;
        match slot.child.as_mut().map(Child::exit_status) {
            Some(None) => Ok(()),
            Some(Some(status)) => bail!("{service} ended ({status}): {}", files::log_tail(&slot.launch.log)),
            None => bail!("{service} is stopped"),
        }
    }

    /// Every service that has been started once.
    pub(crate) fn services(&self) -> Vec<Service> {
        self.lock().keys().copied().collect()
    }

    /// Starts again what should run and died; says which, and why it had ended. A service that keeps dying waits longer.
    pub(crate) fn revive(&self, restartable: impl Fn(Service) -> bool) -> Vec<String> {
        let mut slots = self.lock();
        let dead = slots.iter_mut().filter(|(service, slot)| restartable(**service) && slot.wanted);
        dead.filter_map(|(service, slot)| Some(format!("{service} {}", slot.revive(Instant::now())?))).collect()
    }

    fn with_child(&self, service: Service, act: impl FnOnce(&mut Child)) -> Result<()> {
        let mut slots = self.lock();
        let child = slots.get_mut(&service).and_then(|slot| slot.child.as_mut());
        act(child.with_context(|| format!("{service} does not run"))?);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Service, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn new(launch: Launch) -> Self {
        Self { launch, child: None, wanted: true, started: Instant::now(), deaths: 0, retry_at: None }
    }

    fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.exit_status().is_none())
    }

    fn spawn(&mut self) -> Result<()> {
        self.child = Some(self.launch.spawn()?);
        self.started = Instant::now();
        self.retry_at = None;
        Ok(())
    }

    /// What happened, when something did.
    fn revive(&mut self, now: Instant) -> Option<String> {
        if let Some(retry_at) = self.retry_at {
            if now < retry_at {
                return None;
            }
            return Some(match self.spawn() {
                Ok(()) => "was started again".to_owned(),
                Err(error) => {
                    self.retry_at = Some(now + BACKOFF_MAX);
                    format!("cannot be started: {error:#}")
                }
            });
        }
        let status = self.child.as_mut()?.exit_status()?;
        self.deaths = if now - self.started > SETTLED { 0 } else { self.deaths + 1 };
        let wait = backoff(self.deaths);
        self.retry_at = Some(now + wait);
        Some(format!("ended ({status}), to be started again in {wait:?}"))
    }
}

/// How long to wait after so many deaths, each soon after its start.
fn backoff(deaths: u32) -> Duration {
    BACKOFF_FIRST.saturating_mul(1 << deaths.min(16)).min(BACKOFF_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        let check = |deaths, expected_ms| assert_eq!(backoff(deaths), Duration::from_millis(expected_ms));
        check(0, 100);
        check(1, 200);
        check(5, 3_200);
        check(6, 5_000);
        check(u32::MAX, 5_000);
    }
}
