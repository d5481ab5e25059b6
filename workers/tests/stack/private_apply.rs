//! Commands to canvases: applied once, whatever dies.

use crate::asker::{Asker, add, command, said, trace, until};
use anyhow::Result;
use local::Service;
use subjects::document::Op;
use subjects::routing::StreamKey;
use subjects::subject::Subject;

const LOGGED: &str = "SELECT count(*) FROM log WHERE stream = $1";
const AUDITED: &str = "SELECT count(*) FROM log JOIN dataset_events d ON d.event_id::text = event->>'event_id'
    WHERE stream = $1 AND d.resource = $1 AND d.outcome = 'done'";
const SNAPSHOTS: &str = "SELECT count(*) FROM snapshots WHERE 'canvas.' || canvas_id = $1";

fn unset(atom: &str, base_rev: u64) -> subjects::command::Command {
    command("unset", base_rev, vec![Op::UnsetToken { atom_id: atom.parse().unwrap(), path: "p".into() }])
}

async fn ids_sent(asker: &Asker, key: &StreamKey) -> Result<Vec<String>> {
    let prefix = format!("{key}:");
    let sent = asker.sent(key).await?;
    Ok(sent.into_iter().map(|(id, _)| id.trim_start_matches(&prefix).to_owned()).collect())
}

#[tokio::test]
async fn a_batch_is_one_transaction_and_one_message() -> Result<()> {
    let mut asker = Asker::start(2, &[]).await?;
    let key = asker.canvas().await?;
    let (a, b) = (add("a", 0), add("b", 1));
    let batch = vec![a.clone(), unset("a", 1), b.clone(), add("c", 0)];
    let refused = |code: &str| (Err(code.to_owned()), false);
    let first = asker.apply(&key, batch).await?;
    assert_eq!(said(&first), [(Ok(1), false), refused("OP_INVALID"), (Ok(2), false), refused("REV_MISMATCH")]);
    // Again, with one that is new: the answers are the same, and nothing is sent twice.
    let again = asker.apply(&key, vec![a, b, add("c", 2)]).await?;
    assert_eq!(said(&again), [(Ok(1), true), (Ok(2), true), (Ok(3), false)]);
    assert_eq!(again[0].outcome, first[0].outcome);
    asker.nothing_is_pending().await?;
    assert_eq!(ids_sent(&asker, &key).await?, ["1-2", "3-3"]);
    let sent = asker.sent(&key).await?;
    assert_eq!(sent[0].1.lines().count(), 2);
    assert!(sent[0].1.contains(&trace().trace_id_hex()), "the event tells the command's trace");
    assert!(asker.dead_letters().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_worker_may_die_anywhere() -> Result<()> {
    let env = |point| [("NORTHSTAR_WORKERS_DIE_AT", point), ("NORTHSTAR_WORKERS_DIE_ON_LABEL", "die")];
    let mut asker = Asker::start(1, &[]).await?;
    for point in ["before_transaction", "after_transaction", "after_sending"] {
        let key = asker.canvas().await?;
        assert_eq!(said(&asker.apply(&key, vec![add("a", 0)]).await?), [(Ok(1), false)]);
        asker.stack.restart_with_env(Service::Worker(0), &env(point)).await?;
        asker.publish(&Subject::Command(key.clone()), vec![add("die", 1), add("b", 2)]).await?;
        until("the worker lives on", || async { Ok(asker.stack.info().workers[0].pid.is_none()) }).await?;
        let was_sent = point == "after_sending";
        if was_sent {
            assert_eq!(said(&asker.answer().await?), [(Ok(2), false), (Ok(3), false)]);
        }
        asker.stack.restart_with_env(Service::Worker(0), &env("never")).await?;
        let is_replay = point != "before_transaction";
        assert_eq!(said(&asker.answer().await?), [(Ok(2), is_replay), (Ok(3), is_replay)], "{point}");
        asker.nothing_is_pending().await?;
        assert_eq!(asker.count(LOGGED, &key).await?, 3, "{point}");
        assert_eq!(asker.count(AUDITED, &key).await?, 3, "{point}: each commit is audited once");
        assert_eq!(ids_sent(&asker, &key).await?, ["1-1", "2-3"], "{point}");
    }
    assert!(asker.dead_letters().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn only_the_poison_is_put_aside() -> Result<()> {
    let mut asker = Asker::start(1, &[]).await?;
    let key = asker.canvas().await?;
    // PostgreSQL takes no such text, so that the whole transaction fails.
    let mut poison = add("b", 1);
    poison.idempotency_key = "\0".into();
    let answers = asker.apply(&key, vec![add("a", 0), poison, add("c", 1)]).await?;
    assert_eq!(said(&answers), [(Ok(1), true), (Err("DEAD_LETTERED".into()), false), (Ok(2), false)]);
    asker.publish_raw(&Subject::Command(key.clone()), b"no JSON".to_vec()).await?;
    assert_eq!(said(&asker.answer().await?), [(Err("DEAD_LETTERED".into()), false)]);
    asker.nothing_is_pending().await?;
    let letters = asker.dead_letters().await?;
    assert_eq!(letters.len(), 2, "{letters:?}");
    assert!(letters[0].1.contains(r#""atom_id":"b""#) && !letters[0].1.contains(r#""atom_id":"a""#), "{letters:?}");
    assert_eq!(asker.count(LOGGED, &key).await?, 2);
    Ok(())
}

#[tokio::test]
async fn what_was_accepted_waits_for_the_database() -> Result<()> {
    let mut asker = Asker::start(1, &[]).await?;
    let key = asker.canvas().await?;
    asker.stack.stop_service(Service::Postgres).await?;
    asker.publish(&Subject::Command(key.clone()), vec![add("a", 0)]).await?;
    asker.publish_raw(&Subject::Command(key.clone()), b"no JSON".to_vec()).await?;
    asker.stack.unready_within(Service::Worker(0), std::time::Duration::from_secs(10)).await?;
    asker.stack.start_service(Service::Postgres).await?;
    assert_eq!(said(&asker.answer().await?), [(Ok(1), false)]);
    assert_eq!(said(&asker.answer().await?), [(Err("DEAD_LETTERED".into()), false)]);
    asker.nothing_is_pending().await?;
    assert_eq!(asker.dead_letters().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn snapshots_are_made_and_made_up_for() -> Result<()> {
    let mut asker = Asker::start(1, &[]).await?;
    let key = asker.canvas().await?;
    fill(&mut asker, &key, 0..257).await?;
    until("no snapshot", || async { Ok(asker.count(SNAPSHOTS, &key).await? == 1) }).await?;
    // Without S3 none is made, and nobody notices.
    asker.stack.stop_service(Service::S3).await?;
    fill(&mut asker, &key, 257..1_100).await?;
    assert_eq!(asker.count(SNAPSHOTS, &key).await?, 1);
    asker.stack.start_service(Service::S3).await?;
    asker.stack.kill(Service::Worker(0))?;
    asker.stack.start_service(Service::Worker(0)).await?;
    fill(&mut asker, &key, 1_100..1_101).await?;
    until("none was made up for", || async { Ok(asker.count(SNAPSHOTS, &key).await? == 2) }).await?;
    // The newest one, and the log from there on, make the same document.
    asker.stack.kill(Service::Worker(0))?;
    asker.stack.start_service(Service::Worker(0)).await?;
    fill(&mut asker, &key, 1_101..1_102).await
}

async fn fill(asker: &mut Asker, key: &StreamKey, revs: std::ops::Range<u64>) -> Result<()> {
    let revs: Vec<u64> = revs.collect();
    for revs in revs.chunks(50) {
        let commands = revs.iter().map(|rev| add(&format!("a{rev}"), *rev)).collect();
        let expected: Vec<_> = revs.iter().map(|rev| (Ok(rev + 1), false)).collect();
        assert_eq!(said(&asker.apply(key, commands).await?), expected);
    }
    Ok(())
}
