//! The allocator of both Wasm modules: a turn makes some fifty small allocations.
//!
//! Law: one thread only. A module built for threads falls back to the default of its target.

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();
