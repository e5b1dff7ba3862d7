//! From the documents to all that happens.
//!
//! Law: what the plan of a basic replay sets aside is set aside here too; of what it says, the
//! documents count, and not when it ships or delivers.

use std::collections::HashSet;

use anyhow::Result;
use earmark::flow::{Command, SetPolicy};
use earmark::policy::Policy;

use super::Foreseen;
use super::desk::{Known, World};
use super::queue::Act;
use super::rules;
use crate::shop::commands;
use crate::shop::plan::{Happening, Plan, PlanOptions};
use crate::shop::products::Products;

/// Lets everything happen, and tells what that is. `done` hears how much of how much is done.
pub(crate) fn foresee<'a>(
    plan: &Plan<'a>,
    products: &'a Products,
    policy: Policy,
    options: &PlanOptions,
    done: &dyn Fn(u64, u64),
) -> Result<Foreseen> {
    let start = plan.happenings.first().map_or(0, |first| first.at);
    let mut world = World::new(products, *options, start);
    world.issue(&Command::SetPolicy(SetPolicy { policy }))?;
    let came_back: HashSet<&str> = plan
        .happenings
        .iter()
        .filter_map(|timed| match &timed.happening {
            Happening::Cancel { order, .. } | Happening::Return { order, .. } => {
                Some(order.number.as_str())
            }
            _ => None,
        })
        .collect();
    for timed in &plan.happenings {
        let at = match &timed.happening {
            Happening::Tick | Happening::Ship { .. } | Happening::Deliver { .. } => continue,
            Happening::Cancel { cancel, .. } | Happening::Return { cancel, .. } => cancel.at,
            Happening::Order { order, destination } => {
                let came_back = came_back.contains(order.number.as_str());
                let known = Known {
                    document: order,
                    country: destination.country,
                    abroad: destination.international,
                    came_back,
                    trouble: rules::trouble(order, came_back),
                    waiting: Vec::new(),
                };
                world.known.insert(commands::order_id(order)?, known);
                timed.at
            }
            _ => timed.at,
        };
        world.queue.push(at, Act::Document(timed.happening.clone()));
    }
    let mut steps = 0;
    while world.step()? {
        steps += 1;
        if steps % 1_024 == 0 {
            done(steps, steps + world.queue.len() as u64);
        }
    }
    Ok(world.into_foreseen())
}
