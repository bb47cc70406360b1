//! The command line of a command: options and paths, no more than these commands need.

use std::fmt::Display;

/// What stands after the command's name.
pub struct Arguments {
    words: std::vec::IntoIter<String>,
}

/// One argument.
pub enum Argument {
    /// `--name`, without the dashes' value: ask [`Arguments::value`] for that.
    Option(String),
    Plain(String),
}

/// Why a command did not do its work; printed as it is.
pub type Failure = String;

impl Arguments {
    pub fn new(words: Vec<String>) -> Arguments {
        Arguments { words: words.into_iter() }
    }

    /// The next argument. `--name=value` is taken apart.
    pub fn take(&mut self) -> Option<Argument> {
        let word = self.words.next()?;
        if !word.starts_with('-') || word == "-" {
            return Some(Argument::Plain(word));
        }
        if let Some((name, value)) = word.split_once('=') {
            let mut rest: Vec<String> = vec![value.to_owned()];
            rest.extend(self.words.by_ref());
            self.words = rest.into_iter();
            return Some(Argument::Option(name.to_owned()));
        }
        Some(Argument::Option(word))
    }

    /// The value of an option.
    pub fn value(&mut self, option: &str) -> Result<String, Failure> {
        self.words.next().ok_or_else(|| format!("{option} needs a value"))
    }

    /// The value of an option that is a number.
    pub fn number<T: std::str::FromStr<Err: Display>>(&mut self, option: &str) -> Result<T, Failure> {
        self.value(option)?.parse().map_err(|error| format!("{option}: {error}"))
    }
}

/// The failure of an option that the command does not know.
pub fn unknown(option: &str) -> Failure {
    format!("unknown option {option}; --help says which there are")
}
