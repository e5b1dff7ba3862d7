//! A directory on its way: made under a hidden name beside its place, and put there when whole.
//!
//! Law: under the name that was asked for there is nothing, or all of it and synced. What was
//! there before is never touched.
//!
//! ```text
//! PARENT/.NAME.partial            while it is made
//! PARENT/.NAME.partial/draft.lock held by whoever makes it; what nobody holds was left over
//! ```

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const LOCK: &str = "draft.lock";

/// A directory that is being made. Dropping it removes it.
#[derive(Debug)]
pub struct Draft {
    place: PathBuf,
    path: PathBuf,
    placed: bool,
    _lock: File,
}

/// Why a directory can't be made.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Something is at its place.
    #[error("there is something at `{}` already: name another place", .0.display())]
    Taken(PathBuf),
    /// Another process makes it at this moment.
    #[error("another process is at work on `{}`: let it end, or name another place", .0.display())]
    InUse(PathBuf),
    /// Where it would be made, there is something that nobody here has made.
    #[error("`{}` is in the way, and it is no draft: move it, or name another place", .0.display())]
    InTheWay(PathBuf),
    /// A file or directory failed.
    #[error("can't {doing} `{}`", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Draft {
    /// Begins a directory that is to be at `place`, where nothing may be but an empty directory.
    /// What an interrupted draft left is removed.
    ///
    /// # Errors
    ///
    /// [`DraftError`].
    pub fn begin(place: &Path) -> Result<Self, DraftError> {
        refuse_if_taken(place)?;
        let name = place.file_name().ok_or_else(|| DraftError::Taken(place.to_owned()))?;
        let parent = parent_of(place);
        std::fs::create_dir_all(parent).map_err(failed("create the directory", parent))?;
        let path = parent.join(format!(".{}.partial", name.to_string_lossy()));
        remove_leftover(&path)?;
        std::fs::create_dir(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => DraftError::InUse(place.to_owned()),
            _ => failed("create the directory", &path)(error),
        })?;
        let lock = locked(&path.join(LOCK), true)?;
        Ok(Self { place: place.to_owned(), path, placed: false, _lock: lock })
    }

    /// Where it is made.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in place, whose files must be synced; durable when this returns.
    ///
    /// # Errors
    ///
    /// [`DraftError::Taken`] if something came there meanwhile, or [`DraftError::Io`].
    pub fn place(mut self) -> Result<(), DraftError> {
        refuse_if_taken(&self.place)?;
        sync(&self.path)?;
        if self.place.exists() {
            std::fs::remove_dir(&self.place).map_err(failed("make room at", &self.place))?;
        }
        std::fs::rename(&self.path, &self.place).map_err(failed("put in place", &self.place))?;
        self.placed = true;
        let lock = self.place.join(LOCK);
        std::fs::remove_file(&lock).map_err(failed("remove", &lock))?;
        sync(&self.place)?;
        sync(parent_of(&self.place))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next draft of the same place.
        if !self.placed {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn parent_of(place: &Path) -> &Path {
    match place.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn refuse_if_taken(place: &Path) -> Result<(), DraftError> {
    match std::fs::read_dir(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(DraftError::Taken(place.to_owned()))
        }
        Err(error) => Err(failed("look into", place)(error)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(DraftError::Taken(place.to_owned())),
        },
    }
}

fn remove_leftover(path: &Path) -> Result<(), DraftError> {
    let Ok(mut entries) = std::fs::read_dir(path) else { return Ok(()) };
    let lock = path.join(LOCK);
    if entries.next().is_some() {
        if !lock.exists() {
            return Err(DraftError::InTheWay(path.to_owned()));
        }
        drop(locked(&lock, false)?);
    }
    std::fs::remove_dir_all(path).map_err(failed("remove what was left over at", path))
}

fn locked(path: &Path, create: bool) -> Result<File, DraftError> {
    let file = File::options().write(true).create(create).truncate(false).open(path);
    let file = file.map_err(failed("open the lock file", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DraftError::InUse(parent_of(path).to_owned())),
        Err(TryLockError::Error(error)) => Err(failed("lock", path)(error)),
    }
}

fn sync(dir: &Path) -> Result<(), DraftError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("sync the directory", dir))
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DraftError {
    let path = path.to_owned();
    move |source| DraftError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_at_the_place_until_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("kept");
        let draft = Draft::begin(&place).unwrap();
        std::fs::write(draft.path().join("a"), b"1").unwrap();
        assert!(!place.exists());
        draft.place().unwrap();
        let names: Vec<_> = std::fs::read_dir(&place).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_draft_that_is_dropped_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let draft = Draft::begin(&dir.path().join("kept")).unwrap();
        std::fs::write(draft.path().join("a"), b"1").unwrap();
        drop(draft);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_there_is_never_touched() {
        let dir = tempfile::tempdir().unwrap();
        let (file, full) = (dir.path().join("file"), dir.path().join("full"));
        std::fs::write(&file, b"1").unwrap();
        std::fs::create_dir(&full).unwrap();
        std::fs::write(full.join("a"), b"1").unwrap();
        for taken in [&file, &full] {
            let refused = Draft::begin(taken).unwrap_err();
            assert!(matches!(refused, DraftError::Taken(_)), "{refused:?}");
        }
        let late = dir.path().join("late");
        let draft = Draft::begin(&late).unwrap();
        std::fs::write(&late, b"1").unwrap();
        assert!(matches!(draft.place().unwrap_err(), DraftError::Taken(_)));
        assert_eq!(std::fs::read(&late).unwrap(), b"1");
    }

    #[test]
    fn one_draft_at_a_time_and_a_leftover_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("kept");
        let first = Draft::begin(&place).unwrap();
        assert!(matches!(Draft::begin(&place).unwrap_err(), DraftError::InUse(_)));
        drop(first);
        let left = dir.path().join(".kept.partial");
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("mine"), b"1").unwrap();
        assert!(matches!(Draft::begin(&place).unwrap_err(), DraftError::InTheWay(_)));
        std::fs::write(left.join(LOCK), b"").unwrap();
        Draft::begin(&place).unwrap().place().unwrap();
        assert!(place.is_dir() && !place.join("mine").exists());
    }
}
