//! Reading an export of inputs, line by line.
//!
//! Law: what can't be understood is an error that names the line and what is wrong with it; a file
//! that was cut off is not taken for a short one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use super::inputs::{End, Head, Kept, Line, VERSION};

/// Bytes of one line at the most: far above what a command may have, also as text.
const LINE_BYTES: u64 = 64 << 20;

/// What a line holds.
pub(crate) enum Found {
    /// An input, on the line with this number.
    Input(u64, Box<Kept>),
    /// An entry of the host's own, which decides nothing.
    Entry,
    /// Nothing follows.
    End(End),
}

/// The lines of a file.
pub(crate) struct Lines {
    input: Box<dyn BufRead>,
    /// Bytes of the file, 0 if that can't be told.
    bytes: u64,
    /// Bytes read.
    read: u64,
    /// The line that was read last, from 1.
    line: u64,
    /// The input that comes next.
    next: u64,
}

impl Lines {
    /// Opens a file, or the standard input if it is called `-`.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (input, bytes): (Box<dyn BufRead>, u64) = if path == Path::new("-") {
            (Box::new(BufReader::new(io::stdin())), 0)
        } else {
            let file = File::open(path).context("it can't be opened")?;
            let bytes = file.metadata().map_or(0, |of| of.len());
            (Box::new(BufReader::with_capacity(1 << 16, file)), bytes)
        };
        Ok(Self { input, bytes, read: 0, line: 0, next: 1 })
    }

    /// Bytes of the file, 0 if that can't be told.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// The first line.
    pub(crate) fn head(&mut self) -> Result<Head> {
        let Line::Head(head) = self.line()? else {
            bail!("line 1 is no `head`: it is not an export of inputs");
        };
        let found = head.version;
        ensure!(found == VERSION, "its version is {found}, and this program knows {VERSION}");
        Ok(head)
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> Result<Found> {
        let found = self.line()?;
        let line = self.line;
        match found {
            Line::Head(_) => bail!("line {line} is a second `head`: the file holds two exports"),
            Line::Input(kept) => {
                self.follows(kept.number)?;
                Ok(Found::Input(line, kept))
            }
            Line::Activation(activated) => {
                self.follows(activated.number)?;
                Ok(Found::Entry)
            }
            Line::Dropped(given_up) => {
                self.follows(given_up.number)?;
                Ok(Found::Entry)
            }
            Line::End(end) => {
                let mut rest = Vec::new();
                let more = self.input.by_ref().take(1).read_to_end(&mut rest);
                ensure!(more? == 0, "something follows the `end`, which is line {line}");
                Ok(Found::End(end))
            }
        }
    }

    fn follows(&mut self, number: u64) -> Result<()> {
        let (line, next) = (self.line, self.next);
        ensure!(number == next, "line {line} is input {number}, and input {next} is missing");
        self.next = next.saturating_add(1);
        Ok(())
    }

    fn line(&mut self) -> Result<Line> {
        let mut bytes = Vec::new();
        self.line = self.line.saturating_add(1);
        let line = self.line;
        let mut bounded = self.input.by_ref().take(LINE_BYTES);
        let read = bounded.read_until(b'\n', &mut bytes);
        let read = read.with_context(|| format!("line {line} can't be read"))?;
        self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if bytes.pop_if(|byte| *byte == b'\n').is_none() {
            let whole = u64::try_from(read).unwrap_or(u64::MAX) < LINE_BYTES;
            ensure!(whole, "line {line} has more than {LINE_BYTES} bytes");
            bail!("it ends in line {line}, without an `end`: it was cut off, so export it again");
        }
        serde_json::from_slice(&bytes)
            .with_context(|| format!("line {line} is no line of an export of inputs"))
    }
}
