//! HTTP/1.1 with as little cost as can be, because the load shares the cores with what it measures.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A kept-alive connection, one request at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    at: String,
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    /// Connects to `host:port`.
    pub(crate) async fn open(at: &str) -> Result<Self> {
        let stream = TcpStream::connect(at).await.with_context(|| format!("cannot connect to {at}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { at: at.to_owned(), stream, received: Vec::new() })
    }

    /// A new one to the same place: an edge closes what is silent for long.
    pub(crate) async fn again(&self) -> Result<Self> {
        Self::open(&self.at).await
    }

    /// Sends a whole request, made by [`request`].
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(request).await?)
    }

    /// The answer to the request that was sent.
    pub(crate) async fn receive(&mut self) -> Result<Response> {
        self.received.clear();
        loop {
            if let Some(response) = whole(&self.received)? {
                return Ok(response);
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the connection was closed: {}", String::from_utf8_lossy(&self.received));
            }
        }
    }

    /// Sends and receives.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Response> {
        self.send(request).await?;
        self.receive().await
    }
}

/// A request. `headers` have their line ends.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\n{headers}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The response, when all of it is there.
fn whole(bytes: &[u8]) -> Result<Option<Response>> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    let status = head.split(' ').nth(1).context("no status")?.parse::<u16>()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let length = match (status, length) {
        // It has no body, by RFC 9110, section 15.3.5.
        (204, _) => 0,
        (_, length) => length.with_context(|| format!("no length: {head}"))??,
    };
    let body = bytes.get(end + 4..end + 4 + length).map(<[u8]>::to_vec);
    Ok(body.map(|body| Response { status, body }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_whole_when_its_body_is() {
        let bytes = b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}";
        for end in 0..bytes.len() {
            assert!(whole(&bytes[..end]).unwrap().is_none(), "{end}");
        }
        let response = whole(bytes).unwrap().unwrap();
        assert_eq!((response.status, response.body.as_slice()), (409, &b"{}"[..]));
        assert_eq!(whole(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap().status, 204);
        assert!(whole(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }
}
