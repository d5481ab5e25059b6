//! `workers/schema.sql` is what the migrations make.

use crate::asker::Asker;
use anyhow::{Result, ensure};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const TITLE: &str =
    "-- The schema that the migrations make. Generated: to change it, add a migration, and take what the test
-- `private_schema` writes to target/schema.sql.\n";

#[tokio::test]
async fn the_schema_is_current() -> Result<()> {
    let asker = Asker::start(0, &[]).await?;
    let access = asker.stack.access();
    let dump = Command::new(access.postgres_bin.join("pg_dump"))
        .args(["--schema-only", "--no-owner", "--exclude-table=refinery_schema_history", "--dbname"])
        .arg(&access.postgres_admin_url)
        .output()?;
    ensure!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let current = tidy(&String::from_utf8(dump.stdout)?);
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = std::fs::read_to_string(home.join("schema.sql")).unwrap_or_default();
    if current != committed {
        std::fs::write(home.join("../target/schema.sql"), &current)?;
    }
    ensure!(current == committed, "workers/schema.sql is not what the migrations make: see target/schema.sql");
    Ok(())
}

/// What concerns the schema, without what differs from one server or version to the next.
fn tidy(dump: &str) -> String {
    let is_noise = |line: &&str| {
        ["--", "SET ", "SELECT pg_catalog.", "\\"].iter().any(|start| line.starts_with(start)) || line.is_empty()
    };
    let mut text = TITLE.to_owned();
    for line in dump.lines().filter(|line| !is_noise(line)) {
        let begins = ["CREATE", "ALTER", "GRANT", "REVOKE"].iter().any(|word| line.starts_with(word));
        let _ = writeln!(text, "{}{line}", if begins { "\n" } else { "" });
    }
    text
}
