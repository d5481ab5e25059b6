//! The bodies of flags in `/openapi.json`: made of the flags themselves, so that there is one list of them.

use crate::flags::body::{FlagsBody, SetFlagsBody};
use serde_json::Value as Json;
use std::borrow::Cow;
use subjects::flags::{FLAGS, Flag, Form};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

impl PartialSchema for FlagsBody {
    fn schema() -> RefOr<Schema> {
        let effective = |flag: &Flag| {
            let source = word(&["default", "tenant_0", "tenant"]).description(Some("Who said so."));
            let locked = switch().description(Some("Whether the tenant cannot say otherwise."));
            let effective = object().description(Some(flag.meaning)).property("value", value(flag));
            let effective = effective.property("source", source).property("locked", locked);
            RefOr::from(Schema::from(effective.required("value").required("source").required("locked").build()))
        };
        body("The flags that hold for a tenant in an env, and who said so.", effective)
    }
}

impl PartialSchema for SetFlagsBody {
    fn schema() -> RefOr<Schema> {
        let asked = |flag: &Flag| {
            let default = object().property("value", value(flag)).property("locked", switch()).required("value");
            let default =
                closed(default).description(Some("In tenant-0 only: everybody's default, and whether it is final."));
            let nothing = ObjectBuilder::new().schema_type(Type::Null).description(Some("Say nothing any more."));
            let one_of = OneOfBuilder::new().item(value(flag)).item(nothing).item(default);
            RefOr::from(Schema::from(one_of.description(Some(flag.meaning)).build()))
        };
        body("What flags are to say. Those that are not named stay.", asked)
    }
}

impl ToSchema for FlagsBody {
    fn name() -> Cow<'static, str> {
        "FlagsBody".into()
    }
}

impl ToSchema for SetFlagsBody {
    fn name() -> Cow<'static, str> {
        "SetFlagsBody".into()
    }
}

/// `{flags: {key: …}}`, and no other key.
fn body(description: &str, each: impl Fn(&Flag) -> RefOr<Schema>) -> RefOr<Schema> {
    let flags = FLAGS.iter().fold(object(), |flags, flag| flags.property(flag.key.as_str(), each(flag)));
    let body = object().description(Some(description)).property("flags", closed(flags)).required("flags");
    Schema::from(body.build()).into()
}

fn value(flag: &Flag) -> Object {
    let value = match flag.form {
        Form::Switch => switch(),
        Form::Words(words) => word(words),
    };
    value.default(serde_json::to_value(flag.default).ok()).build()
}

fn switch() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean)
}

fn word(words: &[&str]) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().map(|word| Json::from(*word))))
}

fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object)
}

fn closed(object: ObjectBuilder) -> ObjectBuilder {
    object.additional_properties(Some(AdditionalProperties::FreeForm(false)))
}
