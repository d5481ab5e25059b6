//! A private stack of bare servers: what it promises to the tests that use it.

use anyhow::{Context, Result};
use async_nats::jetstream;
use futures_util::future::join_all;
use local::{Migration, Service, Stack, StackConfig};
use std::path::Path;
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

async fn bare(dir: &Path) -> Result<Stack> {
    let mut config = StackConfig::new(dir);
    config.edges = 0;
    config.workers = 0;
    config.migration = Migration::Skip;
    Stack::start(config).await
}

async fn postgres(stack: &Stack) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(&stack.access().postgres_admin_url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn bus(url: &str, inbox: &str) -> Result<jetstream::Context> {
    let mut context = jetstream::new(local::connect_bus(url, inbox).await?);
    context.set_timeout(Duration::from_secs(2));
    Ok(context)
}

#[tokio::test]
async fn what_was_committed_survives_kills_and_a_restart_of_all() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let stack = bare(dir.path()).await?;
    postgres(&stack).await?.batch_execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)").await?;
    let context = bus(&stack.access().nats_ctl_url, "_INBOX.ctl").await?;
    let subjects = vec!["cmd.>".to_owned()];
    context
        .create_stream(jetstream::stream::Config { name: "COMMANDS".into(), subjects, ..Default::default() })
        .await?;
    context.publish("cmd.1", "asked".into()).await?.await?;
    let before = stack.info();

    for service in [Service::Postgres, Service::Nats, Service::S3] {
        stack.kill(service)?;
        stack.start_service(service).await?;
    }
    let after = stack.info();
    assert_ne!(
        (before.nats.pid, before.postgres.pid, before.s3.pid),
        (after.nats.pid, after.postgres.pid, after.s3.pid)
    );
    assert_eq!((before.nats.url, before.postgres.url), (after.nats.url, after.postgres.url));
    stack.stop().await?;

    let stack = bare(dir.path()).await?;
    let row = postgres(&stack).await?.query_one("SELECT count(*) FROM kept", &[]).await?;
    assert_eq!(row.get::<_, i64>(0), 1);
    let context = bus(&stack.access().nats_ctl_url, "_INBOX.ctl").await?;
    assert_eq!(context.get_stream("COMMANDS").await?.info().await?.state.messages, 1);
    stack.stop().await
}

#[tokio::test]
async fn a_paused_postgres_answers_again_when_resumed() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let stack = bare(dir.path()).await?;
    let client = postgres(&stack).await?;
    stack.pause(Service::Postgres)?;
    let asked = client.simple_query("SELECT 1");
    tokio::pin!(asked);
    tokio::time::timeout(Duration::from_millis(300), &mut asked).await.expect_err("a paused server answers nothing");
    stack.resume(Service::Postgres)?;
    asked.await?;
    stack.stop().await
}

#[tokio::test]
async fn nobody_but_the_server_says_what_is_live() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let stack = bare(dir.path()).await?;
    let access = stack.access().clone();
    let ctl = bus(&access.nats_ctl_url, "_INBOX.ctl").await?;
    for (name, subjects) in [("COMMANDS", "cmd.>"), ("EVENTS_0", "evt.>"), ("PRETENDED", "live.>"), ("DEAD", "dead.>")]
    {
        let subjects = vec![subjects.to_owned()];
        ctl.create_stream(jetstream::stream::Config { name: name.into(), subjects, ..Default::default() }).await?;
    }
    let edge = bus(&access.nats_edge_url, "_INBOX.edge.e1").await?;
    let worker = bus(&access.nats_worker_url, "_INBOX.worker.w1").await?;

    // A refusal shows as the absence of an answer, so that all are awaited together.
    let publishes = [
        ("edge", &edge, "cmd.1", true),
        ("edge", &edge, "evt.0.x", false),
        ("edge", &edge, "live.0.x", false),
        ("edge", &edge, "dead.apply", false),
        ("worker", &worker, "evt.0.x", true),
        ("worker", &worker, "dead.apply", true),
        ("worker", &worker, "cmd.1", false),
        ("worker", &worker, "live.0.x", false),
    ];
    join_all(publishes.map(|(who, context, subject, may)| async move {
        let acknowledged = match context.publish(subject, "x".into()).await {
            Ok(acknowledgement) => acknowledgement.await.is_ok(),
            Err(_) => false,
        };
        assert_eq!(acknowledged, may, "{who} publishes {subject}");
    }))
    .await;
    edge.get_stream("EVENTS_0").await.context("an edge reads what the event stream is")?;
    let (seen, by_edge, by_worker) =
        tokio::join!(edge.get_stream("COMMANDS"), edge.delete_stream("EVENTS_0"), worker.delete_stream("COMMANDS"));
    assert!(seen.is_err(), "an edge does not read the command stream");
    assert!(by_edge.is_err() && by_worker.is_err(), "neither deletes a stream");
    stack.stop().await
}
