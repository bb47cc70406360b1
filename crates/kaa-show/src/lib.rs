//! `kaa show`: each stage of the compiler as readable text.
//!
//! Arguments and files in, text out. Nothing is run: this crate knows the parser, the compiler and
//! the bytecode, and no virtual machine. [`run`] does it all but for writing what it answers.
#![forbid(unsafe_code)]

mod colors;
mod definitions;
mod failure;
mod help;
mod input;
mod options;
mod stages;

pub use colors::{highlight, wants_colors};

use std::ffi::OsString;
use std::io::Read;

use failure::Failure;
use options::{Command, Options};

/// What is to be printed, and the exit status: 0 when all is well, 1 for a source with an error, a
/// damaged `.pyc` or a name that is not there, 2 when arguments or files cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub out: String,
    pub err: String,
    pub status: u8,
}

/// Does what the arguments behind `kaa show` say. `colors`: unless they say otherwise.
pub fn run(arguments: Vec<OsString>, colors: bool, stdin: &mut dyn Read) -> Answer {
    let (text, colors) = match options::parse(arguments) {
        Ok(Command::Help) => (Ok(help::text()), colors),
        Ok(Command::Show(options)) => (show(&options, stdin), colors && !options.no_color),
        Err(error) => (Err(error), false),
    };
    match text {
        Ok(text) => {
            let out = if colors { highlight(&text) } else { text };
            Answer { out, err: String::new(), status: 0 }
        }
        Err(Failure::Source(err)) => Answer { out: String::new(), err, status: 1 },
        Err(Failure::Usage(message)) => {
            let err = format!("kaa show: {message}\nTry `kaa show --help' for more information.\n");
            Answer { out: String::new(), err, status: 2 }
        }
        Err(Failure::File(message)) => Answer { out: String::new(), err: format!("kaa show: {message}\n"), status: 2 },
    }
}

fn show(options: &Options, stdin: &mut dyn Read) -> Result<String, Failure> {
    let (input, name) = input::read(&options.file, stdin)?;
    stages::text(&input, name.as_deref(), options)
}
