//! The native body: the same door with the core linked in, no WebAssembly.
//!
//! Law: it answers the same bytes as the plugin; it exists to be held against it.

use std::sync::Arc;

use earmark_abi::Description;
use earmark_host::plugin::{Bodies, Body, Fault};
use earmark_wasm::{Door, Plugin as _, ShopPlugin};

/// Makes native bodies.
#[derive(Debug)]
pub(crate) struct NativeBodies {
    description: Arc<Description>,
}

struct NativeBody(Door<ShopPlugin>);

impl NativeBodies {
    /// The built-in shop.
    pub(crate) fn new() -> Self {
        Self { description: Arc::new(ShopPlugin::describe()) }
    }
}

impl Bodies for NativeBodies {
    fn description(&self) -> &Arc<Description> {
        &self.description
    }

    fn digest(&self) -> [u8; 32] {
        *blake3::hash(b"native").as_bytes()
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
