//! An S3 server over a folder: `northstar-local s3`.

use anyhow::{Context, Result};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long to wait when the system has no file descriptor left for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What to serve, to whom, where.
#[derive(Debug, Clone, clap::Args)]
pub struct Serve {
    /// Where to listen.
    #[arg(long, env = "NORTHSTAR_S3_LISTEN", default_value = "127.0.0.1:9000")]
    pub listen: SocketAddr,
    /// The folder; a bucket is a folder in it.
    #[arg(long, env = "NORTHSTAR_S3_DIR")]
    pub dir: PathBuf,
    /// The bucket that is made when it is not there.
    #[arg(long, env = "NORTHSTAR_S3_BUCKET", default_value = "northstar")]
    pub bucket: String,
    /// Who may.
    #[arg(long, env = "NORTHSTAR_S3_ACCESS_KEY_ID")]
    pub access_key_id: String,
    /// The key to it.
    #[arg(long, env = "NORTHSTAR_S3_SECRET_ACCESS_KEY", hide_env_values = true)]
    pub secret_access_key: String,
}

/// Serves until the process ends.
pub async fn serve(args: Serve) -> Result<()> {
    let bucket = args.dir.join(&args.bucket);
    std::fs::create_dir_all(&bucket).with_context(|| format!("cannot create {}", bucket.display()))?;
    let service = service(&args)?;
    let listener = TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    loop {
        match listener.accept().await {
            Ok((socket, _)) => drop(tokio::spawn(connection(socket, service.clone()))),
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

fn service(args: &Serve) -> Result<S3Service> {
    let files = s3s_fs::FileSystem::new(&args.dir).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(args.access_key_id.clone(), args.secret_access_key.clone()));
    Ok(builder.build())
}

async fn connection(socket: TcpStream, service: S3Service) {
    // Else the end of an object waits for an acknowledgement that is delayed.
    let _ = socket.set_nodelay(true);
    // A client that goes away in the middle is its own affair.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(socket), service).await;
}
