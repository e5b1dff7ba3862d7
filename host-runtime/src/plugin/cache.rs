//! Compiled code, kept from one start to the next: compiling a plugin takes seconds, reading its
//! code milliseconds.
//!
//! Law: code is run only if this very user wrote it, whole, for this module and this engine. The
//! directory and the file belong to the user and nobody else may write there; a checksum over the
//! code and what it is for finds what was cut, flipped or renamed. All else is compiled anew.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use wasmtime::{Engine, Module};

/// What a file of code begins with: a form of its own, so that another one is never read as this.
const MAGIC: &[u8; 16] = b"earmark code 1\n\0";
/// What ends its name.
const EXTENSION: &str = "code";
/// Bytes of code one file may have: far above what a module of the largest size becomes.
const MOST_BYTES: u64 = 512 << 20;
/// Files that are kept; the oldest go first. A plugin has two, one for each engine.
const MOST_FILES: usize = 16;

/// A directory of compiled code.
#[derive(Debug, Clone)]
pub struct CodeCache {
    dir: PathBuf,
}

/// Why a directory is not trusted with code.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It can't be made or read.
    #[error("the code cache `{}` can't be used", dir.display())]
    Unusable {
        /// The directory.
        dir: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others than this user may put code there, and it would be run.
    #[error(
        "the code cache `{}` is not this user's alone ({why}), and code found there would be run: \
         name a directory of your own, with mode 0700",
        dir.display()
    )]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// Who may write.
        why: &'static str,
    },
}

/// What code is for: a module and an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key([u8; 32]);

impl Key {
    fn new(module: &[u8; 32], engine: &Engine) -> Self {
        let mut settings = DefaultHasher::new();
        // Version, target and every setting that changes the code.
        engine.precompile_compatibility_hash().hash(&mut settings);
        let mut key = blake3::Hasher::new();
        key.update(MAGIC).update(module).update(&settings.finish().to_le_bytes());
        Self(*key.finalize().as_bytes())
    }

    fn seal(self, code: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.0, code)
    }
}

impl CodeCache {
    /// A cache in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// [`CacheError`]: it can't be made, or others may write there.
    pub fn open(dir: &Path) -> Result<Self, CacheError> {
        let unusable = |source| CacheError::Unusable { dir: dir.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
        // Where a link leads is settled once.
        let dir = dir.canonicalize().map_err(unusable)?;
        match whose(&fs::metadata(&dir).map_err(unusable)?) {
            Ok(()) => Ok(Self { dir }),
            Err(why) => Err(CacheError::Foreign { dir, why }),
        }
    }

    /// The code of a module for an engine, from here or else compiled by `compile` and kept. That
    /// it can't be kept is told in the log, and is no error.
    pub(super) fn module(
        &self,
        digest: &[u8; 32],
        engine: &Engine,
        compile: impl FnOnce() -> wasmtime::Result<Module>,
    ) -> wasmtime::Result<Module> {
        let key = Key::new(digest, engine);
        let file = self.file(key);
        match self.kept(key, engine) {
            Ok(Some(module)) => return Ok(module),
            Ok(None) => tracing::debug!(file = %file.display(), "this code is not kept yet"),
            Err(why) => {
                tracing::warn!(file = %file.display(), %why, "kept code is made anew");
            }
        }
        let module = compile()?;
        if let Err(error) = self.keep(key, &module) {
            tracing::warn!(file = %file.display(), %error, "compiled code can't be kept");
        }
        Ok(module)
    }

    fn file(&self, key: Key) -> PathBuf {
        let name = blake3::Hash::from_bytes(key.0).to_hex();
        self.dir.join(name.as_str()).with_extension(EXTENSION)
    }

    /// The code that is kept, if there is any.
    fn kept(&self, key: Key, engine: &Engine) -> Result<Option<Module>, String> {
        let mut file = match File::open(self.file(key)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let about = file.metadata().map_err(|error| error.to_string())?;
        whose(&about)?;
        if about.len() > MOST_BYTES {
            return Err(format!("it has {} bytes, more than {MOST_BYTES}", about.len()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        let code = unsealed(key, &bytes).ok_or("it is not whole, or not for this module")?;
        load(engine, code).map(Some).map_err(|error| format!("{error:#}"))
    }

    /// Keeps code: all of it or nothing, since it gets its name when it is whole.
    fn keep(&self, key: Key, module: &Module) -> wasmtime::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let code = module.serialize()?;
        let draft = self.dir.join(format!("{}-{count}.draft", std::process::id()));
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            file.write_all(MAGIC)?;
            file.write_all(key.seal(&code).as_bytes())?;
            file.write_all(&code)?;
            fs::rename(&draft, self.file(key))
        };
        if let Err(error) = write() {
            // Nothing reads what is left if this fails too.
            drop(fs::remove_file(&draft));
            return Err(error.into());
        }
        Ok(self.prune()?)
    }

    /// Removes the oldest files beyond [`MOST_FILES`], and none but those that were kept here:
    /// whoever names a directory in which other things lie keeps them.
    fn prune(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if is_kept(&path) {
                // Another process may have removed it meanwhile.
                let Ok(about) = fs::metadata(&path) else { continue };
                files.push((about.modified()?, path));
            }
        }
        files.sort();
        let surplus = files.len().saturating_sub(MOST_FILES);
        for (_, path) in files.into_iter().take(surplus) {
            drop(fs::remove_file(path));
        }
        Ok(())
    }
}

/// Whether a file has a name that only a [`Key`] gives.
fn is_kept(path: &Path) -> bool {
    let name = path.file_stem().and_then(|stem| stem.to_str());
    let is_key = |name: &str| blake3::Hash::from_hex(name).is_ok();
    path.extension().is_some_and(|extension| extension == EXTENSION) && name.is_some_and(is_key)
}

/// The code in a file, if it is whole and for this.
fn unsealed(key: Key, bytes: &[u8]) -> Option<&[u8]> {
    let (seal, code) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
    (key.seal(code) == blake3::Hash::from_bytes(*seal)).then_some(code)
}

/// Refuses what others than this user may have written.
fn whose(about: &fs::Metadata) -> Result<(), &'static str> {
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err("it belongs to another user");
    }
    match about.mode() & 0o022 {
        0 => Ok(()),
        _ => Err("others may write there"),
    }
}

#[expect(unsafe_code, reason = "compiled code can't be checked by reading it, only trusted")]
fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: these bytes are what `Module::serialize` gave: `unsealed` has found them whole under
    // the key of this module and engine, in a file and a directory that nobody but this user, who
    // could run any code as well, can write to.
    unsafe { Module::deserialize(engine, code) }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::fs::PermissionsExt;

    use super::super::Limits;
    use super::super::engine::{Stop, engine};
    use super::*;

    const ONE: &str = r#"(module (func (export "n") (result i32) i32.const 1))"#;
    const TWO: &str = r#"(module (func (export "n") (result i32) i32.const 2))"#;

    /// What the module says by this cache, and whether it was compiled for that.
    fn ask(cache: &CodeCache, wat: &str, stop: Stop) -> (i32, bool) {
        let bytes = wat::parse_str(wat).unwrap();
        let engine = engine(stop, &Limits::default()).unwrap();
        let compiled = Cell::new(false);
        let compile = || {
            compiled.set(true);
            Module::new(&engine, &bytes)
        };
        let module = cache.module(blake3::hash(&bytes).as_bytes(), &engine, compile).unwrap();
        let mut store = wasmtime::Store::new(module.engine(), ());
        store.set_epoch_deadline(1_000);
        if stop == Stop::Fuel {
            store.set_fuel(1_000).unwrap();
        }
        let instance = wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
        let n = instance.get_typed_func::<(), i32>(&mut store, "n").unwrap();
        (n.call(&mut store, ()).unwrap(), compiled.get())
    }

    fn files(cache: &CodeCache) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            fs::read_dir(&cache.dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    fn fresh() -> (tempfile::TempDir, CodeCache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = CodeCache::open(&dir.path().join("a/code")).unwrap();
        (dir, cache)
    }

    #[test]
    fn code_is_compiled_once_for_each_module_and_engine() {
        let (_dir, cache) = fresh();
        for (wat, stop, says) in
            [(ONE, Stop::Deadline, 1), (TWO, Stop::Deadline, 2), (ONE, Stop::Fuel, 1)]
        {
            assert_eq!(ask(&cache, wat, stop), (says, true), "{wat} {stop:?}");
            assert_eq!(ask(&cache, wat, stop), (says, false), "{wat} {stop:?}");
        }
        assert_eq!(files(&cache).len(), 3);
        for file in files(&cache) {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let mode = fs::metadata(&cache.dir).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn code_that_was_cut_or_flipped_anywhere_is_made_anew() {
        let (_dir, cache) = fresh();
        ask(&cache, ONE, Stop::Deadline);
        let file = files(&cache).remove(0);
        let good = fs::read(&file).unwrap();
        let places = [0, MAGIC.len() - 1, MAGIC.len(), MAGIC.len() + 32, good.len() - 1];
        for place in places {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(&file, &bad).unwrap();
            assert_eq!(ask(&cache, ONE, Stop::Deadline), (1, true), "byte {place}");
            assert_eq!(fs::read(&file).unwrap(), good, "it is mended");
        }
        for length in [0, MAGIC.len(), MAGIC.len() + 31, good.len() / 2, good.len() - 1] {
            fs::write(&file, &good[..length]).unwrap();
            assert_eq!(ask(&cache, ONE, Stop::Deadline), (1, true), "{length} bytes");
        }
    }

    #[test]
    fn code_of_another_module_under_this_ones_name_is_not_run() {
        let (_dir, cache) = fresh();
        ask(&cache, TWO, Stop::Deadline);
        let two = files(&cache).remove(0);
        ask(&cache, ONE, Stop::Deadline);
        let one = files(&cache).into_iter().find(|file| *file != two).unwrap();
        fs::copy(&two, &one).unwrap();
        assert_eq!(ask(&cache, ONE, Stop::Deadline), (1, true));
    }

    #[test]
    fn what_others_may_write_is_not_trusted() {
        let (dir, cache) = fresh();
        ask(&cache, ONE, Stop::Deadline);
        let file = files(&cache).remove(0);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o620)).unwrap();
        assert_eq!(ask(&cache, ONE, Stop::Deadline), (1, true), "a file its group may write");
        let open = dir.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let refused = CodeCache::open(&open).unwrap_err();
        assert!(matches!(refused, CacheError::Foreign { .. }), "{refused}");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&open, &link).unwrap();
        assert!(matches!(CodeCache::open(&link), Err(CacheError::Foreign { .. })), "behind a link");
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(CodeCache::open(&file), Err(CacheError::Unusable { .. })));
    }

    #[test]
    fn a_cache_that_has_gone_or_can_not_be_written_stops_nobody() {
        let (_dir, cache) = fresh();
        fs::remove_dir_all(&cache.dir).unwrap();
        assert_eq!(ask(&cache, ONE, Stop::Deadline), (1, true));
        assert_eq!(ask(&cache, ONE, Stop::Deadline), (1, true));
    }

    #[test]
    fn the_oldest_code_goes_when_there_is_too_much_and_nothing_else() {
        let (_dir, cache) = fresh();
        let old = |name: &str, seconds: usize| {
            let file = cache.dir.join(name);
            fs::write(&file, "old").unwrap();
            let age = std::time::Duration::from_secs(u64::try_from(seconds).unwrap());
            let age = SystemTime::UNIX_EPOCH + age;
            File::options().write(true).open(&file).unwrap().set_modified(age).unwrap();
            file
        };
        let kept: Vec<PathBuf> =
            (1..=MOST_FILES).map(|n| old(&format!("{n:064x}.{EXTENSION}"), n)).collect();
        let others = ["mine.code", "0000.code", "letter.txt"].map(|name| old(name, 0));
        ask(&cache, ONE, Stop::Deadline);
        let there: Vec<bool> = kept.iter().map(|file| file.exists()).collect();
        assert_eq!(
            (there[0], there.iter().filter(|there| **there).count()),
            (false, MOST_FILES - 1)
        );
        assert!(others.iter().all(|file| file.exists()), "what others put there stays");
        assert_eq!(ask(&cache, ONE, Stop::Deadline), (1, false));
    }
}
