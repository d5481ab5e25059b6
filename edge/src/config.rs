//! The edge's configuration. No environment variable is read anywhere else.

use crate::identity::oidc;
use clap::Parser;
use node::config::{BusConfig, PostgresConfig, S3Config, TelemetryConfig, secret};
use node::webhooks::WebhookConfig;
use secrecy::SecretString;
use std::net::SocketAddr;
use subjects::ids::SessionId;

/// The edge: HTTP in front of the bus.
#[derive(Parser, Clone, Debug)]
#[command(name = "northstar-edge", version)]
pub struct Config {
    /// The bus.
    #[command(flatten)]
    pub bus: BusConfig,
    /// The database, as the role that may only read.
    #[command(flatten)]
    pub postgres: PostgresConfig,
    /// The object store.
    #[command(flatten)]
    pub s3: S3Config,
    /// Logs and traces.
    #[command(flatten)]
    pub telemetry: TelemetryConfig,
    /// Who may ask, and from where.
    #[command(flatten)]
    pub identity: IdentityConfig,
    /// How much of it.
    #[command(flatten)]
    pub limits: crate::limits::config::LimitsConfig,
    /// How readers are kept.
    #[command(flatten)]
    pub readers: crate::readers::config::ReadersConfig,
    /// How webhooks are signed, and how far they go.
    #[command(flatten)]
    pub webhooks: WebhookConfig,
    /// Where HTTP is served. Port 0 takes a free one.
    #[arg(long, env = "NORTHSTAR_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Names this edge on the bus and in the database. Empty makes one up.
    #[arg(long, env = "NORTHSTAR_EDGE_ID", default_value = "", value_parser = edge_id)]
    pub edge_id: String,
    /// How long a command's answer is awaited before 202 is said, in milliseconds.
    #[arg(long, env = "NORTHSTAR_ANSWER_WAIT_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=20_000))]
    pub answer_wait_ms: u64,
    /// The memory that documents may take to be at hand, in MiB.
    #[arg(long, env = "NORTHSTAR_DOCUMENTS_MIB_MAX", default_value_t = 256)]
    pub documents_mib_max: u64,
    /// Media types that may be uploaded, separated by commas; `image/*` stands for all images.
    #[arg(
        long,
        env = "NORTHSTAR_UPLOAD_TYPES",
        value_delimiter = ',',
        default_value = "image/*,audio/*,video/*,font/*,model/*,text/plain,text/csv,text/markdown,application/json,application/x-ndjson,application/pdf,application/zip,application/gzip,application/octet-stream"
    )]
    pub upload_types: Vec<String>,
    /// What audit logs are verified with, separated by commas: the verifier key of the workers' NORTHSTAR_AUDIT_KEY first, then those of keys that signed before. `northstar-audit keygen` makes them.
    #[arg(long, env = "NORTHSTAR_AUDIT_VKEYS", default_value = "", value_delimiter = ',')]
    pub audit_vkeys: Vec<String>,
    /// The most connections at once.
    #[arg(long, env = "NORTHSTAR_CONNECTIONS_MAX", default_value_t = 100_000)]
    pub connections_max: usize,
}

/// Who may ask, and from where.
#[derive(clap::Args, Clone, Debug)]
pub struct IdentityConfig {
    /// Signs access tokens. The same on every edge; at least 32 bytes.
    #[arg(long, env = "NORTHSTAR_TOKEN_SECRET", hide_env_values = true, value_parser = secret)]
    pub token_secret: SecretString,
    /// Seals what clients hold for us, such as cursors. The same on every edge; at least 32 bytes.
    #[arg(long, env = "NORTHSTAR_SEAL_SECRET", hide_env_values = true, value_parser = secret)]
    pub seal_secret: SecretString,
    /// The issuer that access tokens must name.
    #[arg(long, env = "NORTHSTAR_TOKEN_ISSUER", default_value = "northstar")]
    pub token_issuer: String,
    /// The audience that access tokens must name.
    #[arg(long, env = "NORTHSTAR_TOKEN_AUDIENCE", default_value = "northstar-edge")]
    pub token_audience: String,
    /// How long an access token is valid, in seconds.
    #[arg(long, env = "NORTHSTAR_TOKEN_SECS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(30..=86_400))]
    pub token_secs: u64,
    /// How long a refresh token is valid, in seconds.
    #[arg(long, env = "NORTHSTAR_REFRESH_SECS", default_value_t = 2_592_000, value_parser = clap::value_parser!(u64).range(60..=31_536_000))]
    pub refresh_secs: u64,
    /// Other issuers whose tokens are taken, as a JSON list. Each has `issuer`, and `audiences` or `client_ids` of which a token must name one; it may have `jwks_uri` (else it is discovered), `token_use` (Cognito: `access`) and `algorithms` (of `RS256` and `ES256`)
    #[arg(long, env = "NORTHSTAR_OIDC_ISSUERS", default_value = "[]", value_parser = oidc::config::issuers)]
    pub oidc_issuers: oidc::config::IssuerList,
    /// Origins of browsers that may ask, exact and separated by commas, e.g. `https://app.example`.
    #[arg(long, env = "NORTHSTAR_CORS_ORIGINS", default_value = "", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
}

impl Config {
    /// What must hold between values; the first that does not, in one line.
    pub fn check(&self) -> Result<(), String> {
        for origin in self.origins() {
            if !is_origin(origin) {
                return Err(format!("NORTHSTAR_CORS_ORIGINS: {origin:?} is not an origin like https://app.example"));
            }
        }
        if self.identity.oidc_issuers.iter().any(|other| other.issuer == self.identity.token_issuer) {
            return Err("NORTHSTAR_OIDC_ISSUERS must not name NORTHSTAR_TOKEN_ISSUER".into());
        }
        if let Err(error) = audit::Keys::new(self.vkeys().map(str::to_owned)) {
            return Err(format!("NORTHSTAR_AUDIT_VKEYS: {error}"));
        }
        if self.identity.token_secs >= self.identity.refresh_secs {
            return Err("NORTHSTAR_TOKEN_SECS must be less than NORTHSTAR_REFRESH_SECS".into());
        }
        Ok(())
    }

    /// What audit logs are verified with.
    pub fn vkeys(&self) -> impl Iterator<Item = &str> {
        self.audit_vkeys.iter().map(|vkey| vkey.trim()).filter(|vkey| !vkey.is_empty())
    }

    /// The origins that may ask.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        let origins = self.identity.cors_origins.iter().map(|origin| origin.trim());
        origins.filter(|origin| !origin.is_empty())
    }
}

/// Scheme and host, nothing behind.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
    })
}

/// One subject token, because the edge's inbox is named after it.
fn edge_id(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(format!("e{}", uuid::Uuid::new_v4().simple()));
    }
    text.parse::<SessionId>().map(|id| id.to_string()).map_err(|_| "must be 1 to 64 of A-Z a-z 0-9 _ -".into())
}

#[cfg(test)]
impl Config {
    /// What every secret of an example is.
    pub const EXAMPLE_SECRET: &str = "0123456789abcdef0123456789abcdef";

    /// Everything as it is by itself, but for these arguments.
    pub fn example(arguments: &[&str]) -> Result<Self, String> {
        use clap::Parser;
        let secrets = ["--token-secret", "--seal-secret", "--webhook-secret"].map(|name| [name, Self::EXAMPLE_SECRET]);
        let all = ["edge"].iter().chain(secrets.as_flattened()).chain(arguments);
        let config = Self::try_parse_from(all).map_err(|error| error.to_string())?;
        config.check().map(|()| config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_value_is_refused() {
        assert!(Config::example(&[]).is_ok());
        assert!(Config::example(&["--cors-origins", "https://a.example,http://localhost:3000"]).is_ok());
        for bad in [
            ["--cors-origins", "*"],
            ["--cors-origins", "https://a.example/path"],
            ["--edge-id", "a.b"],
            ["--answer-wait-ms", "0"],
            ["--commands-per-second", "0"],
            ["--gestures-burst", "0"],
            ["--audit-vkeys", "no key"],
            ["--token-secret", "short"],
            ["--token-secs", "99999999"],
            ["--oidc-issuers", "https://id.example"],
            ["--oidc-issuers", r#"[{"issuer":"northstar","audiences":["a"]}]"#],
        ] {
            assert!(Config::example(&bad).is_err(), "{bad:?}");
        }
        assert!(Config::example(&["--token-secs", "600", "--refresh-secs", "600"]).is_err());
    }

    /// `.env.example` is made of sections like this one. Where one has changed, the test says what it is now.
    #[test]
    fn the_example_documents_every_variable() {
        let section = format!("### northstar-edge ###\n\n{}", node::config::example::<Config>());
        let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example")).unwrap();
        assert!(file.contains(section.trim_end()), "this belongs into .env.example:\n{section}");
    }

    #[test]
    fn an_edge_without_a_name_makes_one_up() {
        let (one, other) = (Config::example(&[]).unwrap(), Config::example(&[]).unwrap());
        assert_ne!(one.edge_id, other.edge_id);
        assert_eq!(Config::example(&["--edge-id", "e1"]).unwrap().edge_id, "e1");
    }
}
