//! `compose.yaml` is held to what this crate sets, what the binaries know, and what `nats.conf` asks for.

use crate::access::Access;
use crate::config::{Service, StackConfig};
use crate::launches::Plan;
use crate::ports::Ports;
use crate::secrets::Secrets;
use crate::tools::Tools;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::process::Command;

const COMPOSE: &str = include_str!("../../compose.yaml");
const NATS_CONF: &str = include_str!("../../nats.conf");

#[test]
fn compose_sets_what_the_stack_sets() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let config = StackConfig::new(dir.path());
    let (secrets, (ports, _reserved)) = (Secrets::of(dir.path())?, Ports::of(&config)?);
    let tools = Tools { nats_server: "nats-server".into(), postgres_bin: ".".into() };
    let access = Access::new(&secrets, &ports, &tools);
    let plan = Plan { config, secrets, ports, tools, access, postgres_home: dir.path().into() };
    for (service, env) in [
        ("nats", plan.env(Service::Nats)),
        ("s3", plan.env(Service::S3)),
        ("migrate", plan.migrate_env()),
        ("edge", plan.env(Service::Edge(0))),
        ("workers", plan.env(Service::Worker(0))),
    ] {
        assert_eq!(variables(service)?, env.into_iter().map(|(name, _)| name).collect(), "of {service}");
    }
    Ok(())
}

#[test]
fn the_binaries_know_every_variable_that_compose_sets() -> Result<()> {
    for (service, program, args) in [
        ("s3", "northstar-local", ["s3", "--help"].as_slice()),
        ("migrate", "northstar-workers", &["migrate", "--help"]),
        ("edge", "northstar-edge", &["--help"]),
        ("workers", "northstar-workers", &["run", "--help"]),
    ] {
        let known = help(program, args)?;
        for name in variables(service)? {
            assert!(known.contains(&format!("[env: {name}")), "{program} knows no {name}");
        }
    }
    Ok(())
}

#[test]
fn compose_sets_what_the_configuration_of_nats_asks_for() -> Result<()> {
    let lines = NATS_CONF.lines().filter(|line| !line.trim_start().starts_with('#'));
    let asked = lines
        .flat_map(|line| line.split('$').skip(1))
        .map(|text| text.split(|c: char| !(c.is_ascii_uppercase() || c == '_')).next().unwrap_or_default().to_owned());
    assert_eq!(variables("nats")?, asked.filter(|name| name.starts_with("NATS_")).collect());
    Ok(())
}

/// What `compose.yaml` sets for a service, the anchor for S3 included.
fn variables(service: &str) -> Result<BTreeSet<String>> {
    let own = block(&format!("\n  {service}:\n"), "   ")?;
    let shared = if own.contains("<<: *s3") { block("\nx-s3: &s3\n", " ")? } else { "" };
    Ok(keys(own).chain(keys(shared)).collect())
}

/// What stands below a heading: the lines that are empty or begin so.
fn block(heading: &str, margin: &str) -> Result<&'static str> {
    let (_, rest) = COMPOSE.split_once(heading).with_context(|| format!("compose.yaml has no {}", heading.trim()))?;
    let inside = |line: &&str| line.trim().is_empty() || line.starts_with(margin);
    let bytes = rest.split_inclusive('\n').take_while(inside).map(str::len).sum();
    Ok(&rest[..bytes])
}

/// The keys that are spelled as variables are.
fn keys(block: &str) -> impl Iterator<Item = String> {
    let keys = block.lines().filter_map(|line| Some(line.split_once(':')?.0.trim()));
    let is_variable = |key: &&str| key.contains('_') && !key.contains(|c: char| c.is_ascii_lowercase() || c == ' ');
    keys.filter(is_variable).map(str::to_owned)
}

/// What a binary of this workspace says of itself.
fn help(program: &str, args: &[&str]) -> Result<String> {
    let path = StackConfig::new(".").bin_dir.join(program);
    let output = Command::new(&path).args(args).output();
    let output = output.with_context(|| format!("{}: run `cargo build --workspace --bins`", path.display()))?;
    Ok(String::from_utf8(output.stdout)?)
}
