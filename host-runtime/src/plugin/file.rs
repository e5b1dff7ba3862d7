//! A plugin from its file: read, checked, compiled.
//!
//! Law: a module is checked before it is compiled; one that imports anything, or lacks an export of
//! ABI 1, is refused with the reason.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use earmark_abi::{
    ABI_EXPORT, Answer, CALL_EXPORT, Call, Description, LEND_EXPORT, MEMORY_EXPORT, decode, encode,
};
use wasmtime::{Engine, ExternType, Module};

use super::cache::CodeCache;
use super::engine::{Stop, engine};
use super::instance::Instance;
use super::{Bodies, Body, Fault, Limits};

/// How often the fast engine's clock ticks; deadlines are whole numbers of these.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// A plugin that is ready to run.
pub struct PluginFile {
    bytes: Vec<u8>,
    digest: [u8; 32],
    limits: Limits,
    cache: Option<CodeCache>,
    description: Arc<Description>,
    fast: Module,
    /// Compiled when it is first needed: most plugins never are suspects.
    metered: OnceLock<Module>,
    stop: Arc<AtomicBool>,
    clock: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for PluginFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginFile").field("name", &self.description.name).finish_non_exhaustive()
    }
}

/// Why a file is no plugin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It can't be read.
    #[error("the plugin `{}` can't be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is larger than a module may be.
    #[error("the plugin has {given} bytes, more than the {allowed} a module may have")]
    TooLarge {
        /// Its size.
        given: usize,
        /// What is allowed.
        allowed: usize,
    },
    /// It is no module at all.
    #[error("the plugin is no WebAssembly module: it does not begin with `\\0asm`")]
    NoModule,
    /// It is no valid module.
    #[error("the plugin is no valid WebAssembly module")]
    Invalid(#[source] wasmtime::Error),
    /// It imports something.
    #[error("the plugin imports `{module}.{name}`: a plugin has no imports, so build it without")]
    Imports {
        /// From where.
        module: String,
        /// What.
        name: String,
    },
    /// It lacks an export.
    #[error("the plugin does not export `{0}`: it is not built for ABI 1")]
    Lacks(&'static str),
    /// It is built for another version of the ABI.
    #[error("the plugin is built for `{found}`, this host speaks `{ABI_EXPORT}`: rebuild it")]
    OtherAbi {
        /// The version it exports.
        found: String,
    },
    /// It does not describe itself.
    #[error("the plugin does not describe itself")]
    Speechless(#[source] Fault),
}

impl PluginFile {
    /// Loads a plugin from a file.
    ///
    /// # Errors
    /// [`LoadError`]: the reason, and what to do.
    pub fn load(path: &Path, limits: Limits) -> Result<Self, LoadError> {
        Self::load_cached(path, limits, None)
    }

    /// Loads a plugin from a file; its compiled code is taken from a cache, or kept there.
    ///
    /// # Errors
    /// As [`PluginFile::load`].
    pub fn load_cached(
        path: &Path,
        limits: Limits,
        cache: Option<CodeCache>,
    ) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
        Self::new(std::fs::read(path).map_err(unreadable)?, limits, cache)
    }

    /// Loads a plugin from its bytes.
    ///
    /// # Errors
    /// As [`PluginFile::load`].
    pub fn from_bytes(bytes: Vec<u8>, limits: Limits) -> Result<Self, LoadError> {
        Self::new(bytes, limits, None)
    }

    fn new(bytes: Vec<u8>, limits: Limits, cache: Option<CodeCache>) -> Result<Self, LoadError> {
        if bytes.len() > limits.module_bytes {
            let (given, allowed) = (bytes.len(), limits.module_bytes);
            return Err(LoadError::TooLarge { given, allowed });
        }
        if !bytes.starts_with(b"\0asm") {
            return Err(LoadError::NoModule);
        }
        let digest = *blake3::hash(&bytes).as_bytes();
        let fast = compiled(Stop::Deadline, &limits, (&bytes, &digest), cache.as_ref());
        let fast = fast.map_err(LoadError::Invalid)?;
        check(&fast)?;
        let (stop, clock) = start_clock(fast.engine());
        let mut instance =
            Instance::new(&fast, Stop::Deadline, &limits).map_err(LoadError::Speechless)?;
        let description = describe(&mut instance).map_err(LoadError::Speechless)?;
        Ok(Self {
            bytes,
            digest,
            limits,
            cache,
            description: Arc::new(description),
            fast,
            metered: OnceLock::new(),
            stop,
            clock,
        })
    }

    /// The bytes of the module.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The memory that it begins with, and the most it ever asks for if it says so: bytes.
    #[must_use]
    pub fn memory(&self) -> (u64, Option<u64>) {
        let memory = self.fast.get_export(MEMORY_EXPORT);
        let memory = memory.as_ref().and_then(ExternType::memory);
        memory.map_or((0, None), |memory| {
            let bytes = |pages: u64| pages.saturating_mul(memory.page_size());
            (bytes(memory.minimum()), memory.maximum().map(bytes))
        })
    }

    /// What it may take.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

impl Bodies for PluginFile {
    fn description(&self) -> &Arc<Description> {
        &self.description
    }

    fn digest(&self) -> [u8; 32] {
        self.digest
    }

    fn fast(&self) -> Result<Box<dyn Body>, Fault> {
        Ok(Box::new(Instance::new(&self.fast, Stop::Deadline, &self.limits)?))
    }

    fn metered(&self) -> Result<Box<dyn Body>, Fault> {
        let module = match self.metered.get() {
            Some(module) => module,
            None => {
                let trap = |error: wasmtime::Error| Fault::Trap(format!("{error:#}"));
                let wasm = (self.bytes.as_slice(), &self.digest);
                let module = compiled(Stop::Fuel, &self.limits, wasm, self.cache.as_ref());
                let module = module.map_err(trap)?;
                self.metered.get_or_init(|| module)
            }
        };
        Ok(Box::new(Instance::new(module, Stop::Fuel, &self.limits)?))
    }
}

impl Drop for PluginFile {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(clock) = self.clock.take() {
            // It ends within a tick; a clock that panicked has ended too.
            drop(clock.join());
        }
    }
}

/// The code of a module (its bytes and their digest) on an engine, from the cache if there is one.
fn compiled(
    stop: Stop,
    limits: &Limits,
    (bytes, digest): (&[u8], &[u8; 32]),
    cache: Option<&CodeCache>,
) -> wasmtime::Result<Module> {
    let engine = engine(stop, limits)?;
    let compile = || {
        Module::validate(&engine, bytes)?;
        Module::new(&engine, bytes)
    };
    match cache {
        Some(cache) => cache.module(digest, &engine, compile),
        None => compile(),
    }
}

/// Ticks the engine's epoch until told to stop.
fn start_clock(engine: &Engine) -> (Arc<AtomicBool>, Option<JoinHandle<()>>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (engine, stopped) = (engine.weak(), Arc::clone(&stop));
    let tick = move || {
        while !stopped.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
            let Some(engine) = engine.upgrade() else { break };
            engine.increment_epoch();
        }
    };
    let clock = std::thread::Builder::new().name("earmark-epoch".to_string()).spawn(tick);
    (stop, clock.ok())
}

/// No imports, and all exports of ABI 1.
fn check(module: &Module) -> Result<(), LoadError> {
    if let Some(import) = module.imports().next() {
        let (module, name) = (import.module().to_string(), import.name().to_string());
        return Err(LoadError::Imports { module, name });
    }
    let has = |name: &str| module.exports().any(|export| export.name() == name);
    if !has(ABI_EXPORT) {
        let other = module.exports().find(|export| export.name().starts_with("earmark_abi_"));
        return Err(match other {
            Some(other) => LoadError::OtherAbi { found: other.name().to_string() },
            None => LoadError::Lacks(ABI_EXPORT),
        });
    }
    match [MEMORY_EXPORT, LEND_EXPORT, CALL_EXPORT].into_iter().find(|name| !has(name)) {
        Some(missing) => Err(LoadError::Lacks(missing)),
        None => Ok(()),
    }
}

fn describe(instance: &mut Instance) -> Result<Description, Fault> {
    let call = encode(&Call::Describe).map_err(|error| Fault::Answer(error.to_string()))?;
    match decode("an answer of ABI 1", instance.call(&call)?) {
        Ok(Answer::Described(description)) => Ok(description),
        Ok(_) => Err(Fault::Answer("it is not a description".to_string())),
        Err(error) => Err(Fault::Answer(error.to_string())),
    }
}
