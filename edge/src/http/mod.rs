//! HTTP around the handlers: bodies, queries, the layers about every request, the routes and their description.

mod asyncapi;
pub mod body;
pub mod held;
pub mod layers;
pub mod openapi;
pub mod page;
pub mod problems;
pub mod query;
pub mod routes;
