//! The environment: the names that the stack sets for its processes, and the one place that reads ours.

use std::ffi::OsString;

macro_rules! names {
    ($($name:ident)*) => { $( pub(crate) const $name: &str = concat!("NORTHSTAR_", stringify!($name)); )* };
}

names! {
    STACK
    NATS_URL POSTGRES_URL POSTGRES_EDGE_PASSWORD POSTGRES_WORKER_PASSWORD
    S3_ENDPOINT S3_REGION S3_BUCKET S3_ACCESS_KEY_ID S3_SECRET_ACCESS_KEY S3_PATH_STYLE
    EDGE_LISTEN TOKEN_SECRET CURSOR_SECRET
    WORKERS_LISTEN WORKERS_ROLES
}

/// What a variable of our own says.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn read(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
