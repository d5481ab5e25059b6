//! Members and roles: who may come in, and what they may do there.

use harness::ops::add;
use harness::{Edge, World};
use reqwest::Method;
use serde_json::{Value, json};
use subjects::code::Code;
use subjects::ids::Role;

#[tokio::test]
async fn a_member_is_added_listed_and_taken_out() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    let bob_there = ann.welcomes(&bob, Role::Member).await;
    canvas.seen_by(&bob_there).commits([add("by-bob")]).await.is_rev(1);
    assert_eq!(
        roles(&ann).await,
        [(ann.user_id.clone(), "owner".to_owned()), (bob.user_id.clone(), "member".to_owned())].into()
    );
    ann.gives(&bob, Role::Viewer).await;
    assert_eq!(roles(&ann).await[&bob.user_id], "viewer");
    let gone = ann.takes_out(&bob).await;
    assert!([200, 204].contains(&gone.status), "{}", gone.text());
    assert_eq!(roles(&ann).await, [(ann.user_id.clone(), "owner".to_owned())].into());
}

async fn roles(person: &harness::Person) -> std::collections::BTreeMap<String, String> {
    let said = person.asks(Method::GET, person.members_path()).sends().await.is(200).json();
    let members = said["members"].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    members.iter().map(|member| (text(&member["user_id"]), text(&member["role"]))).collect()
}

#[tokio::test]
async fn a_refreshed_token_says_what_changed() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    let mut bob_there = ann.welcomes(&bob, Role::Admin).await;
    assert_eq!(bob_there.claims()["role_map"][ann.tenant_id.as_str()], "admin");
    assert_eq!(bob_there.claims()["default_tenant_id"], json!(bob.tenant_id));
    let gone = ann.takes_out(&bob).await;
    assert!(gone.status < 300, "{}", gone.text());
    bob_there.refreshes().await;
    bob_there.asks(Method::GET, "/canvas").sends().await.refuses(403, Code::NotAMember);
}

#[tokio::test]
async fn each_role_may_what_it_may() {
    let world = World::shared().await;
    let (ann, bob, cid) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let canvas = ann.creates_canvas().await;
    for (role, reads, edits, manages) in [
        (Role::Viewer, true, false, false),
        (Role::Member, true, true, false),
        (Role::Admin, true, true, true),
        (Role::Owner, true, true, true),
    ] {
        let bob_there = ann.welcomes(&bob, role).await;
        let canvas = canvas.seen_by(&bob_there);
        let check = |reply: harness::Reply, may: bool, what: &str| {
            if may {
                assert!(reply.status < 300, "{role} {what}: {}", reply.text());
            } else {
                reply.refuses(403, Code::RoleTooLow);
            }
        };
        check(canvas.asks(Method::GET, "").sends().await, reads, "reads");
        check(canvas.asks(Method::GET, "/commits").sends().await, reads, "reads the history");
        canvas.watches(Edge(1)).await;
        check(canvas.commits([add(&format!("by-{role}"))]).await, edits, "edits");
        let home = json!({ "workspace_id": "w", "project_id": "p", "app_id": "a", "surface_id": "s" });
        check(bob_there.registers(&home).await, edits, "registers");
        check(bob_there.gives(&cid, Role::Viewer).await, manages, "manages members");
    }
}

#[tokio::test]
async fn nobody_grants_or_takes_what_is_above_their_own() {
    let world = World::shared().await;
    let (ann, bob, cid) = (world.signs_up().await, world.signs_up().await, world.signs_up().await);
    let admin = ann.welcomes(&bob, Role::Admin).await;
    admin.gives(&cid, Role::Owner).await.refuses(403, Code::RoleTooLow);
    admin.gives(&bob, Role::Owner).await.refuses(403, Code::RoleTooLow);
    admin.gives(&ann, Role::Viewer).await.refuses(403, Code::RoleTooLow);
    admin.takes_out(&ann).await.refuses(403, Code::RoleTooLow);
    assert_eq!(roles(&ann).await[&ann.user_id], "owner");
}

#[tokio::test]
async fn a_tenant_keeps_an_owner() {
    let world = World::shared().await;
    let (ann, bob) = (world.signs_up().await, world.signs_up().await);
    ann.takes_out(&ann).await.refuses(409, Code::LastOwner);
    ann.gives(&ann, Role::Admin).await.refuses(409, Code::LastOwner);
    ann.welcomes(&bob, Role::Owner).await;
    let reply = ann.gives(&ann, Role::Admin).await;
    assert!(reply.status < 300, "now there is another: {}", reply.text());
}

#[tokio::test]
async fn who_does_not_exist_becomes_no_member() {
    let world = World::shared().await;
    let ann = world.signs_up().await;
    let mut nobody = ann.clone();
    nobody.user_id = "u_nobody".into();
    ann.gives(&nobody, Role::Member).await.refuses(404, Code::NotFound);
    // Taking out is done when there is nobody left to take out.
    ann.takes_out(&nobody).await.is(204);
}
