//! A bad configuration: one line, exit code 2, and nothing is started.

use harness::Program;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn edge() -> Program {
    let edge = Program::named("northstar-edge");
    edge.env("NORTHSTAR_TOKEN_SECRET", SECRET)
        .env("NORTHSTAR_SEAL_SECRET", SECRET)
        .env("NORTHSTAR_WEBHOOK_SECRET", SECRET)
        .env("NORTHSTAR_LISTEN", "127.0.0.1:0")
}

fn workers() -> Program {
    let workers = Program::named("northstar-workers").args(&["run"]);
    workers.env("NORTHSTAR_WORKERS_LISTEN", "127.0.0.1:0").env("NORTHSTAR_WEBHOOK_SECRET", SECRET)
}

#[tokio::test]
async fn a_bad_configuration_is_one_line_and_exit_code_2() {
    let bad = [
        ("an edge without secrets", Program::named("northstar-edge"), ""),
        ("a short secret", edge().env("NORTHSTAR_TOKEN_SECRET", "short"), "token-secret"),
        ("no address", edge().env("NORTHSTAR_LISTEN", "nowhere"), "nowhere"),
        ("no number", edge().env("NORTHSTAR_ANSWER_WAIT_MS", "soon"), "soon"),
        ("a number out of range", edge().env("NORTHSTAR_COMMANDS_PER_SECOND", "0"), "0"),
        ("an origin that is none", edge().env("NORTHSTAR_CORS_ORIGINS", "*"), "NORTHSTAR_CORS_ORIGINS"),
        ("an argument that is none", edge().args(&["--nonsense"]), "nonsense"),
        ("workers without a job", Program::named("northstar-workers"), ""),
        ("workers of a role that is none", workers().env("NORTHSTAR_WORKERS_ROLES", "apply,paint"), "paint"),
        ("workers at no address", workers().env("NORTHSTAR_WORKERS_LISTEN", "127.0.0.1:99999"), "99999"),
        ("a migration without passwords", Program::named("northstar-workers").args(&["migrate"]), ""),
    ];
    for (what, program, word) in bad {
        let ended = program.ends().await;
        assert_eq!(ended.exit_code, Some(2), "{what}: {:?}", ended.stderr);
        assert_eq!(ended.stderr.len(), 1, "{what}: {:?}", ended.stderr);
        assert!(ended.stderr[0].contains(word), "{what}: {:?}", ended.stderr);
        assert!(!ended.stderr[0].contains(SECRET), "no secret is told: {:?}", ended.stderr);
    }
}

#[tokio::test]
async fn the_programs_say_what_they_are() {
    for name in ["northstar-edge", "northstar-workers"] {
        for argument in ["--help", "--version"] {
            let ended = Program::named(name).args(&[argument]).ends().await;
            assert_eq!(ended.exit_code, Some(0), "{name} {argument}: {:?}", ended.stderr);
        }
    }
}
