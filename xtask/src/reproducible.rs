//! Builds the plugin twice, in two folders of different depth, and compares the bytes.
//! Anybody can so check that a plugin comes from the sources it is said to come from.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result, bail};

use crate::run::{self, Rooms};
use crate::wasm;

/// Copies the sources to two places, builds both from nothing, and compares.
///
/// # Errors
///
/// If the two plugins differ; the message says from which byte on.
pub(crate) fn twice(rooms: &Rooms) -> Result<()> {
    let place = Place(env::temp_dir().join(format!("earmark-reproducible-{}", process::id())));
    let files = sources(rooms)?;
    // Both copies come first: whoever edits a source meanwhile changes neither.
    let roots = ["a", "another/folder of a different depth"].map(|name| place.0.join(name));
    for root in &roots {
        copy(rooms, &files, root)?;
    }
    let mut built = Vec::new();
    for root in roots {
        let copy = Rooms { target: root.join("target"), root };
        let file = wasm::plugin(&copy)?;
        built
            .push(fs::read(&file).with_context(|| format!("could not read `{}`", file.display()))?);
    }
    match first_difference(&built[0], &built[1]) {
        None => {
            println!("reproducible: {} bytes, the same in both folders", built[0].len());
            Ok(())
        }
        Some(at) => bail!(
            "the two plugins differ from byte {at} on ({} and {} bytes)",
            built[0].len(),
            built[1].len()
        ),
    }
}

/// Removes itself and all it holds.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("could not remove `{}`: {error}", self.0.display());
        }
    }
}

/// Every file that belongs to the sources, committed or not.
fn sources(rooms: &Rooms) -> Result<Vec<String>> {
    let args = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let said = run::asked(&mut rooms.tool(".", "git", args))
        .context("`git ls-files` failed: the sources are copied from a checkout")?;
    let mut files: Vec<String> = said.lines().map(str::to_owned).collect();
    files.push(".earmark/toolchain.toml".to_owned());
    Ok(files)
}

fn copy(rooms: &Rooms, files: &[String], root: &Path) -> Result<()> {
    for file in files {
        let (from, to) = (rooms.at(file), root.join(file));
        if !from.is_file() {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("could not make `{}`", folder.display()))?;
        }
        fs::copy(&from, &to).with_context(|| format!("could not copy `{file}`"))?;
    }
    Ok(())
}

fn first_difference(one: &[u8], other: &[u8]) -> Option<usize> {
    let same = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    (same < one.len().max(other.len())).then_some(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_found_also_past_the_end() {
        assert_eq!(first_difference(b"abc", b"abc"), None);
        assert_eq!(first_difference(b"abc", b"abd"), Some(2));
        assert_eq!(first_difference(b"abc", b"ab"), Some(2));
        assert_eq!(first_difference(b"", b"a"), Some(0));
    }
}
