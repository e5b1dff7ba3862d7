//! The engines: one function builds them all.
//!
//! Law: both engines run the same instructions to the same results; they differ only in what stops
//! them: the fast one a clock, the metered one a count (fuel).

use wasmtime::{Config, Engine, OptLevel};

use super::Limits;

/// What stops a plugin that does not stop by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A deadline, looked at on every loop and call: cheap, but it depends on the machine.
    Deadline,
    /// A count of instructions: dearer, but the same everywhere.
    Fuel,
}

/// Builds an engine.
pub(super) fn engine(stop: Stop, limits: &Limits) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        // One bit pattern for every NaN: results do not depend on the machine.
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(limits.stack_bytes)
        .epoch_interruption(stop == Stop::Deadline)
        .consume_fuel(stop == Stop::Fuel)
        // What a core module behind ABI 1 needs, and no more.
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_wide_arithmetic(false);
    Engine::new(&config)
}
