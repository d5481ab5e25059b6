//! What passes and is kept nowhere: gestures, presence, the pieces of an answer to come. It never waits, and nobody waits
//! for it.

use crate::error::ApiError;
use crate::state::AppState;
use subjects::passing::Passing;
use subjects::routing::StreamKey;
use subjects::subject::Subject;

/// Tells all edges, this one included, that have readers of the log. Whether it arrives is not known.
pub async fn publish(state: &AppState, stream: &StreamKey, passing: &Passing) -> Result<(), ApiError> {
    let body = serde_json::to_vec(passing).map_err(ApiError::internal)?;
    if !state.bus.is_connected() {
        let away = std::io::Error::from(std::io::ErrorKind::NotConnected);
        return Err(ApiError::unavailable("The bus", &away));
    }
    let subject = Subject::Passing(stream.clone()).to_string();
    let published = state.bus.client.publish(subject, body.into()).await;
    published.map_err(|error| ApiError::unavailable("The bus", &error))
}
