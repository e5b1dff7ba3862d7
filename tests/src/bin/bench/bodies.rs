//! Bodies to measure: the plugin in wasmtime, and the same door with the core linked in.
//!
//! Law: both get the same bytes.

use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use earmark_abi::{Answer, Call, Description, Input, Principal, Turn, decode, encode};
use earmark_host::plugin::{Bodies, Body, Fault};
use earmark_wasm::{Door, Plugin as _, ShopPlugin};

use crate::world::Wire;

/// The moment of every input here.
pub(crate) const AT: u64 = 1_700_000_000_000;

/// Makes native bodies.
pub(crate) struct Native(Arc<Description>);

struct NativeBody(Door<ShopPlugin>);

impl Native {
    /// The built-in shop.
    pub(crate) fn new() -> Self {
        Self(Arc::new(ShopPlugin::describe()))
    }
}

impl Bodies for Native {
    fn description(&self) -> &Arc<Description> {
        &self.0
    }

    fn digest(&self) -> [u8; 32] {
        [1; 32]
    }

    fn fast(&self) -> Result<Box<dyn Body>, Fault> {
        Ok(Box::new(NativeBody(Door::default())))
    }

    fn metered(&self) -> Result<Box<dyn Body>, Fault> {
        self.fast()
    }
}

impl Body for NativeBody {
    fn call(&mut self, call: &[u8]) -> Result<&[u8], Fault> {
        Ok(self.0.call(call))
    }
}

/// A turn of these commands, encoded.
pub(crate) fn turn<'a>(commands: impl Iterator<Item = (u16, &'a [u8])>) -> Result<Vec<u8>> {
    let staff = Principal { subject: "bench", scopes: vec!["staff"] };
    let input = |(kind, command)| Input { at: AT, by: 0, kind, command };
    let inputs = commands.map(input).collect();
    Ok(encode(&Call::Turn(Turn { principals: vec![staff], inputs, chain: None }))?)
}

/// Asks, and sees that it was no failure.
fn ask<T>(
    body: &mut dyn Body,
    call: &Call<'_>,
    read: impl FnOnce(Answer<'_>) -> Option<T>,
) -> Result<T> {
    match decode("an answer", body.call(&encode(call)?)?)? {
        Answer::Failed(failure) => bail!("the body failed: {}", failure.message),
        answer => match read(answer) {
            Some(told) => Ok(told),
            None => bail!("the body answers something else"),
        },
    }
}

/// A snapshot of the shop, set up.
pub(crate) fn opened(body: &mut dyn Body, setup: &[Wire]) -> Result<Vec<u8>> {
    let done = |answer: Answer<'_>| matches!(answer, Answer::Done { .. }).then_some(());
    ask(body, &Call::Configure { roles: Vec::new() }, done)?;
    for part in setup.chunks(1_024) {
        let call = turn(part.iter().map(|(kind, bytes)| (*kind, bytes.as_slice())))?;
        let answer = decode("an answer", body.call(&call)?)?;
        ensure!(matches!(answer, Answer::Turned(_)), "the shop could not be set up");
    }
    let bytes = |answer: Answer<'_>| match answer {
        Answer::Bytes(bytes) => Some(bytes.to_vec()),
        _ => None,
    };
    ask(body, &Call::Snapshot, bytes)
}

/// Goes on from a snapshot.
pub(crate) fn restore(body: &mut dyn Body, snapshot: &[u8]) -> Result<()> {
    let done = |answer: Answer<'_>| matches!(answer, Answer::Done { .. }).then_some(());
    ask(body, &Call::Restore { snapshot }, done)
}

/// The digest of the state, once its laws are checked; fails if one is broken.
pub(crate) fn audited(body: &mut dyn Body) -> Result<[u8; 32]> {
    let broken = ask(body, &Call::Audit, |answer| match answer {
        Answer::Audited(audited) => Some(audited.broken),
        _ => None,
    })?;
    ensure!(broken.is_empty(), "laws are broken: {broken:?}");
    ask(body, &Call::Digest, |answer| match answer {
        Answer::Digest(digest) => Some(digest),
        _ => None,
    })
}
