//! What a plain database does with the same rows: the baseline of commands.

pub(crate) mod commit;
pub(crate) mod pgbench;
