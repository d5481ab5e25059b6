//! Uploads: what is promised, how the client is told to bring it, and what it may try instead.

use crate::person::Person;
use crate::reply::Reply;
use crate::until::SOON;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// An upload as a client was told to do it. Changed, it is what a client tries that means no good.
#[derive(Debug, Clone)]
pub struct Upload {
    person: Person,
    /// The object that it is for.
    pub object_id: String,
    /// `PUT` or `POST`.
    pub method: Method,
    /// Where to.
    pub url: String,
    /// The signed headers; the length is said by the body itself.
    pub headers: BTreeMap<String, String>,
    /// The fields of a form.
    pub fields: BTreeMap<String, String>,
}

/// What is said of bytes before they are there.
pub fn promise(bytes: &[u8], filename: &str, content_type: &str) -> Value {
    let sha256 = hex::encode(Sha256::digest(bytes));
    json!({ "filename": filename, "size": bytes.len(), "sha256": sha256, "content_type": content_type })
}

impl Person {
    /// Promises a raw file, and is told how to upload it.
    pub async fn presigns(&self, bytes: &[u8], filename: &str, content_type: &str) -> Upload {
        let said = self.asks_to_presign(&promise(bytes, filename, content_type)).await.is(201).json();
        Upload::told(self, &said)
    }

    /// Promises a raw file, and is told how to upload it by a form.
    pub async fn presigns_form(&self, bytes: &[u8], filename: &str, content_type: &str) -> Upload {
        let mut body = promise(bytes, filename, content_type);
        body["as"] = json!("form");
        let said = self.asks_to_presign(&body).await.is(201).json();
        Upload::told(self, &said)
    }

    /// Asks to upload a raw file.
    pub async fn asks_to_presign(&self, body: &Value) -> Reply {
        self.asks(Method::POST, "/nexus/raw-storage/presign").json(body).sends().await
    }

    /// Says that a raw file is there.
    pub async fn registers_raw(&self, asset_id: &str) -> Reply {
        self.asks(Method::POST, "/nexus/raw-storage/register").json(&json!({ "asset_id": asset_id })).sends().await
    }

    /// A raw file, as it stands.
    pub async fn raw(&self, asset_id: &str) -> Value {
        self.asks(Method::GET, format!("/nexus/raw-storage/{asset_id}")).sends().await.is(200).json()
    }

    /// Asks for an artifact.
    pub async fn writes_artifact(&self, body: &Value) -> Reply {
        self.asks(Method::POST, "/artifacts").json(body).sends().await
    }

    /// Says that an artifact's bytes are there.
    pub async fn registers_artifact(&self, artifact_id: &str) -> Reply {
        self.asks(Method::POST, format!("/artifacts/{artifact_id}/register")).sends().await
    }

    /// An artifact, as it stands.
    pub async fn artifact(&self, artifact_id: &str) -> Value {
        self.asks(Method::GET, format!("/artifacts/{artifact_id}")).sends().await.is(200).json()
    }

    /// Fetches what a ready object says can be downloaded.
    pub async fn downloads(&self, object: &Value) -> Reply {
        let url = object["download"]["url"].as_str().unwrap_or_else(|| panic!("no download in {object}"));
        let response = self.http().get(url).timeout(SOON).send().await.expect("S3 answers");
        Reply::read(url.to_owned(), response).await.expect("S3 answers to the end")
    }
}

impl Upload {
    /// As the answer to a promise tells it.
    pub fn told(person: &Person, said: &Value) -> Self {
        let object_id = said["asset_id"].as_str().or(said["artifact_id"].as_str()).expect("an id").to_owned();
        Self::of(person, object_id, &said["upload"])
    }

    /// As an `upload`, or one of its parts, tells it.
    pub fn of(person: &Person, object_id: String, upload: &Value) -> Self {
        let map = |key: &str| {
            let map: BTreeMap<String, String> = serde_json::from_value(upload[key].clone()).unwrap_or_default();
            map
        };
        let mut headers = map("headers");
        headers.remove("content-length");
        Self {
            person: person.clone(),
            object_id,
            method: upload["method"].as_str().unwrap_or("PUT").parse().expect("a method"),
            url: upload["url"].as_str().unwrap_or_else(|| panic!("no url in {upload}")).to_owned(),
            headers,
            fields: map("fields"),
        }
    }

    /// With something else about it.
    #[must_use]
    pub fn but(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = self.clone();
        change(&mut other);
        other
    }

    /// Brings the bytes to S3, as it was told; gives the status.
    pub async fn brings(&self, bytes: &[u8]) -> u16 {
        if self.method == Method::POST { self.posts(bytes).await } else { self.puts(bytes).await }
    }

    async fn puts(&self, bytes: &[u8]) -> u16 {
        let request = self.person.http().put(&self.url).timeout(SOON).body(bytes.to_vec());
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        request.send().await.expect("S3 answers").status().as_u16()
    }

    async fn posts(&self, bytes: &[u8]) -> u16 {
        const BOUNDARY: &str = "----northstar-flows";
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.into_bytes());
        }
        let file = "Content-Disposition: form-data; name=\"file\"; filename=\"file\"";
        body.extend(format!("--{BOUNDARY}\r\n{file}\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes());
        body.extend(bytes);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        let request = self.person.http().post(&self.url).timeout(SOON).body(body);
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let response = request.header("content-type", content_type).send().await.expect("S3 answers");
        response.status().as_u16()
    }
}
