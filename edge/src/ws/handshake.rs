//! Whether a request becomes a WebSocket, by RFC 6455, section 4.2, and the `Origin` that it comes from.

use crate::error::ApiError;
use http::header::{
    AUTHORIZATION, CONNECTION, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use subjects::code::Code;
use tungstenite::handshake::derive_accept_key;

/// The subprotocol that is spoken. A client that names none speaks it, too.
pub(super) const PROTOCOL: &str = "northstar.v1";
/// Before a ticket that stands among the subprotocols: a browser can put it nowhere else.
const TICKET: &str = "ticket.";
const VERSION: &str = "13";

/// The headers of the answer to a request that may become a WebSocket.
pub(super) fn accept(headers: &HeaderMap) -> Result<[(HeaderName, HeaderValue); 2], ApiError> {
    let asks = has_word(headers, &CONNECTION, "upgrade") && has_word(headers, &UPGRADE, "websocket");
    let is_known = headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == VERSION);
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks && is_known);
    let Some(key) = key else {
        let detail = "Come with a WebSocket client: `Upgrade: websocket`, `Sec-WebSocket-Version: 13`.";
        let error = ApiError::new(Code::UpgradeRequired, detail);
        let error = error.header(UPGRADE, HeaderValue::from_static("websocket"));
        return Err(error.header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION)));
    };
    let accepted = HeaderValue::try_from(derive_accept_key(key.as_bytes())).map_err(ApiError::internal)?;
    Ok([(UPGRADE, HeaderValue::from_static("websocket")), (SEC_WEBSOCKET_ACCEPT, accepted)])
}

/// Which of the offered subprotocols is chosen: a browser gives up when it offered some and none was.
pub(super) fn protocol(headers: &HeaderMap) -> Option<HeaderValue> {
    let offered: Vec<_> = words(headers, &SEC_WEBSOCKET_PROTOCOL).collect();
    if offered.contains(&PROTOCOL) {
        return Some(HeaderValue::from_static(PROTOCOL));
    }
    // A ticket that was offered alone. It goes back to where it came from, and is spent.
    let ticket = offered.iter().find(|word| word.starts_with(TICKET));
    ticket.and_then(|ticket| HeaderValue::from_str(ticket).ok())
}

/// Refuses a browser of an origin that may not ask, exactly: no other rule keeps a foreign page from opening a socket. What
/// comes from no origin is no browser, and shows a token itself.
pub(super) fn check_origin<'a>(
    headers: &HeaderMap,
    mut allowed: impl Iterator<Item = &'a str>,
) -> Result<(), ApiError> {
    let is_allowed = match headers.get(ORIGIN) {
        Some(origin) => allowed.any(|allowed| origin == allowed),
        None => headers.contains_key(AUTHORIZATION),
    };
    if is_allowed {
        return Ok(());
    }
    let detail = "WebSockets are opened by pages of known origins, or with an `Authorization` header and no `Origin`.";
    Err(ApiError::new(Code::OriginRefused, detail))
}

fn has_word(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    words(headers, name).any(|said| said.eq_ignore_ascii_case(word))
}

fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(said: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
        };
        said.iter().map(pair).collect()
    }

    #[test]
    fn only_a_whole_handshake_is_accepted() {
        // The example of RFC 6455, section 1.3.
        let whole = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let answer = accept(&headers(&whole)).unwrap();
        assert_eq!(answer[1].1, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for without in whole.map(|(name, _)| name) {
            let part: Vec<_> = whole.into_iter().filter(|(name, _)| *name != without).collect();
            assert_eq!(accept(&headers(&part)).unwrap_err().code(), Code::UpgradeRequired, "{without}");
        }
    }

    #[test]
    fn a_subprotocol_is_chosen_where_some_are_offered() {
        let check = |offered: &str, chosen: Option<&str>| {
            let answer = protocol(&headers(&[("sec-websocket-protocol", offered)]));
            assert_eq!(answer.as_ref().map(|value| value.to_str().unwrap()), chosen, "{offered}");
        };
        check("northstar.v1", Some(PROTOCOL));
        check("ticket.abc, northstar.v1", Some(PROTOCOL));
        check("ticket.abc", Some("ticket.abc"));
        check("mqtt", None);
        assert_eq!(protocol(&HeaderMap::new()), None);
    }

    #[test]
    fn an_origin_is_checked_exactly() {
        let check = |said: &[(&str, &str)], is_allowed: bool| {
            let outcome = check_origin(&headers(said), ["https://app.example"].into_iter());
            assert_eq!(outcome.is_ok(), is_allowed, "{said:?}");
        };
        let token = ("authorization", "Bearer x");
        check(&[("origin", "https://app.example")], true);
        check(&[token], true);
        for other in ["https://app.example.evil", "http://app.example", "https://app.example:444", "null", ""] {
            check(&[("origin", other), token], false);
        }
        check(&[], false);
    }
}
