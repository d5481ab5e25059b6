//! Who people are: signing up, logging in, tokens, members.

pub mod agents;
pub mod credentials;
mod identify;
pub mod login;
pub mod me;
pub mod members;
pub mod oidc;
pub mod password;
pub mod refresh;
pub mod session;
pub mod signup;
pub mod slug;
pub mod token;
