//! Flags are set, and each change is kept for good.

use crate::control::{Outcome, audited};
use crate::runtime::worker::Failure;
use crate::store::Place;
use crate::store::{Client, dataset_events, flags, people};
use serde_json::{Map, Value, json};
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::control::{ControlCommand, Granted};
use subjects::flags::{Asked, Key, Setting, Settings, Wish, Wishes, wishes};
use subjects::ids::{Env, Role, TenantId};

/// Who asks for what, as [`subjects::control::Ask::SetFlags`] says it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// Whose flags.
    pub(crate) tenant_id: &'a TenantId,
    /// Where.
    pub(crate) env: Env,
    /// What each is to say.
    pub(crate) flags: &'a Asked,
    /// The role of who asks.
    pub(crate) asker_role: Role,
}

/// Sets the flags, all or none. A tenant's never touch another's, tenant-0's least of all.
pub(crate) async fn set(client: &Client, command: &ControlCommand, asking: Asking<'_>) -> Result<Outcome, Failure> {
    let place = Place { tenant_id: asking.tenant_id, env: asking.env };
    if people::tenants(client, std::slice::from_ref(place.tenant_id)).await?.is_empty() {
        return Ok(Err(Rejection::refused(Code::NotFound, "There is no such tenant.")));
    }
    let version = flags::lock(client, place).await?;
    if dataset_events::is_recorded(client, place, command.command_id).await? {
        return Ok(Ok(Granted::Done));
    }
    let defaults = flags::settings(client, Place { tenant_id: &TenantId::system(), ..place }).await?;
    let wishes = match decide(&asking, &defaults) {
        Ok(wishes) => wishes,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let was = flags::settings(client, place).await?;
    for (key, wish) in &wishes {
        flags::change(client, place, *key, wish).await?;
    }
    flags::advance(client, place).await?;
    audited::done(client, place, command, &changed(&was, &wishes, version + 1)).await?;
    Ok(Ok(Granted::Done))
}

/// What each flag was set to and is set to now; null where nothing is set.
fn changed(was: &Settings, wishes: &Wishes, version: i64) -> Value {
    let said = |setting: &Setting| json!({ "value": setting.value, "locked": setting.locked });
    let becomes = |wish: &Wish| match wish {
        Wish::Set(setting) => said(setting),
        Wish::Drop => Value::Null,
    };
    let change = |(key, wish): (&Key, &Wish)| {
        (key.to_string(), json!({ "was": was.get(key).map(said), "becomes": becomes(wish) }))
    };
    json!({ "version": version, "flags": wishes.iter().map(change).collect::<Map<_, _>>() })
}

/// `defaults` are tenant-0's. A lock holds against what a tenant sets, not against its taking back what it set before.
fn decide(asking: &Asking<'_>, defaults: &Settings) -> Result<Wishes, Rejection> {
    let wishes = wishes(asking.tenant_id, asking.flags)
        .map_err(|wrong| Rejection::refused(Code::BodyInvalid, format!("{wrong}.")))?;
    if asking.asker_role < Role::Admin {
        return Err(Rejection::refused(Code::RoleTooLow, "Flags take the role admin."));
    }
    let is_tenant_0 = *asking.tenant_id == TenantId::system();
    let is_locked = |key| !is_tenant_0 && defaults.get(key).is_some_and(|default| default.locked);
    let locked = wishes.iter().find(|(key, wish)| matches!(wish, Wish::Set(_)) && is_locked(key));
    match locked {
        Some((key, _)) => Err(Rejection::refused(Code::FlagLocked, format!("Tenant-0 locked {key}. Nothing was set."))),
        None => Ok(wishes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value as Json;
    use subjects::flags::Value;

    #[test]
    fn who_may_set_what() {
        let lock = |locked| [(Key::WsEnabled, Setting { value: Value::Switch(false), locked })].into();
        let check = |tenant: &str, asker_role, flags: Json, locked: bool, expected: Result<usize, Code>| {
            let (tenant_id, asked) = (tenant.parse().unwrap(), serde_json::from_value(flags.clone()).unwrap());
            let asking = Asking { tenant_id: &tenant_id, env: Env::Dev, flags: &asked, asker_role };
            let decided = decide(&asking, &lock(locked)).map(|wishes| wishes.len());
            assert_eq!(decided.map_err(|rejection| rejection.code()), expected, "{tenant} {asker_role} {flags}");
        };
        check("t_a", Role::Admin, json!({ "ws_enabled": true }), false, Ok(1));
        check("t_a", Role::Owner, json!({ "ws_enabled": true, "sse_enabled": null }), false, Ok(2));
        check("t_a", Role::Member, json!({ "ws_enabled": true }), false, Err(Code::RoleTooLow));
        check("t_a", Role::Owner, json!({ "ws_enabled": 1 }), false, Err(Code::BodyInvalid));
        check("t_a", Role::Owner, json!({ "paint": true }), false, Err(Code::BodyInvalid));
        check("t_a", Role::Owner, json!({}), false, Err(Code::BodyInvalid));
        check("t_a", Role::Owner, json!({ "ws_enabled": true }), true, Err(Code::FlagLocked));
        check("t_a", Role::Owner, json!({ "ws_enabled": false }), true, Err(Code::FlagLocked));
        check("t_a", Role::Owner, json!({ "ws_enabled": null }), true, Ok(1));
        check("t_a", Role::Owner, json!({ "sse_enabled": false }), true, Ok(1));
        check("t_system", Role::Admin, json!({ "ws_enabled": { "value": true } }), true, Ok(1));
        check("t_system", Role::Viewer, json!({ "ws_enabled": null }), true, Err(Code::RoleTooLow));
    }
}
