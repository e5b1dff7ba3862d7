//! Reads the outline of a Wasm module: its sections, imports and exports.
//! Whatever it does not understand it refuses; it never guesses at bytes.

use anyhow::{Context, Result, bail, ensure};

const HEADER: &[u8] = b"\0asm\x01\0\0\0";
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;

/// Custom sections that only a person or a linker reads.
const FOR_NOBODY: [&str; 3] = ["name", "producers", "target_features"];

/// What a module asks for and what it offers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// `module.name` of every import.
    pub(crate) imports: Vec<String>,
    /// The name of every export.
    pub(crate) exports: Vec<String>,
    /// The name of every custom section.
    pub(crate) customs: Vec<String>,
}

/// Reads what a module imports and exports.
///
/// # Errors
///
/// If the bytes are not a core Wasm module.
pub(crate) fn outline(module: &[u8]) -> Result<Outline> {
    let mut outline = Outline::default();
    for section in sections(module)? {
        let mut body = Reader { rest: section.body };
        match section.id {
            CUSTOM => outline.customs.push(body.name()?),
            IMPORTS => outline.imports = imports(&mut body)?,
            EXPORTS => outline.exports = exports(&mut body)?,
            _ => {}
        }
    }
    Ok(outline)
}

/// The module without names, producers and debug information; every other byte stays.
///
/// # Errors
///
/// If the bytes are not a core Wasm module.
pub(crate) fn stripped(module: &[u8]) -> Result<Vec<u8>> {
    let mut kept = HEADER.to_vec();
    for section in sections(module)? {
        if section.id == CUSTOM {
            let name = Reader { rest: section.body }.name()?;
            if FOR_NOBODY.contains(&name.as_str()) || name.starts_with(".debug_") {
                continue;
            }
        }
        kept.extend_from_slice(section.whole);
    }
    Ok(kept)
}

struct Section<'a> {
    id: u8,
    body: &'a [u8],
    /// With its id and its length.
    whole: &'a [u8],
}

fn sections(module: &[u8]) -> Result<Vec<Section<'_>>> {
    let rest = module.strip_prefix(HEADER).context("this is not a core Wasm module")?;
    let mut reader = Reader { rest };
    let mut found = Vec::new();
    while !reader.rest.is_empty() {
        let start = reader.rest;
        let id = reader.byte()?;
        let length = reader.number()?;
        let body = reader.take(length)?;
        let whole = &start[..start.len() - reader.rest.len()];
        found.push(Section { id, body, whole });
    }
    Ok(found)
}

fn exports(body: &mut Reader<'_>) -> Result<Vec<String>> {
    let count = body.number()?;
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(body.name()?);
        body.byte()?;
        body.number()?;
    }
    Ok(names)
}

fn imports(body: &mut Reader<'_>) -> Result<Vec<String>> {
    let count = body.number()?;
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(format!("{}.{}", body.name()?, body.name()?));
        match body.byte()? {
            0 => drop(body.number()?),
            1 => {
                body.byte()?;
                body.limits()?;
            }
            2 => body.limits()?,
            3 => drop(body.take(2)?),
            4 => {
                body.byte()?;
                body.number()?;
            }
            kind => bail!("an import of the unknown kind `{kind}`"),
        }
    }
    Ok(names)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .with_context(|| format!("the module ends {length} bytes too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned LEB128 number; lengths and counts have at most 32 bits.
    fn number(&mut self) -> Result<usize> {
        let mut value = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value).context("a length over the address range");
            }
        }
        bail!("a number of more than 32 bits")
    }

    fn name(&mut self) -> Result<String> {
        let length = self.number()?;
        let bytes = self.take(length)?;
        Ok(std::str::from_utf8(bytes).context("a name that is not UTF-8")?.to_owned())
    }

    fn limits(&mut self) -> Result<()> {
        let flags = self.byte()?;
        ensure!(flags <= 3, "limits with the unknown flags `{flags}`");
        self.number()?;
        if flags & 1 == 1 {
            self.number()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![id, u8::try_from(body.len()).unwrap()];
        bytes.extend_from_slice(body);
        bytes
    }

    fn module(sections: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        bytes.extend(sections.concat());
        bytes
    }

    #[test]
    fn imports_of_every_kind_are_named() {
        let body = b"\x04\x03env\x01f\x00\x05\x03env\x01t\x01\x70\x01\x01\x02\
            \x03env\x01m\x02\x00\x11\x03env\x01g\x03\x7f\x00";
        let outline = outline(&module(&[section(2, body)])).unwrap();
        assert_eq!(outline.imports, ["env.f", "env.t", "env.m", "env.g"]);
    }

    #[test]
    fn exports_are_named() {
        let body = b"\x02\x06memory\x02\x00\x04call\x00\x81\x01";
        assert_eq!(outline(&module(&[section(7, body)])).unwrap().exports, ["memory", "call"]);
    }

    #[test]
    fn names_and_producers_go_and_all_else_stays() {
        let kept = [section(0, b"\x05laws!"), section(1, b"\x00")];
        let with = module(&[
            section(0, b"\x04name123"),
            kept[0].clone(),
            section(0, b"\x09producersx"),
            kept[1].clone(),
            section(0, b"\x0b.debug_info!"),
        ]);
        assert_eq!(stripped(&with).unwrap(), module(&kept));
    }

    #[test]
    fn a_component_or_a_cut_module_is_refused() {
        assert!(outline(b"\0asm\x0d\0\x01\0").is_err());
        let whole = module(&[section(7, b"\x01\x06memory\x02\x00")]);
        assert!(outline(&whole[..whole.len() - 1]).is_err());
    }
}
