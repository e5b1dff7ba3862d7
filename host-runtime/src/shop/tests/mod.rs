//! Proofs of the shop room that need whole files.
//!
//! Law: where the shared data is absent, a test says so and runs on the generated shop.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::generate;
use super::sources::Shop;

mod forms;
mod life;
mod mapping;
mod real;

/// A file or folder of the shared data, if it is there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("`{}` is absent: this test does without it", path.display());
    None
}

/// The real shop, read once.
fn real() -> Option<&'static Shop> {
    static REAL: LazyLock<Option<Shop>> = LazyLock::new(|| {
        shared("online-retail").map(|folder| Shop::read(&folder, None).expect("the real shop"))
    });
    REAL.as_ref()
}

/// The real shop, or else the generated one.
fn any() -> &'static Shop {
    static GENERATED: LazyLock<Shop> = LazyLock::new(|| generate::shop(2_011, 4_000));
    real().unwrap_or_else(|| {
        eprintln!("the test runs on the generated shop");
        &GENERATED
    })
}
