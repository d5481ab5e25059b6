//! A user to try the stack with, signed up through an edge like anyone else.

use crate::access::Access;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

const TENANT_NAME: &str = "Demo";
const ENV: &str = "dev";

/// The context and token of the demo user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demo {
    /// The tenant that it owns.
    pub tenant_id: String,
    /// The environment to work in.
    pub env: String,
    /// A bearer token.
    pub token: String,
}

impl Demo {
    /// In the form that `curl -H @file` reads.
    pub(crate) fn headers(&self) -> String {
        let Self { tenant_id, env, token } = self;
        format!(
            "Authorization: Bearer {token}\nX-Tenant-Id: {tenant_id}\nX-Env: {env}\nContent-Type: application/json\n"
        )
    }
}

/// What the demo user holds, and how long its token is good for.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) demo: Demo,
    pub(crate) good_for: Duration,
}

#[derive(Deserialize)]
struct Entered {
    access_token: String,
    expires_in: u64,
    tenant: Tenant,
}

#[derive(Deserialize)]
struct Tenant {
    tenant_id: String,
}

/// Logs in, or signs up when it has never been.
pub(crate) async fn enter(access: &Access, http: &reqwest::Client) -> Result<Session> {
    let url = access.edge_urls.first().context("no edge to sign up at")?;
    let login = json!({ "email": access.demo_email, "password": access.demo_password });
    let entered = match post(http, &format!("{url}/auth/login"), &login).await {
        Ok(entered) => entered,
        Err(_) => {
            let signup =
                json!({ "email": access.demo_email, "password": access.demo_password, "tenant_name": TENANT_NAME });
            post(http, &format!("{url}/auth/signup"), &signup)
                .await
                .context("the demo user can neither log in nor sign up")?
        }
    };
    let demo = Demo { tenant_id: entered.tenant.tenant_id, env: ENV.into(), token: entered.access_token };
    Ok(Session { demo, good_for: Duration::from_secs(entered.expires_in) })
}

async fn post(http: &reqwest::Client, url: &str, body: &Value) -> Result<Entered> {
    let answer = http.post(url).json(body).send().await?;
    let status = answer.status();
    if !status.is_success() {
        bail!("{url} says {status} {}", answer.text().await.unwrap_or_default().trim());
    }
    Ok(answer.json().await?)
}
