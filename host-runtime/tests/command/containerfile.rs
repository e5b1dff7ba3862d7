//! The `Containerfile`, as far as it can be held against the tree without an engine: what it copies
//! is a whole workspace, and what it runs and sets is known to the program.

use std::path::{Path, PathBuf};
use std::process::Command;

const EARMARK: &str = env!("CARGO_BIN_EXE_earmark");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Its instructions: the word, and what follows, on one line.
fn instructions() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("host-runtime/Containerfile")).unwrap();
    let text = text.replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (word, rest) = line.split_once(' ').expect(line);
            (word.to_string(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect()
}

fn all(word: &str) -> Vec<String> {
    instructions().into_iter().filter(|(of, _)| of == word).map(|(_, rest)| rest).collect()
}

/// Copies as the builder would: without what git does not keep.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in from.read_dir().unwrap() {
            let name = entry.unwrap().file_name();
            if !["target", "node_modules", "dist"].iter().any(|skipped| name == *skipped) {
                copy(&from.join(&name), &to.join(&name));
            }
        }
    } else {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}

#[test]
fn what_it_copies_is_a_whole_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let mut copied = 0;
    for line in all("COPY").iter().filter(|line| !line.starts_with("--from")) {
        let words: Vec<&str> = line.split(' ').collect();
        let (to, from) = words.split_last().unwrap();
        for from in from {
            assert!(root().join(from).exists(), "`{from}` is not there: {line}");
            let to = if *to == "./" { from } else { to };
            copy(&root().join(from), &folder.path().join(to));
            copied += 1;
        }
    }
    assert!(copied > 8);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder.path()).args(["metadata", "--no-deps", "--offline", "--locked"]);
    let output = cargo.args(["--format-version", "1"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = told["packages"].as_array().unwrap();
    let bins = packages.iter().filter(|one| one["name"] == "earmark-host");
    let bins = bins.flat_map(|one| one["targets"].as_array().unwrap());
    assert!(bins.clone().any(|target| target["name"] == "earmark" && target["kind"][0] == "bin"));
    // What a manifest names lies there, too.
    for package in packages {
        for target in package["targets"].as_array().unwrap() {
            let path = target["src_path"].as_str().unwrap();
            assert!(Path::new(path).is_file(), "{path}");
        }
    }
}

#[test]
fn what_it_builds_is_what_it_takes_along() {
    let run = all("RUN").join("\n");
    assert!(run.contains("cargo xtask plugin"));
    assert!(run.contains("cargo build --locked --release --package earmark-host --bin earmark"));
    let steps = std::fs::read_to_string(root().join("xtask/src/wasm.rs")).unwrap();
    assert!(steps.contains("`target/earmark/earmark.plugin.wasm`"));
    let along: Vec<String> = all("COPY").into_iter().filter(|l| l.starts_with("--from")).collect();
    assert!(along[0].starts_with("--from=build /src/target/release/earmark "));
    assert!(along[1].starts_with("--from=build /src/target/earmark/earmark.plugin.wasm "));
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let image = format!("rust:{}-slim-trixie AS build", version.trim_matches('"'));
    assert_eq!(all("FROM")[0], image);
}

#[test]
fn every_variable_it_sets_is_one_of_the_program_and_every_command_is_there() {
    let variables: Vec<(String, String)> = all("ENV")
        .iter()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    assert!(variables.len() >= 4);
    let mut config = Command::new(EARMARK);
    let output = config.arg("config").envs(variables.clone()).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    for (name, value) in variables {
        let wanted = format!(" = \"{value}\"  # environment {name}\n");
        assert!(told.contains(&wanted), "{wanted}{told}");
    }
    let words = |line: &str| -> Vec<String> {
        serde_json::from_str(line.split_at(line.find('[').unwrap()).1).unwrap()
    };
    let entry = words(&all("ENTRYPOINT")[0]);
    let served = [entry.clone(), words(&all("CMD")[0])].concat();
    for command in [served, words(&all("HEALTHCHECK")[0])] {
        assert_eq!(command[0], "earmark");
        let output = Command::new(EARMARK).args(&command[1..]).arg("--help").output().unwrap();
        assert!(output.status.success(), "{command:?}");
    }
    assert!(all("USER")[0] == "earmark" && all("STOPSIGNAL")[0] == "SIGTERM");
}
