//! What PostgreSQL needs before it starts: a user that is not root, a folder which that user reaches, a cluster.

use crate::access::DATABASE;
use crate::child::{Launch, RunAs};
use crate::files;
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// Where what an unprivileged user must reach is put when its own place is below a folder closed to others.
const ASIDE: &str = "/var/tmp";
/// Who runs it when we are root, because PostgreSQL refuses to be root.
const UNPRIVILEGED: &str = "nobody";
const INITDB_AT_MOST: Duration = Duration::from_secs(60);
/// How long the processes of a postmaster that was killed take at most to notice and go.
const REMAINS_AT_MOST: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// Settings of every cluster. Durability is as in production: a commit is on disk before it is answered.
const SETTINGS: [&str; 14] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "max_connections=200",
    "shared_buffers=64MB",
    "max_wal_size=512MB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=off",
    "log_destination=stderr",
    "password_encryption=scram-sha-256",
];

/// The user to run as: none when we are not root.
pub(crate) fn run_as() -> Result<Option<RunAs>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = User::from_name(UNPRIVILEGED)?.with_context(|| format!("there is no user {UNPRIVILEGED}"))?;
    Ok(Some(RunAs { uid: user.uid.as_raw(), gid: user.gid.as_raw() }))
}

/// A folder for `place` that PostgreSQL's user can reach: `place` itself or, when we are root and a folder above it is
/// closed to others (as a home is), one in `/var/tmp` that `place` then links to.
pub(crate) fn reachable(place: &Path) -> Result<PathBuf> {
    if place.exists() {
        return Ok(place.canonicalize()?);
    }
    let parent = place.parent().context("a place has a folder")?;
    if !Uid::effective().is_root() || files::is_passable(parent) {
        return files::create_passable(place);
    }
    let name = place.to_string_lossy().replace('/', "-");
    let aside = Path::new(ASIDE).join(format!("northstar{name}"));
    let _ = fs::create_dir(&aside);
    let meta = fs::symlink_metadata(&aside).with_context(|| format!("cannot create {}", aside.display()))?;
    if !meta.is_dir() || meta.uid() != 0 || meta.mode() & 0o022 != 0 {
        bail!("{} is not ours alone", aside.display()); // Anyone may have put it there.
    }
    files::create_passable(&aside)?;
    if fs::symlink_metadata(place).is_ok() {
        fs::remove_file(place)?; // A link whose goal was cleared away.
    }
    symlink(&aside, place)?;
    Ok(aside)
}

/// Removes `place` and what it links to.
pub(crate) fn remove(place: &Path) -> Result<()> {
    if let Ok(real) = place.canonicalize() {
        fs::remove_dir_all(real)?;
    }
    if place.is_symlink() {
        fs::remove_file(place)?;
    }
    Ok(())
}

/// The arguments of `postgres`.
pub(crate) fn args(data: &Path, port: u16) -> Vec<std::ffi::OsString> {
    let mut args = vec!["-D".into(), data.into(), "-p".into(), port.to_string().into()];
    args.extend(SETTINGS.iter().flat_map(|setting| ["-c".into(), setting.into()]));
    args
}

/// Makes the cluster in `home/data`, whole or not at all, unless it is there. `launch` starts `postgres`.
pub(crate) async fn init(home: &Path, launch: &Launch, password: &str) -> Result<()> {
    let data = home.join("data");
    if data.exists() {
        return Ok(());
    }
    let work = home.join("new");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir(&work)?;
    let password_file = work.join("password");
    files::write_private(&password_file, password)?;
    if let Some(user) = launch.run_as {
        chown(&work, Some(user.uid), Some(user.gid))?;
        chown(&password_file, Some(user.uid), Some(user.gid))?;
    }
    let mut initdb = Launch { program: launch.program.with_file_name("initdb"), args: Vec::new(), ..launch.clone() };
    initdb.args.extend(
        ["-U", "postgres", "-E", "UTF8", "--no-locale", "--auth=scram-sha-256", "--no-instructions"].map(Into::into),
    );
    initdb.args.extend(["-D".into(), work.join("data").into(), "--pwfile".into(), password_file.into()]);
    match initdb.spawn()?.ended(INITDB_AT_MOST).await {
        Some(status) if status.success() => {}
        Some(_) | None => bail!("initdb failed: {}", files::log_tail(&launch.log)),
    }
    fs::rename(work.join("data"), data)?;
    Ok(fs::remove_dir_all(work)?)
}

/// Makes the database unless it is there. `admin_url` names it.
pub(crate) async fn create_database(admin_url: &str) -> Result<()> {
    let mut config: tokio_postgres::Config = admin_url.parse()?;
    let (client, connection) = config.dbname("postgres").connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    let found = client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&DATABASE]).await?;
    if found.is_none() {
        client.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
    }
    drop(client);
    Ok(connection.await??)
}

/// Waits until nothing works on the cluster any more. The processes of a postmaster that was killed live on for a moment,
/// and a new one refuses to start beside them.
pub(crate) async fn remains_gone(data: &Path) -> Result<()> {
    let deadline = Instant::now() + REMAINS_AT_MOST;
    while !processes(data).is_empty() {
        if Instant::now() > deadline {
            bail!("processes of an earlier PostgreSQL are still there: {:?}", processes(data));
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Signals the postmaster and all of its processes.
pub(crate) fn signal_all(data: &Path, signal: Signal) {
    for pid in processes(data) {
        let _ = kill(pid, signal); // It may have gone meanwhile.
    }
}

/// Every process that works on the cluster: PostgreSQL's all stand in its folder.
fn processes(data: &Path) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbered = entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    numbered
        .filter(|(_, proc)| fs::read_link(proc.join("cwd")).is_ok_and(|cwd| cwd == data))
        .map(|(pid, _)| Pid::from_raw(pid))
        .collect()
}
