//! `GET /privacy/export`: what others may learn from, as lines of JSON, without an end in memory.

use super::line::{LearnableBody, Pen};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::limits::{AtLimit, Class};
use crate::queries::QueryError;
use crate::queries::privacy::{self, Page};
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::header::CONTENT_TYPE;
use node::health::one_line;
use std::io;
use std::sync::Arc;
use subjects::ids::{Env, Role, TenantId};
use uuid::Uuid;

/// How many events are looked at before what was found goes out.
const PAGE: usize = 500;

const NDJSON: &str = "application/x-ndjson";

/// What others may learn from of what happened in a tenant and env: one JSON object per line, in the order in which things
/// happened. Not in it: what the tenant or the actor forbids now or forbade then, what was erased, who did it, and every field that
/// is not listed. Takes the role admin. An answer that breaks off is not whole: its last chunk is missing.
#[utoipa::path(get, path = "/privacy/export", tag = "privacy", security(("bearer" = [])),
    responses((status = 200, body = LearnableBody, content_type = "application/x-ndjson"), (status = 403, body = ProblemBody),
        AtLimit))]
pub async fn export(State(state): State<Arc<AppState>>, member: Member) -> Result<Response, ApiError> {
    member.needs(Role::Admin)?;
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    let export = Export { pen: Pen::new(&state.seal, &member.tenant_id), tenant_id: member.tenant_id, env: member.env };
    // The first page is asked for before the answer begins, so that a database that is away is a 503.
    let first = export.page(&state, Uuid::nil()).await?;
    Ok(([(CONTENT_TYPE, NDJSON)], Body::from_stream(export.pages(state, first))).into_response())
}

/// What is exported.
#[derive(Debug)]
struct Export {
    pen: Pen,
    tenant_id: TenantId,
    env: Env,
}

impl Export {
    async fn page(&self, state: &AppState, after: Uuid) -> Result<Page, QueryError> {
        privacy::learnable(&state.pool, (&self.tenant_id, self.env), after, PAGE).await
    }

    /// One page is in memory at a time, and the next is asked for when the reader took it.
    fn pages(self, state: Arc<AppState>, first: Page) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::try_unfold((self, state, Some(Ok(first))), |(export, state, next)| async move {
            let page = match next {
                None => return Ok(None),
                Some(Ok(page)) => page,
                Some(Err(after)) => export.page(&state, after).await.map_err(broken)?,
            };
            let lines = page.learnable.into_iter().map(|event| export.pen.line(event));
            let lines = lines.collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?.concat();
            Ok(Some((Bytes::from(lines), (export, state, page.last.map(Err)))))
        })
    }
}

fn broken(error: QueryError) -> io::Error {
    tracing::warn!(cause = one_line(&error), "an export breaks off");
    io::Error::other(error)
}
