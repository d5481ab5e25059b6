//! The audit log of a tenant: what it says, how it is proved, and what an outsider makes of it.

use crate::ask::Ask;
use crate::block::Blocks;
use crate::catalogue;
use crate::person::Person;
use crate::program::{Ended, Program};
use crate::reply::Reply;
use crate::until::{SOON, until, within};
use crate::world::World;
use audit::{Checkpoint, Hash, Keys, Leaf, Proof, Question};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

impl World {
    /// The keys that audit logs are verified with, as everybody is told them.
    pub async fn audit_vkeys(&self) -> Vec<String> {
        let said = self.asks(Method::GET, "/.well-known/audit-keys").sends().await.is(200).json();
        serde_json::from_value(said["keys"].clone()).expect("keys")
    }

    /// The same, to verify with.
    pub async fn audit_keys(&self) -> Keys {
        Keys::new(self.audit_vkeys().await).expect("verifier keys")
    }

    /// So much happens in the person's tenant and env, as if a worker had put it down.
    pub async fn happens(&self, person: &Person, action: &str, events: i64) {
        let happens = "
            INSERT INTO dataset_events (tenant_id, env, event_id, actor_id, actor_type, action, resource, outcome, request_id,
                                        trace_id, payload, routing)
            SELECT $1, $2, gen_random_uuid(), 'u_flow', 'human', $3, 'thing.' || n, 'done', 'r-' || n, md5(n::text),
                   json_build_object('n', n, 'text', 'é'), json_build_object('canvas_id', 'c1')
              FROM generate_series(1, $4::bigint) AS n";
        let database = self.database().await;
        let (tenant_id, env) = (person.tenant_id.as_str(), person.env.as_str());
        let put = database.execute(happens, &[&tenant_id, &env, &action, &events]).await.expect("it is put down");
        assert_eq!(put, events.unsigned_abs());
    }

    /// Copies the person's log from the bucket to a folder.
    pub async fn copies_the_log(&self, person: &Person, folder: &Path) {
        let prefix = format!("tenants/{}/{}/audit/", person.tenant_id, person.env);
        for key in self.objects(&prefix).await {
            let file = folder.join(key.strip_prefix(&prefix).expect("the prefix"));
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(file, self.object(&key).await).expect("a file");
        }
    }

    /// `northstar-audit`, run by an outsider with the keys that everybody is told.
    pub async fn runs_audit(&self, args: &[&str]) -> Ended {
        let vkeys = self.audit_vkeys().await;
        let vkeys = vkeys.iter().flat_map(|vkey| ["--vkey", vkey.as_str()]);
        let args: Vec<_> = args.iter().copied().chain(vkeys).collect();
        Program::named("northstar-audit").args(&args).ends().await
    }
}

impl Person {
    /// A page of what happened.
    pub fn asks_what_happened(&self) -> Ask {
        self.asks(Method::GET, "/audit/events")
    }

    /// All that happened with this action, or all that happened.
    pub async fn what_happened(&self, action: Option<&str>) -> Vec<Value> {
        let (mut events, mut after) = (Vec::new(), None);
        loop {
            let ask = self.asks_what_happened().query("limit", 200);
            let ask = action.iter().fold(ask, |ask, action| ask.query("action", action));
            let ask = after.iter().fold(ask, |ask, after| ask.query("after", after));
            let page = ask.sends().await.is(200).json();
            events.extend(page["events"].as_array().expect("events").iter().cloned());
            after = page["next"].as_u64();
            if after.is_none() {
                return events;
            }
        }
    }

    /// Waits until so many events with this action have their place; gives them.
    pub async fn sees_happened(&self, action: &str, count: usize) -> Vec<Value> {
        let what = format!("{count} × {action} in the log");
        let seen =
            until(what, async || Some(self.what_happened(Some(action)).await).filter(|seen| seen.len() >= count));
        let seen = seen.await;
        assert_eq!(seen.len(), count, "none stands there twice");
        seen
    }

    /// The signed checkpoint as it is now.
    pub async fn note(&self) -> Reply {
        self.asks(Method::GET, "/audit/checkpoint").sends().await
    }

    /// The checkpoint as it is now, believed.
    pub async fn checkpoint(&self, keys: &Keys) -> Checkpoint {
        let note = self.note().await.is(200);
        assert_eq!(note.header("content-type"), Some("text/plain; charset=utf-8"));
        Checkpoint::open(&note.body, keys).expect("a signed checkpoint")
    }

    /// How many records the log has, if it has any.
    pub async fn checkpoint_size(&self, keys: &Keys) -> Option<u64> {
        let note = self.note().await;
        (note.status == 200).then(|| Checkpoint::open(&note.body, keys).expect("a signed checkpoint").size)
    }

    /// The hashes that prove that the log goes on where it ended.
    pub async fn proof_of(&self, question: Question) -> Vec<Hash> {
        let Question::Consistency { old, new } = question else { panic!("{question:?}") };
        let ask = self.asks(Method::GET, "/audit/proof/consistency").query("from", old).query("to", new);
        let proof = ask.sends().await.is(200).json();
        let hash = |text: &Value| {
            let bytes = STANDARD.decode(text.as_str().expect("a text")).expect("base64");
            Hash(bytes.try_into().expect("32 bytes"))
        };
        proof["hashes"].as_array().expect("hashes").iter().map(hash).collect()
    }

    /// Asks for the proof that an event is in the log.
    pub async fn asks_to_prove(&self, event_id: &str) -> Reply {
        self.asks(Method::GET, "/audit/proof/inclusion").query("event_id", event_id).sends().await
    }

    /// The record of an event, proved.
    pub async fn proves(&self, event_id: &str, keys: &Keys) -> (Leaf, Checkpoint) {
        let proof = Proof::from_text(&self.asks_to_prove(event_id).await.is(200).text()).expect("a proof");
        proof.check(keys).expect("it proves it")
    }

    /// Where `northstar-audit` finds the log, and who asks.
    pub fn log_address(&self, token_file: &Path) -> Vec<String> {
        std::fs::write(token_file, &self.access_token).expect("a file");
        let url = format!("{}/audit/log", self.edge_url());
        let file = token_file.to_str().expect("a path");
        ["--from", &url, "--tenant", self.tenant_id.as_str(), "--env", self.env.as_str(), "--token-file", file]
            .map(str::to_owned)
            .to_vec()
    }

    /// What happens from now on, as it happens.
    pub fn watches_audit(&self) -> Ask {
        self.asks(Method::GET, "/sse/audit")
    }
}

/// A reader of an audit log as it grows.
#[derive(Debug)]
pub struct AuditTail {
    blocks: Blocks,
    /// What it began with.
    pub hello: Value,
    /// Where it stands: the last `id:` it saw.
    pub mark: String,
}

impl AuditTail {
    /// Opens it, and sees `hello`.
    pub async fn opens(ask: Ask) -> Self {
        ask.learns_the_catalogue().await;
        let response = within(SOON, "an audit log", ask.opens()).await.expect("an answer");
        assert_eq!(response.status(), 200);
        let mut blocks = Blocks::of(response);
        let block = within(SOON, "hello", blocks.next()).await.expect("hello");
        assert!(block.event.as_deref() == Some("hello") && block.retry_ms.is_some(), "{block:?}");
        let hello = serde_json::from_str(block.data.as_deref().unwrap_or_default()).expect("JSON");
        catalogue::check("sse_audit_hello", &hello);
        Self { blocks, hello, mark: block.id.expect("a mark") }
    }

    /// What happened next; comments are passed over. None when the stream was closed.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let block = within(SOON, "more of an audit log", self.blocks.next()).await?;
            let Some(name) = &block.event else { continue };
            let data = serde_json::from_str(block.data.as_deref().unwrap_or_default()).expect("JSON");
            if name != "audit_event" {
                return Some(data);
            }
            catalogue::check(name, &data);
            self.mark.clone_from(block.id.as_ref().expect("a mark"));
            return Some(data);
        }
    }
}
