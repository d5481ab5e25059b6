//! One HTTP request, said piece by piece.

use crate::catalogue;
use crate::reply::Reply;
use crate::until::SOON;
use crate::world::Rails;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use std::sync::Arc;
use subjects::ids::{Env, TenantId};

/// One of the edges, from 0. All of them must say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge(pub usize);

/// A request that is not sent yet.
#[derive(Debug, Clone)]
pub struct Ask {
    rails: Arc<Rails>,
    edge: Edge,
    method: Method,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    query: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Ask {
    pub(crate) fn new(rails: &Arc<Rails>, method: Method, path: impl Into<String>) -> Self {
        let (headers, query) = (Vec::new(), Vec::new());
        Self { rails: rails.clone(), edge: Edge(0), method, path: path.into(), headers, query, body: None }
    }

    /// At this edge instead of the first.
    #[must_use]
    pub fn at(mut self, edge: Edge) -> Self {
        self.edge = edge;
        self
    }

    /// With one more header, which may be none that a well-meaning client sends.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Without a header that was said before.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(said, _)| said != name);
        self
    }

    /// With this token in the place of any other.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.without(AUTHORIZATION.as_str()).header(AUTHORIZATION.as_str(), format!("Bearer {token}"))
    }

    /// In this tenant and env, stated in headers, in the place of any other.
    #[must_use]
    pub fn context(self, tenant_id: &TenantId, env: Env) -> Self {
        let bare = self.without("x-tenant-id").without("x-env");
        bare.header("x-tenant-id", tenant_id.as_str()).header("x-env", env.as_str())
    }

    /// With one more query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With any body, of any kind.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.without(CONTENT_TYPE.as_str()).header(CONTENT_TYPE.as_str(), content_type)
    }

    /// Sends it and reads the whole answer.
    pub async fn sends(self) -> Reply {
        let what = format!("{} {}", self.method, self.path);
        self.tries().await.unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    /// As [`Ask::sends`], where the connection may break.
    pub async fn tries(self) -> reqwest::Result<Reply> {
        let what = format!("{} {}", self.method, self.path);
        let response = self.request().timeout(SOON).send().await?;
        Reply::read(what, response).await
    }

    /// Sends it and returns when the head of the answer is there. Its body may never end.
    pub async fn opens(self) -> reqwest::Result<Response> {
        self.request().send().await
    }

    /// Learns what its edge says of the rails.
    pub(crate) async fn learns_the_catalogue(&self) {
        catalogue::learn(&self.rails.http, &self.rails.access.edge_urls[self.edge.0]).await;
    }

    /// Where it goes, with its query.
    pub(crate) fn url(&self) -> String {
        self.request().build().expect("a request").url().to_string()
    }

    /// What its head says.
    pub(crate) fn headers(&self) -> &[(String, Vec<u8>)] {
        &self.headers
    }

    fn request(&self) -> RequestBuilder {
        let url = format!("{}{}", self.rails.access.edge_urls[self.edge.0], self.path);
        let request = self.rails.http.request(self.method.clone(), url);
        let request = if self.query.is_empty() { request } else { request.query(&self.query) };
        let headers = self.headers.iter();
        let request = headers.fold(request, |request, (name, value)| request.header(name, value.as_slice()));
        match &self.body {
            Some(body) => request.body(body.clone()),
            None => request,
        }
    }
}
