//! What OFREP says and is told.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use subjects::flags::{Effective, Key, Source, Value};

/// Who the flags are for, by the client. It decides nothing here.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct EvaluationBody {
    /// Attributes, `targetingKey` among them.
    #[schema(value_type = Option<Object>)]
    #[allow(dead_code, reason = "only whether it can be read is asked")]
    context: Option<Map<String, Json>>,
}

/// What one flag says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EvaluationSuccess {
    #[schema(value_type = String, example = "gesture_fanout")]
    key: Key,
    #[schema(value_type = Object, example = "ws")]
    value: Value,
    /// The value's name: `on`, `off`, or the word itself.
    #[schema(example = "ws")]
    variant: &'static str,
    /// `STATIC`: it depends on nothing that the context says.
    #[schema(example = "STATIC")]
    reason: &'static str,
    metadata: EvaluationMetadata,
}

/// What there is to say of a flag beside what it says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EvaluationMetadata {
    /// Who said so: `default`, `tenant_0` or `tenant`.
    #[schema(value_type = String, example = "tenant")]
    source: Source,
    /// Whether the tenant cannot say otherwise.
    locked: bool,
}

/// What every flag says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BulkEvaluationSuccess {
    pub(super) flags: Vec<EvaluationSuccess>,
}

impl EvaluationSuccess {
    /// What holds for this flag, in the words of OFREP.
    pub(super) fn of(key: Key, effective: &Effective) -> Self {
        let Effective { value, source, locked } = *effective;
        let metadata = EvaluationMetadata { source, locked };
        Self { key, value, variant: value.variant(), reason: "STATIC", metadata }
    }
}
