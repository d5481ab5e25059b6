//! What was made of what.

use super::objects::word;
use super::{QueryError, id, rows};
use node::postgres::Pool;
use subjects::artifact::{Area, ArtifactKind};
use subjects::ids::{Env, ObjectId, TenantId};
use tokio_postgres::Row;

/// An object in the lineage of another.
#[derive(Debug, Clone)]
pub struct Relative {
    /// Names it.
    pub object_id: ObjectId,
    /// Its part of the bucket.
    pub area: Area,
    /// What it is as an artifact.
    pub kind: Option<ArtifactKind>,
    /// How many steps away it is, by the shortest way.
    pub depth: u32,
}

/// Which way to look.
#[derive(Debug, Clone, Copy)]
pub enum Towards {
    /// At what it was made of.
    Ancestors,
    /// At what was made of it.
    Descendants,
}

/// The longest way that is followed, in steps.
pub const DEPTH_MAX: i32 = 32;
/// The most steps that are looked at: where there are many ways to the same, it is met as often.
const STEPS_MAX: i64 = 10_000;

/// A question for the ready relatives: `from` and `to` are the columns of a step.
macro_rules! relatives {
    ($from:literal, $to:literal) => {
        concat!(
            "WITH RECURSIVE step (object_id, depth) AS (
                 SELECT ", $to, ", 1 FROM lineage WHERE tenant_id = $1 AND env = $2 AND ", $from, " = $3
                 UNION
                 SELECT l.", $to, ", depth + 1 FROM step JOIN lineage l
                     ON l.tenant_id = $1 AND l.env = $2 AND l.", $from, " = step.object_id WHERE depth < $4),
             nearest AS (
                 SELECT object_id, min(depth) AS depth FROM (SELECT * FROM step LIMIT $5) AS steps GROUP BY object_id)
             SELECT n.object_id, n.depth, o.area, a.kind FROM nearest n
               JOIN objects o ON o.tenant_id = $1 AND o.env = $2 AND o.object_id = n.object_id AND o.status = 'ready'
               LEFT JOIN artifacts a ON a.tenant_id = $1 AND a.env = $2 AND a.artifact_id = n.object_id
              ORDER BY n.depth, n.object_id LIMIT $6"
        )
    };
}

/// The ready relatives of an object, the nearest first.
pub async fn relatives(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    object_id: &ObjectId,
    towards: Towards,
    limit: usize,
) -> Result<Vec<Relative>, QueryError> {
    let sql = match towards {
        Towards::Ancestors => relatives!("child_id", "parent_id"),
        Towards::Descendants => relatives!("parent_id", "child_id"),
    };
    let (env, limit) = (env.as_str(), limit as i64);
    let rows =
        rows(pool, tenant_id, sql, &[&tenant_id.as_str(), &env, &object_id.as_str(), &DEPTH_MAX, &STEPS_MAX, &limit])
            .await?;
    rows.iter().map(relative).collect()
}

fn relative(row: &Row) -> Result<Relative, QueryError> {
    let kind: Option<&str> = row.try_get("kind")?;
    let depth: i32 = row.try_get("depth")?;
    Ok(Relative {
        object_id: id(row, "object_id")?,
        area: word(row.try_get("area")?)?,
        kind: kind.map(word).transpose()?,
        depth: depth.unsigned_abs(),
    })
}
