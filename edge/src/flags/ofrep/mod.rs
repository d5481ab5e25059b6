//! OFREP 0.3: how any OpenFeature client asks for flags. Tenant and env come from the token and the headers; the evaluation
//! context is read, as the protocol wants, and decides nothing: flags here are values, not rules.

pub mod all;
mod body;
mod evaluating;
pub mod one;
