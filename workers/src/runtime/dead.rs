//! The dead letters: what was given up, with its cause, so that people can look at it and put it back.

use crate::runtime::send::Packet;
use async_nats::jetstream::Message;
use async_nats::jetstream::message::Info;
use bytes::Bytes;
use subjects::ids::{Env, TenantId};
use subjects::subject::{Subject, header};

/// The dead letter of a message, or of the command at `place` in it. `body` is what can be published again under
/// the subject that the letter names.
pub(crate) fn letter(role: &str, message: &Message, place: usize, body: Bytes, cause: &str) -> Packet {
    let subject = message.subject.as_str();
    let (tenant_id, env) = owner(subject);
    let (sequence, attempts) =
        message.info().map_or((0, 0), |Info { stream_sequence, delivered, .. }| (stream_sequence, delivered));
    Packet {
        subject: Subject::Dead { worker: role.into(), tenant_id, env },
        message_id: format!("{role}:{sequence}:{place}"),
        headers: letter_headers(message, subject, cause, attempts),
        body,
    }
}

fn letter_headers(message: &Message, subject: &str, cause: &str, attempts: i64) -> Vec<(&'static str, String)> {
    let kept = [header::TRACEPARENT, header::REPLY_TO].into_iter().filter_map(|name| {
        let value = message.headers.as_ref()?.get(name)?;
        Some((name, value.to_string()))
    });
    // A header ends at the end of its line.
    let cause = cause.replace(['\r', '\n'], " ");
    let own = [(header::SUBJECT, subject.to_owned()), (header::CAUSE, cause), (header::ATTEMPTS, attempts.to_string())];
    own.into_iter().chain(kept).collect()
}

/// Whose it was; tenant-0's where the subject does not tell.
fn owner(subject: &str) -> (TenantId, Env) {
    match subject.parse() {
        Ok(
            Subject::Command(key)
            | Subject::Event(key)
            | Subject::Live(key)
            | Subject::Gestures(key)
            | Subject::Passing(key)
            | Subject::Presence(key)
            | Subject::RegistryChanged(key),
        ) => (key.tenant_id, key.env),
        Ok(
            Subject::Ask { tenant_id, env, .. }
            | Subject::FlagsChanged { tenant_id, env }
            | Subject::Audit { tenant_id, env }
            | Subject::Dead { tenant_id, env, .. },
        ) => (tenant_id, env),
        Err(_) => (TenantId::system(), Env::Prod),
    }
}
