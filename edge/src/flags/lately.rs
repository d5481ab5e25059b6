//! What changed lately, as one look at the database after the other tells it.

use crate::flags::Change;
use std::collections::HashMap;
use subjects::ids::{Env, TenantId};

/// Whose flags, and where.
pub(super) type Place = (TenantId, Env);

/// The newest version of what changed lately, by place. Of tenant-0 it forgets none.
#[derive(Debug, Default)]
pub(super) struct Lately(HashMap<Place, u64>);

impl Lately {
    /// Takes in what a look found: everything that changed since some time ago. Says what was not known yet.
    pub(super) fn take(&mut self, found: Vec<(Place, u64)>) -> Vec<Place> {
        let fresh = found.iter().filter(|(place, version)| *version > self.version(place));
        let fresh = fresh.map(|(place, _)| place.clone()).collect();
        // Two looks may cross, so that the one that saw less comes in last.
        let newest = |(place, version)| (self.version(&place).max(version), place);
        let found: Vec<_> = found.into_iter().map(newest).collect();
        self.0.retain(|(tenant_id, _), _| *tenant_id == TenantId::system());
        self.0.extend(found.into_iter().map(|(version, place)| (place, version)));
        fresh
    }

    /// The version that is known of; 0 where nothing changed lately.
    pub(super) fn version(&self, place: &Place) -> u64 {
        self.0.get(place).copied().unwrap_or(0)
    }
}

/// What to tell others who act on flags.
pub(super) fn change((tenant_id, env): Place) -> Change {
    let is_everybody = tenant_id == TenantId::system();
    Change { tenant_id: (!is_everybody).then_some(tenant_id), env }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        let (tenant_id, env) = text.split_once('.').unwrap();
        (tenant_id.parse().unwrap(), env.parse().unwrap())
    }

    #[test]
    fn a_change_is_told_once_and_kept_in_mind_while_it_is_fresh() {
        let mut lately = Lately::default();
        let mut check = |found: &[(&str, u64)], fresh: &[&str], known: &[(&str, u64)]| {
            let found = found.iter().map(|(text, version)| (place(text), *version)).collect();
            let told = lately.take(found);
            assert_eq!(told, fresh.iter().map(|text| place(text)).collect::<Vec<_>>());
            for (text, version) in known {
                assert_eq!(lately.version(&place(text)), *version, "{text}");
            }
        };
        check(&[], &[], &[("t_a.dev", 0)]);
        check(&[("t_a.dev", 1)], &["t_a.dev"], &[("t_a.dev", 1), ("t_a.prod", 0)]);
        check(&[("t_a.dev", 1)], &[], &[("t_a.dev", 1)]);
        check(&[("t_a.dev", 3), ("t_b.dev", 1)], &["t_a.dev", "t_b.dev"], &[("t_a.dev", 3)]);
        check(&[("t_a.dev", 2), ("t_b.dev", 1)], &[], &[("t_a.dev", 3)]);
        check(&[("t_system.dev", 1)], &["t_system.dev"], &[("t_a.dev", 0), ("t_system.dev", 1)]);
        check(&[], &[], &[("t_system.dev", 1)]);
        check(&[("t_system.dev", 2)], &["t_system.dev"], &[("t_system.dev", 2)]);
    }

    #[test]
    fn what_tenant_0_changes_concerns_everybody() {
        let check = |text, tenant_id: Option<&str>| {
            let expected = Change { tenant_id: tenant_id.map(|id| id.parse().unwrap()), env: Env::Prod };
            assert_eq!(change(place(text)), expected);
        };
        check("t_a.prod", Some("t_a"));
        check("t_system.prod", None);
    }
}
