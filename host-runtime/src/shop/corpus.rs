//! The inputs of a replay as a file, for other bodies (Node, a browser) to take the same.
//!
//! Law: the file says all that the chain covers; the cut into turns is part of the file, and
//! no part of the chain.
//!
//! ```text
//! magic "EMCORP1\n", then per turn: length (4 bytes, little end first), then the postcard of the
//! principals and the inputs of `earmark_abi::Turn`, without its chain
//! ```

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use earmark_abi::{Input, Principal, encode};

use super::commands::Timely;
use super::drive::staff;
use crate::ops::run::MAGIC;

/// Writes the commands, in turns of so many.
pub(crate) fn write(file: &Path, commands: &[Timely], turn: usize) -> Result<()> {
    let failed = || format!("can't write {}", file.display());
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).with_context(failed)?);
    out.write_all(MAGIC).with_context(failed)?;
    let staff = staff();
    let by = Principal {
        subject: &staff.subject,
        scopes: staff.scopes.iter().map(String::as_str).collect(),
    };
    for batch in commands.chunks(turn.max(1)) {
        let inputs: Vec<Input<'_>> = batch.iter().map(input).collect();
        let bytes = encode(&(vec![&by], inputs))?;
        let length = u32::try_from(bytes.len()).context("a turn of more than 4 GiB")?;
        out.write_all(&length.to_le_bytes()).with_context(failed)?;
        out.write_all(&bytes).with_context(failed)?;
    }
    out.flush().with_context(failed)
}

fn input(command: &Timely) -> Input<'_> {
    Input { at: command.at, by: 0, kind: command.kind, command: &command.bytes }
}
