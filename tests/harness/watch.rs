//! A stream that is to be opened: from where, and what of it.

use crate::ask::Ask;
use crate::reader::Reader;
use crate::reply::Reply;
use crate::until::{SOON, within};

/// How a reader comes.
#[derive(Debug, Clone)]
pub struct Watch(Ask);

impl Watch {
    pub(crate) fn new(ask: Ask) -> Self {
        Self(ask)
    }

    /// A stream by this request, whatever it says.
    pub fn of(ask: Ask) -> Self {
        Self::new(ask)
    }

    /// Only these channels.
    #[must_use]
    pub fn channels(self, channels: &str) -> Self {
        self.query("channels", channels)
    }

    /// Everything after this cursor, said in the query.
    #[must_use]
    pub fn cursor(self, cursor: &str) -> Self {
        self.query("cursor", cursor)
    }

    /// Everything after this cursor, said as a browser says it.
    #[must_use]
    pub fn last_event_id(self, cursor: &str) -> Self {
        Self(self.0.header("last-event-id", cursor))
    }

    /// With one more query parameter.
    #[must_use]
    pub fn query(self, name: &str, value: &str) -> Self {
        Self(self.0.query(name, value))
    }

    /// With changes to the request.
    #[must_use]
    pub fn with(self, change: impl FnOnce(Ask) -> Ask) -> Self {
        Self(change(self.0))
    }

    /// Opens it, or gives the code of the refusal.
    pub async fn opens_or_says_why(self) -> Result<Reader, String> {
        let response = within(SOON, "an answer", self.0.opens()).await.expect("an answer");
        if response.status() == 200 {
            return Ok(within(SOON, "hello", Reader::greets(response)).await.expect("hello"));
        }
        let problem: serde_json::Value = response.json().await.expect("a problem");
        Err(problem["code"].as_str().expect("a code").to_owned())
    }

    /// Opens it, and sees `hello`.
    pub async fn opens(self) -> Reader {
        let reader = within(SOON, "a stream opens", self.comes()).await;
        reader.unwrap_or_else(|why| panic!("no stream: {why}"))
    }

    /// As [`Watch::opens`], where the edge may be away: none then.
    pub async fn tries(self) -> Option<Reader> {
        self.comes().await.ok()
    }

    async fn comes(self) -> Result<Reader, String> {
        self.0.learns_the_catalogue().await;
        let response = self.0.opens().await.map_err(|error| format!("{error:?}"))?;
        let status = response.status();
        if status != 200 {
            return Err(format!("{status} {}", response.text().await.unwrap_or_default()));
        }
        Reader::greets(response).await.ok_or_else(|| "it ended before hello".to_owned())
    }

    /// Asks for it, and is refused; none when it is let in, or there is no answer so soon.
    pub async fn is_refused_within(self, at_most: std::time::Duration) -> Option<Reply> {
        let response = tokio::time::timeout(at_most, self.0.opens()).await.ok()?.ok()?;
        if response.status() == 200 {
            return None;
        }
        Reply::read("a stream".into(), response).await.ok()
    }

    /// Asks for it, and is refused.
    pub async fn is_refused(self) -> Reply {
        self.0.sends().await
    }
}
