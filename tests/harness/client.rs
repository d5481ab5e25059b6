//! A ready-made client, not ours: a script of `tests/clients` that `node` runs against the stack.

use crate::person::Person;
use crate::until::{SOON, within};
use local::Progress;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// A script that is not started yet. It finds the packages of `tests/clients/package-lock.json`, which are installed where
/// they are not yet.
#[derive(Debug)]
pub struct Client {
    script: String,
    command: Command,
}

impl Client {
    /// The script of this name in `tests/clients`.
    pub async fn named(script: &str) -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = tests.join("clients");
        let text = std::fs::read_to_string(manifest.join(script)).expect("a script of tests/clients");
        let dir = tests.with_file_name(".dev").join("clients");
        let install = tokio::task::spawn_blocking(move || local::node_packages(&dir, &manifest, Progress::Silent));
        let packages = install.await.expect("it does not panic").expect("the packages are installed");
        let mut command = Command::new("node");
        // What is evaluated imports from the folder that it runs in.
        command.args(["--input-type=module", "--eval", &text]).current_dir(packages);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Self { script: script.to_owned(), command }
    }

    /// With one more environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// For this person, at their edge: `EDGE`, `TOKEN`, `TENANT` and `ENV`.
    #[must_use]
    pub fn of(self, person: &Person) -> Self {
        let Person { access_token, tenant_id, env, .. } = person;
        let client = self.env("EDGE", person.edge_url()).env("TOKEN", access_token);
        client.env("TENANT", tenant_id.as_str()).env("ENV", env.as_str())
    }

    /// Runs it to its end, which must be a good one; gives what it printed.
    pub async fn succeeds(mut self) -> String {
        let output = within(SOON, format!("{} ends", self.script), self.command.output()).await;
        let output = output.unwrap_or_else(|error| panic!("node does not run: {error}"));
        let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {}\n{said}\n{wrong}", self.script, output.status);
        said.into_owned()
    }
}
