//! Every NATS subject of the rails, spelled once, in both directions.

use crate::ids::{Env, InvalidId, TenantId};
use crate::routing::StreamKey;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Partitions of the command stream. Consumers own ranges of them and can be split without moving anything.
pub const PARTITIONS: u32 = 256;
/// What a tenant and env is audited of has one order.
const AUDIT_KEY: &str = "audit";
/// Event streams. A tenant's events all go to one of them.
pub const SHARDS: u32 = 1;

/// A subject of the rails.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A batch of commands to a canvas or thread.
    Command(StreamKey),
    /// What a role is asked that owns no logs.
    Ask {
        /// 0 to [`PARTITIONS`] - 1: commands that must keep their order share one.
        part: u32,
        /// Whose.
        tenant_id: TenantId,
        /// Where.
        env: Env,
        /// Whom.
        of: Asked,
        /// The word for what is asked, e.g. [`crate::control::Ask::kind`].
        kind: Box<str>,
    },
    /// Events of a canvas or thread, on their way into the event stream.
    Event(StreamKey),
    /// Gestures of a canvas that a graft records: [`crate::passing::Passing::Events`].
    Gestures(StreamKey),
    /// The same, republished by the server to whoever listens.
    Live(StreamKey),
    /// What passes on a canvas or thread and is kept nowhere: [`crate::passing::Passing`].
    Passing(StreamKey),
    /// Who is on a canvas or thread, as the edges tell each other: [`crate::presence::Gossip`].
    Presence(StreamKey),
    /// The registry's entry of a canvas or thread changed: drop what you remember of it.
    RegistryChanged(StreamKey),
    /// A tenant's flags changed, tenant-0's for everybody: look which hold.
    FlagsChanged {
        /// Whose.
        tenant_id: TenantId,
        /// Where.
        env: Env,
    },
    /// What happened without a transaction of its own, on its way into the tenant's audit: [`crate::dataset_event::Observed`].
    Audit {
        /// Whose.
        tenant_id: TenantId,
        /// Where.
        env: Env,
    },
    /// What a worker gave up.
    Dead {
        /// The worker's role.
        worker: Box<str>,
        /// Whose.
        tenant_id: TenantId,
        /// Where.
        env: Env,
    },
}

/// A role that is asked for what belongs to no single log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// People, tenants and the registry.
    Control,
    /// Artifacts and assets.
    Artifacts,
    /// Recorded sessions.
    Graft,
    /// The gates, what they decide on, and the actions that they decide about.
    Gates,
    /// What tenants and people want done with what is kept of them.
    Privacy,
}

impl Asked {
    /// Every one.
    pub const ALL: [Asked; 5] = [Asked::Control, Asked::Artifacts, Asked::Graft, Asked::Gates, Asked::Privacy];

    /// The word for it in subjects.
    pub const fn as_str(self) -> &'static str {
        match self {
            Asked::Control => "control",
            Asked::Artifacts => "artifacts",
            Asked::Graft => "graft",
            Asked::Gates => "gates",
            Asked::Privacy => "privacy",
        }
    }
}

impl Subject {
    /// The subject of what a role is asked. What has the same `key` keeps its order.
    pub fn ask(of: Asked, (tenant_id, env): (TenantId, Env), kind: &str, key: &str) -> Self {
        let part = partition(&tenant_id, env, key);
        Subject::Ask { part, tenant_id, env, of, kind: kind.into() }
    }

    /// The subject of a control command. Those with the same `key` keep their order.
    pub fn control(tenant_id: TenantId, env: Env, kind: &str, key: &str) -> Self {
        Self::ask(Asked::Control, (tenant_id, env), kind, key)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Command(key) => {
                let part = partition(&key.tenant_id, key.env, &key.stream.to_string());
                write!(f, "cmd.{part}.{key}")
            }
            Subject::Ask { part, tenant_id, env, of, kind } => {
                write!(f, "cmd.{part}.{tenant_id}.{env}.{}.{kind}", of.as_str())
            }
            Subject::Event(key) => write!(f, "evt.{}.{key}", shard(&key.tenant_id)),
            Subject::Gestures(key) => write!(f, "gst.{key}"),
            Subject::Live(key) => write!(f, "live.{}.{key}", shard(&key.tenant_id)),
            Subject::Passing(key) => write!(f, "prs.{key}"),
            // No tenant is named so: theirs begin with `t_`.
            Subject::Presence(key) => write!(f, "prs.presence.{key}"),
            Subject::RegistryChanged(key) => write!(f, "ctl.registry.{key}"),
            Subject::FlagsChanged { tenant_id, env } => write!(f, "ctl.flags.{tenant_id}.{env}"),
            Subject::Audit { tenant_id, env } => {
                let part = partition(tenant_id, *env, AUDIT_KEY);
                write!(f, "aud.{part}.{tenant_id}.{env}")
            }
            Subject::Dead { worker, tenant_id, env } => write!(f, "dead.{worker}.{tenant_id}.{env}"),
        }
    }
}

impl FromStr for Subject {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        const INVALID: InvalidId = InvalidId { kind: "subject", form: "a subject of the rails" };
        let (root, rest) = text.split_once('.').ok_or(INVALID)?;
        let (first, tail) = rest.split_once('.').ok_or(INVALID)?;
        let subject = match root {
            "cmd" => command(first, tail)?,
            "evt" => Subject::Event(tail.parse()?),
            "live" => Subject::Live(tail.parse()?),
            "gst" => Subject::Gestures(rest.parse()?),
            "prs" if first == "presence" => Subject::Presence(tail.parse()?),
            "prs" => Subject::Passing(rest.parse()?),
            "ctl" if first == "registry" => Subject::RegistryChanged(tail.parse()?),
            "ctl" if first == "flags" => {
                let (tenant_id, env) = tail.split_once('.').ok_or(INVALID)?;
                Subject::FlagsChanged { tenant_id: tenant_id.parse()?, env: env.parse()? }
            }
            "aud" => {
                let (tenant_id, env) = tail.split_once('.').ok_or(INVALID)?;
                Subject::Audit { tenant_id: tenant_id.parse()?, env: env.parse()? }
            }
            "dead" => {
                let (tenant_id, env) = tail.split_once('.').ok_or(INVALID)?;
                Subject::Dead { worker: first.into(), tenant_id: tenant_id.parse()?, env: env.parse()? }
            }
            _ => return Err(INVALID),
        };
        // One spelling each: a partition or shard that is not the key's own is refused.
        if subject.to_string() == text { Ok(subject) } else { Err(INVALID) }
    }
}

fn command(part: &str, tail: &str) -> Result<Subject, InvalidId> {
    const INVALID: InvalidId = InvalidId { kind: "subject", form: "cmd.{part}.{tenant}.{env}.{what}" };
    let mut tokens = tail.splitn(4, '.');
    let mut next = || tokens.next().ok_or(INVALID);
    let (tenant_id, env, what, name) = (next()?, next()?, next()?, next()?);
    let Some(of) = Asked::ALL.into_iter().find(|of| of.as_str() == what) else {
        return Ok(Subject::Command(tail.parse()?));
    };
    let part = part.parse().map_err(|_| INVALID)?;
    if part >= PARTITIONS || name.is_empty() || name.contains('.') {
        return Err(INVALID);
    }
    Ok(Subject::Ask { part, tenant_id: tenant_id.parse()?, env: env.parse()?, of, kind: name.into() })
}

/// The partition of what `key` names within tenant and env.
pub fn partition(tenant_id: &TenantId, env: Env, key: &str) -> u32 {
    fnv1a32(&[tenant_id.as_str(), env.as_str(), key]) % PARTITIONS
}

/// The event stream that carries a tenant's events.
#[expect(clippy::modulo_one, reason = "one shard to begin with")]
pub fn shard(tenant_id: &TenantId) -> u32 {
    fnv1a32(&[tenant_id.as_str()]) % SHARDS
}

/// FNV-1a in 32 bits, as nats-server partitions: over the parts, joined by nothing.
fn fnv1a32(parts: &[&str]) -> u32 {
    parts
        .iter()
        .flat_map(|part| part.bytes())
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The pattern under which an edge hears every change of the registry.
pub const REGISTRY_CHANGES: &str = "ctl.registry.>";

/// Where each edge tells the others that it is alive: [`crate::presence::Pulse`].
pub const PULSE: &str = "prs.pulse";

/// The pattern under which an edge hears every change of flags.
pub const FLAG_CHANGES: &str = "ctl.flags.>";

/// Where workers say what was revoked: [`crate::revocation::Pulse`].
pub const REVOCATIONS: &str = "ctl.revoked.pulse";

/// Where an edge asks the one that holds a stream to let it go on with another token.
pub fn renewal(stream_id: Uuid) -> String {
    format!("prs.renewal.{stream_id}")
}

/// Where the answer to [`renewal`] is awaited.
pub fn renewal_answer(asked: Uuid) -> String {
    format!("prs.renewal.answer.{asked}")
}

/// The pattern under which an edge hears what is asked so of any stream.
pub const RENEWALS: &str = "prs.renewal.*";

/// The stream in a subject made by [`renewal`].
pub fn renewed(subject: &str) -> Option<Uuid> {
    subject.strip_prefix("prs.renewal.")?.parse().ok()
}

/// Where nobody listens: the server itself answers who asks there, if it answers at all.
pub const NOBODY: &str = "prs.nobody";

/// The inbox prefix of one edge's connections. Replies to it come nowhere else.
pub fn edge_inbox(edge: &str) -> String {
    format!("_INBOX.edge.{edge}")
}

/// The inbox prefix of one worker's connections.
pub fn worker_inbox(worker: &str) -> String {
    format!("_INBOX.worker.{worker}")
}

/// Where an edge awaits the answer to its message `number`.
pub fn reply(inbox: &str, number: u64) -> String {
    format!("{inbox}.r.{number}")
}

/// The pattern under which an edge awaits all its answers.
pub fn replies(inbox: &str) -> String {
    format!("{inbox}.r.*")
}

/// The number in a subject made by [`reply`].
pub fn reply_number(subject: &str) -> Option<u64> {
    subject.rsplit_once(".r.")?.1.parse().ok()
}

/// Headers of our messages, beside those of NATS.
pub mod header {
    /// Where the answer is awaited: JetStream uses the message's own reply subject for its acknowledgement.
    pub const REPLY_TO: &str = "Northstar-Reply-To";
    /// W3C trace context.
    pub const TRACEPARENT: &str = "traceparent";
    /// On a dead letter: why.
    pub const CAUSE: &str = "Northstar-Cause";
    /// On a dead letter: how often it was delivered.
    pub const ATTEMPTS: &str = "Northstar-Attempts";
    /// On a dead letter: the subject it had.
    pub const SUBJECT: &str = "Northstar-Subject";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_as_it_is_written() {
        let key: StreamKey = "t_acme.dev.canvas.c1".parse().unwrap();
        let tenant = key.tenant_id.clone();
        for subject in [
            Subject::Command(key.clone()),
            Subject::control(tenant.clone(), Env::Dev, "register_canvas", "c1"),
            Subject::ask(Asked::Artifacts, (tenant.clone(), Env::Dev), "promise", "c1"),
            Subject::ask(Asked::Graft, (tenant.clone(), Env::Dev), "stop", "c1"),
            Subject::Gestures(key.clone()),
            Subject::Event(key.clone()),
            Subject::Live(key.clone()),
            Subject::Passing(key.clone()),
            Subject::Presence(key.clone()),
            Subject::RegistryChanged(key),
            Subject::FlagsChanged { tenant_id: tenant.clone(), env: Env::Prod },
            Subject::Audit { tenant_id: tenant.clone(), env: Env::Dev },
            Subject::Dead { worker: "apply".into(), tenant_id: tenant, env: Env::Dev },
        ] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
    }

    #[test]
    fn no_other_text_is_a_subject() {
        for text in [
            "",
            "cmd",
            "cmd.1",
            "cmd.999.t_acme.dev.control.x",
            "cmd.0.t_acme.dev.canvas.c1.x",
            "live.7.t_acme.dev.canvas.c1",
            "aud.999.t_acme.dev",
            "ctl.x.t_a.dev.canvas.c",
        ] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv1a32(&["a"]), 0xe40c_292c);
        assert_eq!(fnv1a32(&["foo", "bar"]), 0xbf9c_f968);
    }

    #[test]
    fn a_reply_is_found_again() {
        assert_eq!(reply_number(&reply(&edge_inbox("e1"), 7)), Some(7));
        let stream_id = Uuid::from_u128(7);
        assert_eq!(renewed(&renewal(stream_id)), Some(stream_id));
    }
}
