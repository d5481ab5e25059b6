//! A tenant of its own, for figures in which tenants must not feel each other.

use crate::commands::Client;
use crate::http::{self, Connection};
use crate::world::World;
use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// Someone who signed up, and so owns a tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    tenant_id: String,
    access_token: String,
}

/// Their password, everywhere.
const PASSWORD: &str = "correct horse battery staple";
const ENV: &str = "dev";

#[derive(Deserialize)]
struct Session {
    access_token: String,
    tenant: Owned,
}

#[derive(Deserialize)]
struct Owned {
    tenant_id: String,
}

impl Tenant {
    /// A new one.
    pub(crate) async fn new(world: &World) -> Result<Self> {
        let name = Uuid::new_v4().simple().to_string();
        let body = json!({ "email": format!("{name}@bench.test"), "password": PASSWORD, "tenant_name": name });
        let Session { access_token, tenant } = serde_json::from_value(ask(world, "/auth/signup", "", &body).await?)?;
        Ok(Self { tenant_id: tenant.tenant_id, access_token })
    }

    /// Header lines that say who asks, and where.
    pub(crate) fn headers(&self) -> String {
        self.headers_in(ENV)
    }

    /// The same in another environment.
    pub(crate) fn headers_in(&self, env: &str) -> String {
        let Self { tenant_id, access_token, .. } = self;
        format!("Authorization: Bearer {access_token}\r\nX-Tenant-Id: {tenant_id}\r\nX-Env: {env}\r\n")
    }

    /// Whose.
    pub(crate) fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// A new canvas with the atom that the figures write to: at rev 1. Gives a writer at this edge.
    pub(crate) async fn writer(&self, world: &World, edge: usize) -> Result<Client> {
        let canvas_id = format!("bench-{}", Uuid::new_v4().simple());
        let body = json!({
            "canvas_id": canvas_id, "workspace_id": "bench", "project_id": "bench", "app_id": "bench",
            "surface_id": "bench",
        });
        ask(world, "/canvas", &self.headers(), &body).await?;
        let connection = Connection::open(&world.edge(edge)?).await?;
        let mut client = Client::new(connection, &format!("/canvas/{canvas_id}/commands"), &self.headers());
        client.add_atom().await?;
        Ok(client)
    }
}

async fn ask(world: &World, path: &str, headers: &str, body: &serde_json::Value) -> Result<serde_json::Value> {
    let mut connection = Connection::open(&world.edge(0)?).await?;
    let answer = connection.ask(&http::request("POST", path, headers, &body.to_string())).await?;
    ensure!(answer.status == 201, "POST {path} says {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    Ok(serde_json::from_slice(&answer.body)?)
}
