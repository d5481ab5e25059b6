//! Pages of what gates decide on.

use crate::context::Member;
use crate::error::ApiError;
use crate::http::page;
use crate::http::query::PageQuery;
use crate::queries::gates::Span;
use crate::state::AppState;
use std::str::FromStr;

/// A member's list, with what it is filtered by, and which page of it is asked for.
pub(super) struct Listing<'a> {
    state: &'a AppState,
    list: Vec<&'a [u8]>,
    query: PageQuery,
}

impl<'a> Listing<'a> {
    /// The list of `things`. A mark made for another list, or by another filter, is not taken.
    pub(super) fn of(
        state: &'a AppState,
        member: &'a Member,
        things: &'a str,
        filters: &[Option<&'a str>],
        query: PageQuery,
    ) -> Self {
        let place = [things, member.tenant_id.as_str(), member.env.as_str()];
        let filters = filters.iter().map(|filter| filter.unwrap_or_default());
        Self { state, list: place.into_iter().chain(filters).map(str::as_bytes).collect(), query }
    }

    /// What to ask the database for: one entry more than the page has.
    pub(super) fn span<M: FromStr>(&self) -> Result<Span<M>, ApiError> {
        let after = page::after(&self.state.seal, &self.list, self.query.cursor.as_deref())?;
        let limit = i64::try_from(self.query.limit + 1).map_err(ApiError::internal)?;
        Ok(Span { after, limit })
    }

    /// Cuts what was found down to the page, and says where the next one begins.
    pub(super) fn cut<T>(&self, found: &mut Vec<T>, mark: impl Fn(&T) -> String) -> Option<String> {
        let last = page::cut(found, self.query.limit)?;
        Some(page::seal(&self.state.seal, &self.list, &mark(last)))
    }
}
