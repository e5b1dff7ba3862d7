//! The table: what each rule costs above the proven optimum, over any list of instances.
//!
//! Adding an instance fails if a rule is ever cheaper than a plan that is said to be optimal.

use std::fmt;

use earmark::sourcing::{Proof, Scratch, Solution, solve_with};

use super::Instance;
use super::rules::RULES;

/// What a rule came to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Row {
    /// Instances that it served.
    pub(crate) served: u64,
    /// Instances that it refused, though there is enough stock.
    pub(crate) refused: u64,
    /// Parcels of those it served.
    pub(crate) parcels: u64,
    /// Its cost, and that of the optimum over the same instances.
    pub(crate) cost: u64,
    pub(crate) optimum: u64,
    /// Instances in which it found a plan of the lowest cost.
    pub(crate) hits: u64,
}

impl Row {
    /// Its mean cost above the optimum over what it served, in per mille.
    pub(crate) fn gap(&self) -> u64 {
        ((self.cost - self.optimum) * 1_000).checked_div(self.optimum).unwrap_or(0)
    }
}

/// All rules over all instances.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Instances with enough stock.
    pub(crate) instances: u64,
    /// Instances whose stock is short: nobody is asked.
    pub(crate) short: u64,
    /// Plans that were not proven to be the best.
    pub(crate) unproven: u64,
    /// Parcels of the optimum.
    pub(crate) parcels: u64,
    /// By rule.
    pub(crate) rows: [Row; RULES.len()],
    scratch: Scratch,
}

impl Table {
    /// Asks the solver and every rule; the optimum, if there is enough stock.
    pub(crate) fn add(&mut self, instance: &Instance) -> Option<Solution> {
        let Ok(best) = solve_with(&mut self.scratch, &instance.problem()) else {
            self.short += 1;
            return None;
        };
        let given = |take: &earmark::sourcing::Take| {
            (usize::from(take.facility), usize::from(take.item), take.quantity)
        };
        let takes: Vec<_> = best.takes.iter().map(given).collect();
        assert_eq!(instance.price(&takes), (best.cost, best.open.len()), "the solver's own price");
        self.instances += 1;
        self.parcels += best.open.len() as u64;
        self.unproven += u64::from(best.proof != Proof::Optimal);
        for ((name, rule), row) in RULES.iter().zip(&mut self.rows) {
            let Some(handed) = rule(instance) else {
                row.refused += 1;
                continue;
            };
            let (cost, parcels) = instance.price(&handed);
            let beaten = cost < best.cost && best.proof == Proof::Optimal;
            assert!(!beaten, "`{name}` costs {cost}, the optimum {}: {instance:?}", best.cost);
            row.served += 1;
            row.parcels += parcels as u64;
            row.cost += cost;
            row.optimum += best.cost;
            row.hits += u64::from(cost == best.cost);
        }
        Some(best)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instances, short, unproven, parcels, .. } = self;
        let mean = |sum: u64, of: u64| {
            let hundredths = (sum * 100).checked_div(of).unwrap_or(0);
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        };
        writeln!(f, "{instances} orders, {short} more without enough stock, {unproven} unproven")?;
        writeln!(
            f,
            "{:<36} {:>8} {:>9} {:>10} {:>9}",
            "rule", "parcels", "mean gap", "refused", "optimal"
        )?;
        let all = mean(*parcels, *instances);
        writeln!(f, "{:<36} {all:>8} {:>8}% {:>9}% {:>8}%", "exact optimum", "0", "0", "100")?;
        for ((name, _), row) in RULES.iter().zip(&self.rows) {
            let gap = format!("{}.{}", row.gap() / 10, row.gap() % 10);
            writeln!(
                f,
                "{name:<36} {:>8} {gap:>8}% {:>9}% {:>8}%",
                mean(row.parcels, row.served),
                mean(row.refused * 100, *instances),
                mean(row.hits * 100, row.served)
            )?;
        }
        Ok(())
    }
}
