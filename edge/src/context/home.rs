//! What the registry says of where a canvas or thread belongs, beside what the request says.

use crate::context::stated::mismatch;
use crate::error::ApiError;
use subjects::control::Home;
use subjects::routing::RoutingKeys;

/// The keys completed from the registry. What was stated must be what is registered.
pub(super) fn at_home(mut keys: RoutingKeys, home: &Home) -> Result<RoutingKeys, ApiError> {
    settle(&mut keys.workspace_id, &home.workspace_id, "workspace_id")?;
    settle(&mut keys.project_id, &home.project_id, "project_id")?;
    settle(&mut keys.app_id, &home.app_id, "app_id")?;
    settle(&mut keys.surface_id, &home.surface_id, "surface_id")?;
    Ok(keys)
}

/// A key as it is registered. What was stated must be that.
pub(super) fn settle<T: Clone + PartialEq>(said: &mut Option<T>, registered: &T, key: &str) -> Result<(), ApiError> {
    match said {
        Some(said) if said != registered => Err(mismatch(key, "is not the one of the registry")),
        Some(_) => Ok(()),
        None => {
            *said = Some(registered.clone());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Stated;
    use subjects::code::Code;

    #[test]
    fn the_registry_completes_and_contradicts() {
        let home = Home {
            workspace_id: "w".parse().unwrap(),
            project_id: "p".parse().unwrap(),
            app_id: "a".parse().unwrap(),
            surface_id: "s".parse().unwrap(),
        };
        let check = |key: &str, text: &str, expected: Result<&str, Code>| {
            let mut stated = Stated::default();
            stated.state(key, text).unwrap();
            let outcome = at_home(stated.keys, &home);
            let outcome =
                outcome.as_ref().map(|keys| keys.app_id.as_ref().unwrap().as_str()).map_err(|error| error.code());
            assert_eq!(outcome, expected, "{key}={text}");
        };
        check("panel_id", "x", Ok("a"));
        check("app_id", "a", Ok("a"));
        for key in ["workspace_id", "project_id", "app_id", "surface_id"] {
            check(key, "other", Err(Code::ContextMismatch));
        }
    }
}
