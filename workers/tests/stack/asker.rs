//! Asks workers as an edge does.

use anyhow::{Context, Result, bail, ensure};
use async_nats::jetstream::{self, stream};
use async_nats::{HeaderMap, Subscriber};
use chrono::Utc;
use futures_util::StreamExt;
use local::{Stack, StackConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::time::Duration;
use subjects::answer::{Answer, Answers, Applied};
use subjects::command::{Actor, Batch, Command, Intent};
use subjects::control::{Ask, ControlCommand, Granted, Home, NewCanvas, NewSession};
use subjects::document::Op;
use subjects::ids::{ActorType, CanvasId, Env, TenantId};
use subjects::routing::{RoutingKeys, StreamKey};
use subjects::subject::{Subject, header};
use subjects::trace::TraceParent;
use tokio_postgres::NoTls;
use uuid::Uuid;

/// How long any answer or state is waited for.
const WAIT: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A stack without edges, and an edge's place on its bus.
pub(crate) struct Asker {
    /// The stack.
    pub(crate) stack: Stack,
    /// The database, as its owner.
    pub(crate) database: tokio_postgres::Client,
    jetstream: jetstream::Context,
    answers: Subscriber,
    inbox: String,
    _dir: tempfile::TempDir,
}

impl Asker {
    /// A stack of its own with this many workers.
    pub(crate) async fn start(workers: usize, env: &[(&str, &str)]) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut config = StackConfig::new(dir.path());
        (config.edges, config.workers) = (0, workers);
        for (name, value) in env {
            config = config.worker_env(name, value);
        }
        let stack = Stack::start(config).await?;
        let client = local::connect_bus(&stack.access().nats_ctl_url, "_INBOX.edge.test").await?;
        let inbox = client.new_inbox();
        let answers = client.subscribe(inbox.clone()).await?;
        let (database, connection) = tokio_postgres::connect(&stack.access().postgres_admin_url, NoTls).await?;
        tokio::spawn(connection);
        let jetstream = jetstream::new(client);
        Ok(Self { stack, database, jetstream, answers, inbox, _dir: dir })
    }

    /// Publishes the commands as one message.
    pub(crate) async fn publish<C: Serialize>(&self, subject: &Subject, commands: Vec<C>) -> Result<()> {
        let body = serde_json::to_vec(&Batch { commands })?;
        self.publish_raw(subject, body).await
    }

    /// Publishes any body.
    pub(crate) async fn publish_raw(&self, subject: &Subject, body: Vec<u8>) -> Result<()> {
        let mut headers = HeaderMap::new();
        headers.insert(header::REPLY_TO, self.inbox.as_str());
        headers.insert(header::TRACEPARENT, trace().to_string());
        let sent = self.jetstream.publish_with_headers(subject.to_string(), headers, body.into()).await?;
        sent.await?;
        Ok(())
    }

    /// The next answer to anything that was published.
    pub(crate) async fn answer<G: DeserializeOwned>(&mut self) -> Result<Vec<Answer<G>>> {
        let message = tokio::time::timeout(WAIT, self.answers.next()).await.context("no answer")?;
        let answers: Answers<G> = serde_json::from_slice(&message.context("the bus closed")?.payload)?;
        Ok(answers.answers)
    }

    /// Asks `control` one thing.
    pub(crate) async fn control(&mut self, ask: Ask) -> Result<Answer<Granted>> {
        let subject =
            Subject::control(ask.tenant_id().cloned().unwrap_or_else(TenantId::system), Env::Dev, ask.kind(), "test");
        self.publish(&subject, vec![control(ask)]).await?;
        Ok(self.answer().await?.remove(0))
    }

    /// Asks `apply`.
    pub(crate) async fn apply(&mut self, key: &StreamKey, commands: Vec<Command>) -> Result<Vec<Answer<Applied>>> {
        self.publish(&Subject::Command(key.clone()), commands).await?;
        self.answer().await
    }

    /// A canvas of tenant-1 that nobody has used.
    pub(crate) async fn canvas(&mut self) -> Result<StreamKey> {
        let canvas_id: CanvasId = format!("c_{}", Uuid::now_v7().simple()).parse()?;
        let answer = self.control(Ask::RegisterCanvas(new_canvas(canvas_id.clone()))).await?;
        ensure!(answer.outcome.is_ok(), "{answer:?}");
        Ok(StreamKey::canvas(TenantId::northstar(), Env::Dev, canvas_id))
    }

    /// The messages of a log on the bus: message id and body.
    pub(crate) async fn sent(&self, key: &StreamKey) -> Result<Vec<(String, String)>> {
        let subject = Subject::Event(key.clone()).to_string();
        let events = self.jetstream.get_stream(subjects::streams::events(0)).await?;
        let mut found = Vec::new();
        let last = events.get_info().await?.state.last_sequence;
        for sequence in 1..=last {
            let message = events.direct_get(sequence).await?;
            let id = message.headers.get("Nats-Msg-Id").map(ToString::to_string).unwrap_or_default();
            if message.subject.as_str() == subject {
                found.push((id, String::from_utf8(message.payload.to_vec())?));
            }
        }
        Ok(found)
    }

    /// The dead letters: cause and body.
    pub(crate) async fn dead_letters(&self) -> Result<Vec<(String, String)>> {
        let dead = self.jetstream.get_stream(subjects::streams::DEAD).await?;
        let mut found = Vec::new();
        for sequence in 1..=dead.get_info().await?.state.last_sequence {
            let message: jetstream::message::StreamMessage = dead.get_raw_message(sequence).await?;
            let cause = message.headers.get(header::CAUSE).map(ToString::to_string).unwrap_or_default();
            found.push((cause, String::from_utf8_lossy(&message.payload).into_owned()));
        }
        Ok(found)
    }

    /// Waits until no command is left in the stream.
    pub(crate) async fn nothing_is_pending(&self) -> Result<()> {
        for number in 0..subjects::streams::COMMAND_STREAMS {
            let commands: stream::Stream = self.jetstream.get_stream(subjects::streams::commands(number)).await?;
            until("a command is left", || async { Ok(commands.get_info().await?.state.messages == 0) }).await?;
        }
        Ok(())
    }

    /// A number from the database.
    pub(crate) async fn count(&self, sql: &str, key: &StreamKey) -> Result<i64> {
        Ok(self.database.query_one(sql, &[&key.stream.to_string()]).await?.get(0))
    }
}

/// Looks until it is so.
pub(crate) async fn until<F: Future<Output = Result<bool>>>(
    otherwise: &str,
    mut is_so: impl FnMut() -> F,
) -> Result<()> {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let looking = async {
        loop {
            looks.tick().await;
            if is_so().await? {
                return Ok(());
            }
        }
    };
    match tokio::time::timeout(WAIT, looking).await {
        Ok(found) => found,
        Err(_) => bail!("{otherwise}"),
    }
}

/// The trace of every command here.
pub(crate) fn trace() -> TraceParent {
    TraceParent { trace_id: 0xabc, span_id: 0xdef, sampled: false }
}

/// A control command by nobody.
pub(crate) fn control(ask: Ask) -> ControlCommand {
    let (command_id, request_id) = (Uuid::now_v7(), "r".into());
    ControlCommand { command_id, request_id, trace: trace(), actor_id: None, token_secs: 900, ask }
}

/// A canvas of tenant-1.
pub(crate) fn new_canvas(canvas_id: CanvasId) -> NewCanvas {
    let id = "x";
    let home = Home {
        workspace_id: id.parse().expect("a workspace"),
        project_id: id.parse().expect("a project"),
        app_id: id.parse().expect("an app"),
        surface_id: id.parse().expect("a surface"),
    };
    NewCanvas { tenant_id: TenantId::northstar(), env: Env::Dev, canvas_id, home, title: None }
}

/// A session whose refresh token has this hash.
pub(crate) fn session(refresh_hash: &str) -> NewSession {
    let expires_at = Utc::now() + chrono::Duration::hours(1);
    NewSession { session_id: Uuid::now_v7(), refresh_hash: refresh_hash.into(), expires_at }
}

/// A command that adds the atom `name`.
pub(crate) fn add(name: &str, base_rev: u64) -> Command {
    let atom_id = name.parse().expect("an atom's id");
    let ops = vec![Op::AddAtom { atom_id, parent_id: None, index: 0, kind: "text".into(), tokens: Default::default() }];
    command(name, base_rev, ops)
}

/// A command that is labelled and keyed `name`.
pub(crate) fn command(name: &str, base_rev: u64, ops: Vec<Op>) -> Command {
    Command {
        command_id: Uuid::now_v7(),
        idempotency_key: name.into(),
        fingerprint: format!("{name} at {base_rev}"),
        base_rev,
        actor: Actor { actor_id: "u_1".parse().expect("an actor"), actor_type: ActorType::Human },
        routing: RoutingKeys::default(),
        correlation_id: Uuid::now_v7(),
        request_id: "r".into(),
        trace: trace(),
        intent: Intent { label: Some(name.into()), why: None, origin: None },
        ops,
    }
}

/// The rev that was made, or the code of the refusal; and whether it is a replay.
pub(crate) fn said(answers: &[Answer<Applied>]) -> Vec<(Result<u64, String>, bool)> {
    let say = |answer: &Answer<Applied>| {
        let outcome = answer.outcome.as_ref().map(|applied| applied.head_rev);
        (outcome.map_err(|rejection| rejection.code().to_string()), answer.replayed)
    };
    answers.iter().map(say).collect()
}
