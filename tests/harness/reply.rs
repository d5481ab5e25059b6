//! An HTTP answer, read to its end, and what can be demanded of it.

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use subjects::code::Code;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The request it answers, for people.
    what: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, to the byte.
    pub body: Bytes,
}

impl Reply {
    pub(crate) async fn read(what: String, response: Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { what, status, headers, body: response.bytes().await? })
    }

    /// Demands this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} says {}", self.what, self.text());
        self
    }

    /// Demands that a command was applied and made this rev.
    #[track_caller]
    pub fn is_rev(self, rev: u64) -> Self {
        let reply = self.is(200);
        assert_eq!(reply.json()["head_rev"], rev, "{}", reply.text());
        reply
    }

    /// Demands this refusal, in the form that all refusals have; gives its body.
    #[track_caller]
    pub fn refuses(&self, status: u16, code: Code) -> Value {
        let text = self.text();
        assert_eq!(self.status, status, "{} says {text}", self.what);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}: {text}", self.what);
        let problem = self.json();
        assert_eq!(problem["code"], code.as_str(), "{}: {text}", self.what);
        assert_eq!(problem["status"], status, "{}: {text}", self.what);
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{}: {text}", self.what);
        for member in ["type", "title", "detail", "request_id"] {
            assert!(
                problem[member].as_str().is_some_and(|said| !said.is_empty()),
                "{}: no {member}: {text}",
                self.what
            );
        }
        problem
    }

    /// A header, where there is one.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        self.read_as()
    }

    /// The body in its form.
    #[track_caller]
    pub fn read_as<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: {error}: {}", self.what, self.text()))
    }

    /// The body as text.
    pub fn text_whole(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The beginning of the body, for people.
    pub fn text(&self) -> String {
        self.text_whole().chars().take(2_000).collect()
    }
}
