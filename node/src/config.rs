//! Configuration from the environment: one struct per binary, checked as a whole at start.

use clap::{Args, CommandFactory, Parser};
use secrecy::SecretString;
use std::fmt::Write;

/// The bus.
#[derive(Args, Clone, Debug)]
pub struct BusConfig {
    /// Where nats-server is, with this process's user and password.
    #[arg(long, env = "NORTHSTAR_NATS_URL", hide_env_values = true, default_value = "nats://127.0.0.1:4222")]
    pub nats_url: SecretString,
}

/// The database.
#[derive(Args, Clone, Debug)]
pub struct PostgresConfig {
    /// Where PostgreSQL is, with this process's role and password.
    #[arg(
        long,
        env = "NORTHSTAR_POSTGRES_URL",
        hide_env_values = true,
        default_value = "postgres://127.0.0.1:5432/northstar"
    )]
    pub postgres_url: SecretString,
    /// The most connections that this process opens.
    #[arg(long, env = "NORTHSTAR_POSTGRES_CONNECTIONS_MAX", default_value_t = 16)]
    pub postgres_connections_max: usize,
    /// How long to wait for a connection, in milliseconds.
    #[arg(long, env = "NORTHSTAR_POSTGRES_WAIT_MS", default_value_t = 2_000)]
    pub postgres_wait_ms: u64,
}

/// The object store.
#[derive(Args, Clone, Debug)]
pub struct S3Config {
    /// Where S3 is. Empty means AWS, in the region.
    #[arg(long, env = "NORTHSTAR_S3_ENDPOINT", default_value = "")]
    pub s3_endpoint: String,
    /// Where clients reach S3, if elsewhere than these processes do: what they are given to upload and download with names it.
    #[arg(long, env = "NORTHSTAR_S3_PUBLIC_ENDPOINT", default_value = "")]
    pub s3_public_endpoint: String,
    /// The region.
    #[arg(long, env = "NORTHSTAR_S3_REGION", default_value = "us-east-1")]
    pub s3_region: String,
    /// The bucket that holds all tenants' objects.
    #[arg(long, env = "NORTHSTAR_S3_BUCKET", default_value = "northstar")]
    pub s3_bucket: String,
    /// The access key.
    #[arg(long, env = "NORTHSTAR_S3_ACCESS_KEY_ID", hide_env_values = true, default_value = "")]
    pub s3_access_key_id: SecretString,
    /// The secret of the access key.
    #[arg(long, env = "NORTHSTAR_S3_SECRET_ACCESS_KEY", hide_env_values = true, default_value = "")]
    pub s3_secret_access_key: SecretString,
    /// Whether the bucket stands in the path instead of the host name.
    #[arg(long, env = "NORTHSTAR_S3_PATH_STYLE", default_value_t = false, action = clap::ArgAction::Set)]
    pub s3_path_style: bool,
}

/// Logs and traces.
#[derive(Args, Clone, Debug)]
pub struct TelemetryConfig {
    /// What is logged, as a tracing filter, e.g. `info,edge=debug`.
    #[arg(long, env = "NORTHSTAR_LOG", default_value = "info")]
    pub log: String,
    /// How it is logged: `auto` is `pretty` on a terminal and `json` elsewhere.
    #[arg(long, env = "NORTHSTAR_LOG_FORMAT", default_value = "auto")]
    pub log_format: LogFormat,
    /// Where spans are sent by OTLP over HTTP, e.g. `http://127.0.0.1:4318/v1/traces`. Empty means nowhere.
    #[arg(long, env = "NORTHSTAR_OTLP_ENDPOINT", default_value = "")]
    pub otlp_endpoint: String,
}

/// How it is logged.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// By whether standard output is a terminal.
    Auto,
    /// One JSON object per line.
    Json,
    /// For people.
    Pretty,
}

/// The configuration, from arguments and environment. A bad one ends the process: one line, exit code 2.
pub fn parse<C: Parser>() -> C {
    C::try_parse().unwrap_or_else(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        refuse(&one_line(&error.to_string()))
    })
}

/// Ends the process because its configuration is bad: one line, exit code 2.
pub fn refuse(reason: &str) -> ! {
    eprintln!("configuration: {reason}");
    std::process::exit(2)
}

/// A value of an environment variable that must be at least this long to be a secret.
pub const SECRET_BYTES_MIN: usize = 32;

/// Checks a secret's length; for use as a clap `value_parser`.
pub fn secret(text: &str) -> Result<SecretString, String> {
    if text.len() < SECRET_BYTES_MIN {
        return Err(format!("a secret has at least {SECRET_BYTES_MIN} bytes"));
    }
    Ok(text.into())
}

fn one_line(message: &str) -> String {
    let paragraph = message.lines().take_while(|line| !line.trim().is_empty());
    let text = paragraph.map(str::trim).collect::<Vec<_>>().join(" ");
    text.trim_start_matches("error: ").to_owned()
}

/// The part of `.env.example` that documents the configuration `C`: every variable, its default and its meaning.
pub fn example<C: CommandFactory>() -> String {
    let command = C::command();
    let mut text = String::new();
    write_example(&command, &mut text);
    text
}

fn write_example(command: &clap::Command, text: &mut String) {
    for argument in command.get_arguments() {
        let Some(variable) = argument.get_env() else {
            continue;
        };
        let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let required = if argument.is_required_set() { " Required." } else { "" };
        let _ = writeln!(text, "# {help}{required}\n{}={}\n", variable.to_string_lossy(), defaults.join(","));
    }
    for subcommand in command.get_subcommands() {
        write_example(subcommand, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Parser)]
    #[allow(dead_code, reason = "only its documentation is asked for")]
    struct Some {
        #[command(flatten)]
        s3: S3Config,
        /// How many.
        #[arg(long, env = "NORTHSTAR_TEST_COUNT", default_value_t = 3)]
        count: u8,
    }

    #[test]
    fn every_variable_is_documented_with_its_default() {
        let text = example::<Some>();
        assert!(text.contains("# How many\nNORTHSTAR_TEST_COUNT=3\n"), "{text}");
        assert!(text.contains("NORTHSTAR_S3_REGION=us-east-1\n"), "{text}");
    }

    #[test]
    fn a_bad_value_is_one_line() {
        let Err(error) = Some::try_parse_from(["some", "--count", "x"]) else { panic!("x is no number") };
        let line = one_line(&error.to_string());
        assert!(line.contains("count") && !line.contains('\n'), "{line}");
    }
}
