//! What a client says of bytes before they are there, checked as far as that goes without them.

use crate::config::Config;
use crate::error::ApiError;
use crate::http::body::invalid;
use serde::Deserialize;
use subjects::artifact::Promise;
use subjects::code::Code;
use subjects::ids::ObjectId;
use subjects::limits::{FILENAME_BYTES_MAX, OBJECT_BYTES_MAX, PARENTS_MAX};

/// What is said of bytes that will be uploaded.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromiseBody {
    /// What the file is called; only its last segment becomes part of the key.
    pub filename: String,
    /// Exactly so many bytes: 1 to 5 GiB.
    pub size: u64,
    /// Their SHA-256, as 64 lower-case hex digits.
    pub sha256: String,
    /// Their media type, without parameters.
    pub content_type: String,
    /// The asset that it was made of. Only for media.
    #[schema(value_type = Option<String>)]
    pub parent_asset_id: Option<ObjectId>,
    /// `form`: as an HTML form uploads it, instead of with PUT. Not for what is uploaded in parts.
    #[serde(default, rename = "as")]
    pub way: Way,
}

/// How a client brings the bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By PUT; in parts where they are too many for one.
    #[default]
    Put,
    /// By an HTML form.
    Form,
}

impl PromiseBody {
    /// What is promised, if it may be.
    pub fn promise(&self, config: &Config) -> Result<Promise, ApiError> {
        let Self { filename, size, sha256, content_type, .. } = self;
        check(
            config,
            Promise {
                size: *size,
                sha256: sha256.clone(),
                content_type: content_type.clone(),
                filename: Some(filename.clone()),
            },
        )
    }
}

/// The promise, if it may be made.
pub fn check(config: &Config, mut promise: Promise) -> Result<Promise, ApiError> {
    if !is_sha256(&promise.sha256) {
        return Err(invalid("sha256 is 64 lower-case hex digits.".into(), "sha256"));
    }
    if !promise.filename.as_deref().is_none_or(is_filename) {
        let detail = format!("filename has 1 to {FILENAME_BYTES_MAX} bytes and no control characters.");
        return Err(invalid(detail, "filename"));
    }
    if !(1..=OBJECT_BYTES_MAX).contains(&promise.size) {
        let detail = format!("size is 1 to {OBJECT_BYTES_MAX}.");
        return Err(ApiError::new(Code::UploadInvalid, detail).with("at", "size"));
    }
    promise.content_type.make_ascii_lowercase();
    if !is_media_type(&promise.content_type) {
        return Err(invalid("content_type is type/subtype, without parameters.".into(), "content_type"));
    }
    if !config.upload_types.iter().any(|allowed| is_of(&promise.content_type, allowed.trim())) {
        let detail = format!("{} may not be uploaded here.", promise.content_type);
        return Err(ApiError::new(Code::UploadInvalid, detail).with("at", "content_type"));
    }
    Ok(promise)
}

/// What an object is made of, each once.
pub fn parents(mut parents: Vec<ObjectId>) -> Result<Vec<ObjectId>, ApiError> {
    parents.sort();
    parents.dedup();
    if parents.len() > PARENTS_MAX {
        return Err(invalid(format!("An object has at most {PARENTS_MAX} parents."), "parents"));
    }
    Ok(parents)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_filename(text: &str) -> bool {
    (1..=FILENAME_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// `type/subtype` of RFC 6838.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        (1..=127).contains(&name.len()) && name.bytes().all(plain)
    };
    text.split_once('/').is_some_and(|(kind, sub)| is_name(kind) && is_name(sub))
}

fn is_of(content_type: &str, allowed: &str) -> bool {
    match allowed.strip_suffix('*') {
        Some(start) => content_type.starts_with(start),
        None => content_type == allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_promised() {
        let config = Config::example(&[]).unwrap();
        let good = Promise::of(b"abc", "image/png", Some("a.png".into()));
        let outcome = |promise| super::check(&config, promise).map(|_| ()).map_err(|error| error.code());
        let check = |promise: Promise, expected| assert_eq!(outcome(promise.clone()), expected, "{promise:?}");
        let named = |filename: &str| Promise { filename: Some(filename.into()), ..good.clone() };
        let typed = |content_type: &str| Promise { content_type: content_type.into(), ..good.clone() };
        let hashed = |sha256: &str| Promise { sha256: sha256.into(), ..good.clone() };
        check(good.clone(), Ok(()));
        check(Promise { filename: None, ..good.clone() }, Ok(()));
        check(Promise { size: 0, ..good.clone() }, Err(Code::UploadInvalid));
        check(Promise { size: OBJECT_BYTES_MAX, ..good.clone() }, Ok(()));
        check(Promise { size: OBJECT_BYTES_MAX + 1, ..good.clone() }, Err(Code::UploadInvalid));
        check(hashed(""), Err(Code::BodyInvalid));
        check(hashed(&good.sha256.to_uppercase()), Err(Code::BodyInvalid));
        check(hashed(&"z".repeat(64)), Err(Code::BodyInvalid));
        check(named("../../x.png"), Ok(()));
        check(named(""), Err(Code::BodyInvalid));
        check(named("a\u{0}b"), Err(Code::BodyInvalid));
        check(named("a\r\nb"), Err(Code::BodyInvalid));
        check(named(&"x".repeat(256)), Err(Code::BodyInvalid));
        check(typed("IMAGE/PNG"), Ok(()));
        check(typed("image/svg+xml"), Ok(()));
        check(typed("text/html"), Err(Code::UploadInvalid));
        check(typed("image"), Err(Code::BodyInvalid));
        check(typed("image/png; x=1"), Err(Code::BodyInvalid));
        check(typed("image/\r\nx"), Err(Code::BodyInvalid));
    }
}
