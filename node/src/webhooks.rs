//! How webhooks are signed, and how far they go: edge and workers must agree.

use crate::config::secret;
use crate::egress::Reach;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use subjects::ids::{Env, TenantId};
use subjects::seal::SealKey;

/// Webhooks.
#[derive(Args, Clone, Debug)]
pub struct WebhookConfig {
    /// Makes the secret that signs a tenant's webhooks. The same on every edge and worker; at least 32 bytes.
    #[arg(long, env = "NORTHSTAR_WEBHOOK_SECRET", hide_env_values = true, value_parser = secret)]
    pub webhook_secret: SecretString,
    /// Whether webhooks may go to this machine, also by http. Never in production.
    #[arg(long, env = "NORTHSTAR_WEBHOOKS_LOOPBACK", default_value_t = false, action = clap::ArgAction::Set)]
    pub webhooks_loopback: bool,
}

const CONTEXT: &[u8] = b"webhook/1";
/// As Standard Webhooks writes secrets.
const PREFIX: &str = "whsec_";

impl WebhookConfig {
    /// The secret of a tenant and env, as Standard Webhooks writes it.
    pub fn secret_of(&self, tenant_id: &TenantId, env: Env) -> SecretString {
        let key = SealKey::new(self.webhook_secret.expose_secret().as_bytes());
        let derived = key.derive(&[CONTEXT, tenant_id.as_str().as_bytes(), env.as_str().as_bytes()]);
        format!("{PREFIX}{}", STANDARD.encode(derived)).into()
    }

    /// How far they go.
    pub fn reach(&self) -> Reach {
        if self.webhooks_loopback { Reach::Loopback } else { Reach::Public }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_tenant_and_env_has_a_secret_of_its_own() {
        let config = |secret: &str| WebhookConfig { webhook_secret: secret.into(), webhooks_loopback: false };
        let mut seen = BTreeSet::new();
        for deployment in ["a", "b"] {
            for tenant_id in ["t_a", "t_b"] {
                for env in [Env::Dev, Env::Prod] {
                    let secret = config(deployment).secret_of(&tenant_id.parse().unwrap(), env);
                    let again = config(deployment).secret_of(&tenant_id.parse().unwrap(), env);
                    assert_eq!(secret.expose_secret(), again.expose_secret());
                    assert_eq!(STANDARD.decode(&secret.expose_secret()[PREFIX.len()..]).unwrap().len(), 32);
                    seen.insert(secret.expose_secret().to_owned());
                }
            }
        }
        assert_eq!(seen.len(), 8);
    }
}
