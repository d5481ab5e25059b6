//! What holds: the tenant's own setting before tenant-0's before the code's, unless tenant-0 locked its own.

use super::{FLAGS, GestureFanout, GestureLog, Key, Mode, Value};
use serde::Serialize;
use std::collections::BTreeMap;

/// What somebody set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// What it says.
    pub value: Value,
    /// Whether no tenant may say otherwise. Only tenant-0 locks.
    pub locked: bool,
}

/// What one tenant set in one env.
pub type Settings = BTreeMap<Key, Setting>;

/// Who said what holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Source {
    /// Nobody: it is the code's default.
    #[serde(rename = "default")]
    Default,
    /// Tenant-0, for everybody.
    #[serde(rename = "tenant_0")]
    Tenant0,
    /// The tenant itself.
    #[serde(rename = "tenant")]
    Tenant,
}

/// What holds for one flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// What it says.
    pub value: Value,
    /// Who said so.
    pub source: Source,
    /// Whether the tenant cannot say otherwise.
    pub locked: bool,
}

/// All flags as they hold for one tenant in one env.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flags {
    /// Whether WebSockets are served.
    pub ws_enabled: bool,
    /// Whether Server-Sent Events are served.
    pub sse_enabled: bool,
    /// On which rails gestures go out.
    pub gesture_fanout: GestureFanout,
    /// Which gestures are recorded.
    pub gesture_log: GestureLog,
    /// How a replay is made.
    pub replay_mode: Mode,
    /// How a graft is seen.
    pub visibility_mode: Mode,
    /// Whether strangers may sign up; only tenant-0's in `prod` is asked.
    pub signup_open: bool,
    /// The same, one by one, and who said so.
    pub each: BTreeMap<Key, Effective>,
}

impl Flags {
    /// What holds. For tenant-0 itself `own` is empty: what it sets are the defaults.
    pub fn resolve(tenant_0: &Settings, own: &Settings) -> Self {
        let hold = |key: Key| effective(key, tenant_0.get(&key), own.get(&key));
        let value = |key: Key| hold(key).value;
        Self {
            ws_enabled: value(Key::WsEnabled).is_on(),
            sse_enabled: value(Key::SseEnabled).is_on(),
            gesture_fanout: GestureFanout::of(value(Key::GestureFanout)).unwrap_or(GestureFanout::Off),
            gesture_log: GestureLog::of(value(Key::GestureLog)).unwrap_or(GestureLog::None),
            replay_mode: Mode::of(value(Key::ReplayMode)).unwrap_or(Mode::Live),
            visibility_mode: Mode::of(value(Key::VisibilityMode)).unwrap_or(Mode::Live),
            signup_open: value(Key::SignupOpen).is_on(),
            each: FLAGS.iter().map(|flag| (flag.key, hold(flag.key))).collect(),
        }
    }
}

fn effective(key: Key, tenant_0: Option<&Setting>, own: Option<&Setting>) -> Effective {
    match (tenant_0, own) {
        (Some(Setting { value, locked: true }), _) => {
            Effective { value: *value, source: Source::Tenant0, locked: true }
        }
        (_, Some(Setting { value, .. })) => Effective { value: *value, source: Source::Tenant, locked: false },
        (Some(Setting { value, locked: false }), None) => {
            Effective { value: *value, source: Source::Tenant0, locked: false }
        }
        (None, None) => Effective { value: key.flag().default, source: Source::Default, locked: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Setting = Setting { value: Value::Word("off"), locked: false };
    const LOCKED: Setting = Setting { value: Value::Word("off"), locked: true };
    const OWN: Setting = Setting { value: Value::Word("ws_sse"), locked: false };

    fn check(tenant_0: Option<Setting>, own: Option<Setting>, expected: (GestureFanout, Source, bool)) {
        let settings = |set: Option<Setting>| set.into_iter().map(|set| (Key::GestureFanout, set)).collect();
        let flags = Flags::resolve(&settings(tenant_0), &settings(own));
        let Effective { source, locked, .. } = flags.each[&Key::GestureFanout];
        assert_eq!((flags.gesture_fanout, source, locked), expected, "{tenant_0:?} {own:?}");
    }

    #[test]
    fn the_nearer_setting_holds_unless_tenant_0_locked_its_own() {
        check(None, None, (GestureFanout::Ws, Source::Default, false));
        check(Some(OPEN), None, (GestureFanout::Off, Source::Tenant0, false));
        check(None, Some(OWN), (GestureFanout::WsSse, Source::Tenant, false));
        check(Some(OPEN), Some(OWN), (GestureFanout::WsSse, Source::Tenant, false));
        check(Some(LOCKED), None, (GestureFanout::Off, Source::Tenant0, true));
        check(Some(LOCKED), Some(OWN), (GestureFanout::Off, Source::Tenant0, true));
    }

    #[test]
    fn what_nobody_set_is_the_codes_default() {
        let flags = Flags::resolve(&Settings::new(), &Settings::new());
        for flag in &FLAGS {
            let expected = Effective { value: flag.default, source: Source::Default, locked: false };
            assert_eq!(flags.each[&flag.key], expected, "{}", flag.key);
        }
        assert!(flags.ws_enabled && flags.sse_enabled && flags.signup_open);
    }

    #[test]
    fn flags_are_listed_as_the_contract_says() {
        let flags = Flags::resolve(
            &[(Key::WsEnabled, Setting { value: Value::Switch(false), locked: true })].into(),
            &Settings::new(),
        );
        let listed = serde_json::to_value(&flags.each).unwrap();
        assert_eq!(listed["ws_enabled"], serde_json::json!({ "value": false, "source": "tenant_0", "locked": true }));
        assert_eq!(
            listed["gesture_fanout"],
            serde_json::json!({ "value": "ws", "source": "default", "locked": false })
        );
        assert_eq!(listed.as_object().unwrap().len(), FLAGS.len());
    }
}
