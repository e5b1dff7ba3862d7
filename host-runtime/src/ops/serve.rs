//! `earmark serve`: a partition over HTTP, and the page.
//!
//! Law: it has its address before it makes anything, serves nobody before the state is rebuilt,
//! and ends only when all that was taken is answered.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use earmark_host::http::{Access, HttpOptions, Listening, listen};
use earmark_host::partition::{Options, Partition, Where};
use earmark_host::plugin::Bodies;
use earmark_host::relay::Relay;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use super::couriers;
use super::follows::Follows;
use super::gate::Gate;
use super::screen::{hex, open};

/// At the end a delivery that is under way may take so long; cut off, it is repeated.
const DELIVERING: Duration = Duration::from_secs(10);

/// Serve a partition over HTTP, and the page.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The directory of the journal
    #[arg(long, value_name = "DIR", env = "EARMARK_DIR", default_value = ".earmark/data")]
    dir: PathBuf,
    /// Keep the journal in memory: everything is gone at the end
    #[arg(long, env = "EARMARK_EPHEMERAL")]
    ephemeral: bool,
    /// Where to serve; other addresses than loopback need --auth-keys
    #[arg(long, env = "EARMARK_ADDR", default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
    /// The folder of the page; without it only the API is served
    #[arg(long, value_name = "DIR", env = "EARMARK_WWW")]
    www: Option<PathBuf>,
    /// Save a snapshot after every N inputs; 0 for never
    #[arg(long, value_name = "N", env = "EARMARK_SNAPSHOT_EVERY", default_value_t = 1_000_000)]
    snapshot_every: u64,
    /// Carry events to the endpoints of this file, by webhook or mail: see docs/couriers.md
    #[arg(long, value_name = "FILE", env = "EARMARK_COURIERS")]
    couriers: Option<PathBuf>,
    /// Add a route that only echoes, to hold the others against in a benchmark
    #[arg(long, hide = true)]
    bench: bool,
    #[command(flatten)]
    gate: Gate,
    #[command(flatten)]
    follows: Follows,
}

impl Serve {
    /// What a demo serves.
    pub(crate) fn demo(addr: SocketAddr, www: PathBuf) -> Self {
        let dir = PathBuf::new();
        let (ephemeral, bench, snapshot_every) = (false, false, 0);
        let (gate, couriers, follows) = (Gate::default(), None, Follows::default());
        Self {
            dir,
            ephemeral,
            addr,
            www: Some(www),
            snapshot_every,
            couriers,
            bench,
            gate,
            follows,
        }
    }

    /// The directory of its journal, if it has one.
    pub(crate) fn journal(&self) -> Option<&Path> {
        (!self.ephemeral).then_some(self.dir.as_path())
    }

    /// Opens the partition and serves it.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        let place = match self.ephemeral {
            true => Where::Memory,
            false => Where::Directory(self.dir.clone()),
        };
        let snapshot_every = self.snapshot_every;
        let door = self.open_door()?;
        let roles = self.follows.roles(bodies.description())?;
        let partition = open(bodies, &Options { snapshot_every, roles, ..Options::new(place) })?;
        self.follows.check(&partition)?;
        run_server(Arc::new(partition), self, door)
    }

    /// Reads what the flags name, and takes the address.
    pub(crate) fn open_door(&self) -> Result<Door> {
        let www = self.www.clone();
        if let Some(folder) = www.as_ref().filter(|folder| !folder.join("index.html").is_file()) {
            bail!(
                "there is no page in `{}`: build it with `cargo xtask www`, or leave --www out",
                folder.display()
            );
        }
        let mut options = HttpOptions::new(self.addr, Access::LoopbackDemo);
        options.www = www;
        options.bench = self.bench;
        self.gate.apply(&mut options)?;
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        let listening = runtime.block_on(listen(&options))?;
        Ok(Door { runtime, listening, options })
    }
}

/// Where a partition will be served, before there is one: connections wait.
pub(crate) struct Door {
    runtime: Runtime,
    listening: Listening,
    options: HttpOptions,
}

/// Serves a partition until it is told to end (SIGINT or SIGTERM), and then answers what it took.
pub(crate) fn run_server(partition: Arc<Partition>, serve: &Serve, door: Door) -> Result<()> {
    let Door { runtime, listening, mut options } = door;
    let start = |file: &PathBuf| couriers::start(file, serve.journal(), &partition);
    let relay = serve.couriers.as_ref().map(start).transpose()?;
    options.couriers = relay.as_ref().map(Relay::meters).unwrap_or_default();
    // Dropped before the partition is: what was brought is durable, and nothing more is.
    let link = serve.follows.start(&partition)?;
    options.links = link.iter().map(|link| Arc::clone(link.meters())).collect();
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    let served = runtime.block_on(async {
        let (begun, end) = (begun(&partition), told_to_end()?);
        let server = listening.over(partition, options)?;
        let addr = server.local_addr();
        println!("serving on {scheme}://{addr}/ (end with ctrl-c)");
        begun(addr);
        server.run(end).await;
        tracing::info!("everything that was taken is answered");
        Ok(())
    });
    if let Some(relay) = relay {
        relay.close(DELIVERING);
    }
    served
}

/// Logs what serves, from where on, when it has its address.
fn begun(partition: &Partition) -> impl FnOnce(SocketAddr) + use<> {
    let says = Arc::clone(partition.description());
    let digest = hex(&partition.plugin_digest());
    let journal = u128::from_be_bytes(partition.header().id);
    let position = *partition.position().borrow();
    move |addr| {
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            plugin = says.name,
            plugin_version = says.version,
            plugin_digest = %digest,
            journal = format!("{journal:032x}"),
            inputs = position.inputs,
            events = position.events,
            %addr,
            "serving"
        );
    }
}

/// Ends when the process is asked to. From the call on a signal is heard, and kills nobody.
fn told_to_end() -> Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        let signal = tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        tracing::info!(signal, "told to end: nothing new is taken");
    })
}
