//! The build and test commands of Earmark; internal, not published.
//! Every command can be the first one on a new machine: what it needs it finds, installs or names.

mod module;
mod node;
mod reproducible;
mod run;
mod setup;
mod sizes;
mod stage;
mod steps;
mod test;
mod toolchain;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

/// The build and test commands of Earmark.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
enum Command {
    /// Find or install what a build needs, then build the plugin, the npm package and the page
    Setup(SetupArgs),
    /// Build everything and run the host on the built-in example shop
    Demo(PassedOn),
    /// Run what CI runs
    Test(TestArgs),
    /// Build everything and measure it
    Bench(PassedOn),
    /// Build the plugins, with zero imports: the core behind the raw door, and the second example
    Plugin,
    /// Build the npm package: the core behind the browser door, and its TypeScript face
    Npm,
    /// Build the web app
    Www,
    /// Build the plugin twice, in two folders, and compare the bytes
    Reproducible,
}

#[derive(Debug, Args)]
struct SetupArgs {
    /// Stop after the tools: build nothing
    #[arg(long)]
    tools_only: bool,
    /// Which compiler builds Wasm
    #[arg(long, value_enum, default_value = "auto")]
    wasm: toolchain::Choice,
}

#[derive(Debug, Args)]
struct TestArgs {
    /// Let the tests that can run longer do so (more seeds, more events, real data in full)
    #[arg(long)]
    long: bool,
    /// Run only the steps whose name contains one of these words
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    only: Vec<String>,
    /// Name the steps and stop
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Args)]
struct PassedOn {
    /// Handed on to the program that is run
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    args: Vec<String>,
}

fn main() -> ExitCode {
    match carry_out(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(command: Command) -> Result<()> {
    let rooms = run::Rooms::find()?;
    match command {
        Command::Setup(SetupArgs { tools_only, wasm }) => {
            let wants = setup::Wants { wasm, ..setup::Wants::all() };
            setup::tools(&rooms, wants)?;
            if tools_only { Ok(()) } else { setup::build(&rooms) }
        }
        Command::Demo(PassedOn { args }) => stage::demo(&rooms, &args),
        Command::Test(TestArgs { list: true, .. }) => {
            test::list();
            Ok(())
        }
        Command::Test(TestArgs { long, only, .. }) => test::all(&rooms, long, &only),
        Command::Bench(PassedOn { args }) => stage::bench(&rooms, &args),
        Command::Plugin => {
            wasm::plugin(&rooms)?;
            wasm::second_plugin(&rooms).map(drop)
        }
        Command::Npm => node::npm(&rooms),
        Command::Www => node::www(&rooms),
        Command::Reproducible => reproducible::twice(&rooms),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn demo_hands_on_what_it_does_not_know() {
        let cli = Cli::try_parse_from(["xtask", "demo", "--exit", "--port", "0"]).unwrap();
        let Command::Demo(PassedOn { args }) = cli.command else { panic!("not demo") };
        assert_eq!(args, ["--exit", "--port", "0"]);
    }
}
