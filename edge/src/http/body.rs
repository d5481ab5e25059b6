//! Bodies of requests: JSON, of a limited size, in a limited time, with the place of a mistake named.

use crate::context::Stated;
use crate::error::ApiError;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::time::Duration;
use subjects::code::Code;

/// The largest body but a command's, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
const BODY_SECS_MAX: u64 = 10;
const DETAIL_CHARS_MAX: usize = 400;

/// A JSON body of at most [`BODY_BYTES_MAX`].
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = read(request, BODY_BYTES_MAX).await?;
        parse(&bytes).map(Self)
    }
}

/// A body's `routing`: routing keys and their values; null states nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct StatedRouting(BTreeMap<String, Option<String>>);

impl StatedRouting {
    /// Adds what is stated here to what is stated elsewhere.
    pub fn state(&self, stated: &mut Stated) -> Result<(), ApiError> {
        let said = self.0.iter().filter_map(|(key, text)| Some((key, text.as_ref()?)));
        for (key, text) in said {
            stated.state(key, text)?;
        }
        Ok(())
    }
}

/// The bytes of a JSON body of at most `bytes_max`.
pub async fn read(request: Request, bytes_max: usize) -> Result<Bytes, ApiError> {
    if !is_json(request.headers()) {
        let detail = "Send the body as `Content-Type: application/json`.";
        return Err(ApiError::new(Code::MediaTypeUnsupported, detail));
    }
    if declared_length(request.headers()).is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let body = Limited::new(request.into_body(), bytes_max).collect();
    let limit = Duration::from_secs(BODY_SECS_MAX);
    match tokio::time::timeout(limit, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(bytes_max)),
        Ok(Err(_)) => Err(invalid("The body broke off.".into(), ".")),
        Err(_) => Err(invalid(format!("The body did not arrive within {BODY_SECS_MAX} s."), ".")),
    }
}

/// What a JSON body says; refused with the place where it is not what is asked for.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        // Read once more, slowly, to find the place.
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let place = serde_path_to_error::deserialize::<_, T>(&mut json).err();
        let at = place.map(|error| error.path().to_string());
        // What is no JSON has no place in it.
        let at = at.filter(|at| at != "?").unwrap_or_else(|| ".".to_owned());
        let detail = format!("At {at}: {error}.");
        invalid(detail.chars().take(DETAIL_CHARS_MAX).collect(), &at)
    })
}

/// A body that is not what is asked for, with the place.
pub fn invalid(detail: String, at: &str) -> ApiError {
    let at: String = at.chars().take(DETAIL_CHARS_MAX).collect();
    ApiError::new(Code::BodyInvalid, detail).with("at", at)
}

fn too_large(bytes_max: usize) -> ApiError {
    ApiError::new(Code::BodyTooLarge, format!("The body may have {bytes_max} bytes.")).with("bytes_max", bytes_max)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use subjects::document::Op;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only whether it can be read is asked")]
    struct Ops {
        ops: Vec<Op>,
    }

    #[test]
    fn the_place_of_a_mistake_is_named() {
        let check = |json: &str, place: &str, words: &str| {
            let error = parse::<Ops>(json.as_bytes()).unwrap_err();
            let body = serde_json::to_value(error.body(None)).unwrap();
            assert_eq!(body["code"], "BODY_INVALID");
            assert_eq!(body["at"], place, "{json}");
            assert!(body["detail"].as_str().unwrap().contains(words), "{body}");
        };
        check("", ".", "EOF");
        check("{", ".", "EOF");
        check("[]", ".", "");
        check("{}", ".", "ops");
        check("{\"ops\": 1}", "ops", "sequence");
        check("{\"ops\": [{\"op\": \"paint\"}]}", "ops[0].op", "paint");
        check("{\"ops\": [{\"op\": \"remove_atom\"}]}", "ops[0]", "atom_id");
        check("{\"ops\": [{\"op\": \"remove_atom\", \"atom_id\": \"a b\"}]}", "ops[0]", "atom_id must be");
        check("{\"ops\": [{\"op\": \"remove_atom\", \"atom_id\": \"a\", \"x\": 1}]}", "ops[0]", "x");
        check("{\"ops\": []} trailing", ".", "trailing");
    }

    #[tokio::test]
    async fn a_body_is_json_of_a_limited_size() {
        let read = |media: &'static str, body: &'static str| async move {
            let request = Request::builder().header(CONTENT_TYPE, media).body(Body::from(body)).unwrap();
            read(request, 4).await.map_err(|error| error.code())
        };
        assert_eq!(read("application/json; charset=utf-8", "1234").await.unwrap(), "1234");
        assert_eq!(read("application/json", "12345").await, Err(Code::BodyTooLarge));
        assert_eq!(read("text/plain", "1").await, Err(Code::MediaTypeUnsupported));
    }
}
