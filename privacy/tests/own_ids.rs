//! Ids of our own are never mistaken for personal data, wherever they stand in a text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use privacy::redact_text;
use proptest::prelude::*;
use uuid::Uuid;

const CASES: u32 = 20_000;

fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(|bits| uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
}

/// Any id that we make, as we write it.
fn ids() -> impl Strategy<Value = String> {
    let prefixed = (prop::sample::select(vec!["u", "c", "gs", "a", "raw", "ap"]), uuids())
        .prop_map(|(prefix, uuid)| format!("{prefix}_{}", uuid.simple()));
    prop_oneof![
        uuids().prop_map(|uuid| uuid.to_string()),
        uuids().prop_map(|uuid| uuid.to_string().to_uppercase()),
        prefixed,
        "t_[a-z0-9_-]{1,40}",
        any::<[u8; 32]>().prop_map(hex::encode), // SHA-256, state hashes
        any::<[u8; 36]>().prop_map(|bytes| URL_SAFE_NO_PAD.encode(bytes)), // cursors
        any::<[u8; 16]>().prop_map(hex::encode), // traces
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_id_of_ours_is_taken_out(id in ids(), seen in 0_usize..5) {
        let text = match seen {
            0 => id.clone(),
            1 => format!("see {id}."),
            2 => format!("\"{id}\""),
            3 => format!("/canvas/{id}/commits?limit=10"),
            _ => format!("number {id}, tel {id}"),
        };
        let (left, kinds) = redact_text(&text);
        prop_assert_eq!(left, text, "{:?}", kinds);
    }
}
