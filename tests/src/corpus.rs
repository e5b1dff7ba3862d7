//! The native body in this very process, over a corpus of inputs that the program wrote.
//! No WebAssembly, no host: the core behind its door, held against every other body.

use std::path::Path;

use earmark_abi::{Answer, Call, Input, Principal, Turn, decode, encode};
use earmark_wasm::{Door, ShopPlugin};

const MAGIC: &[u8] = b"EMCORP1\n";

/// The turns of a corpus, each the postcard of its principals and inputs.
#[derive(Debug)]
pub struct Corpus(Vec<Vec<u8>>);

impl Corpus {
    /// Reads a corpus.
    ///
    /// # Panics
    /// If the file can't be read or is no corpus.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let bytes = std::fs::read(file).expect("the corpus can be read");
        let mut rest = bytes.strip_prefix(MAGIC).expect("a corpus begins with its magic");
        let mut turns = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (turn, next) = after.split_at(u32::from_le_bytes(*length) as usize);
            turns.push(turn.to_vec());
            rest = next;
        }
        assert!(rest.is_empty(), "{} bytes are left over", rest.len());
        Self(turns)
    }

    /// A corpus of turns.
    #[must_use]
    pub fn of(turns: Vec<Vec<u8>>) -> Self {
        Self(turns)
    }

    /// Writes it, for other bodies to run.
    ///
    /// # Panics
    /// If the file can't be written.
    pub fn write(&self, file: &Path) {
        let mut bytes = MAGIC.to_vec();
        for turn in &self.0 {
            let length = u32::try_from(turn.len()).expect("a turn of less than 4 GiB");
            bytes.extend(length.to_le_bytes());
            bytes.extend(turn);
        }
        std::fs::write(file, bytes).expect("the corpus can be written");
    }

    /// How many turns there are.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.0.len()
    }

    /// The commands of all inputs, in order.
    #[must_use]
    pub fn commands(&self) -> Vec<Vec<u8>> {
        let of_turn = |turn: &Vec<u8>| {
            let (_, inputs) = cut(turn);
            inputs.iter().map(|input| input.command.to_vec()).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_turn).collect()
    }

    /// The chain after each input, in hex, decided by the native body one input at a time; the
    /// first is that of the empty history.
    ///
    /// # Panics
    /// If the body does not answer.
    #[must_use]
    pub fn chains(&self) -> Vec<String> {
        let mut door = Door::<ShopPlugin>::default();
        let configured = door.call(&written(&Call::Configure { roles: Vec::new() })).to_vec();
        let done = matches!(decode("an answer", &configured), Ok(Answer::Done { .. }));
        assert!(done, "the native body can't be configured");
        let mut chain = earmark_abi::chain::START;
        let mut chains = vec![hex(&chain)];
        for turn in &self.0 {
            let (principals, inputs) = cut(turn);
            for input in inputs {
                let (principals, inputs) = (principals.clone(), vec![input]);
                let turn = Call::Turn(Turn { principals, inputs, chain: Some(chain) });
                let answer = door.call(&written(&turn));
                match decode("an answer", answer) {
                    Ok(Answer::Turned(turned)) => chain = turned.chain.expect("it was asked for"),
                    other => panic!("the native body answered with {other:?}"),
                }
                chains.push(hex(&chain));
            }
        }
        chains
    }
}

fn cut(turn: &[u8]) -> (Vec<Principal<'_>>, Vec<Input<'_>>) {
    decode("a turn of a corpus", turn).expect("the program writes turns")
}

fn written(call: &Call<'_>) -> Vec<u8> {
    encode(call).expect("every call can be written")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
