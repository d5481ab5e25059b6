//! What people type in: email addresses and names.

use crate::error::ApiError;
use crate::http::body;

const EMAIL_CHARS_MAX: usize = 254;
const NAME_CHARS_MAX: usize = 100;

/// An email address as it is compared: trimmed and in lower case. Whether it works, only mail can tell.
pub fn email(text: &str) -> Result<String, ApiError> {
    let email = text.trim().to_lowercase();
    if is_email(&email) {
        return Ok(email);
    }
    Err(body::invalid("email is no email address.".into(), "email"))
}

/// What a tenant is called: trimmed.
pub fn tenant_name(text: &str) -> Result<String, ApiError> {
    let name = text.trim();
    let is_name = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_name {
        return Ok(name.to_owned());
    }
    let detail = format!("tenant_name has 1 to {NAME_CHARS_MAX} characters, no control characters.");
    Err(body::invalid(detail, "tenant_name"))
}

fn is_email(text: &str) -> bool {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    text.chars().count() <= EMAIL_CHARS_MAX
        && text.chars().all(is_plain)
        && !local.is_empty()
        && !local.contains('@')
        && !domain.is_empty()
        && domain.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_has_two_sides() {
        for (text, expected) in [
            (" Ada@Example.COM ", Some("ada@example.com")),
            ("a+b@localhost", Some("a+b@localhost")),
            ("ada", None),
            ("@example.com", None),
            ("ada@", None),
            ("ada@.com", None),
            ("a@b@example.com", None),
            ("a b@example.com", None),
            ("a\0@example.com", None),
        ] {
            assert_eq!(email(text).ok().as_deref(), expected, "{text:?}");
        }
        assert!(email(&format!("{}@example.com", "x".repeat(250))).is_err());
    }

    #[test]
    fn a_tenant_has_a_name() {
        assert_eq!(tenant_name(" Acme ").unwrap(), "Acme");
        for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(tenant_name(bad).is_err(), "{bad:?}");
        }
    }
}
