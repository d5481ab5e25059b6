//! The identifiers that a new tenant may get, from what it is called.

use subjects::ids::TenantId;

/// Names that are spoken for, whether or not they exist yet.
const RESERVED: [&str; 3] = [TenantId::SYSTEM, TenantId::NORTHSTAR, TenantId::UNKNOWN];
/// The longest slug: leaves room for the longest suffix within the 62 characters behind `t_`.
const SLUG_CHARS_MAX: usize = 48;
/// What a name without a usable character becomes.
const NAMELESS: &str = "tenant";

/// The identifiers to try, in order: the slug of the name, then with suffixes made of `random`.
pub fn candidates(name: &str, random: u64) -> Vec<TenantId> {
    let slug = slug(name);
    let suffixes = ["".to_owned(), format!("-{:04x}", random & 0xffff), format!("-{:012x}", random & 0xffff_ffff_ffff)];
    let ids = suffixes.iter().map(|suffix| format!("t_{slug}{suffix}"));
    let free = ids.filter(|id| !RESERVED.contains(&id.as_str()));
    free.filter_map(|id| id.parse().ok()).collect()
}

/// Lower-case letters and digits; everything else is one dash.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(SLUG_CHARS_MAX);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { NAMELESS.to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_identifiers() {
        let check = |name: &str, expected: &[&str]| {
            let ids: Vec<_> = candidates(name, 0xabcdef).iter().map(ToString::to_string).collect();
            assert_eq!(ids, expected, "{name}");
        };
        check("Acme", &["t_acme", "t_acme-cdef", "t_acme-000000abcdef"]);
        check("  Acme & Söhne, Ltd. ", &["t_acme-s-hne-ltd", "t_acme-s-hne-ltd-cdef", "t_acme-s-hne-ltd-000000abcdef"]);
        check("日本", &["t_tenant", "t_tenant-cdef", "t_tenant-000000abcdef"]);
        for reserved in ["system", "Northstar", "unknown"] {
            let slug = reserved.to_lowercase();
            check(reserved, &[&format!("t_{slug}-cdef"), &format!("t_{slug}-000000abcdef")]);
        }
        assert_eq!(candidates(&"x".repeat(500), u64::MAX).len(), 3);
    }
}
