//! The workers against real servers, asked over the bus as an edge asks them.

mod asker;
mod private_apply;
mod private_control;
mod private_gates;
mod private_schema;
mod private_tenants_apart;
