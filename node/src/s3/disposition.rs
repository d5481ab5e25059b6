//! `Content-Disposition` of downloads (RFC 6266): a name for every client, and the right one for those that read RFC 8187.

use std::fmt::Write;

/// What is saved under this name, and never shown in place.
pub(super) fn attachment(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || " .-_()".contains(c) { c } else { '_' };
    let fallback: String = name.chars().map(plain).collect();
    let mut value = format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            let _ = write!(value, "%{byte:02X}");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_its_quotes() {
        let check = |name: &str, expected: &str| assert_eq!(attachment(name), format!("attachment; {expected}"));
        check("a.png", "filename=\"a.png\"; filename*=UTF-8''a.png");
        check("Größe 1.png", "filename=\"Gr__e 1.png\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.png");
        check("a\"; x=\"b", "filename=\"a__ x__b\"; filename*=UTF-8''a%22%3B%20x%3D%22b");
        check("a\r\nSet-Cookie: b", "filename=\"a__Set-Cookie_ b\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b");
    }
}
