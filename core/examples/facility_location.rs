//! Published facility-location instances, solved by the sourcing solver as it is.
//!
//! Reads the `cap` layout of the OR-Library (J. E. Beasley, "OR-Library: distributing test
//! problems by electronic mail", *Journal of the Operational Research Society* 41(11), 1990):
//! the numbers of facilities and customers, for each facility its capacity and fixed cost, then
//! for each customer a demand and the cost of serving all of it from each facility. Capacities
//! and demands are ignored: this is the uncapacitated problem, every customer an item of which
//! one unit is wanted.
//!
//! Decimals are read exactly: all costs are scaled by the power of ten that the longest fraction
//! of the file needs.
//!
//! `cargo run --release -p earmark --example facility_location -- FILE [NODES]`

#![expect(clippy::disallowed_types, reason = "an example may look at the clock; the core may not")]

use std::process::ExitCode;
use std::time::Instant;

use earmark::limits::SOURCING_NODES;
use earmark::sourcing::{Arc, Problem, Proof, solve};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else {
        eprintln!("name a file in the `cap` layout of the OR-Library");
        return ExitCode::FAILURE;
    };
    let nodes = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(SOURCING_NODES);
    match run(&file, nodes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Solves one file and prints the answer.
fn run(file: &str, nodes: u32) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let instance = Instance::parse(&text)?;
    let problem = instance.problem(nodes);
    let start = Instant::now();
    let solution = solve(&problem).map_err(|error| error.to_string())?;
    let time = start.elapsed();
    println!("facilities {}, customers {}", instance.fixed.len(), instance.demands.len());
    println!("cost       {}", instance.decimal(solution.cost));
    println!("open       {:?} ({})", solution.open, solution.open.len());
    match solution.proof {
        Proof::Optimal => println!("proof      optimal"),
        Proof::Bounded { gap, .. } => println!("proof      within {}", instance.decimal(gap)),
    }
    if let Some(second) = &solution.runner_up {
        println!("runner-up  {} with {:?}", instance.decimal(second.cost), second.facilities);
    }
    println!("nodes      {}", solution.nodes);
    println!("time       {:.3} ms", time.as_secs_f64() * 1e3);
    Ok(())
}

/// An instance with its costs as whole numbers.
pub(crate) struct Instance {
    pub(crate) fixed: Vec<u64>,
    demands: Vec<u32>,
    pub(crate) arcs: Vec<Arc>,
    /// Costs were multiplied by ten to this power.
    decimals: usize,
}

impl Instance {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let fraction = |word: &str| word.split_once('.').map_or(0, |(_, digits)| digits.len());
        let decimals = text.split_whitespace().map(fraction).max().unwrap_or(0);
        let mut words = text.split_whitespace();
        let mut word = || words.next().ok_or("the file ends too early");
        let count = |word: &str| -> Result<u16, String> {
            word.parse().map_err(|_| format!("`{word}` is no number of facilities or customers"))
        };
        let (facilities, customers) = (count(word()?)?, count(word()?)?);
        let mut fixed = Vec::new();
        for _ in 0..facilities {
            // Some files have the word `capacity` here, to be filled in; it is ignored anyway.
            word()?;
            fixed.push(scaled(word()?, decimals)?);
        }
        let mut arcs = Vec::new();
        for item in 0..customers {
            word()?;
            for facility in 0..facilities {
                let unit_cost = scaled(word()?, decimals)?;
                arcs.push(Arc { facility, tier: 0, item, unit_cost, available: 1 });
            }
        }
        Ok(Self { fixed, demands: vec![1; usize::from(customers)], arcs, decimals })
    }

    pub(crate) fn problem(&self, nodes: u32) -> Problem<'_> {
        let Self { fixed, demands, arcs, .. } = self;
        Problem { fixed, demands, arcs, max_parcels: None, nodes }
    }

    /// A cost as the file would write it.
    pub(crate) fn decimal(&self, cost: u64) -> String {
        let scale = 10_u64.pow(self.decimals as u32);
        if self.decimals == 0 {
            return cost.to_string();
        }
        format!("{}.{:0width$}", cost / scale, cost % scale, width = self.decimals)
    }
}

/// A decimal number times ten to the power of `decimals`, exactly.
fn scaled(word: &str, decimals: usize) -> Result<u64, String> {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let digits = format!("{whole}{fraction:0<decimals$}");
    digits.parse().map_err(|_| format!("`{word}` is no cost, or too large to be read exactly"))
}
