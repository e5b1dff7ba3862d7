//! The settings of the `earmark` command, as a program sees them that is run.
//!
//! Law: a flag overrides the environment, the environment the file, the file the default; and what
//! is printed means the same when it is read again.

use std::path::Path;
use std::process::{Command, Output};

/// The program, with no variable of ours but those given, in a folder.
fn earmark(folder: &Path, args: &[&str], vars: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earmark"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("EARMARK_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).args(args).envs(vars.iter().copied()).output().unwrap()
}

#[track_caller]
fn printed(folder: &Path, args: &[&str], vars: &[(&str, &str)]) -> String {
    let output = earmark(folder, args, vars);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(folder: &Path, args: &[&str], vars: &[(&str, &str)]) -> String {
    let output = earmark(folder, args, vars);
    assert!(!output.status.success() && output.stdout.is_empty(), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The line of a key in a section, such as `serve`; none for those above all sections.
#[track_caller]
fn line<'a>(text: &'a str, section: &str, key: &str) -> &'a str {
    let mut at = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            at = name;
        }
        if at == section && line.starts_with(&format!("{key} = ")) {
            return line;
        }
    }
    panic!("there is no `{key}` in [{section}]: {text}")
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text =
        "[serve]\naddr = \"127.0.0.1:3\"\ndir = \"d\"\nsnapshot-every = 3\nephemeral = true\n";
    std::fs::write(folder.join("host.toml"), text).unwrap();
    let given = ["--config", "host.toml", "config", "--", "serve", "--addr=127.0.0.1:1"];
    let vars = [("EARMARK_ADDR", "127.0.0.1:2"), ("EARMARK_SNAPSHOT_EVERY", "2")];
    let told = printed(folder, &given, &vars);
    assert_eq!(line(&told, "serve", "addr"), "addr = \"127.0.0.1:1\"  # flag");
    let every = "snapshot-every = 2  # environment EARMARK_SNAPSHOT_EVERY";
    assert_eq!(line(&told, "serve", "snapshot-every"), every);
    assert_eq!(line(&told, "serve", "dir"), "dir = \"d\"  # file host.toml");
    assert_eq!(line(&told, "serve", "ephemeral"), "ephemeral = true  # file host.toml");
    assert_eq!(line(&told, "demo", "addr"), "addr = \"127.0.0.1:8080\"  # default");
    let within = ["config", "--", "--config", "host.toml", "serve"];
    let told = printed(folder, &within, &[]);
    assert_eq!(line(&told, "serve", "dir"), "dir = \"d\"  # file host.toml");
    // The file may be named by the environment, and a switch of its be turned off there.
    let vars = [("EARMARK_CONFIG", "host.toml"), ("EARMARK_EPHEMERAL", "false")];
    let told = printed(folder, &["config"], &vars);
    let off = "ephemeral = false  # environment EARMARK_EPHEMERAL";
    assert_eq!(line(&told, "serve", "ephemeral"), off);
    assert_eq!(line(&told, "serve", "addr"), "addr = \"127.0.0.1:3\"  # file host.toml");
}

#[test]
fn what_is_printed_is_a_file_that_means_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let vars = [
        ("EARMARK_PLUGIN", "a \"strange\" \\ name\n.wasm"),
        ("EARMARK_EPHEMERAL", "true"),
        ("EARMARK_WWW", "site"),
        ("EARMARK_SNAPSHOT_EVERY", "9223372036854775807"),
    ];
    let first = printed(folder, &["config", "--print"], &vars);
    std::fs::write(folder.join("again.toml"), &first).unwrap();
    let again = printed(folder, &["config", "--config", "again.toml"], &[]);
    let meaning = |text: &str| -> toml::Table { text.parse().unwrap() };
    assert_eq!(meaning(&again), meaning(&first));
    assert!(meaning(&first).len() > 5, "{first}");
    let from_file = |key| line(&again, "serve", key).ends_with("  # file again.toml");
    assert!(from_file("addr") && from_file("ephemeral") && from_file("www"), "{again}");
}

#[test]
fn a_file_that_is_wrong_anywhere_stops_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("host.toml"), "[serve]\nadr = \"127.0.0.1:1\"\n").unwrap();
    let wanted = "error: `host.toml`, line 2: `adr` is no setting of `serve`: did you mean `addr`?";
    for args in [&["describe"][..], &["config", "--check"], &["serve"]] {
        let told = refused(folder, args, &[("EARMARK_CONFIG", "host.toml")]);
        assert!(told.starts_with(wanted), "{told}");
    }
    let told = refused(folder, &["--config", "none.toml", "describe"], &[]);
    assert!(told.starts_with("error: can't read the configuration `none.toml`: "), "{told}");
    let told = refused(folder, &["config"], &[("EARMARK_ADDR", "x"), ("EARMARK_LOG", "a=b=c")]);
    assert!(told.starts_with("error: invalid value 'a=b=c' for '--log <FILTER>'"), "{told}");
    assert!(told.ends_with("note: `EARMARK_LOG` says so\n"), "{told}");
    // Of another command than the one that runs.
    let told = refused(folder, &["config", "--check"], &[("EARMARK_ADDR", "x")]);
    assert!(told.starts_with("error: invalid value 'x' for '--addr <ADDR>'"), "{told}");
    assert!(told.ends_with("note: `EARMARK_ADDR` says so\n"), "{told}");
    let told = refused(folder, &["config", "--", "serve", "--adr=x"], &[]);
    assert!(told.starts_with("error: unexpected argument '--adr'"), "{told}");
}

#[test]
fn a_file_that_nobody_named_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("earmark.toml"), "[serve]\naddr = \"127.0.0.1:3\"\n").unwrap();
    let told = printed(folder, &["config"], &[]);
    assert_eq!(line(&told, "serve", "addr"), "addr = \"127.0.0.1:8080\"  # default");
    let debug = earmark(folder, &["config", "--check", "--log=debug"], &[]);
    let log = String::from_utf8(debug.stderr).unwrap();
    assert!(log.contains("`earmark.toml` lies here and is not read"), "{log}");
}

#[test]
fn a_conflict_with_what_the_file_says_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("host.toml"), "log-format = \"json\"\n").unwrap();
    let told = refused(folder, &["--config", "host.toml", "serve", "--nonsense"], &[]);
    assert!(told.contains("--nonsense"), "{told}");
    assert!(told.ends_with("note: some of these settings are from `host.toml`\n"), "{told}");
    let help = printed(folder, &["--config", "host.toml", "serve", "--help"], &[]);
    assert!(help.contains("EARMARK_SNAPSHOT_EVERY"), "{help}");
}
