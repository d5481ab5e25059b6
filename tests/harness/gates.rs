//! What people do with what gates decide on.

use crate::ask::Ask;
use crate::person::Person;
use crate::reply::Reply;
use chrono::{SecondsFormat, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

impl Person {
    /// Reads what stands there.
    pub async fn gets(&self, path: &str) -> Value {
        self.asks(Method::GET, path).sends().await.is(200).json()
    }

    /// Asks for something to be as the body says.
    pub async fn puts(&self, path: &str, body: Value) -> Reply {
        self.asks(Method::PUT, path).json(&body).sends().await
    }

    /// Asks for something to be made.
    pub async fn posts(&self, path: &str, body: Value) -> Reply {
        self.asks(Method::POST, path).json(&body).sends().await
    }

    /// Drafts a strategy lock for an hour.
    pub async fn drafts_lock(&self, actions: &[&str]) -> String {
        let body = json!({ "title": "As agreed", "allowed_actions": actions, "valid_until": in_secs(3_600) });
        let lock = self.posts("/strategy-locks", body).await.is(201).json();
        lock["lock_id"].as_str().expect("an id").to_owned()
    }

    /// Drafts a strategy lock for an hour, and approves it.
    pub async fn agrees_on(&self, actions: &[&str]) -> String {
        let lock_id = self.drafts_lock(actions).await;
        self.asks(Method::POST, format!("/strategy-locks/{lock_id}/approve")).sends().await.is(200);
        lock_id
    }

    /// Defines a figure.
    pub async fn defines(&self, kpi: &str) {
        self.posts("/kpi/definitions", json!({ "kpi": kpi, "title": kpi, "unit": "1" })).await.is(201);
    }

    /// Every entry of a list, read in pages of two.
    pub async fn reads_all(&self, path: &str, list: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let ask: Ask = self.asks(Method::GET, path).query("limit", 2);
            let ask = cursor.iter().fold(ask, |ask, cursor| ask.query("cursor", cursor));
            let page = ask.sends().await.is(200).json();
            let entries = page[list].as_array().unwrap_or_else(|| panic!("{list} in {page}"));
            assert!(entries.len() <= 2, "{page}");
            all.extend(entries.iter().cloned());
            cursor = page["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return all;
            }
        }
    }
}

/// The time in so many seconds, as the rails tell it.
pub fn in_secs(secs: i64) -> String {
    (Utc::now() + TimeDelta::seconds(secs)).to_rfc3339_opts(SecondsFormat::Millis, true)
}
