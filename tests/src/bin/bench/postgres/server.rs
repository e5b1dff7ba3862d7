//! A PostgreSQL of our own, for as long as the benchmark takes: a new cluster on a local socket.
//!
//! Law: it is as durable as the journal (fsync, `synchronous_commit=on`), and is gone afterwards.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

/// Where Debian puts the programs of a version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Which of them are needed.
const NEEDED: [&str; 4] = ["initdb", "pg_ctl", "psql", "pgbench"];
/// Besides what it is by itself: room for its caches, as a team would give it; nothing that makes
/// it less durable.
const SETTINGS: &str = "\
listen_addresses = ''
max_connections = 200
shared_buffers = '1GB'
max_wal_size = '8GB'
fsync = on
synchronous_commit = on
full_page_writes = on
";

/// A server that runs.
pub(super) struct Server {
    programs: PathBuf,
    dir: TempDir,
    owner: Option<(u32, u32)>,
}

impl Server {
    /// Makes a cluster in `dir` and starts it.
    pub(super) fn start(dir: &Path) -> Result<Self> {
        let programs = programs()?;
        let dir = tempfile::Builder::new().prefix("pg").tempdir_in(dir)?;
        let server = Self { programs, owner: owner(dir.path())?, dir };
        if let Some((user, group)) = server.owner {
            chown(server.dir.path(), Some(user), Some(group))?;
        }
        let data = server.dir.path().join("data");
        let data = data.as_os_str();
        let how = ["-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C.UTF-8", "-D"];
        server.run("initdb", how.map(OsStr::new).into_iter().chain([data]))?;
        let mut settings = fs::read_to_string(server.dir.path().join("data/postgresql.conf"))?;
        settings.push_str(SETTINGS);
        settings
            .push_str(&format!("unix_socket_directories = '{}'\n", server.dir.path().display()));
        fs::write(server.dir.path().join("data/postgresql.conf"), settings)?;
        let log = server.dir.path().join("log");
        let how = ["-w".as_ref(), "-l".as_ref(), log.as_os_str(), "-D".as_ref(), data];
        server.run("pg_ctl", how.into_iter().chain(["start".as_ref()]))?;
        Ok(server)
    }

    /// Which one it is.
    pub(super) fn version(&self) -> Result<String> {
        self.sql("SHOW server_version")
    }

    /// Runs SQL; what it answers.
    pub(super) fn sql(&self, sql: &str) -> Result<String> {
        let how =
            ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "bench", "-d", "postgres"];
        let host = self.dir.path().as_os_str();
        let more = ["-h".as_ref(), host, "-c".as_ref(), OsStr::new(sql)];
        let said = self.run("psql", how.map(OsStr::new).into_iter().chain(more))?;
        Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
    }

    /// Runs `pgbench` with these arguments; what it prints.
    pub(super) fn pgbench(&self, args: &[&OsStr]) -> Result<String> {
        let host = self.dir.path().as_os_str();
        let own = ["-U".as_ref(), "bench".as_ref(), "-h".as_ref(), host];
        let said = self.run("pgbench", own.into_iter().chain(args.iter().copied()))?;
        Ok(String::from_utf8_lossy(&said.stdout).into_owned())
    }

    /// A place for files of its user.
    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn run<'a>(&self, name: &str, args: impl IntoIterator<Item = &'a OsStr>) -> Result<Output> {
        let mut command = Command::new(self.programs.join(name));
        command.args(args).current_dir(self.dir.path());
        // What the starter hears must not stay open in the server that it leaves behind.
        if name == "pg_ctl" {
            command.stdout(fs::File::create(self.dir.path().join("started"))?);
        }
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        let said = command.output().with_context(|| format!("can't run `{name}`"))?;
        // Of many clients with one complaint, the first is enough.
        let why = String::from_utf8_lossy(&said.stderr);
        let why: Vec<&str> = why.lines().take(4).collect();
        ensure!(said.status.success(), "`{name}` failed: {}", why.join("; "));
        Ok(said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.dir.path().join("data");
        let how = ["-m", "immediate", "-w", "stop", "-D"];
        let args = how.map(OsStr::new).into_iter().chain([data.as_os_str()]);
        if let Err(error) = self.run("pg_ctl", args) {
            eprintln!("warning: the PostgreSQL of the benchmark may still run: {error:#}");
        }
    }
}

/// The newest version's programs.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let whole = |bin: &PathBuf| NEEDED.iter().all(|name| bin.join(name).is_file());
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .map(|(version, path)| (version, path.join("bin")))
        .filter(|(_, bin)| whole(bin))
        .collect();
    found.sort();
    let newest = found.pop().map(|(_, bin)| bin);
    newest.with_context(|| format!("no PostgreSQL in `{DEBIAN}`: install the package `postgresql`"))
}

/// PostgreSQL does not run as root: then it is the user whom its package made.
fn owner(dir: &Path) -> Result<Option<(u32, u32)>> {
    if fs::metadata(dir)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let Some(line) = users.lines().find(|line| line.starts_with("postgres:")) else {
        bail!("PostgreSQL does not run as root, and there is no user `postgres`");
    };
    let fields: Vec<&str> = line.split(':').collect();
    let [_, _, user, group, ..] = fields.as_slice() else {
        bail!("the user `postgres` has no number in /etc/passwd");
    };
    Ok(Some((user.parse()?, group.parse()?)))
}
