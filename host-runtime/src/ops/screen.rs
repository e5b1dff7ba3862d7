//! What people see of long work and of large numbers.
//!
//! Law: a bar is for a terminal; what a program reads stays free of it.

use std::sync::Arc;

use anyhow::Result;
pub(crate) use earmark_host::hex;
use earmark_host::partition::{Options, Partition};
use earmark_host::plugin::Bodies;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar for long work, on a terminal only.
pub(crate) fn progress(length: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = "{msg:>12} [{bar:40}] {human_pos}/{human_len} {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(what);
    bar
}

/// Opens a partition, with a bar while its state is rebuilt.
pub(crate) fn open(bodies: &Arc<dyn Bodies>, options: &Options) -> Result<Partition> {
    let bar = progress(0, "rebuilding");
    let partition = Partition::open(Arc::clone(bodies), options, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    Ok(partition?)
}

/// A number with its thousands set apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A row of a table: what it is, and its value.
pub(crate) fn row(name: &str, value: impl std::fmt::Display) {
    println!("  {name:<28} {value}");
}
