//! Prints how the roles work together: the four topologies, every step from an event of one role to
//! a command to another, what makes up for what, and every deadline.
//!
//! `cargo run -p earmark --example process`

use earmark::flow::{process_page, topology_page};

fn main() {
    println!("{}\n{}", topology_page(), process_page());
}
