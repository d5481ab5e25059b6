//! Passwords: argon2id, a few at a time, and as slow for who does not exist as for who does.

use crate::error::ApiError;
use crate::http::body;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use subjects::code::Code;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hashes and checks passwords. Each takes 19 MiB and some ten milliseconds of a core.
#[derive(Debug, Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
}

/// The shortest password, in bytes.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// How long to wait for a place.
const WAIT_SECS: u64 = 5;
const RETRY_AFTER_SECS: u64 = 5;

/// What nobody's password is checked against, so that the time tells nothing.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

impl Passwords {
    /// As many at a time as there are cores, less than all of them where there are several.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { places: Arc::new(Semaphore::new(cores.div_ceil(2))) }
    }

    /// The hash of a password, in PHC form.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let place = self.place().await?;
        let hash = move || {
            let _place = place;
            hash_now(&password)
        };
        let hash = tokio::task::spawn_blocking(hash).await.map_err(ApiError::internal)?;
        hash.map_err(ApiError::internal)
    }

    /// Whether the password is the one of this hash. Without a hash it is not, and it takes as long to say so.
    pub async fn is_right(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let place = self.place().await?;
        let check = move || {
            let _place = place;
            let is_right = verify_now(&password, hash.as_ref().unwrap_or(&NOBODY));
            is_right && hash.is_some()
        };
        tokio::task::spawn_blocking(check).await.map_err(ApiError::internal)
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let place = self.places.clone().acquire_owned();
        let place = tokio::time::timeout(Duration::from_secs(WAIT_SECS), place).await;
        let busy = || ApiError::new(Code::Unavailable, "Too many log in at once.").retry_after(RETRY_AFTER_SECS);
        place.map_err(|_| busy())?.map_err(ApiError::internal)
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

/// Refuses a password that is too short or too long.
pub fn check(password: &str) -> Result<(), ApiError> {
    if (PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len()) {
        return Ok(());
    }
    let detail = format!("A password has {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes.");
    Err(body::invalid(detail, "password"))
}

fn hash_now(password: &str) -> Result<String, argon2::password_hash::Error> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
}

fn verify_now(password: &str, hash: &str) -> bool {
    let hash = PasswordHash::new(hash);
    hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let is_right = async |password: &str, hash: Option<&String>| {
            passwords.is_right(password.into(), hash.cloned()).await.unwrap()
        };
        assert!(is_right("correct horse", Some(&hash)).await);
        assert!(!is_right("battery staple", Some(&hash)).await);
        assert!(!is_right("correct horse", Some(&"no hash".to_owned())).await);
        assert!(!is_right("nobody has this password", None).await);
    }

    #[test]
    fn a_password_has_a_length() {
        for (bytes, is_fine) in [(0, false), (7, false), (8, true), (1_024, true), (1_025, false)] {
            assert_eq!(check(&"x".repeat(bytes)).is_ok(), is_fine, "{bytes}");
        }
    }
}
