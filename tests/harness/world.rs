//! A world: a stack and everyone in it. At its end nothing is pending and nothing is dead-lettered.

use crate::ask::{Ask, Edge};
use crate::bus::Bus;
use crate::canvas::Canvas;
use crate::forge::Forger;
use crate::person::Person;
use crate::store::Store;
use local::{Access, Service, Stack, StackConfig};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use subjects::cursor::Cursor;
use subjects::ids::TenantId;
use subjects::routing::StreamKey;
use subjects::seal::SealKey;
use tempfile::TempDir;

const CONNECT_AT_MOST: Duration = Duration::from_secs(10);
/// Shorter than an edge keeps a silent connection, so that none is used that the edge is about to close.
const IDLE_AT_MOST: Duration = Duration::from_secs(1);

/// A stack and everyone in it. Dropped, it demands that their commands are done with and none was put aside.
#[derive(Debug)]
pub struct World {
    pub(crate) rails: Arc<Rails>,
}

/// What all the words of a world share.
#[derive(Debug)]
pub(crate) struct Rails {
    pub(crate) access: Access,
    pub(crate) http: reqwest::Client,
    pub(crate) store: Store,
    tenants: Mutex<BTreeSet<TenantId>>,
    dead_letters_are_expected: AtomicBool,
    // In this order: the stack goes before the folder that it works in.
    stack: Option<Stack>,
    _folder: Option<TempDir>,
}

impl World {
    /// The stack that all tests share: 2 edges and 2 workers. Nothing of it may be killed.
    pub async fn shared() -> Self {
        let access = Access::shared().expect("the shared stack runs: use `./dev test`");
        let store = Store::of(&access);
        Self::of((access, store), None, None)
    }

    /// A stack of one's own: 2 edges and 2 workers that stay dead when killed, unless `wishes` changes that.
    pub async fn private(wishes: impl FnOnce(StackConfig) -> StackConfig) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the stack");
        let mut config = StackConfig::new(folder.path().join("stack"));
        (config.edges, config.workers) = (2, 2);
        let stack = Stack::start(wishes(config)).await.expect("the stack starts");
        let store = Store::of(stack.access());
        Self::of((stack.access().clone(), store), Some(stack), Some(folder))
    }

    /// For what concerns the object store: the shared stack; or one of one's own over the bucket that `NORTHSTAR_TEST_S3_…`
    /// names.
    pub async fn of_objects() -> Self {
        let Some(store) = Store::given() else { return Self::shared().await };
        let mut world = Self::private(|config| store.within(config)).await;
        Arc::get_mut(&mut world.rails).expect("nobody is in it yet").store = store;
        world
    }

    fn of((access, store): (Access, Store), stack: Option<Stack>, folder: Option<TempDir>) -> Self {
        let http = reqwest::Client::builder().connect_timeout(CONNECT_AT_MOST).pool_idle_timeout(IDLE_AT_MOST);
        let http = http.build().expect("an HTTP client");
        let (tenants, dead_letters_are_expected) = (Mutex::default(), AtomicBool::new(false));
        let rails = Rails { access, http, store, tenants, dead_letters_are_expected, stack, _folder: folder };
        Self { rails: Arc::new(rails) }
    }

    /// Everything that may be done to the processes of a private stack.
    pub fn stack(&self) -> &Stack {
        self.rails.stack.as_ref().expect("only a private stack may be touched")
    }

    /// Every key to the stack.
    pub fn access(&self) -> &Access {
        &self.rails.access
    }

    /// Someone new, with a tenant of their own, in `dev`.
    pub async fn signs_up(&self) -> Person {
        Person::signs_up(&self.rails, Edge(0)).await
    }

    /// A request of nobody in particular.
    pub fn asks(&self, method: Method, path: impl Into<String>) -> Ask {
        Ask::new(&self.rails, method, path)
    }

    /// One who can make tokens that no edge made.
    pub fn forger(&self) -> Forger {
        Forger::new(self.access().token_secret.clone())
    }

    /// An owner of the control plane: of that tenant, and of no other.
    pub fn operator(&self, like: &Person) -> Person {
        let mut claims = like.claims();
        claims["sub"] = json!("u_operator");
        claims["tenant_ids"] = json!([TenantId::SYSTEM]);
        claims["default_tenant_id"] = json!(TenantId::SYSTEM);
        claims["role_map"] = json!({ TenantId::SYSTEM: "owner" });
        like.with_token(self.forger().signs(&claims)).in_tenant(&TenantId::system())
    }

    /// A place in the canvas's log as an edge would give it to a reader.
    pub fn seals(&self, cursor: Cursor, canvas: &Canvas) -> String {
        cursor.seal(&self.seal_key(), &canvas.stream())
    }

    /// The place that an edge gave to a reader of the canvas.
    #[track_caller]
    pub fn opens(&self, cursor: &str, canvas: &Canvas) -> Cursor {
        Cursor::open(cursor, &self.seal_key(), &canvas.stream()).expect("a cursor of this canvas")
    }

    /// The number in the log at which a place stands that an edge gave.
    #[track_caller]
    pub fn seq_at(&self, cursor: &str, stream: &StreamKey) -> u64 {
        Cursor::open(cursor, &self.seal_key(), stream).expect("a cursor of this log").seq
    }

    fn seal_key(&self) -> SealKey {
        SealKey::new(self.access().cursor_secret.as_bytes())
    }

    /// The bus, with every right.
    pub async fn bus(&self) -> Bus {
        Bus::reach(&self.access().nats_ctl_url).await
    }

    /// What an edge or worker says of its readiness: the status, and the lines.
    pub async fn readiness(&self, service: Service) -> (u16, String) {
        let response =
            self.probe(service, "/readyz").await.unwrap_or_else(|error| panic!("{service} lives: {error:?}"));
        (response.status().as_u16(), response.text().await.unwrap_or_default())
    }

    /// Whether an edge or worker answers at all.
    pub async fn listens(&self, service: Service) -> bool {
        self.probe(service, "/livez").await.is_ok_and(|response| response.status() == 200)
    }

    async fn probe(&self, service: Service, path: &str) -> reqwest::Result<reqwest::Response> {
        let url = match service {
            Service::Edge(index) => &self.access().edge_urls[index],
            Service::Worker(index) => &self.access().worker_urls[index],
            Service::Nats | Service::Postgres | Service::S3 => panic!("{service} is not ours"),
        };
        self.rails.http.get(format!("{url}{path}")).timeout(CONNECT_AT_MOST).send().await
    }

    /// Says that this world's end may find dead letters of its tenants.
    pub fn expects_dead_letters(&self) {
        self.rails.dead_letters_are_expected.store(true, Ordering::Relaxed);
    }
}

impl Rails {
    pub(crate) fn knows(&self, tenant_id: &TenantId) {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant_id.clone());
    }

    async fn is_at_rest(&self) {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if tenants.is_empty() {
            return;
        }
        let bus = Bus::reach(&self.access.nats_ctl_url).await;
        for tenant_id in tenants {
            bus.has_nothing_pending(&tenant_id).await;
            if !self.dead_letters_are_expected.load(Ordering::Relaxed) {
                assert_eq!(bus.dead_letters(&tenant_id).await, 0, "{tenant_id} has dead letters");
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let rails = self.rails.clone();
        let last_look = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(rails.is_at_rest());
        });
        if let Err(panic) = last_look.join() {
            std::panic::resume_unwind(panic);
        }
    }
}
