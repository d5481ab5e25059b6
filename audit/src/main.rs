//! `northstar-audit`: what a tenant, or anybody, checks a log with. It needs no database, and a server only to copy or to
//! watch what one publishes.

mod cli;

use anyhow::{Context, Result};
use audit::{Checkpoint, Failure, Files, Keys, Proof, ProofError, SigningPair, Verified, verify};
use clap::{Args, Parser, Subcommand};
use cli::remote::{Asker, Mirrored, Remote};
use cli::watch::Watch;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Checks the audit log of a tenant. Exit code 0: it holds; 1: it was tampered with; 2: what was given is of no use.
#[derive(Parser, Debug)]
#[command(name = "northstar-audit", version)]
struct Cli {
    #[command(subcommand)]
    job: Job,
}

#[derive(Subcommand, Debug)]
enum Job {
    /// Verifies every record, tile and signature, and that the log begins with an earlier checkpoint.
    Verify(Copied),
    /// Writes a proof of one record to standard output.
    Prove {
        #[command(flatten)]
        copied: Copied,
        /// The record's `event_id`.
        #[arg(long)]
        event: String,
    },
    /// Checks a proof, and prints the record that it proves.
    Check {
        /// The proof; `-` is standard input.
        proof: PathBuf,
        /// A key whose signature is believed, as `/.well-known/audit-keys` says it. May be given more than once.
        #[arg(long, required = true)]
        vkey: Vec<String>,
    },
    /// Verifies, and prints the records as JSON, one to a line.
    Export(Copied),
    /// Watches a log: demands of each checkpoint that it goes on where the last one ended. Ends with 1 when one does not.
    Watch(Watch),
    /// Makes a key that signs checkpoints, and what others verify with.
    Keygen {
        /// The deployment's name, as `NORTHSTAR_AUDIT_ORIGIN` says it.
        #[arg(long, value_parser = key_name)]
        name: String,
    },
}

/// A copy of a log.
#[derive(Args, Debug)]
struct Copied {
    /// The folder with `checkpoint` and `tile/`.
    log: PathBuf,
    /// A key whose signature is believed, as `/.well-known/audit-keys` says it. May be given more than once.
    #[arg(long, required = true)]
    vkey: Vec<String>,
    /// An earlier checkpoint: the log must begin with it.
    #[arg(long)]
    since: Option<PathBuf>,
    /// Copies the log into the folder first, from the address below which `checkpoint` and `tile/` stand, e.g.
    /// `https://northstar.example/audit/log`.
    #[arg(long = "from", visible_alias = "url", value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    asker: Asker,
}

/// How it ended.
enum End {
    Holds,
    Tampered(String),
}

fn main() -> ExitCode {
    match run(Cli::parse().job) {
        Ok(End::Holds) => ExitCode::SUCCESS,
        Ok(End::Tampered(how)) => {
            eprintln!("northstar-audit: {how}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("northstar-audit: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(job: Job) -> Result<End> {
    match job {
        Job::Verify(copied) => copied.with(|verified| {
            let Checkpoint { origin, size, root } = &verified.checkpoint;
            writeln!(std::io::stdout(), "{origin}: {size} records, root {root}").context("standard output")
        }),
        Job::Export(copied) => copied.with(|verified| {
            let mut out = std::io::stdout().lock();
            for leaf in &verified.leaves {
                writeln!(out, "{}", serde_json::to_string(leaf)?).context("standard output")?;
            }
            Ok(())
        }),
        Job::Prove { copied, event } => copied.with(|verified| {
            let leaf = verified.leaves.iter().find(|leaf| leaf.event_id == event);
            let leaf = leaf.with_context(|| format!("no record has the event_id {event}"))?;
            let hashes = verified.log.prove_inclusion(leaf.seq, verified.checkpoint.size)?;
            let proof = Proof { record: leaf.to_bytes()?, seq: leaf.seq, hashes, note: verified.note.clone() };
            write!(std::io::stdout(), "{}", proof.to_text()).context("standard output")
        }),
        Job::Watch(watch) => Ok(match runtime()?.block_on(watch.run())? {
            None => End::Holds,
            Some(disbelief) => End::Tampered(format!("{:#}", anyhow::Error::new(disbelief))),
        }),
        Job::Keygen { name } => {
            let seed: [u8; 32] = rand::random();
            let pair = SigningPair::from_seed(&name, &seed);
            let said = format!("AUDIT_KEY={}\nAUDIT_VKEYS={}", hex::encode(seed), pair.vkey());
            writeln!(std::io::stdout(), "{said}").context("standard output")?;
            Ok(End::Holds)
        }
        Job::Check { proof, vkey } => {
            let proof = Proof::from_text(&read(&proof)?)?;
            match proof.check(&Keys::new(vkey)?) {
                Ok((leaf, _)) => {
                    writeln!(std::io::stdout(), "{}", serde_json::to_string(&leaf)?)?;
                    Ok(End::Holds)
                }
                Err(error @ ProofError::Form(_)) => Err(error.into()),
                Err(error) => Ok(End::Tampered(format!("{:#}", anyhow::Error::new(error)))),
            }
        }
    }
}

impl Copied {
    /// Does something with a log that holds.
    fn with(self, then: impl FnOnce(&Verified) -> Result<()>) -> Result<End> {
        let keys = Keys::new(self.vkey)?;
        let since =
            self.since.map(|file| std::fs::read(&file).with_context(|| file.display().to_string())).transpose()?;
        let since = since.map(|note| Checkpoint::open(&note, &keys)).transpose().context("the earlier checkpoint")?;
        let files = Files::new(self.log);
        if let Some(url) = self.url
            && let Mirrored::Unbelievable(error) =
                runtime()?.block_on(Remote::at(url, self.asker)?.mirror(&files, &keys))?
        {
            return Ok(End::Tampered(format!("{:#}", anyhow::Error::new(error))));
        }
        match verify(&files, &keys, since.as_ref()) {
            Ok(verified) => then(&verified).map(|()| End::Holds),
            Err(Failure::Tampered(how)) => {
                let place = how.first_bad_seq().map(|seq| format!(" (first bad record: {seq})")).unwrap_or_default();
                Ok(End::Tampered(format!("{:#}{place}", anyhow::Error::new(how))))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")
}

/// A name that a key may have.
fn key_name(name: &str) -> Result<String, String> {
    let is_plain = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+');
    if is_plain { Ok(name.to_owned()) } else { Err("a name has neither spaces nor +".into()) }
}

fn read(file: &PathBuf) -> Result<String> {
    let mut text = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("standard input")?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    }
    Ok(text)
}
