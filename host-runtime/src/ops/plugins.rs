//! The plugins that an upgrade took a journal from and to, kept beside it, to go on and to go back.
//! A copy of the journal (a backup, a compaction) does not take them along.
//!
//! Law: a file is named by the digest of what is in it, appears whole or not at all, and is never
//! changed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use earmark_host::hex;
use earmark_host::journal::SqliteJournal;
use earmark_host::partition::in_force;
use earmark_host::plugin::{Bodies as _, PluginFile};

/// The plugins of one journal.
#[derive(Debug)]
pub(crate) struct Plugins {
    dir: PathBuf,
}

impl Plugins {
    /// Those of the journal in this directory.
    pub(crate) fn of(journal: &Path) -> Self {
        Self { dir: journal.join("plugins") }
    }

    /// The file of the plugin that is in force in a journal, if it is kept there.
    pub(crate) fn in_force(journal: &Path) -> Option<PathBuf> {
        let plugins = Self::of(journal);
        if !plugins.dir.is_dir() {
            return None;
        }
        // A journal that can't be read is refused by whoever opens it next, in better words.
        let mut reader = SqliteJournal::open_reader(journal).ok()?;
        plugins.kept(&in_force(&mut reader).ok()??)
    }

    /// The file of one, if it is kept.
    pub(crate) fn kept(&self, digest: &[u8; 32]) -> Option<PathBuf> {
        Some(self.place(digest)).filter(|path| path.is_file())
    }

    /// Keeps one.
    pub(crate) fn keep(&self, plugin: &PluginFile) -> Result<()> {
        let place = self.place(&plugin.digest());
        if place.is_file() {
            return Ok(());
        }
        let failed = || format!("can't keep the plugin in `{}`", self.dir.display());
        std::fs::create_dir_all(&self.dir).with_context(failed)?;
        let draft = place.with_extension(format!("draft-{}", std::process::id()));
        let mut file = std::fs::File::create(&draft).with_context(failed)?;
        file.write_all(plugin.bytes()).with_context(failed)?;
        file.sync_all().with_context(failed)?;
        std::fs::rename(&draft, &place).with_context(failed)?;
        let dir = std::fs::File::open(&self.dir).with_context(failed)?;
        dir.sync_all().with_context(failed)
    }

    fn place(&self, digest: &[u8; 32]) -> PathBuf {
        self.dir.join(format!("{}.wasm", hex(digest)))
    }
}
