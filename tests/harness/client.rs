//! A ready-made client, not ours: a script of `tests/clients` that `node` or `python3` runs against the stack.

use crate::person::Person;
use crate::until::{SOON, within};
use local::Progress;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// A client that is not started yet. It finds the packages that `package-lock.json` or `requirements.txt` beside it names,
/// which are installed where they are not yet.
#[derive(Debug)]
pub struct Client {
    script: String,
    command: Command,
}

impl Client {
    /// The script of this name in `tests/clients`: `….mjs` or `….py`.
    pub async fn named(script: &str) -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        let is_python = script.ends_with(".py");
        let mut command = if is_python { python(&manifest, script).await } else { node(&manifest, script).await };
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
        let output = output.unwrap_or_else(|error| panic!("{} does not run: {error}", self.script));
        let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {}\n{said}\n{wrong}", self.script, output.status);
        said.into_owned()
    }
}

/// What is evaluated imports from the folder that it runs in.
async fn node(manifest: &Path, script: &str) -> Command {
    let packages = installed(local::node_packages, manifest).await;
    let text = std::fs::read_to_string(manifest.join(script)).expect("a script of tests/clients");
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", &text]).current_dir(packages);
    node
}

async fn python(manifest: &Path, script: &str) -> Command {
    let packages = installed(local::python_packages, manifest).await;
    let mut python = Command::new("python3");
    python.arg(manifest.join(script)).env("PYTHONPATH", packages);
    python
}

type Install = fn(&Path, &Path, Progress) -> anyhow::Result<PathBuf>;

async fn installed(install: Install, manifest: &Path) -> PathBuf {
    let (manifest, tests) = (manifest.to_owned(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let dir = tests.with_file_name(".dev").join("clients");
    let install = tokio::task::spawn_blocking(move || install(&dir, &manifest, Progress::Silent));
    install.await.expect("it does not panic").expect("the packages are installed")
}
