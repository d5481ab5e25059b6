//! What is asked of flags: `{key: value | null}`, and in tenant-0 `{key: {value, locked} | null}`.

use super::{Key, Setting};
use crate::ids::TenantId;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What is asked, as it came in.
pub type Asked = BTreeMap<String, Json>;

/// What is asked of one flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That it says this.
    Set(Setting),
    /// That this tenant says nothing any more.
    Drop,
}

/// What is asked of each flag.
pub type Wishes = BTreeMap<Key, Wish>;

/// Why a wish cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWish {
    /// Nothing is asked.
    #[error("name at least one flag")]
    Nothing,
    /// There is no flag of this name.
    #[error("there is no such flag")]
    Unknown {
        /// The name.
        key: String,
    },
    /// The value is not of the flag's form.
    #[error("{key} is {form}{}", .or_object.then_some(", as {\"value\": …, \"locked\": true or false}").unwrap_or_default())]
    Form {
        /// The flag.
        key: Key,
        /// What it may say.
        form: super::Form,
        /// Whether tenant-0 is asked.
        or_object: bool,
    },
}

impl InvalidWish {
    /// The name of the flag that is wrong; none where it is all.
    pub fn key(&self) -> Option<&str> {
        match self {
            InvalidWish::Nothing => None,
            InvalidWish::Unknown { key } => Some(key),
            InvalidWish::Form { key, .. } => Some(key.as_str()),
        }
    }
}

/// A default of tenant-0's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lockable {
    value: Json,
    #[serde(default)]
    locked: bool,
}

/// Reads what a tenant asks. All of it is right, or none is taken. Only tenant-0 locks.
pub fn wishes(tenant_id: &TenantId, asked: &Asked) -> Result<Wishes, InvalidWish> {
    if asked.is_empty() {
        return Err(InvalidWish::Nothing);
    }
    let is_tenant_0 = *tenant_id == TenantId::system();
    let wish = |(name, json): (&String, &Json)| {
        let key = Key::named(name).ok_or_else(|| InvalidWish::Unknown { key: name.clone() })?;
        let form = InvalidWish::Form { key, form: key.flag().form, or_object: is_tenant_0 };
        if json.is_null() {
            return Ok((key, Wish::Drop));
        }
        setting(key, json, is_tenant_0).map(|setting| (key, Wish::Set(setting))).ok_or(form)
    };
    asked.iter().map(wish).collect()
}

fn setting(key: Key, json: &Json, is_tenant_0: bool) -> Option<Setting> {
    if !is_tenant_0 || !json.is_object() {
        return Some(Setting { value: key.value(json)?, locked: false });
    }
    let Lockable { value, locked } = Lockable::deserialize(json).ok()?;
    Some(Setting { value: key.value(&value)?, locked })
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::*;
    use serde_json::json;

    fn check(tenant: &str, asked: Json, expected: Result<&[(Key, Wish)], Option<&str>>) {
        let asked_of: Asked = serde_json::from_value(asked.clone()).unwrap();
        let read = wishes(&tenant.parse().unwrap(), &asked_of);
        let read = read.map(|wishes| wishes.into_iter().collect::<Vec<_>>());
        let read = read.map_err(|wrong| wrong.key().map(str::to_owned));
        assert_eq!(read, expected.map(<[_]>::to_vec).map_err(|key| key.map(str::to_owned)), "{tenant} {asked}");
    }

    const fn set(on: bool, locked: bool) -> Wish {
        Wish::Set(Setting { value: Value::Switch(on), locked })
    }

    #[test]
    fn a_tenant_asks_for_values() {
        check("t_a", json!({ "ws_enabled": false }), Ok(&[(Key::WsEnabled, set(false, false))]));
        check("t_a", json!({ "ws_enabled": null }), Ok(&[(Key::WsEnabled, Wish::Drop)]));
        check("t_a", json!({}), Err(None));
        check("t_a", json!({ "paint": true }), Err(Some("paint")));
        check("t_a", json!({ "ws_enabled": "no" }), Err(Some("ws_enabled")));
        check("t_a", json!({ "ws_enabled": true, "gesture_log": "some" }), Err(Some("gesture_log")));
        check("t_a", json!({ "ws_enabled": { "value": true, "locked": true } }), Err(Some("ws_enabled")));
    }

    #[test]
    fn tenant_0_asks_for_values_and_locks() {
        let all = [(Key::WsEnabled, set(false, true)), (Key::SseEnabled, Wish::Drop)];
        check("t_system", json!({ "ws_enabled": { "value": false, "locked": true }, "sse_enabled": null }), Ok(&all));
        check("t_system", json!({ "ws_enabled": { "value": true } }), Ok(&[(Key::WsEnabled, set(true, false))]));
        check("t_system", json!({ "ws_enabled": true }), Ok(&[(Key::WsEnabled, set(true, false))]));
        check("t_system", json!({ "ws_enabled": { "value": "on" } }), Err(Some("ws_enabled")));
        check("t_system", json!({ "ws_enabled": { "locked": true } }), Err(Some("ws_enabled")));
        check("t_system", json!({ "ws_enabled": { "value": true, "until": 1 } }), Err(Some("ws_enabled")));
    }
}
