//! What a message asks, or why nobody can tell.

use crate::runtime::worker::Failure;
use anyhow::{Context, anyhow};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use subjects::limits::BATCH_COMMANDS_MAX;

/// One command of a message, as it came and as it is understood.
#[derive(Debug)]
pub(crate) struct Decoded<'a, C> {
    /// As it came.
    pub(crate) raw: &'a RawValue,
    /// As it is understood, or the poison.
    pub(crate) command: Result<C, Failure>,
}

#[derive(Deserialize)]
struct RawBatch<'a> {
    #[serde(borrow)]
    commands: Vec<&'a RawValue>,
}

/// The commands of a body. A command that nobody understands does not spoil the others.
pub(crate) fn decode<C: DeserializeOwned>(body: &[u8]) -> Result<Vec<Decoded<'_, C>>, Failure> {
    let batch: RawBatch<'_> = serde_json::from_slice(body).context("the body is no batch").map_err(Failure::Poison)?;
    if !(1..=BATCH_COMMANDS_MAX).contains(&batch.commands.len()) {
        return Err(Failure::Poison(anyhow!("the batch holds {} commands", batch.commands.len())));
    }
    Ok(batch.commands.into_iter().map(understand).collect())
}

fn understand<C: DeserializeOwned>(raw: &RawValue) -> Decoded<'_, C> {
    let command = serde_json::from_str(raw.get()).context("the command is not understood").map_err(Failure::Poison);
    Decoded { raw, command }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let check = |body: &str, expected: Option<&[bool]>| {
            let decoded = decode::<u8>(body.as_bytes()).ok();
            let understood = decoded.map(|commands| commands.iter().map(|it| it.command.is_ok()).collect::<Vec<_>>());
            assert_eq!(understood.as_deref(), expected, "{body}");
        };
        check(r#"{"commands":[1,2]}"#, Some(&[true, true]));
        check(r#"{"commands":[1,"x"]}"#, Some(&[true, false]));
        check(r#"{"commands":[]}"#, None);
        check(&format!("{{\"commands\":[{}1]}}", "1,".repeat(BATCH_COMMANDS_MAX)), None);
        check(r#"{"commands":1}"#, None);
        check("\u{0}", None);
    }
}
