//! What a file may say, held against the command line it is for.

use std::ffi::OsString;
use std::path::Path;

use clap::{ArgAction, Command, CommandFactory as _};

use super::file::Settings;
use super::{Line, Section, settings_of};
use crate::Cli;

fn settings(text: &str) -> Result<Settings, String> {
    let parsed = Settings::parse(Path::new("a.toml"), text, &Cli::command());
    parsed.map_err(|error| format!("{error:#}"))
}

/// The line that comes of a typed one and a file.
#[track_caller]
fn line(typed: &str, text: &str) -> String {
    let typed: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
    let line = Line::of(&Cli::command(), &typed, Some(&settings(text).unwrap())).args;
    line.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_setting_is_of_a_kind_that_a_file_can_say() {
    let root = Cli::command();
    let sections = Section::all(&root);
    for command in sections.iter().map(|section| section.command).chain([&root]) {
        for arg in settings_of(command) {
            let action = arg.get_action();
            let known = matches!(action, ArgAction::Set | ArgAction::SetTrue | ArgAction::Append);
            assert!(known, "`{}` of `{}`: {action:?}", arg.get_id(), command.get_name());
        }
    }
}

#[test]
fn no_two_things_in_a_file_have_one_name() {
    let root = Cli::command();
    let sections = Section::all(&root).into_iter().map(|section| section.name());
    let keys = settings_of(&root).filter_map(|arg| arg.get_long()).map(String::from);
    let mut all: Vec<String> = sections.chain(keys).collect();
    let (count, _) = (all.len(), all.sort_unstable());
    all.dedup();
    assert!(all.len() == count && count > 8, "{all:?}");
}

#[test]
fn what_is_secret_is_known_by_its_name() {
    assert!(
        super::is_secret("client_secret".as_ref()) && !super::is_secret("secret_file".as_ref())
    );
}

#[test]
fn the_settings_above_all_sections_are_those_of_every_command() {
    for arg in settings_of(&Cli::command()) {
        assert!(arg.is_global_set(), "`{}` is not global", arg.get_id());
    }
}

#[test]
fn every_setting_of_serve_has_a_variable_of_its_name() {
    let root = Cli::command();
    let serve = root.find_subcommand("serve").unwrap();
    let all: Vec<_> = settings_of(&root).chain(settings_of(serve)).collect();
    assert!(all.len() > 8);
    for arg in all {
        let long = arg.get_long().unwrap();
        if long == "native" {
            // It is no setting of a released program.
            continue;
        }
        let wanted = format!("EARMARK_{}", long.to_uppercase().replace('-', "_"));
        assert_eq!(arg.get_env(), Some(wanted.as_ref()), "--{long}");
    }
}

#[test]
fn what_a_file_says_stands_behind_the_name_of_its_command() {
    let text = "plugin = \"p.wasm\"\n[serve]\nephemeral = true\nsnapshot-every = 1_000\n\
                [describe]\nform = \"text\"\n";
    let both = "--plugin=p.wasm --ephemeral --snapshot-every=1000";
    assert_eq!(line("earmark serve", text), format!("earmark serve {both}"));
    // The value of a flag may be a name, too.
    let typed = "earmark --log serve serve --dir=x";
    assert_eq!(line(typed, text), format!("earmark --log serve serve {both} --dir=x"));
    assert_eq!(line("earmark describe", text), "earmark describe --form=text --plugin=p.wasm");
    assert_eq!(line("earmark config", text), "earmark config --plugin=p.wasm");
}

#[test]
fn a_flag_is_stronger_than_the_file() {
    let text = "plugin = \"p.wasm\"\n[serve]\naddr = \"127.0.0.1:1\"\n";
    let typed = "earmark serve --addr=127.0.0.1:2 --plugin=q.wasm";
    assert_eq!(line(typed, text), typed);
}

#[test]
fn a_list_is_the_flag_so_often_and_false_is_no_flag() {
    let flag = |name: &'static str| clap::Arg::new(name).long(name);
    let root = Command::new("x").subcommand(
        Command::new("do")
            .arg(flag("on").action(ArgAction::SetTrue))
            .arg(flag("origin").action(ArgAction::Append)),
    );
    let text = "[do]\non = false\norigin = [\"a\", \"b c\"]\n";
    let settings = Settings::parse(Path::new("a.toml"), text, &root).unwrap();
    let typed = ["x", "do"].map(OsString::from);
    let line = Line::of(&root, &typed, Some(&settings));
    assert_eq!(line.args, ["x", "do", "--origin=a", "--origin=b c"].map(OsString::from));
    let one = Settings::parse(Path::new("a.toml"), "[do]\norigin = \"a\"", &root).unwrap_err();
    assert!(format!("{one:#}").contains("must be an array"), "{one:#}");
}

#[test]
fn the_file_in_the_docs_is_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    let page = std::fs::read_to_string(path).unwrap();
    let marker = "<!-- a configuration of `earmark` -->\n```toml\n";
    let files: Vec<&str> =
        page.split(marker).skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!files.is_empty() && page.matches("```toml").count() == files.len());
    for file in files {
        let typed = line("earmark serve", file);
        assert!(typed.contains(" --addr=") && typed.contains(" --plugin="), "{typed}");
    }
}

#[test]
fn what_is_wrong_is_told_with_file_line_and_what_there_is() {
    for (text, wanted) in [
        (
            "\n[serv]\n",
            "`a.toml`, line 2: there is no command with settings `serv`: did you mean `serve`?; th",
        ),
        ("[config]\n", "line 1: there is no command with settings `config`; there are serve, "),
        ("[plugin-inspekt]\n", "`plugin-inspekt`: did you mean `plugin-inspect`?"),
        ("[serve.x]\n", "`x` is no setting of `serve`"),
        (
            "[serve]\n\nadr = \"x\"\n",
            "line 3: `adr` is no setting of `serve`: did you mean `addr`?",
        ),
        ("addr = \"x\"\n", "`addr` is no setting of all commands, but one of [serve], [demo]"),
        (
            "[serve]\nplugin = \"x\"\n",
            "`plugin` is a setting of all commands: put it above the fir",
        ),
        ("config = \"x\"\n", "`config` is no setting of all commands"),
        ("[serve]\nbench = true\n", "`bench` is no setting of `serve`"),
        ("[serve]\naddr = 8080\n", "line 2: `addr`: it is a whole number, and must be a text in q"),
        ("[serve]\naddr = \"here\"\n", "line 2: `addr`: invalid value 'here': "),
        ("[serve]\nephemeral = \"yes\"\n", "`ephemeral`: it is a text, and must be true or false"),
        ("[serve]\nsnapshot-every = \"5\"\n", "it is a text, and must be a whole number"),
        ("[serve]\nsnapshot-every = -5\n", "`snapshot-every`: invalid value '-5'"),
        ("[serve]\nwww = [\"a\"]\n", "it is an array, and must be a text in quotes"),
        (
            "log-format = \"xml\"\n",
            "`log-format`: invalid value 'xml' [possible values: text, json]",
        ),
        ("[serve]\nwww = \n", "line 2: it is no TOML: "),
    ] {
        let told = settings(text).unwrap_err();
        assert!(told.contains(wanted), "{text:?}: {told}");
    }
}
