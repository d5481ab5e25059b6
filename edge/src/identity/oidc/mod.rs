//! Tokens of other issuers: OpenID Connect providers, Cognito among them. Each has its keys, and none vouches for another.

mod check;
pub mod config;
mod fetch;
mod guests;
mod key_set;
mod keys;
pub mod peek;

use crate::error::ApiError;
use crate::identity::token::Claims;
use crate::state::AppState;
use config::{IssuerConfig, IssuerList};
use guests::Guests;
use keys::Keys;
use node::stop::Stop;
use std::sync::Arc;

/// The other issuers whose tokens are taken.
#[derive(Debug)]
pub struct Issuers {
    issuers: Vec<Issuer>,
    guests: Guests,
}

/// One of them.
#[derive(Debug)]
pub struct Issuer {
    config: IssuerConfig,
    keys: Arc<Keys>,
}

impl Issuers {
    /// Those of the configuration. Their keys are fetched when they are needed, and again before they are old.
    pub fn start(list: &IssuerList, stop: &Stop) -> Self {
        let issuer = |config: &IssuerConfig| Issuer {
            keys: Arc::new(Keys::new(config.issuer.clone(), config.jwks_uri.clone(), stop.clone())),
            config: config.clone(),
        };
        Self { issuers: list.iter().map(issuer).collect(), guests: Guests::new() }
    }

    /// The issuer of exactly this name.
    pub fn find(&self, name: &str) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.config.issuer == name)
    }

    /// What a token of this issuer says, and where its bearer belongs now.
    pub async fn admit(&self, state: &AppState, issuer: &Issuer, token: &str) -> Result<Claims, ApiError> {
        let head = peek::head(token)?;
        let algorithm = issuer.config.algorithm(head.alg)?;
        let key = issuer.keys.find(head.kid.as_deref(), algorithm).await?;
        let foreign = check::check(&issuer.config, token, (algorithm, &key))?;
        self.guests.claims(state, foreign).await
    }
}
