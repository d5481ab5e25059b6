//! The second lock: the database itself shows each tenant its own rows, whatever is asked.

use crate::asker::{Asker, new_canvas, session};
use anyhow::{Result, ensure};
use subjects::control::Ask;
use subjects::ids::TenantId;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

const A: &str = "t_anne";
const B: &str = "t_bert";

/// Every table of tenants.
const TABLES: &str = "
    SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1";

/// What would let rows out.
const HOLES: [(&str, &str); 6] = [
    (
        "tables of tenants without row-level security that holds for their owner too",
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    ),
    (
        "tables of tenants without the policy of_tenant on reading and writing",
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT EXISTS (
                SELECT FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname AND p.policyname = 'of_tenant'
                   AND p.cmd = 'ALL' AND p.qual = p.with_check AND p.qual LIKE '%tenant_id = current_setting(''northstar.tenant''%')",
    ),
    (
        "policies that ask for no setting",
        "SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'public'
            AND coalesce(qual, with_check) NOT LIKE '%northstar.tenant%'",
    ),
    (
        "tables without a tenant that are not known to have none",
        "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND c.relname NOT IN ('users', 'sessions', 'refinery_schema_history')
            AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)",
    ),
    (
        "views that show what their owner sees",
        "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND (c.relkind = 'm'
             OR c.relkind = 'v' AND NOT coalesce(array_to_string(c.reloptions, ',') ~ 'security_invoker=(true|on|1)', false))",
    ),
    (
        "roles of processes that stand above policies",
        "SELECT r.rolname::text FROM pg_roles r WHERE r.rolname IN ('northstar_edge', 'northstar_worker')
            AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                 OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
                 OR EXISTS (SELECT FROM pg_proc p WHERE p.proowner = r.oid)
                 OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid))",
    ),
];

/// The texts that are found; void and nothing are none.
async fn found(client: &Client, sql: &str) -> Result<Vec<String>> {
    Ok(client.query(sql, &[]).await?.iter().filter_map(|row| row.get(0)).collect())
}

#[tokio::test]
async fn no_table_no_view_and_no_role_lets_rows_out() -> Result<()> {
    let asker = Asker::start(0, &[]).await?;
    for (what, sql) in HOLES {
        let holes = found(&asker.database, sql).await?;
        ensure!(holes.is_empty(), "{what}: {holes:?}");
    }
    ensure!(found(&asker.database, TABLES).await?.len() > 20, "the catalogue is read");
    // The test itself would find one.
    asker.database.batch_execute("CREATE TABLE forgotten (tenant_id text)").await?;
    for (what, sql) in &HOLES[..2] {
        ensure!(found(&asker.database, sql).await? == ["forgotten"], "{what}");
    }
    Ok(())
}

/// A stack with two tenants, each with a canvas.
async fn two_tenants() -> Result<Asker> {
    let mut asker = Asker::start(1, &[]).await?;
    for (user, tenant) in [("u_anne", A), ("u_bert", B)] {
        let signup = Ask::Signup {
            user_id: user.parse()?,
            email: format!("{user}@flows.test"),
            password_hash: "hash".into(),
            tenant_name: tenant.into(),
            tenant_ids: vec![tenant.parse()?],
            session: session(user),
        };
        ensure!(asker.control(signup).await?.outcome.is_ok(), "{user} signs up");
        let mut canvas = new_canvas("c1".parse()?);
        canvas.tenant_id = tenant.parse::<TenantId>()?;
        ensure!(asker.control(Ask::RegisterCanvas(canvas)).await?.outcome.is_ok(), "{tenant} has a canvas");
    }
    Ok(asker)
}

async fn logs_in(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn sees(client: &Client, tenant: &str) -> Result<()> {
    Ok(client.execute("SELECT set_config('northstar.tenant', $1, false)", &[&tenant]).await.map(drop)?)
}

/// Whose rows are seen in a table; none where it may not be read at all.
async fn owners(client: &Client, table: &str) -> Result<Option<Vec<String>>> {
    match client.query(&format!("SELECT DISTINCT tenant_id FROM {table} ORDER BY 1"), &[]).await {
        Ok(rows) => Ok(Some(rows.iter().map(|row| row.get(0)).collect())),
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[tokio::test]
async fn whoever_logs_in_sees_one_tenant() -> Result<()> {
    let asker = two_tenants().await?;
    let tables = found(&asker.database, TABLES).await?;
    for table in ["canvases", "heads", "memberships", "tenants", "dataset_events"] {
        let all = owners(&asker.database, table).await?.unwrap_or_default();
        ensure!([A, B].iter().all(|tenant| all.contains(&(*tenant).to_owned())), "{table} has rows of both: {all:?}");
    }
    // A default of everybody's, which everybody may read.
    asker
        .database
        .batch_execute(
            "INSERT INTO train_prefs VALUES ('t_system', '', true, 'system'), ('t_system', 'u_x', true, 'u_x')",
        )
        .await?;
    let access = asker.stack.access();
    for url in [&access.postgres_worker_url, &access.postgres_edge_url] {
        let client = logs_in(url).await?;
        for table in &tables {
            let seen = owners(&client, table).await?.unwrap_or_default();
            ensure!(seen.is_empty(), "nobody's connection sees {seen:?} in {table}");
        }
        for (tenant, other) in [(A, B), (B, A)] {
            sees(&client, tenant).await?;
            for table in &tables {
                let seen = owners(&client, table).await?.unwrap_or_default();
                ensure!(!seen.contains(&other.to_owned()), "{tenant} sees {seen:?} in {table}");
                let is_for_all = ["flags", "flag_versions", "kill_switches", "train_prefs"].contains(&table.as_str());
                ensure!(is_for_all || seen.iter().all(|owner| owner == tenant), "{tenant} sees {seen:?} in {table}");
            }
        }
        let prefs = found(&client, "SELECT user_id FROM train_prefs WHERE tenant_id = 't_system'").await?;
        ensure!(prefs == [""], "tenant-0's word is read, its people's are not: {prefs:?}");
        // A transaction's tenant ends with it.
        sees(&client, "").await?;
        client.batch_execute(&format!("BEGIN; SET LOCAL northstar.tenant = '{A}'; COMMIT")).await?;
        ensure!(owners(&client, "canvases").await? == Some(Vec::new()), "nothing is left of it");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_writes_into_another_tenant() -> Result<()> {
    let asker = two_tenants().await?;
    let worker = logs_in(&asker.stack.access().postgres_worker_url).await?;
    let refused = async |sql: &str| -> Result<()> {
        let error = worker.batch_execute(sql).await.expect_err(sql);
        ensure!(error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}: {error:?}");
        Ok(())
    };
    let add_b =
        format!("INSERT INTO heads (tenant_id, env, stream, seq, rev) VALUES ('{B}', 'dev', 'canvas.c9', 0, 0)");
    for scope in ["", A, "*"] {
        sees(&worker, scope).await?;
        refused(&add_b).await?;
        refused(&format!("INSERT INTO train_prefs VALUES ('{B}', '', false, 'u_anne')")).await?;
        let of_b = [
            format!("UPDATE heads SET rev = 99 WHERE tenant_id = '{B}'"),
            format!("DELETE FROM memberships WHERE tenant_id = '{B}'"),
            format!("DELETE FROM train_prefs WHERE tenant_id = '{B}'"),
            format!("UPDATE flag_versions SET version = 99 WHERE tenant_id = '{B}'"),
        ];
        for sql in of_b {
            ensure!(worker.execute(&sql, &[]).await? == 0, "as {scope:?}: {sql}");
        }
    }
    sees(&worker, A).await?;
    refused(&format!("UPDATE heads SET tenant_id = '{B}' WHERE tenant_id = '{A}'")).await?;
    refused("INSERT INTO train_prefs VALUES ('t_system', '', false, 'u_anne')").await?;
    ensure!(worker.execute("UPDATE heads SET rev = rev", &[]).await? == 1, "one's own is one's own");
    Ok(())
}

/// Where the owner is no superuser, functions that run as the owner are held to the caller's tenant; the stack of flows has one
/// that is.
#[tokio::test]
async fn an_owner_is_held_to_it_as_well() -> Result<()> {
    let asker = two_tenants().await?;
    let all_to_owner = "
        CREATE ROLE landlord NOSUPERUSER;
        GRANT CREATE, USAGE ON SCHEMA public TO landlord;
        DO $$ DECLARE it record; BEGIN
            FOR it IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') LOOP
                EXECUTE format('ALTER TABLE %s OWNER TO landlord', it.name);
            END LOOP;
            FOR it IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace LOOP
                EXECUTE format('ALTER FUNCTION %s OWNER TO landlord', it.name);
            END LOOP;
            FOR it IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
                       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')) LOOP
                EXECUTE format('ALTER SEQUENCE %s OWNER TO landlord', it.name);
            END LOOP;
        END $$";
    asker.database.batch_execute(all_to_owner).await?;
    asker.database.batch_execute("SET ROLE landlord").await?;
    ensure!(owners(&asker.database, "canvases").await? == Some(Vec::new()), "the owner sees nothing either");
    asker.database.batch_execute("RESET ROLE").await?;

    let access = asker.stack.access();
    let edge = logs_in(&access.postgres_edge_url).await?;
    let leases = |tenant: &str| format!("SELECT granted::text FROM lease_rate('{tenant}', 'commands', 5, 100, 100)");
    let holds =
        |tenant: &str| format!("SELECT held_elsewhere::text FROM lease_holdings('{tenant}', 'streams', 'e1', 3, 60)");
    let issues = |tenant: &str| {
        format!(
            "SELECT issue_ticket('{tenant}', 'h-{tenant}', 'dev', '/', '', gen_random_uuid(), '{{}}', 60, now() + interval '1 hour')::text"
        )
    };
    let redeems = |tenant: &str| format!("SELECT redeem_ticket('{tenant}', 'h-{tenant}', false)::text");
    let renews = |tenant: &str| {
        format!("SELECT renew_ticket('{tenant}', 'h-{tenant}', '{{\"n\": 1}}', now() + interval '1 hour')::text")
    };
    for (tenant, other) in [(A, B), (B, A)] {
        sees(&edge, tenant).await?;
        ensure!(found(&edge, &leases(tenant)).await? == ["5"], "{tenant} leases");
        ensure!(found(&edge, &holds(tenant)).await? == ["0"], "{tenant} holds");
        found(&edge, &issues(tenant)).await?;
        ensure!(found(&edge, &redeems(tenant)).await? == ["true"], "{tenant} redeems");
        found(&edge, &renews(tenant)).await?;
        for sql in [leases(other), holds(other), issues(other)] {
            ensure!(found(&edge, &sql).await.is_err(), "as {tenant}: {sql}");
        }
        ensure!(found(&edge, &redeems(other)).await? == ["false"], "{tenant} redeems nothing of {other}");
    }
    erases_only_what_it_sees(&asker).await
}

async fn erases_only_what_it_sees(asker: &Asker) -> Result<()> {
    let worker = logs_in(&asker.stack.access().postgres_worker_url).await?;
    asker.database.batch_execute("DELETE FROM audit_queue").await?; // As if all had their place in the log.
    let erased = |tenant: &str| format!("SELECT erased::text FROM erase_actor('{tenant}', 'system', 100)");
    sees(&worker, A).await?;
    ensure!(found(&worker, &erased(B)).await.is_err(), "nothing of another tenant");
    ensure!(found(&worker, &erased(A)).await? == ["1"], "the registration of the canvas, which nobody asked for");
    ensure!(found(&worker, &erased(A)).await? == ["0"], "and once");
    let left = "SELECT (payload IS NULL AND salt IS NULL)::text FROM dataset_events WHERE actor_id = 'system'";
    ensure!(found(&worker, left).await? == ["true"], "payload and salt are gone");
    for sql in [
        "UPDATE dataset_events SET payload = NULL, salt = NULL",
        "DELETE FROM dataset_events",
        "UPDATE dataset_events SET action = 'x'",
    ] {
        ensure!(worker.batch_execute(sql).await.is_err(), "a worker may not: {sql}");
        ensure!(
            asker.database.batch_execute(&sql.replace("payload = NULL, salt = NULL", "outcome = 'x'")).await.is_err(),
            "nor anybody: {sql}"
        );
    }
    Ok(())
}
