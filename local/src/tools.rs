//! The servers: those on `PATH` when they are new enough, else those that were installed beside the stack.

use crate::env;
use crate::files;
use crate::install;
use crate::progress::Progress;
use anyhow::{Context, Result};
use nix::unistd::Uid;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest nats-server that will do: it lists all of its consumers and sends batches.
const NATS_VERSION_MIN: (u32, u32) = (2, 14);
/// The oldest PostgreSQL that will do.
const POSTGRES_VERSION_MIN: (u32, u32) = (16, 0);

/// Where the servers are.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The program.
    pub nats_server: PathBuf,
    /// The folder of `postgres`, `initdb`, `psql` and `pgbench`.
    pub postgres_bin: PathBuf,
}

impl Tools {
    /// Finds the servers; installs into `dir` what is missing or too old. Callers of one `dir` take turns.
    pub fn find_or_install(dir: &Path, progress: Progress) -> Result<Self> {
        files::create_passable(dir)?;
        let nats_server = match nats_on_path() {
            Some(program) => program,
            None => install::nats_server(dir, progress)?,
        };
        let postgres_bin = match postgres_on_path() {
            Some(bin) => bin,
            None => install::postgres(dir, progress)?,
        };
        Ok(Self { nats_server, postgres_bin })
    }
}

fn nats_on_path() -> Option<PathBuf> {
    on_path("nats-server").find(|program| version(program).is_some_and(|found| found >= NATS_VERSION_MIN))
}

fn postgres_on_path() -> Option<PathBuf> {
    let program = on_path("postgres").find(|program| {
        let usable =
            program.with_file_name("initdb").exists() && (!Uid::effective().is_root() || files::is_passable(program));
        usable && version(program).is_some_and(|found| found >= POSTGRES_VERSION_MIN)
    })?;
    Some(program.parent()?.to_path_buf())
}

/// The programs of this name, those first that a shell would find first.
pub(crate) fn on_path(name: &str) -> impl Iterator<Item = PathBuf> {
    let path = env::read("PATH").unwrap_or_default();
    let dirs: Vec<_> = std::env::split_paths(&path).collect();
    let name = name.to_owned();
    dirs.into_iter().filter_map(move |dir| dir.join(&name).canonicalize().ok()).filter(|program| program.is_file())
}

/// What `program --version` says.
fn version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

/// The first word that begins with a number, as in `nats-server: v2.15.1` and `postgres (PostgreSQL) 18.4`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let mut parts = word.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
        let major = parts.next()?.parse().ok()?;
        Some((major, parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
    })
}

/// The version that a server calls itself, for people.
pub(crate) fn version_text(program: &Path) -> Result<String> {
    let (major, minor) = version(program).with_context(|| format!("{} does not run", program.display()))?;
    Ok(format!("{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_servers_print() {
        let check = |text, expected| assert_eq!(parse_version(text), expected, "{text}");
        check("nats-server: v2.15.1", Some((2, 15)));
        check("postgres (PostgreSQL) 18.4", Some((18, 4)));
        check("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)", Some((15, 13)));
        check("postgres (PostgreSQL) 19beta1", Some((19, 0)));
        check("command not found", None);
        check("", None);
    }
}
