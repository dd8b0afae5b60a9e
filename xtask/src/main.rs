//! The project's own commands: set up, run, test, check, generate, bench, package.
//!
//! No dependencies beyond the standard library: this is the first thing a newcomer compiles.

mod bench;
mod check;
mod console;
mod counts;
mod error;
mod fingerprint;
mod fuzz;
mod generate;
mod package;
mod packages;
mod page;
mod process;
mod project;
mod run;
mod sanitize;
mod test;
mod tools;
mod version;

use std::process::ExitCode;

use console::say;
use error::{Error, Result};
use project::Project;

/// One word after `cargo xtask`. The house rules read the names from this table to check the documents.
struct Word {
    name: &'static str,
    usage: &'static str,
    what: &'static str,
    act: fn(&Project, &[String]) -> Result<ExitCode>,
}

const WORDS: [Word; 9] = [
    Word {
        name: "run",
        usage: "run [-- ARGUMENTS]",
        what: "install what is missing, build, and start Attune (with ARGUMENTS, if any)",
        act: run::run,
    },
    Word {
        name: "test",
        usage: "test [--fast]",
        what: "install what is missing and pass every test; --fast leaves out display and browser",
        act: test::test,
    },
    Word {
        name: "check",
        usage: "check",
        what: "format, lints, house rules, types, and that generated files are up to date",
        act: check::check,
    },
    Word {
        name: "generate",
        usage: "generate",
        what: "write the API description, the page's types and the guide's page of commands from the built program",
        act: generate::generate,
    },
    Word {
        name: "fuzz",
        usage: "fuzz [READER]",
        what: "bytes at random for each reader of foreign files, or one; --seconds N says how long each",
        act: fuzz::fuzz,
    },
    Word {
        name: "sanitize",
        usage: "sanitize",
        what: "the tests of the unsafe code under AddressSanitizer",
        act: sanitize::sanitize,
    },
    Word {
        name: "bench",
        usage: "bench --PART",
        what: "compare with Hugging Face PEFT: --parity, --interop or --learning --data FILE; or measure --speed, --answers, --threads, --generation, --quality or --twins --data FOLDER",
        act: bench::bench,
    },
    Word {
        name: "package",
        usage: "package [--try]",
        what: "build the .deb; --try installs it into a folder of its own and starts it",
        act: package::package,
    },
    Word { name: "help", usage: "help", what: "say this", act: help },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match act(&words) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn act(words: &[String]) -> Result<ExitCode> {
    let Some((first, rest)) = words.split_first() else {
        say(&overview());
        return Ok(ExitCode::from(2));
    };
    let name = if matches!(first.as_str(), "--help" | "-h") { "help" } else { first.as_str() };
    let word = WORDS.iter().find(|word| word.name == name).ok_or_else(|| Error::UnknownWord {
        word: first.clone(),
        known: WORDS.map(|word| word.name).to_vec(),
    })?;
    if !matches!(name, "run" | "bench")
        && rest.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h"))
    {
        say(&overview());
        return Ok(ExitCode::SUCCESS);
    }
    (word.act)(&Project::find()?, rest)
}

fn help(_: &Project, _: &[String]) -> Result<ExitCode> {
    say(&overview());
    Ok(ExitCode::SUCCESS)
}

fn overview() -> String {
    let mut text = String::from("The commands of this project:\n\n");
    for word in &WORDS {
        text.push_str(&format!("  cargo xtask {:<20} {}\n", word.usage, word.what));
    }
    text
}

/// Refuses arguments that a command does not know.
fn expect_only(command: &'static str, arguments: &[String], known: &[&'static str]) -> Result<()> {
    match arguments.iter().find(|argument| !known.contains(&argument.as_str())) {
        Some(argument) => {
            Err(Error::UnknownArgument { command, argument: argument.clone(), known: known.to_vec() })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let said = act(&words("rum")).expect_err("no such command").to_string();
        assert!(
            said.contains("`rum`")
                && said.contains("run, test, check, generate, fuzz, sanitize, bench, package, help"),
            "{said}"
        );
    }

    #[test]
    fn an_unknown_argument_is_refused_before_any_work() {
        let said = expect_only("test", &words("--fats"), &["--fast"]).expect_err("misspelt").to_string();
        assert!(said.contains("`--fats`") && said.contains("--fast"), "{said}");
        assert!(expect_only("test", &words("--fast"), &["--fast"]).is_ok());
    }

    #[test]
    fn the_overview_names_every_command() {
        for word in &WORDS {
            assert!(overview().contains(word.usage), "{}", word.name);
        }
    }
}
