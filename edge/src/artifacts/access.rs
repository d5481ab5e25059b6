//! What a client sends to S3 itself: signed here, in their name, for a few minutes.

use crate::artifacts::promised::Way;
use crate::error::ApiError;
use crate::state::AppState;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use node::s3::{S3Error, Signed};
use serde::Serialize;
use std::collections::BTreeMap;
use subjects::artifact::Promise;
use subjects::code::Code;
use subjects::event::millis;
use subjects::ids::ObjectId;
use subjects::storage_key::StorageKey;

/// How to upload: one request with these headers and the bytes; or the fields of a form, and `file` last; or parts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UploadBody {
    /// `PUT` or `POST`.
    method: String,
    /// Where to. None for what is uploaded in parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// To be sent exactly so.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    /// The fields of the form, all of them before `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<String, String>>,
    /// The parts, each a PUT of its own, in any order.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartBody>>,
    /// Until when it may be begun. Ask for the object again to go on.
    #[serde(with = "millis")]
    expires_at: DateTime<Utc>,
}

/// One part of the bytes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PartBody {
    /// From 1, in the order of the bytes.
    part: i32,
    /// How many bytes.
    size: u64,
    url: String,
    /// To be sent exactly so.
    headers: BTreeMap<String, String>,
}

/// How to download.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DownloadBody {
    /// `GET`.
    method: String,
    url: String,
    #[serde(with = "millis")]
    expires_at: DateTime<Utc>,
}

/// How the promised bytes are brought.
pub async fn upload(
    state: &AppState,
    key: &StorageKey,
    promise: &Promise,
    (upload_id, way): (Option<&str>, Way),
) -> Result<UploadBody, ApiError> {
    match (upload_id, way) {
        (None, Way::Put) => {
            let signed = state.bucket.presign_put(key, promise).await.map_err(unsigned)?;
            let headers = Some(signed.headers.into_iter().collect());
            let (method, url, expires_at) = (signed.method, Some(signed.url), signed.expires_at);
            Ok(UploadBody { method, url, headers, fields: None, parts: None, expires_at })
        }
        (None, Way::Form) => {
            let form = state.bucket.form(key, promise).await.map_err(unsigned)?;
            let fields = Some(form.fields.into_iter().collect());
            let (url, expires_at) = (Some(form.url), form.expires_at);
            Ok(UploadBody { method: "POST".into(), url, headers: None, fields, parts: None, expires_at })
        }
        (Some(upload_id), Way::Put) => in_parts(state, key, promise, upload_id).await,
        (Some(_), Way::Form) => {
            let detail = "It is too large for a form: ask for it without `as`.";
            Err(ApiError::new(Code::UploadInvalid, detail).with("at", "as"))
        }
    }
}

async fn in_parts(
    state: &AppState,
    key: &StorageKey,
    promise: &Promise,
    upload_id: &str,
) -> Result<UploadBody, ApiError> {
    let sign = async |part| state.bucket.presign_part(key, upload_id, part).await.map(|signed| (part, signed));
    let parts: Vec<_> = try_join_all(promise.parts().map(sign)).await.map_err(unsigned)?;
    // The first that was signed is the first that expires.
    let expires_at = parts.iter().map(|(_, signed)| signed.expires_at).min().unwrap_or_default();
    let body = |((part, size), signed): ((i32, u64), Signed)| PartBody {
        part,
        size,
        url: signed.url,
        headers: signed.headers.into_iter().collect(),
    };
    let parts = Some(parts.into_iter().map(body).collect());
    Ok(UploadBody { method: "PUT".into(), url: None, headers: None, fields: None, parts, expires_at })
}

/// How the bytes of a ready object are fetched: as an attachment, under the name that they came with.
pub async fn download(
    state: &AppState,
    key: &StorageKey,
    promise: &Promise,
    object_id: &ObjectId,
) -> Result<DownloadBody, ApiError> {
    let name = promise.filename.as_deref().unwrap_or(object_id.as_str());
    let signed = state.bucket.presign_get(key, name, &promise.content_type).await.map_err(unsigned)?;
    Ok(DownloadBody { method: signed.method, url: signed.url, expires_at: signed.expires_at })
}

fn unsigned(error: S3Error) -> ApiError {
    ApiError::internal(error)
}
