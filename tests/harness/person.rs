//! A person: signs up, logs in, makes others members, and has canvases.

use crate::ask::{Ask, Edge};
use crate::canvas::Canvas;
use crate::forge;
use crate::reply::Reply;
use crate::socket::{Dial, Socket};
use crate::world::Rails;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use subjects::ids::{Env, Role, TenantId};
use uuid::Uuid;

/// Someone with a token. Clones are the same person elsewhere.
#[derive(Debug, Clone)]
pub struct Person {
    rails: Arc<Rails>,
    edge: Edge,
    /// How they are reached.
    pub email: String,
    /// What they prove who they are with.
    pub password: String,
    /// The subject of their token.
    pub user_id: String,
    /// Where they act.
    pub tenant_id: TenantId,
    /// In which environment.
    pub env: Env,
    /// Lets them in.
    pub access_token: String,
    /// Gets them another.
    pub refresh_token: String,
}

impl Person {
    pub(crate) async fn signs_up(rails: &Arc<Rails>, edge: Edge) -> Self {
        let name = Uuid::new_v4().simple().to_string();
        let (email, password) = (format!("{name}@flows.test"), "correct horse battery staple".to_owned());
        let body = json!({ "email": email, "password": password, "tenant_name": format!("Acme {name}") });
        let reply = Ask::new(rails, Method::POST, "/auth/signup").at(edge).json(&body).sends().await.is(201);
        let said = reply.json();
        let tenant_id: TenantId = text(&said["tenant"]["tenant_id"]).parse().expect("a tenant_id");
        rails.knows(&tenant_id);
        Self {
            rails: rails.clone(),
            edge,
            email,
            password,
            user_id: text(&said["user"]["user_id"]),
            tenant_id,
            env: Env::Dev,
            access_token: text(&said["access_token"]),
            refresh_token: text(&said["refresh_token"]),
        }
    }

    /// The same person at another edge.
    #[must_use]
    pub fn at(&self, edge: Edge) -> Self {
        Self { edge, ..self.clone() }
    }

    /// The same person in another environment.
    #[must_use]
    pub fn in_env(&self, env: Env) -> Self {
        Self { env, ..self.clone() }
    }

    /// The same person, who says to be in another tenant.
    #[must_use]
    pub fn in_tenant(&self, tenant_id: &TenantId) -> Self {
        Self { tenant_id: tenant_id.clone(), ..self.clone() }
    }

    /// The same person with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { access_token: token.into(), ..self.clone() }
    }

    /// A request with their token and context.
    pub fn asks(&self, method: Method, path: impl Into<String>) -> Ask {
        let ask = Ask::new(&self.rails, method, path).at(self.edge);
        ask.bearer(&self.access_token).context(&self.tenant_id, self.env)
    }

    /// A request with neither token nor context.
    pub fn asks_as_nobody(&self, method: Method, path: impl Into<String>) -> Ask {
        Ask::new(&self.rails, method, path).at(self.edge)
    }

    /// The flags that hold for them, and who said so.
    pub async fn flags(&self) -> Value {
        self.asks(Method::GET, "/feature-flags").sends().await.is(200).json()["flags"].clone()
    }

    /// Asks for flags to be set.
    pub async fn sets_flags(&self, flags: Value) -> Reply {
        self.asks(Method::PUT, "/feature-flags").json(&json!({ "flags": flags })).sends().await
    }

    /// Where their edge is.
    pub fn edge_url(&self) -> &str {
        &self.rails.access.edge_urls[self.edge.0]
    }

    /// A WebSocket for many canvases and threads, to be opened.
    pub fn dials(&self) -> Dial {
        Dial::new(self.asks(Method::GET, "/ws"))
    }

    /// A WebSocket for a thread, to be opened.
    pub fn dials_chat(&self, thread_id: &str) -> Dial {
        Dial::new(self.asks(Method::GET, format!("/ws/chat/{thread_id}")))
    }

    /// An open WebSocket.
    pub async fn opens_socket(&self) -> Socket {
        self.dials().opens().await
    }

    /// A client that is nobody in particular.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.rails.http
    }

    /// What their token says.
    pub fn claims(&self) -> Value {
        forge::claims(&self.access_token)
    }

    /// Proves who they are, with a password.
    pub async fn logs_in_with(&self, password: &str) -> Reply {
        let body = json!({ "email": self.email, "password": password });
        self.asks_as_nobody(Method::POST, "/auth/login").json(&body).sends().await
    }

    /// Spends a refresh token.
    pub async fn refreshes_with(&self, refresh_token: &str) -> Reply {
        let body = json!({ "refresh_token": refresh_token });
        self.asks_as_nobody(Method::POST, "/auth/refresh").json(&body).sends().await
    }

    /// Spends the refresh token and holds the new pair: what changed in their roles is in it.
    pub async fn refreshes(&mut self) {
        let said = self.refreshes_with(&self.refresh_token).await.is(200).json();
        self.access_token = text(&said["access_token"]);
        self.refresh_token = text(&said["refresh_token"]);
    }

    /// Ends the session.
    pub async fn logs_out(&self) -> Reply {
        let body = json!({ "refresh_token": self.refresh_token });
        self.asks(Method::POST, "/auth/logout").json(&body).sends().await
    }

    /// Who they are, by the edge.
    pub async fn who(&self) -> Reply {
        self.asks(Method::GET, "/auth/me").sends().await
    }

    /// Gives someone a role in this person's tenant.
    pub async fn gives(&self, other: &Person, role: Role) -> Reply {
        let body = json!({ "user_id": other.user_id, "role": role });
        self.asks(Method::POST, self.members_path()).json(&body).sends().await
    }

    /// Takes someone out of this person's tenant.
    pub async fn takes_out(&self, other: &Person) -> Reply {
        self.asks(Method::DELETE, format!("{}/{}", self.members_path(), other.user_id)).sends().await
    }

    /// Makes someone a member, who logs in again: the same someone, acting in this person's tenant.
    pub async fn welcomes(&self, other: &Person, role: Role) -> Person {
        let reply = self.gives(other, role).await;
        assert!([200, 201, 204].contains(&reply.status), "{}", reply.text());
        let said = other.logs_in_with(&other.password).await.is(200).json();
        let (access_token, refresh_token) = (text(&said["access_token"]), text(&said["refresh_token"]));
        Person { access_token, refresh_token, ..other.in_tenant(&self.tenant_id) }
    }

    /// `/tenants/{t}/members`
    pub fn members_path(&self) -> String {
        format!("/tenants/{}/members", self.tenant_id)
    }

    /// A new canvas, at rev 0.
    pub async fn creates_canvas(&self) -> Canvas {
        self.creates_canvas_named(&format!("c-{}", Uuid::new_v4().simple())).await
    }

    /// A new canvas by this name.
    pub async fn creates_canvas_named(&self, canvas_id: &str) -> Canvas {
        let said = self.registers(&home(canvas_id)).await.is(201).json();
        assert_eq!((&said["canvas_id"], &said["head_rev"]), (&json!(canvas_id), &json!(0)), "{said}");
        self.knows_canvas(canvas_id)
    }

    /// Asks for a canvas to be registered.
    pub async fn registers(&self, body: &Value) -> Reply {
        self.asks(Method::POST, "/canvas").json(body).sends().await
    }

    /// A canvas that they name, whether or not there is one.
    pub fn knows_canvas(&self, canvas_id: &str) -> Canvas {
        Canvas::new(self.clone(), canvas_id)
    }
}

/// Where every canvas of the flows belongs.
fn home(canvas_id: &str) -> Value {
    json!({
        "canvas_id": canvas_id, "title": "Start page",
        "workspace_id": "w1", "project_id": "p1", "app_id": "a1", "surface_id": "s1",
    })
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}
