//! People, tenants and the registry: each asked twice.

use crate::asker::{Asker, control, new_canvas, session};
use anyhow::Result;
use chrono::Utc;
use subjects::code::Code;
use subjects::control::{Ask, Granted};
use subjects::ids::{Env, Role, TenantId};
use subjects::subject::Subject;

async fn check(asker: &mut Asker, ask: &Ask, expected: Result<Granted, Code>) -> Result<()> {
    let outcome = asker.control(ask.clone()).await?.outcome;
    assert_eq!(outcome.map_err(|rejection| rejection.code()), expected, "{ask:?}");
    Ok(())
}

fn signup(user: &str, email: &str, tenants: &[&str]) -> Ask {
    Ask::Signup {
        user_id: user.parse().unwrap(),
        email: email.into(),
        password_hash: "hash".into(),
        tenant_name: "Acme".into(),
        tenant_ids: tenants.iter().map(|tenant| tenant.parse().unwrap()).collect(),
        session: session("first"),
    }
}

#[tokio::test]
async fn people_come_and_their_tokens_are_spent_once() -> Result<()> {
    let mut asker = Asker::start(1, &[]).await?;
    let tenant = |tenant: &str| Ok(Granted::Signup { tenant_id: tenant.parse().unwrap() });
    let first = signup("u_1", "a@x", &["t_acme", "t_acme-2"]);
    check(&mut asker, &first, tenant("t_acme")).await?;
    check(&mut asker, &first, tenant("t_acme")).await?;
    check(&mut asker, &signup("u_2", "a@x", &["t_b"]), Err(Code::EmailTaken)).await?;
    check(&mut asker, &signup("u_2", "b@x", &["t_acme", "t_acme-2"]), tenant("t_acme-2")).await?;

    let user = Ok(Granted::Session { user_id: "u_1".parse()? });
    let session = session("h1");
    let session_id = session.session_id;
    let start = Ask::StartSession { user_id: "u_1".parse()?, session };
    check(&mut asker, &start, user.clone()).await?;
    check(&mut asker, &start, user.clone()).await?;
    let rotate = |spent: &str, next: &str| Ask::RotateSession {
        session_id,
        spent_hash: spent.into(),
        refresh_hash: next.into(),
        expires_at: Utc::now() + chrono::Duration::hours(1),
    };
    check(&mut asker, &rotate("h1", "h2"), user.clone()).await?;
    check(&mut asker, &rotate("h1", "h2"), user.clone()).await?;
    check(&mut asker, &rotate("h2", "h3"), user.clone()).await?;
    check(&mut asker, &rotate("h1", "h4"), Err(Code::RefreshInvalid)).await?;
    check(&mut asker, &rotate("h3", "h4"), Err(Code::RefreshInvalid)).await
}

#[tokio::test]
async fn a_tenant_keeps_an_owner_and_a_canvas_its_registration() -> Result<()> {
    let mut asker = Asker::start(1, &[]).await?;
    let tenant_id: TenantId = "t_acme".parse()?;
    for (user, email, tenant) in [("u_1", "a@x", "t_acme"), ("u_2", "b@x", "t_b")] {
        let granted = Granted::Signup { tenant_id: tenant.parse()? };
        check(&mut asker, &signup(user, email, &[tenant]), Ok(granted)).await?;
    }
    let set = |user: &str, role| Ask::SetMember {
        tenant_id: tenant_id.clone(),
        user_id: user.parse().unwrap(),
        role,
        asker_role: Role::Owner,
    };
    let remove = |user: &str| Ask::RemoveMember {
        tenant_id: tenant_id.clone(),
        user_id: user.parse().unwrap(),
        asker_role: Role::Owner,
    };
    check(&mut asker, &set("u_9", Role::Member), Err(Code::NotFound)).await?;
    check(&mut asker, &remove("u_1"), Err(Code::LastOwner)).await?;
    check(&mut asker, &set("u_1", Role::Admin), Err(Code::LastOwner)).await?;
    check(&mut asker, &set("u_2", Role::Owner), Ok(Granted::Done)).await?;
    check(&mut asker, &remove("u_1"), Ok(Granted::Done)).await?;
    check(&mut asker, &remove("u_1"), Ok(Granted::Done)).await?;

    let canvas = new_canvas("c1".parse()?);
    let registered = asker.control(Ask::RegisterCanvas(canvas.clone())).await?.outcome;
    assert!(matches!(registered, Ok(Granted::Canvas { .. })), "{registered:?}");
    check(&mut asker, &Ask::RegisterCanvas(canvas.clone()), Err(Code::AlreadyExists)).await?;
    let mut foreign = canvas;
    foreign.tenant_id = "t_nobody".parse()?;
    check(&mut asker, &Ask::RegisterCanvas(foreign), Err(Code::NotFound)).await?;
    asker.nothing_is_pending().await?;
    assert!(asker.dead_letters().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_change_of_flags_that_comes_again_is_made_once() -> Result<()> {
    let mut asker = Asker::start(1, &[]).await?;
    let tenant_id = TenantId::northstar();
    let ask = Ask::SetFlags {
        tenant_id: tenant_id.clone(),
        env: Env::Dev,
        flags: [("ws_enabled".to_owned(), false.into())].into(),
        asker_role: Role::Owner,
    };
    let subject = Subject::control(tenant_id, Env::Dev, ask.kind(), "flags");
    let command = control(ask);
    for _ in 0..2 {
        asker.publish(&subject, vec![command.clone()]).await?;
        let outcome = asker.answer::<Granted>().await?.remove(0).outcome;
        assert_eq!(outcome, Ok(Granted::Done));
    }
    let counts =
        "SELECT (SELECT version FROM flag_versions), (SELECT count(*) FROM dataset_events WHERE resource = 'flags')";
    let counts = asker.database.query_one(counts, &[]).await?;
    assert_eq!((counts.get::<_, i64>(0), counts.get::<_, i64>(1)), (1, 1));
    Ok(())
}
