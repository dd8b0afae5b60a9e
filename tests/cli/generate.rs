//! `attune generate`: drawn again by its seed, from a file, and growing on a terminal.

use std::process::Command;

use serde_json::Value;

use crate::support::Home;

#[test]
fn a_drawn_answer_says_the_seed_that_draws_it_again() {
    let home = Home::new();
    let ask = |more: &[&str]| {
        let mut arguments =
            vec!["generate", "Continue: once", "--temperature", "1.2", "--max-new-tokens", "12"];
        arguments.extend(more);
        let asked = home.run(&arguments);
        assert_eq!(asked.code, Some(0), "{asked:?}");
        asked
    };
    let drawn = ask(&[]);
    let seed = drawn.stderr.split("--seed ").nth(1).expect("it says the seed").trim().to_owned();
    assert_eq!(ask(&["--seed", &seed]).stdout, drawn.stdout);
}

#[test]
fn a_file_of_prompts_gets_an_answer_for_each_line() {
    let home = Home::new();
    std::fs::write(home.path("prompts.txt"), "Repeat: tea\n\nRepeat: the lamp is on\n").unwrap();
    let asked = home.run(["generate", "--prompts", "prompts.txt"]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
    let alone = home.run(["generate", "Repeat: the lamp is on"]);
    let lines: Vec<&str> = asked.stdout.lines().collect();
    assert_eq!((lines.len(), lines[1]), (2, alone.stdout.trim()));
    let json = home.run(["generate", "--prompts", "prompts.txt", "--json"]);
    let batch: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(batch["answers"][1]["text"], lines[1]);
}

/// `script` gives a program a terminal. What is written there in pieces is what is written elsewhere at once.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_answer_grows_to_the_same_text() {
    let home = Home::new();
    let plain = home.run(["generate", "Repeat: the lamp is on"]);
    let mut on_terminal = Command::new("script");
    let program = Home::program().to_str().expect("a checkout has a plain path");
    on_terminal.args(["-qec", &format!("{program} generate 'Repeat: the lamp is on'"), "/dev/null"]);
    let plain_command = home.command(["--version"]);
    for (name, value) in plain_command.get_envs() {
        match value {
            Some(value) => on_terminal.env(name, value),
            None => on_terminal.env_remove(name),
        };
    }
    let output = on_terminal.output().expect("script is part of every Linux (util-linux)");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.lines().any(|line| line.trim() == plain.stdout.trim()), "{said:?} holds {plain:?}");
    assert!(said.contains("attune-mini, "), "who answered: {said}");
}
