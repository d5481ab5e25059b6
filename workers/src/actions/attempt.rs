//! One attempt to carry an action out: a webhook by the Standard Webhooks, to where it may go, if no kill switch was thrown.

use crate::actions::carry::Carrier;
use crate::actions::retry::{self, Verdict};
use crate::runtime::worker::Failure;
use crate::store::actions::work::{self, Leased, Now};
use crate::store::transaction::on_pool;
use anyhow::Context;
use chrono::{DateTime, Utc};
use gates::Subject;
use node::egress::{self, Destination, Reach, Unresolved};
use node::health::one_line;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::value::RawValue;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use subjects::event::millis;
use subjects::routing::Routing;
use uuid::Uuid;

/// How long the question may take whether it may still be.
const ASK_MS: u64 = 1_000;
/// How long connecting may take, name and TLS with it: no effect begins later after the switches were read.
const CONNECT_MS: u64 = 900;
const USER_AGENT: &str = "northstar-webhooks/1";

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// The receiver took it.
    Done,
    /// It never will be done.
    Failed(String),
    /// A kill switch was thrown before. Nothing was sent.
    Stopped,
    /// It may be done later, at least so much later.
    Later(String, Option<Duration>),
    /// Somebody else carries it out, or it has ended. Nothing was sent.
    NotOurs,
}

/// A client that connects to nothing but what may be reached, and follows nobody elsewhere.
pub(super) fn client(reach: Reach, within: Duration) -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .dns_resolver(Arc::new(Guard(reach)))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // Each attempt looks anew where it goes.
        .pool_max_idle_per_host(0)
        .connect_timeout(Duration::from_millis(CONNECT_MS))
        .timeout(within)
        .user_agent(USER_AGENT)
        .build();
    client.context("the client of webhooks cannot be built")
}

/// Resolves names to what may be reached. What it says is what is connected to.
struct Guard(Reach);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = egress::resolve(name.as_str(), reach).await;
            let found = found.map_err(|unresolved| Box::new(unresolved) as Box<dyn Error + Send + Sync>)?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Tries once.
pub(super) async fn attempt(carrier: &Carrier, leased: &Leased) -> Ending {
    let to = match destination(carrier, leased).await {
        Ok(to) => to,
        Err(ending) => return ending,
    };
    let request = match request(carrier, leased, &to) {
        Ok(request) => request,
        Err(error) => return Ending::Failed(one_line(&*error)),
    };
    // Nothing but the sending comes after this question.
    match still(carrier, leased).await {
        Ok(Now { is_ours: false, .. }) => return Ending::NotOurs,
        Ok(Now { switches, .. }) if gates::is_stopped(&leased.asked, &switches) => return Ending::Stopped,
        Ok(_) => {}
        Err(failure) => return Ending::Later(format!("the kill switches are not known: {}", one_line(&failure)), None),
    }
    let answer = carrier.http.execute(request).await;
    carrier.runtime.failpoint.after_effect(leased.due.action_id);
    match answer {
        Ok(answer) => ending(&answer),
        // What stands in the address may be a secret between the tenant and the receiver.
        Err(error) => Ending::Later(one_line(&error.without_url()), None),
    }
}

/// Where it goes, looked up before anything else so that little is left to be done after the switches were read.
async fn destination(carrier: &Carrier, leased: &Leased) -> Result<Destination, Ending> {
    let to = Destination::read(&leased.webhook_url, carrier.webhooks.reach());
    let to = to.map_err(|refused| Ending::Failed(refused.to_string()))?;
    match to.resolve().await {
        Ok(()) => Ok(to),
        Err(Unresolved::Refused(refused)) => Err(Ending::Failed(refused.to_string())),
        Err(unknown @ Unresolved::Unknown) => Err(Ending::Later(unknown.to_string(), None)),
    }
}

async fn still(carrier: &Carrier, leased: &Leased) -> Result<Now, Failure> {
    let asked = async {
        let client = on_pool(&carrier.pool, &leased.due.tenant_id).await?;
        work::now(&client, leased).await
    };
    let within = tokio::time::timeout(Duration::from_millis(ASK_MS), asked).await;
    within.unwrap_or_else(|late| Err(Failure::Unavailable(late.into())))
}

/// What a receiver is told: of the same action always the same.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    action_type: &'a str,
    #[serde(with = "millis")]
    timestamp: DateTime<Utc>,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    action_id: Uuid,
    action: &'a str,
    subject: &'a Subject,
    surface: Option<&'a str>,
    provider: Option<&'a str>,
    payload: Option<&'a RawValue>,
    routing: Routing,
}

/// Signed for this moment. The id is the action's in every attempt: a receiver that has seen it need not act again.
fn request(carrier: &Carrier, leased: &Leased, to: &Destination) -> anyhow::Result<reqwest::Request> {
    let body = body(leased)?;
    let secret = carrier.webhooks.secret_of(&leased.due.tenant_id, leased.due.env);
    let (id, now) = (leased.due.action_id.to_string(), Utc::now().timestamp());
    let signature = Webhook::new(secret.expose_secret())?.sign(&id, now, body.as_bytes())?;
    let request = carrier
        .http
        .post(to.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(HEADER_WEBHOOK_ID, id)
        .header(HEADER_WEBHOOK_TIMESTAMP, now.to_string())
        .header(HEADER_WEBHOOK_SIGNATURE, signature)
        .body(body);
    Ok(request.build()?)
}

fn body(leased: &Leased) -> anyhow::Result<String> {
    let Leased { due, asked, payload, routing, decided_at, .. } = leased;
    let payload: Option<&RawValue> = payload.as_deref().map(serde_json::from_str).transpose()?;
    let body = Body {
        action_type: &asked.action,
        timestamp: *decided_at,
        data: Data {
            action_id: due.action_id,
            action: &asked.action,
            subject: &asked.subject,
            surface: asked.surface.as_deref(),
            provider: asked.provider.as_deref(),
            payload,
            routing: Routing { tenant_id: due.tenant_id.clone(), env: due.env, keys: routing.clone() },
        },
    };
    Ok(serde_json::to_string(&body)?)
}

/// The rest of the answer is not read.
fn ending(answer: &reqwest::Response) -> Ending {
    let status = answer.status();
    match retry::verdict(status.as_u16()) {
        Verdict::Done => Ending::Done,
        Verdict::Never => Ending::Failed(format!("the receiver says {status}")),
        Verdict::Later => {
            let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let asked = asked.and_then(|text| retry::retry_after(text, SystemTime::now()));
            Ending::Later(format!("the receiver says {status}"), asked)
        }
    }
}
