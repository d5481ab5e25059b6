//! What processes cost, as the kernel counts it.

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs;

/// Linux counts CPU time for user space in hundredths of a second.
const TICK_US: u64 = 10_000;

/// Lets this process and its children open as many files as the hard limit allows.
pub(crate) fn raise_open_files() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// CPU time that the processes have used so far, user and system, in microseconds.
pub(crate) fn cpu_us(pids: &[u32]) -> Result<u64> {
    pids.iter().map(|pid| cpu_us_of(&fs::read_to_string(format!("/proc/{pid}/stat"))?)).sum()
}

/// The memory of the process in bytes, each page that it shares counted in part.
pub(crate) fn pss_bytes(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss in smaps_rollup")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

fn cpu_us_of(stat: &str) -> Result<u64> {
    // The command's name, in brackets, may hold blanks.
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let times = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = times.map(str::parse::<u64>).sum::<Result<_, _>>()?;
    Ok(ticks * TICK_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 90 0 0 0 12 30 0 0 20 0 1 0 5";
        assert_eq!(cpu_us_of(stat).unwrap(), 420_000);
    }
}
