//! One instance of a plugin: its memory, its state, and the two functions of the door.
//!
//! Law: lengths and places that a plugin gives are checked against its memory before a byte is
//! read; a call that takes more than its time, fuel or memory ends as a [`Fault`].

use earmark_abi::{CALL_EXPORT, LEND_EXPORT, MEMORY_EXPORT};
use wasmtime::{Memory, Module, Store, StoreLimits, StoreLimitsBuilder, Trap, TypedFunc};

use super::budget::Budget;
use super::engine::Stop;
use super::file::TICK;
use super::{Body, Fault, Limits};

/// Elements of the one table a module may have: function pointers.
const TABLE_ELEMENTS: usize = 100_000;

/// An instance of a plugin.
pub struct Instance {
    store: Store<StoreLimits>,
    memory: Memory,
    lend: TypedFunc<u32, u32>,
    call: TypedFunc<(u32, u32), u64>,
    stop: Stop,
    limits: Limits,
    /// Fuel that the last call was given.
    given: u64,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("stop", &self.stop).finish_non_exhaustive()
    }
}

impl Instance {
    pub(super) fn new(module: &Module, stop: Stop, limits: &Limits) -> Result<Self, Fault> {
        let guard = StoreLimitsBuilder::new()
            .memory_size(limits.memory_bytes)
            .table_elements(TABLE_ELEMENTS)
            .instances(1)
            .memories(1)
            .tables(1)
            .trap_on_grow_failure(true)
            .build();
        let mut store = Store::new(module.engine(), guard);
        store.limiter(|guard| guard);
        let limits = *limits;
        let budget = Budget::narrow(&limits);
        wind(&mut store, stop, budget)?;
        let fault = |error: &wasmtime::Error| fault(error, &limits, budget);
        let instance = wasmtime::Instance::new(&mut store, module, &[]).map_err(|e| fault(&e))?;
        let lacks = |name: &str| Fault::Trap(format!("it has no `{name}` of the right type"));
        let memory = instance.get_memory(&mut store, MEMORY_EXPORT);
        let memory = memory.ok_or_else(|| lacks(MEMORY_EXPORT))?;
        let lend = instance.get_typed_func(&mut store, LEND_EXPORT);
        let lend = lend.map_err(|_| lacks(LEND_EXPORT))?;
        let call = instance.get_typed_func(&mut store, CALL_EXPORT);
        let call = call.map_err(|_| lacks(CALL_EXPORT))?;
        Ok(Self { store, memory, lend, call, stop, limits, given: budget.fuel })
    }
}

impl Body for Instance {
    fn call(&mut self, call: &[u8]) -> Result<&[u8], Fault> {
        self.call_within(call, Budget::of(call, &self.limits))
    }

    fn call_awaited(&mut self, call: &[u8]) -> Result<&[u8], Fault> {
        self.call_within(call, Budget::narrow(&self.limits))
    }

    fn fuel_taken(&mut self) -> Option<u64> {
        let left = self.store.get_fuel().ok()?;
        Some(self.given.saturating_sub(left))
    }
}

impl Instance {
    fn call_within(&mut self, call: &[u8], budget: Budget) -> Result<&[u8], Fault> {
        let limits = self.limits;
        wind(&mut self.store, self.stop, budget)?;
        self.given = budget.fuel;
        let told = |error: wasmtime::Error| fault(&error, &limits, budget);
        let too_long = || Fault::Answer("the call is longer than a memory".to_string());
        let len = u32::try_from(call.len()).map_err(|_| too_long())?;
        let at = self.lend.call(&mut self.store, len).map_err(told)?;
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let lent = start
            .checked_add(call.len())
            .and_then(|end| self.memory.data_mut(&mut self.store).get_mut(start..end));
        match lent {
            Some(lent) if at != 0 || call.is_empty() => lent.copy_from_slice(call),
            _ => return Err(Fault::Memory(limits.memory_bytes)),
        }
        let answer = self.call.call(&mut self.store, (at, len)).map_err(told)?;
        let (at, len) = (answer >> 32, answer & 0xffff_ffff);
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len > limits.answer_bytes {
            return Err(Fault::TooLarge { given: len, allowed: limits.answer_bytes });
        }
        let end = at.checked_add(len);
        let bytes = end.and_then(|end| self.memory.data(&self.store).get(at..end));
        bytes.ok_or_else(|| Fault::Answer("it lies outside of the memory".to_string()))
    }
}

/// Gives the budget of one call.
fn wind(store: &mut Store<StoreLimits>, stop: Stop, budget: Budget) -> Result<(), Fault> {
    match stop {
        Stop::Deadline => {
            let ticks = budget.deadline.as_millis().div_ceil(TICK.as_millis().max(1));
            // One more, since the current tick has begun already.
            store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX).saturating_add(1));
            Ok(())
        }
        Stop::Fuel => {
            store.set_fuel(budget.fuel).map_err(|error| Fault::Trap(format!("{error:#}")))
        }
    }
}

/// The name of what went wrong.
fn fault(error: &wasmtime::Error, limits: &Limits, budget: Budget) -> Fault {
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Fault::Deadline(budget.deadline),
        Some(Trap::OutOfFuel) => Fault::Fuel(budget.fuel),
        Some(trap) => Fault::Trap(trap.to_string()),
        None if format!("{error:#}").contains("forcing trap when growing memory") => {
            Fault::Memory(limits.memory_bytes)
        }
        None => Fault::Trap(format!("{error:#}")),
    }
}
