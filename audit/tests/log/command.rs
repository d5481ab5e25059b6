//! `northstar-audit`, as a tenant runs it: what it prints, and how it exits.

use crate::sample::{checkpoint, leaf, log, pair, publish};
use audit::SigningPair;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

#[track_caller]
fn run(args: &[&str], home: &Path, expected: i32) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_northstar-audit")).args(args).current_dir(home).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(expected), "{args:?}: {out}{err}");
    format!("{out}{err}")
}

#[test]
fn a_tenant_verifies_proves_and_checks() {
    let home = TempDir::new().unwrap();
    let log = log(300);
    publish(&log, &home.path().join("log"));
    fs::write(home.path().join("kept"), checkpoint(&log, 200).sign(&pair()).unwrap()).unwrap();
    let pair = pair();
    let vkey = pair.vkey();
    let run = |args: &[&str], expected| run(args, home.path(), expected);

    let said = run(&["verify", "log", "--vkey", vkey, "--since", "kept"], 0);
    assert!(said.contains("northstar.test/audit/t_acme/dev: 300 records"), "{said}");
    assert_eq!(run(&["export", "log", "--vkey", vkey], 0).lines().count(), 300);
    let proof = run(&["prove", "log", "--vkey", vkey, "--event", "e7"], 0);
    fs::write(home.path().join("x.tlog-proof"), &proof).unwrap();
    let proved = run(&["check", "x.tlog-proof", "--vkey", vkey], 0);
    assert_eq!(proved.trim(), serde_json::to_string(&leaf(7)).unwrap());

    fs::write(home.path().join("y.tlog-proof"), proof.replace("index 7", "index 8")).unwrap();
    run(&["check", "y.tlog-proof", "--vkey", vkey], 1);
    fs::write(home.path().join("log/tile/entries/000"), "x").unwrap();
    let said = run(&["verify", "log", "--vkey", vkey], 1);
    assert!(said.contains("first bad record: 0"), "{said}");

    run(&["verify", "nowhere", "--vkey", vkey], 2);
    run(&["verify", "log", "--vkey", "no key"], 2);
    run(&["prove", "nowhere", "--vkey", vkey, "--event", "e7"], 2);
    run(&["check", "kept", "--vkey", vkey], 2);
    run(&["verify"], 2);
}

#[test]
fn a_key_is_made_with_what_others_verify_with() {
    let home = TempDir::new().unwrap();
    let said = run(&["keygen", "--name", "northstar.test"], home.path(), 0);
    let line = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    let seed: [u8; 32] = hex::decode(line("AUDIT_KEY=")).unwrap().try_into().unwrap();
    assert_eq!(SigningPair::from_seed("northstar.test", &seed).vkey(), line("AUDIT_VKEYS="));
    run(&["keygen", "--name", "two words"], home.path(), 2);
    run(&["watch", "--vkey", "x", "--state", "s"], home.path(), 2);
}
