//! Which other issuers there are, as the configuration says it.

use crate::error::ApiError;
use crate::identity::token::refused;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use std::ops::Deref;
use std::sync::Arc;

/// Issuers, in no order.
#[derive(Debug, Clone, Default)]
pub struct IssuerList(Arc<[IssuerConfig]>);

/// An issuer, and which of its tokens are for us.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// What `iss` says, to the letter.
    pub issuer: String,
    /// Where its keys are; discovered where it is left out.
    pub jwks_uri: Option<String>,
    /// A token must name one of these in `aud`, unless there are none.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// A token must name one of these in `client_id`, unless there are none. Cognito's access tokens have no `aud`.
    #[serde(default)]
    pub client_ids: Vec<String>,
    /// What a token must say in `token_use`, if anything. Cognito's access tokens say `access`.
    pub token_use: Option<String>,
    /// How its tokens may be signed.
    #[serde(default = "all")]
    pub algorithms: Vec<Signing>,
}

/// How a token may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Signing {
    /// RSA, PKCS #1 v1.5, SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256, SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

const ISSUERS_MAX: usize = 64;

fn all() -> Vec<Signing> {
    vec![Signing::Rs256, Signing::Es256]
}

impl Signing {
    /// As the library names it.
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Signing::Rs256 => Algorithm::RS256,
            Signing::Es256 => Algorithm::ES256,
        }
    }
}

impl Deref for IssuerList {
    type Target = [IssuerConfig];
    fn deref(&self) -> &[IssuerConfig] {
        &self.0
    }
}

impl IssuerConfig {
    /// The algorithm that a token says it is signed with, if this issuer may sign so.
    pub(super) fn algorithm(&self, said: Algorithm) -> Result<Algorithm, ApiError> {
        let known = self.algorithms.iter().map(|signing| signing.algorithm()).find(|known| *known == said);
        known.ok_or_else(|| refused("The issuer of the token does not sign so."))
    }

    fn check(&self) -> Result<(), String> {
        let Self { issuer, jwks_uri, audiences, client_ids, algorithms, .. } = self;
        for url in [Some(issuer), jwks_uri.as_ref()].into_iter().flatten() {
            if !is_trustworthy(url) {
                return Err(format!("{url:?} is no https URL"));
            }
        }
        if audiences.is_empty() && client_ids.is_empty() {
            return Err(format!("{issuer}: state audiences or client_ids, else any token of the issuer would do"));
        }
        if algorithms.is_empty() {
            return Err(format!("{issuer}: state algorithms, or leave them out"));
        }
        Ok(())
    }
}

/// For use as a clap `value_parser`.
pub fn issuers(text: &str) -> Result<IssuerList, String> {
    let issuers: Vec<IssuerConfig> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if issuers.len() > ISSUERS_MAX {
        return Err(format!("at most {ISSUERS_MAX} issuers"));
    }
    for (number, issuer) in issuers.iter().enumerate() {
        issuer.check()?;
        if issuers[..number].iter().any(|other| other.issuer == issuer.issuer) {
            return Err(format!("{} stands there twice", issuer.issuer));
        }
    }
    Ok(IssuerList(issuers.into()))
}

/// Whether what comes from there was not changed on its way: TLS, or this very machine.
pub(super) fn is_trustworthy(url: &str) -> bool {
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let is_local = |host: String| {
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        ["127.0.0.1", "localhost", "[::1]"].contains(&name)
    };
    match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => !host(rest).is_empty() && !host(rest).contains('@'),
        (None, Some(rest)) => is_local(host(rest)),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_issuers_is_checked() {
        let cognito = r#"{"issuer":"https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x","client_ids":["c"],"token_use":"access","algorithms":["RS256"]}"#;
        let plain = r#"{"issuer":"https://id.example","audiences":["a"],"jwks_uri":"https://id.example/keys"}"#;
        for good in [
            "[]".to_owned(),
            format!("[{cognito},{plain}]"),
            r#"[{"issuer":"http://127.0.0.1:8080/x","audiences":["a"]}]"#.into(),
        ] {
            assert!(issuers(&good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "{}",
            "[{}]",
            r#"[{"issuer":"https://id.example"}]"#,
            r#"[{"issuer":"http://id.example","audiences":["a"]}]"#,
            r#"[{"issuer":"http://127.0.0.1.evil.example","audiences":["a"]}]"#,
            r#"[{"issuer":"http://127.0.0.1@evil.example","audiences":["a"]}]"#,
            r#"[{"issuer":"northstar","audiences":["a"]}]"#,
            r#"[{"issuer":"https://id.example","audiences":["a"],"jwks_uri":"ftp://id.example"}]"#,
            r#"[{"issuer":"https://id.example","audiences":["a"],"algorithms":["HS256"]}]"#,
            r#"[{"issuer":"https://id.example","audiences":["a"],"algorithms":[]}]"#,
            r#"[{"issuer":"https://id.example","audience":["a"]}]"#,
            &format!("[{plain},{plain}]"),
        ] {
            assert!(issuers(bad).is_err(), "{bad}");
        }
    }
}
