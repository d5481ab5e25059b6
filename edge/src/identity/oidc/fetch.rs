//! Getting an issuer's keys from where it publishes them.

use super::config::is_trustworthy;
use super::key_set::KeySet;
use anyhow::{Context, bail, ensure};
use reqwest::header::CACHE_CONTROL;
use serde::Deserialize;
use std::time::Duration;

/// What was fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) keys: KeySet,
    /// How long the issuer says that they are good, if it says so.
    pub(super) max_age: Option<Duration>,
}

/// One request takes no longer.
const FETCH_SECS_MAX: u64 = 5;
const BODY_BYTES_MAX: usize = 256 * 1024;

/// A client that follows nobody elsewhere, and takes no proxy from the environment.
pub(super) fn client() -> reqwest::Client {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(FETCH_SECS_MAX))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    client.build().unwrap_or_default()
}

/// Where the issuer says that its keys are (OpenID Connect Discovery 1.0).
pub(super) async fn discover(http: &reqwest::Client, issuer: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Discovered {
        issuer: String,
        jwks_uri: String,
    }
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let (body, _) = get(http, &url).await?;
    let discovered: Discovered = serde_json::from_slice(&body).context("the discovery document")?;
    ensure!(discovered.issuer == issuer, "the discovery document is of {:?}", discovered.issuer);
    ensure!(is_trustworthy(&discovered.jwks_uri), "{:?} is no https URL", discovered.jwks_uri);
    Ok(discovered.jwks_uri)
}

/// The keys that are published there.
pub(super) async fn keys(http: &reqwest::Client, url: &str) -> anyhow::Result<Fetched> {
    let (body, max_age) = get(http, url).await?;
    let keys = KeySet::read(&body).context("the key set")?;
    ensure!(!keys.is_empty(), "the key set has no key for us");
    Ok(Fetched { keys, max_age })
}

async fn get(http: &reqwest::Client, url: &str) -> anyhow::Result<(Vec<u8>, Option<Duration>)> {
    let mut response = http.get(url).send().await?;
    if !response.status().is_success() {
        bail!("{url} says {}", response.status());
    }
    let cache_control = response.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let max_age = cache_control.and_then(max_age);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        ensure!(body.len() <= BODY_BYTES_MAX, "{url} says too much");
    }
    Ok((body, max_age))
}

fn max_age(cache_control: &str) -> Option<Duration> {
    let mut directives = cache_control.split(',').map(str::trim);
    let secs = directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())?;
    Some(Duration::from_secs(secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_read() {
        assert_eq!(max_age("public, max-age=3600, must-revalidate"), Some(Duration::from_secs(3_600)));
        assert_eq!(max_age("no-store"), None);
        assert_eq!(max_age("max-age=soon"), None);
    }
}
