//! What a client holds already: `If-None-Match`.

use http::HeaderMap;
use http::header::IF_NONE_MATCH;

/// Whether the client holds what has this tag already.
pub fn is_held(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_not_sent_again() {
        let check = |value: &'static str, expected| {
            let headers = [(IF_NONE_MATCH, value.parse().unwrap())].into_iter().collect();
            assert_eq!(is_held(&headers, "\"rev-4\""), expected, "{value}");
        };
        check("\"rev-4\"", true);
        check("\"rev-3\", \"rev-4\"", true);
        check("W/\"rev-4\"", true);
        check("*", true);
        check("\"rev-42\"", false);
        check("rev-4", false);
        assert!(!is_held(&HeaderMap::new(), "\"rev-4\""));
    }
}
