//! Who people are: signing up, logging in, tokens, members.

pub mod credentials;
pub mod login;
pub mod me;
pub mod members;
pub mod password;
pub mod refresh;
pub mod session;
pub mod signup;
pub mod slug;
pub mod token;
