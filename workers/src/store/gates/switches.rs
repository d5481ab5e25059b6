//! Kill switches.

use crate::runtime::worker::Failure;
use crate::store::{Client, Place};
use gates::Target;
use subjects::gates::text::Words;

/// Throws or releases one.
pub(crate) async fn set(
    client: &Client,
    place: Place<'_>,
    (target, thrown): (&Target, bool),
    (reason, actor_id): (&Words, &str),
) -> Result<(), Failure> {
    let set = "
        INSERT INTO kill_switches (tenant_id, env, target_kind, target, thrown, reason, actor_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, env, target_kind, target)
        DO UPDATE SET thrown = excluded.thrown, reason = excluded.reason, actor_id = excluded.actor_id,
                      changed_at = clock_timestamp()";
    let statement = client.prepare_cached(set).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client
        .execute(&statement, &[&tenant_id, &env, &target.kind(), &target.name(), &thrown, &reason.as_str(), &actor_id])
        .await?;
    Ok(())
}
