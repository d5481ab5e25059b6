//! Members come, go, and change their roles.

use crate::control::Outcome;
use crate::runtime::worker::Failure;
use crate::store::members::Member;
use crate::store::{Client, members, people, revocations};
use subjects::answer::Rejection;
use subjects::code::Code;
use subjects::control::Granted;
use subjects::ids::{ActorId, Role, TenantId};

/// What is asked to change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change<'a> {
    /// Whose membership.
    pub(crate) user_id: &'a ActorId,
    /// The role afterwards; none takes the user out.
    pub(crate) role: Option<Role>,
    /// The role of who asks.
    pub(crate) asker_role: Role,
    /// Whether who asks is who it is about.
    pub(crate) is_own: bool,
}

/// Changes a membership, also for tokens that were made in the last `token_secs`.
pub(crate) async fn change(
    client: &Client,
    tenant_id: &TenantId,
    change: Change<'_>,
    token_secs: u64,
) -> Result<Outcome, Failure> {
    let locked = members::lock_owners_and(client, tenant_id, change.user_id).await?;
    if let Err(rejection) = decide(&locked, &change) {
        return Ok(Err(rejection));
    }
    match change.role {
        Some(role) => {
            if !people::user_exists(client, change.user_id).await? {
                return Ok(Err(Rejection::refused(Code::NotFound, "There is no such user.")));
            }
            members::set(client, tenant_id, &Member { user_id: change.user_id.clone(), role }).await?;
        }
        None => members::remove(client, tenant_id, change.user_id).await?,
    }
    revocations::member(client, tenant_id, change.user_id, change.role, token_secs).await?;
    Ok(Ok(Granted::Done))
}

/// `locked` are the owners, and whom it is about if they are a member.
fn decide(locked: &[Member], change: &Change<'_>) -> Result<(), Rejection> {
    let current = locked.iter().find(|member| member.user_id == *change.user_id).map(|member| member.role);
    let is_leaving = change.is_own && change.role.is_none();
    let may = change.asker_role >= Role::Admin || is_leaving;
    if !may || current.max(change.role) > Some(change.asker_role) {
        return Err(Rejection::refused(Code::RoleTooLow, "Nobody grants or takes what is above their own role."));
    }
    let others = locked.iter().filter(|member| member.user_id != *change.user_id);
    let has_other_owner = others.into_iter().any(|member| member.role == Role::Owner);
    if current == Some(Role::Owner) && change.role != Some(Role::Owner) && !has_other_owner {
        return Err(Rejection::refused(Code::LastOwner, "A tenant must keep an owner."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Admin, Member as Plain, Owner, Viewer};

    #[test]
    fn who_may_change_whom() {
        let check = |current, role, asker_role, is_own, other_owner: bool, expected: Result<(), Code>| {
            let user_id: ActorId = "u_1".parse().unwrap();
            let other = other_owner.then(|| Member { user_id: "u_2".parse().unwrap(), role: Owner });
            let own = Option::<Role>::map(current, |role| Member { user_id: user_id.clone(), role });
            let locked: Vec<_> = own.into_iter().chain(other).collect();
            let change = Change { user_id: &user_id, role, asker_role, is_own };
            let decided = decide(&locked, &change).map_err(|rejection| rejection.code());
            assert_eq!(decided, expected, "{current:?} {role:?} {asker_role:?} {is_own} {other_owner}");
        };
        check(None, Some(Plain), Admin, false, true, Ok(()));
        check(None, Some(Admin), Admin, false, true, Ok(()));
        check(None, Some(Owner), Admin, false, true, Err(Code::RoleTooLow));
        check(None, Some(Viewer), Plain, false, true, Err(Code::RoleTooLow));
        check(Some(Owner), Some(Plain), Admin, false, true, Err(Code::RoleTooLow));
        check(Some(Owner), None, Admin, false, true, Err(Code::RoleTooLow));
        check(Some(Owner), None, Owner, false, true, Ok(()));
        check(Some(Owner), None, Owner, true, false, Err(Code::LastOwner));
        check(Some(Owner), Some(Admin), Owner, true, false, Err(Code::LastOwner));
        check(Some(Owner), Some(Owner), Owner, true, false, Ok(()));
        check(Some(Viewer), None, Viewer, true, true, Ok(()));
        check(Some(Viewer), None, Plain, false, true, Err(Code::RoleTooLow));
        check(None, None, Admin, false, true, Ok(()));
    }
}
