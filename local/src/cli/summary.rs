//! What a person wants to know when the stack is up.

use local::{Access, Demo, STACK_FILE, StackInfo};
use std::fmt::Write;
use std::path::Path;

/// Where things are, who may try them, and lines that do.
pub(crate) fn text(info: &StackInfo, access: &Access, dir: &Path) -> String {
    let mut text = String::from("\nNorthstar is up.\n\n");
    for edge in &info.edges {
        row(&mut text, "edge", &edge.url, edge.pid);
    }
    for worker in &info.workers {
        row(&mut text, "worker", &worker.roles.join(", "), worker.pid);
    }
    row(&mut text, "nats", &info.nats.url, info.nats.pid);
    row(&mut text, "postgres", &info.postgres.url, info.postgres.pid);
    row(&mut text, "s3", &format!("{} bucket {}", info.s3.endpoint, info.s3.bucket), info.s3.pid);
    let _ = writeln!(text, "  {:<10}{}", "logs", dir.join("log").display());
    let _ = writeln!(text, "  {:<10}{}", "all this", dir.join(STACK_FILE).display());
    if let (Some(demo), Some(edge)) = (&info.demo, info.edges.first()) {
        text.push_str(&to_try(demo, access, &edge.url, dir));
    }
    text
}

fn row(text: &mut String, name: &str, what: &str, pid: Option<u32>) {
    let pid = pid.map_or("down".to_owned(), |pid| format!("pid {pid}"));
    let _ = writeln!(text, "  {name:<10}{what} ({pid})");
}

/// The headers are in a file, because a token does not fit on a line.
fn to_try(demo: &Demo, access: &Access, edge: &str, dir: &Path) -> String {
    let Demo { tenant_id, env, token } = demo;
    let Access { demo_email, demo_password, .. } = access;
    let headers = dir.join(local::DEMO_HEADERS_FILE);
    let headers = headers.display();
    let id = uuid::Uuid::new_v4();
    let canvas = format!("c-{}", &id.simple().to_string()[..8]);
    let registered =
        format!(r#"{{"canvas_id":"{canvas}","workspace_id":"w1","project_id":"p1","app_id":"a1","surface_id":"s1"}}"#);
    let op =
        r#"{"op":"add_atom","atom_id":"a1","parent_id":null,"index":0,"kind":"heading","tokens":{"title":"Hello"}}"#;
    let command = format!(r#"{{"v":1,"command_id":"{id}","idempotency_key":"{id}","base_rev":0,"ops":[{op}]}}"#);
    format!(
        "
  demo      {demo_email}, password {demo_password}, owner of {tenant_id} in {env}
  token     {token}

Register a canvas, write to it, read it:

  curl -s {edge}/canvas -H @{headers} -d '{registered}'
  curl -s {edge}/canvas/{canvas}/commands -H @{headers} -d '{command}'
  curl -s {edge}/canvas/{canvas} -H @{headers}

Watch it from its first commit on, until Ctrl-C:

  curl -sN '{edge}/sse/canvas/{canvas}?cursor=0' -H @{headers}
"
    )
}
