//! The role `control`: people, tenants, and the registry of canvases and threads. One transaction for each command.

mod audited;
mod canvas;
mod flags;
mod member;
mod session;
mod signup;
mod thread;
mod welcome;

use crate::control::member::Change;
use crate::control::signup::Newcomer;
use crate::control::welcome::Guest;
use crate::runtime::pulse::Pulse;
use crate::runtime::worker::{Delivery, Done, Failure, Notice, Worker};
use crate::store::transaction::Transaction;
use crate::store::{Client, Place, revocations};
use anyhow::anyhow;
use chrono::Utc;
use node::postgres::{Pool, Scope};
use subjects::answer::{Answer, Rejection};
use subjects::control::{Ask, ControlCommand, Granted, NewSession};
use subjects::ids::ActorId;
use subjects::routing::StreamKey;
use subjects::streams::{ConsumerSpec, control_consumers};
use subjects::subject::Subject;

/// Keeps people, tenants and the registry.
pub(crate) struct Control {
    pool: Pool,
    pulse: Pulse,
}

impl Control {
    /// Over this database. What is revoked is told by this pulse.
    pub(crate) fn new(pool: Pool, pulse: Pulse) -> Self {
        Self { pool, pulse }
    }
}

impl Worker for Control {
    const ROLE: &'static str = "control";
    const ATTEMPTS_MAX: u64 = 10;
    type Command = ControlCommand;
    type Granted = Granted;

    fn consumers() -> Vec<ConsumerSpec> {
        control_consumers()
    }

    async fn handle(&self, delivery: Delivery<'_, ControlCommand>) -> Result<Done<Granted>, Failure> {
        let place = place(delivery.subject)?;
        let mut done = Done::answers(Vec::new());
        for command in delivery.commands {
            let transaction = Transaction::begin(&self.pool, scope(&command.ask)).await?;
            let outcome = ask(&transaction, command).await?;
            audited::record(&transaction, place, command, &outcome).await?;
            transaction.commit().await?;
            done.notices.extend(outcome.is_ok().then(|| notice(&command.ask)).flatten().map(Notice::bare));
            done.answers.push(Answer { outcome, replayed: false });
        }
        if delivery.commands.iter().any(|command| revokes(&command.ask)) {
            self.pulse.now().await;
        }
        Ok(done)
    }
}

/// Whose audit tells of it: tenant-0's where it concerns people, whose it is not to know of tenants.
fn place(subject: &Subject) -> Result<Place<'_>, Failure> {
    match subject {
        Subject::Ask { tenant_id, env, .. } => Ok(Place { tenant_id, env: *env }),
        other => Err(Failure::Poison(anyhow!("{other} asks nothing of control"))),
    }
}

/// What came of a command. A refusal may have changed something too: a token that is spent twice ends its session.
type Outcome = Result<Granted, Rejection>;

async fn ask(client: &Client, command: &ControlCommand) -> Result<Outcome, Failure> {
    match &command.ask {
        Ask::Signup { user_id, email, password_hash, tenant_name, tenant_ids, session } => {
            let newcomer = Newcomer { user_id, email, password_hash, tenant_name, tenant_ids, session };
            signup::signup(client, newcomer).await
        }
        Ask::StartSession { user_id, session } => session::start(client, user_id, session).await,
        Ask::RotateSession { session_id, spent_hash, refresh_hash, expires_at } => {
            let (session_id, refresh_hash, expires_at) = (*session_id, refresh_hash.clone(), *expires_at);
            let next = NewSession { session_id, refresh_hash, expires_at };
            session::rotate(client, spent_hash, &next, (Utc::now(), command.token_secs)).await
        }
        Ask::EndSession { session_id, refresh_hash } => {
            session::end(client, *session_id, refresh_hash, command.token_secs).await
        }
        Ask::SetMember { tenant_id, user_id, role, asker_role } => {
            let change =
                Change { user_id, role: Some(*role), asker_role: *asker_role, is_own: is_own(command, user_id) };
            member::change(client, tenant_id, change, command.token_secs).await
        }
        Ask::RemoveMember { tenant_id, user_id, asker_role } => {
            let change = Change { user_id, role: None, asker_role: *asker_role, is_own: is_own(command, user_id) };
            member::change(client, tenant_id, change, command.token_secs).await
        }
        Ask::RevokeToken { tenant_id, token_id } => {
            revocations::token(client, tenant_id, *token_id, command.token_secs).await?;
            Ok(Ok(Granted::Done))
        }
        Ask::Welcome { user_id, email, issuer, subject, tenant_name, tenant_ids } => {
            let guest = Guest { user_id, email: email.as_deref(), issuer, subject, tenant_name, tenant_ids };
            welcome::welcome(client, guest).await
        }
        Ask::RegisterCanvas(canvas) => canvas::register(client, command, canvas).await,
        Ask::RegisterThread(thread) => thread::register(client, command, thread).await,
        Ask::SetFlags { tenant_id, env, flags, asker_role } => {
            flags::set(client, command, flags::Asking { tenant_id, env: *env, flags, asker_role: *asker_role }).await
        }
    }
}

/// Whose rows it may see and change. What concerns people concerns no single tenant.
fn scope(ask: &Ask) -> Scope<'_> {
    ask.tenant_id().map_or(Scope::All, Scope::Tenant)
}

/// Who registers what nobody is known to have asked for.
const NOBODY: &str = "system";

fn asker(command: &ControlCommand) -> &str {
    command.actor_id.as_ref().map_or(NOBODY, |actor_id| actor_id.as_str())
}

fn is_own(command: &ControlCommand, user_id: &ActorId) -> bool {
    command.actor_id.as_ref() == Some(user_id)
}

/// Whether it may take something away that tokens say.
fn revokes(ask: &Ask) -> bool {
    match ask {
        Ask::RotateSession { .. }
        | Ask::EndSession { .. }
        | Ask::SetMember { .. }
        | Ask::RemoveMember { .. }
        | Ask::RevokeToken { .. } => true,
        Ask::Signup { .. }
        | Ask::StartSession { .. }
        | Ask::Welcome { .. }
        | Ask::RegisterCanvas(_)
        | Ask::RegisterThread(_)
        | Ask::SetFlags { .. } => false,
    }
}

/// What others must forget because of it.
fn notice(ask: &Ask) -> Option<Subject> {
    match ask {
        Ask::RegisterCanvas(canvas) => {
            let (tenant_id, canvas_id) = (canvas.tenant_id.clone(), canvas.canvas_id.clone());
            Some(Subject::RegistryChanged(StreamKey::canvas(tenant_id, canvas.env, canvas_id)))
        }
        Ask::RegisterThread(thread) => {
            let (tenant_id, thread_id) = (thread.tenant_id.clone(), thread.thread_id.clone());
            Some(Subject::RegistryChanged(StreamKey::thread(tenant_id, thread.env, thread_id)))
        }
        Ask::SetFlags { tenant_id, env, .. } => Some(Subject::FlagsChanged { tenant_id: tenant_id.clone(), env: *env }),
        Ask::Signup { .. }
        | Ask::StartSession { .. }
        | Ask::RotateSession { .. }
        | Ask::EndSession { .. }
        | Ask::SetMember { .. }
        | Ask::RemoveMember { .. }
        | Ask::RevokeToken { .. }
        | Ask::Welcome { .. } => None,
    }
}
