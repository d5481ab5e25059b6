//! What an edge says that it says: every frame and event that a flow sees is held against `/asyncapi.json`.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The forms of messages, as the edges of this run describe them. All edges describe the same.
static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();

struct Catalogue {
    document: Value,
    forms: Mutex<HashMap<String, jsonschema::Validator>>,
}

/// Reads the description at this edge, unless it is known already.
pub(crate) async fn learn(http: &reqwest::Client, edge_url: &str) {
    if CATALOGUE.get().is_some() {
        return;
    }
    // An edge may be away, and then nothing is seen of it either.
    let Ok(response) = http.get(format!("{edge_url}/asyncapi.json")).send().await else { return };
    let document: Value = response.json().await.expect("a description of the rails");
    // Another may have been quicker.
    let _ = CATALOGUE.set(Catalogue { document, forms: Mutex::default() });
}

/// Demands that a frame of a WebSocket is of a form that is described.
#[track_caller]
pub(crate) fn check_frame(frame: &Value) {
    let word = frame["type"].as_str().unwrap_or_default();
    let name = if frame["v"].is_null() { format!("ws_{word}") } else { word.to_owned() };
    check(&name, frame);
}

/// Demands that an event of SSE is of the form that is described under its name.
#[track_caller]
pub(crate) fn check_event(name: &str, data: &Value) {
    let name = if data["v"].is_null() { format!("sse_{name}") } else { name.to_owned() };
    check(&name, data);
}

/// Demands the form of this name. Without a description there is nothing to hold it against: a flow that opens neither rail has none.
#[track_caller]
pub(crate) fn check(name: &str, value: &Value) {
    let Some(catalogue) = CATALOGUE.get() else { return };
    let mut forms = catalogue.forms.lock().unwrap_or_else(PoisonError::into_inner);
    let form = forms.entry(name.to_owned()).or_insert_with(|| catalogue.form(name));
    if let Err(error) = form.validate(value) {
        panic!("{name} is not as described, at {}: {error}: {value}", error.instance_path());
    }
}

impl Catalogue {
    fn form(&self, name: &str) -> jsonschema::Validator {
        assert!(self.document["components"]["messages"][name].is_object(), "{name} is not described");
        let root = json!({
            "$ref": format!("#/components/messages/{name}/payload"), "components": self.document["components"],
        });
        jsonschema::validator_for(&root).unwrap_or_else(|error| panic!("{name} is described: {error}"))
    }
}
