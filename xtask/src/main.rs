//! `cargo xtask`: what developers of Kaa run besides `cargo test`.
#![forbid(unsafe_code)]

mod arguments;
mod bad_input;
mod bytecode_diff;
mod check_bytecode;
mod check_instructions;
mod code_objects;
mod compile_speed;
mod conformance;
mod fuzz;
mod optimized;
mod parallel;
mod progress;
mod pyc_exchange;
mod python;
mod random;
mod repository;
mod rust_source;
mod size;
mod tidy;
mod unicode_tables;
mod unsafe_report;

use std::process::ExitCode;

use arguments::{Arguments, Failure};

/// A command: name, one line for the list, help, and what it does. It says whether all is well.
struct Command {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(Arguments) -> Result<bool, Failure>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "bad-input",
        about: "run Kaa on damaged sources and compiled files",
        help: bad_input::HELP,
        run: bad_input::run,
    },
    Command {
        name: "bytecode-diff",
        about: "compare what Kaa and CPython make of sources: code objects, trees, tokens, errors, …",
        help: bytecode_diff::HELP,
        run: bytecode_diff::run,
    },
    Command {
        name: "check-bytecode",
        about: "compare what kaa-bytecode reads in CPython's files with what CPython says of them",
        help: check_bytecode::HELP,
        run: check_bytecode::run,
    },
    Command {
        name: "check-instructions",
        about: "compare the instruction table with a live CPython",
        help: check_instructions::HELP,
        run: check_instructions::run,
    },
    Command {
        name: "compile-speed",
        about: "measure the compiler against CPython's",
        help: compile_speed::HELP,
        run: compile_speed::run,
    },
    Command {
        name: "conformance",
        about: "run CPython's tests under CPython and Kaa, and compare",
        help: conformance::HELP,
        run: conformance::run,
    },
    Command {
        name: "fuzz",
        about: "look for input that the compiler or the reader of .pyc files fails on",
        help: fuzz::HELP,
        run: fuzz::run,
    },
    Command {
        name: "optimized",
        about: "build the command with the help of counts of what it does",
        help: optimized::HELP,
        run: optimized::run,
    },
    Command {
        name: "pyc-exchange",
        about: "compare the .pyc files of Kaa and CPython, and have each run the other's",
        help: pyc_exchange::HELP,
        run: pyc_exchange::run,
    },
    Command {
        name: "size",
        about: "say what executables of kaa build consist of, and whether they are small",
        help: size::HELP,
        run: size::run,
    },
    Command {
        name: "tidy",
        about: "check documents, the order of crates, file sizes and paths",
        help: tidy::HELP,
        run: tidy::run,
    },
    Command {
        name: "unicode-tables",
        about: "write the tables of characters from what CPython says of them",
        help: unicode_tables::HELP,
        run: unicode_tables::run,
    },
    Command {
        name: "unsafe-report",
        about: "count unsafe code in each crate",
        help: unsafe_report::HELP,
        run: unsafe_report::run,
    },
];

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let wants_help = |words: &[String]| words.iter().any(|word| word == "--help" || word == "-h");
    if words.is_empty() || words[0].starts_with('-') || words[0] == "help" {
        print!("{}", overview());
        return if wants_help(&words) || words.first().is_some_and(|word| word == "help") {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(2)
        };
    }
    let name = words.remove(0);
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("cargo xtask: no command {name}\n\n{}", overview());
        return ExitCode::from(2);
    };
    if wants_help(&words) {
        println!("cargo xtask {}: {}\n\n{}", command.name, command.about, command.help.trim_end());
        return ExitCode::SUCCESS;
    }
    match (command.run)(Arguments::new(words)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("cargo xtask {}: {failure}", command.name);
            ExitCode::from(2)
        }
    }
}

fn overview() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND [--help] …\n\nCommands:\n");
    for command in COMMANDS {
        text.push_str(&format!("  {:<20} {}\n", command.name, command.about));
    }
    text.push_str("\nExit status: 0 all is well, 1 something differs, 2 the command could not do its work.\n");
    text
}
