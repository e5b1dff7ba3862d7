//! `earmark run`: corpora of turns through the body, each from an empty state.
//!
//! Law: it prints what a body of any other kind prints for the same corpus: the chain, the digest
//! of the state, and how much there was.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use earmark_abi::{Answer, Call, Input, Principal, Turn, chain, decode, encode};
use earmark_host::plugin::{Bodies, Body};
use serde_json::{Value, json};

use super::screen::hex;

/// What a corpus begins with.
pub(crate) const MAGIC: &[u8] = b"EMCORP1\n";

/// Run corpora of turns, each from an empty state, and print chain and state, a line of JSON each
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The corpora, as `earmark replay --write-inputs` writes them
    #[arg(required = true)]
    corpora: Vec<PathBuf>,
}

impl Run {
    /// Runs them, in order.
    pub(crate) fn run(&self, bodies: &Arc<dyn Bodies>) -> Result<()> {
        for corpus in &self.corpora {
            let mut body = bodies.fast()?;
            let told = ran(body.as_mut(), corpus);
            println!("{}", told.with_context(|| format!("can't run `{}`", corpus.display()))?);
        }
        Ok(())
    }
}

fn ran(body: &mut dyn Body, corpus: &Path) -> Result<Value> {
    let bytes = std::fs::read(corpus)?;
    let mut rest = bytes.strip_prefix(MAGIC).context("it does not begin with EMCORP1")?;
    asked(body, &Call::Configure { roles: Vec::new() }, |answer| match answer {
        Answer::Done { .. } => Some(()),
        _ => None,
    })?;
    let (mut carried, mut inputs, mut turns) = (chain::START, 0, 0_u64);
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>().context("it ends within a length")?;
        let length = usize::try_from(u32::from_le_bytes(*length))?;
        ensure!(length <= after.len(), "it ends within turn {turns}");
        let (turn, next) = after.split_at(length);
        let (principals, given): (Vec<Principal<'_>>, Vec<Input<'_>>) = decode("a turn", turn)?;
        inputs += given.len();
        let turn = Turn { principals, inputs: given, chain: Some(carried) };
        carried = asked(body, &Call::Turn(turn), |answer| match answer {
            Answer::Turned(turned) => turned.chain,
            _ => None,
        })?;
        (rest, turns) = (next, turns + 1);
    }
    let state = asked(body, &Call::Digest, |answer| match answer {
        Answer::Digest(digest) => Some(digest),
        _ => None,
    })?;
    Ok(json!({ "chain": hex(&carried), "state": hex(&state), "inputs": inputs, "turns": turns }))
}

fn asked<T>(
    body: &mut dyn Body,
    call: &Call<'_>,
    wanted: impl FnOnce(Answer<'_>) -> Option<T>,
) -> Result<T> {
    let answer = decode("an answer", body.call(&encode(call)?)?)?;
    match answer {
        Answer::Failed(failure) => bail!("the body fails: {}", failure.message),
        answer => wanted(answer).context("the body gives another answer than was asked for"),
    }
}
