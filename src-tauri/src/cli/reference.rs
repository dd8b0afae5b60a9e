//! The command line as a page of the guide, made from the definitions that read the arguments.
//!
//! Not here: what a command does beyond its own words; `docs/guide/command-line.md` tells that.

use clap::{Arg, Command};

const OPENING: &str = "# Every command and option\n\n\
    Made by `cargo xtask generate` from the program's own help, which `--help` shows in a terminal; what the commands \
    do is told in [the command line](command-line.md).\n";

/// The whole command line as Markdown: a section for each command that is not hidden.
pub(super) fn markdown(mut program: Command) -> String {
    program.build();
    let mut page = OPENING.to_owned();
    section(&program, &mut page, true);
    page
}

fn section(command: &Command, page: &mut String, is_top: bool) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    page.push_str(&format!("\n## `{name}`\n"));
    let about = command.get_long_about().or_else(|| command.get_about());
    if let Some(about) = about {
        page.push_str(&format!("\n{}\n", text(&about.to_string())));
    }
    let usage = command.clone().render_usage().to_string();
    page.push_str(&format!("\n    {}\n", usage.trim_start_matches("Usage: ")));
    // What goes with every command is told once.
    let told = |argument: &&Arg| {
        let is_own = is_top || !argument.is_global_set();
        is_own && !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version")
    };
    let arguments: Vec<&Arg> = command.get_arguments().filter(told).collect();
    if !arguments.is_empty() {
        page.push_str("\n| argument | meaning |\n| --- | --- |\n");
        for argument in arguments {
            page.push_str(&format!("| `{}` | {} |\n", spelling(argument), meaning(argument)));
        }
    }
    if is_top && let Some(after) = command.get_after_help() {
        page.push_str(&format!("\n{}\n", text(&after.to_string())));
    }
    let told = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    for command in command.get_subcommands().filter(told) {
        section(command, page, false);
    }
}

/// `--epochs EPOCHS`, or `PROMPT` for what is not named.
fn spelling(argument: &Arg) -> String {
    let takes_a_value = argument.get_action().takes_values();
    let values = argument
        .get_value_names()
        .filter(|_| takes_a_value)
        .map(|names| names.iter().map(|name| name.replace('|', "\\|")).collect::<Vec<_>>().join(" "));
    let long = argument.get_long().map(|long| format!("--{long}"));
    long.into_iter().chain(values).collect::<Vec<_>>().join(" ")
}

fn meaning(argument: &Arg) -> String {
    let mut words = text(&argument.get_help().map(ToString::to_string).unwrap_or_default());
    if argument.get_action().takes_values() {
        let possible: Vec<String> =
            argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
        if !possible.is_empty() {
            words.push_str(&format!("; one of {}", possible.join(", ")));
        }
        let default: Vec<_> =
            argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if !default.is_empty() {
            words.push_str(&format!(" [default: {}]", default.join(" ")));
        }
    }
    if argument.is_required_set() {
        words.push_str(" (required)");
    }
    words
}

/// On one line, with nothing that Markdown would take for its own.
fn text(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('<', "\\<").replace('|', "\\|").replace('[', "\\[")
}
