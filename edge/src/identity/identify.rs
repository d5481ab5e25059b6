//! Who a token is of, whoever made it.

use crate::error::ApiError;
use crate::identity::oidc::peek;
use crate::identity::token::{Claims, TOKEN_BYTES_MAX, refused};
use crate::state::AppState;

impl AppState {
    /// What a token gives now: one of ours, or of another issuer that we know, less what was revoked.
    pub async fn identify(&self, token: &str) -> Result<Claims, ApiError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(refused("The token is too long."));
        }
        let issuer = peek::issuer(token).and_then(|issuer| self.issuers.find(&issuer));
        let claims = match issuer {
            Some(issuer) => self.issuers.admit(self, issuer, token).await?,
            None => self.tokens.verify(token)?,
        };
        self.revocations.correct(claims).await
    }
}
