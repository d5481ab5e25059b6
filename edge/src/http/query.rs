//! Query parameters that many routes have.

use crate::error::ApiError;
use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subjects::code::Code;
use subjects::limits::{PAGE_DEFAULT, PAGE_MAX};

/// Which page of a list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The most entries of the page, at most 200.
    #[serde(default = "default_limit")]
    #[param(default = 50, minimum = 1, maximum = 200)]
    pub limit: usize,
    /// `next` of the page before; none for the first.
    pub cursor: Option<String>,
}

fn default_limit() -> usize {
    PAGE_DEFAULT
}

/// Refuses a page of no or too many entries.
pub fn check_limit(limit: usize) -> Result<(), ApiError> {
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(());
    }
    Err(ApiError::new(Code::QueryInvalid, format!("limit is 1 to {PAGE_MAX}.")).with("parameter", "limit"))
}

/// The query parameters `T`; those that it does not know are left alone.
#[derive(Debug)]
pub struct UrlQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for UrlQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        read(parts).map(Self)
    }
}

fn read<T: DeserializeOwned>(parts: &Parts) -> Result<T, ApiError> {
    let query = Query::try_from_uri(&parts.uri);
    let unreadable = |error| ApiError::new(Code::QueryInvalid, format!("The query cannot be read: {error}."));
    query.map(|Query(query)| query).map_err(unreadable)
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let page: Self = read(parts)?;
        check_limit(page.limit)?;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_has_a_limit() {
        let check = |uri: &'static str, expected: Option<usize>| async move {
            let (mut parts, ()) = http::Request::builder().uri(uri).body(()).unwrap().into_parts();
            let page = PageQuery::from_request_parts(&mut parts, &()).await;
            assert_eq!(page.ok().map(|page| page.limit), expected, "{uri}");
        };
        check("/x", Some(50)).await;
        check("/x?limit=200&env=dev", Some(200)).await;
        for bad in ["/x?limit=0", "/x?limit=201", "/x?limit=-1", "/x?limit=all", "/x?limit=1&limit=2"] {
            check(bad, None).await;
        }
    }
}
