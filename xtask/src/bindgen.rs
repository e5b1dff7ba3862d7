//! The bindgen step as a program of its own: `xtask-bindgen INPUT.wasm OUTPUT_FOLDER NAME`.
//! Its library is pinned to the same version as the macro that wrote the input.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut words = env::args_os().skip(1);
    let mut next = |what: &str| words.next().with_context(|| format!("no {what} was named"));
    let input = PathBuf::from(next("input module")?);
    let output = PathBuf::from(next("output folder")?);
    let name = next("name")?;
    let name = name.to_str().context("the name is not UTF-8")?;
    Bindgen::new()
        .input_path(&input)
        .web(true)?
        .out_name(name)
        // Without the default path `init()` would not know where its module is.
        .omit_default_module_path(false)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&output)
        .with_context(|| format!("the bindgen step failed on `{}`", input.display()))
}
