//! Commands: admitted, sent to the workers in lanes, answered.

pub mod accepted;
pub mod answer;
pub mod body;
mod journey;
pub mod lane;
pub mod lanes;
pub mod status;
pub mod submit;
