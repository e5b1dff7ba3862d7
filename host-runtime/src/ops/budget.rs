//! What a plugin may take, by flags.
//!
//! Law: what is not said is as in `Limits::default`; nothing can be switched off.

use std::time::Duration;

use clap::{Args, value_parser};
use earmark_host::plugin::Limits;

/// What a plugin may take.
#[derive(Debug, Args)]
pub(crate) struct Budget {
    /// Fuel for one input, about one unit an instruction: an input over it is a dead letter
    /// [default: 2000000000]
    #[arg(long, global = true, value_name = "UNITS", env = "EARMARK_MAX_FUEL",
          value_parser = value_parser!(u64).range(1..))]
    max_fuel: Option<u64>,
    /// Milliseconds for one call; over it the plugin is thrown away, and what it was asked is
    /// judged by fuel [default: 2000]
    #[arg(long, global = true, value_name = "MS", env = "EARMARK_DEADLINE_MS",
          value_parser = value_parser!(u64).range(1..=600_000))]
    deadline_ms: Option<u64>,
    /// MiB of memory for the plugin's state [default: 1024]
    #[arg(long, global = true, value_name = "MIB", env = "EARMARK_MEMORY_MIB",
          value_parser = value_parser!(u32).range(1..=4_096))]
    memory_mib: Option<u32>,
}

impl Budget {
    /// The limits.
    pub(crate) fn limits(&self) -> Limits {
        let usual = Limits::default();
        let mib = self.memory_mib.and_then(|mib| usize::try_from(mib).ok());
        let millis = self.deadline_ms.map(Duration::from_millis);
        Limits {
            fuel: self.max_fuel.unwrap_or(usual.fuel),
            deadline: millis.unwrap_or(usual.deadline),
            memory_bytes: mib.map_or(usual.memory_bytes, |mib| mib.saturating_mul(1 << 20)),
            ..usual
        }
    }
}
