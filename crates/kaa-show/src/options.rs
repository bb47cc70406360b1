//! The command line of `kaa show`.

use std::ffi::OsString;

use kaa_compiler::flowgraph;

use crate::failure::Failure;

/// A stage of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Tokens,
    Ast,
    Symtable,
    Codegen,
    Cfg,
    Bytecode,
    Pyc,
}

impl Stage {
    /// All of them, in the order in which a source goes through them.
    pub const ALL: [Stage; 7] =
        [Stage::Tokens, Stage::Ast, Stage::Symtable, Stage::Codegen, Stage::Cfg, Stage::Bytecode, Stage::Pyc];

    pub fn name(self) -> &'static str {
        match self {
            Stage::Tokens => "tokens",
            Stage::Ast => "ast",
            Stage::Symtable => "symtable",
            Stage::Codegen => "codegen",
            Stage::Cfg => "cfg",
            Stage::Bytecode => "bytecode",
            Stage::Pyc => "pyc",
        }
    }
}

/// What to show, and of what.
#[derive(Clone, Debug)]
pub struct Options {
    pub stage: Stage,
    /// As given: a path or `-`, perhaps with `:NAME` behind it.
    pub file: String,
    /// 0, 1 or 2.
    pub optimize: u8,
    /// The flow-graph pass to show, if not all.
    pub pass: Option<&'static str>,
    /// Positions in trees.
    pub attributes: bool,
    pub show_caches: bool,
    pub show_offsets: bool,
    pub show_positions: bool,
    pub no_color: bool,
}

pub enum Command {
    Help,
    Show(Options),
}

/// Reads the arguments.
pub fn parse(arguments: Vec<OsString>) -> Result<Command, Failure> {
    let mut file = None;
    let mut options = Options {
        stage: Stage::Bytecode,
        file: String::new(),
        optimize: 0,
        pass: None,
        attributes: false,
        show_caches: false,
        show_offsets: false,
        show_positions: false,
        no_color: false,
    };
    let mut words = arguments.into_iter().map(|word| word.to_string_lossy().into_owned());
    let mut only_files = false;
    while let Some(word) = words.next() {
        if only_files || word == "-" || word.starts_with("-:") || !word.starts_with('-') {
            if file.replace(word).is_some() {
                return Err(Failure::Usage("one FILE at a time".to_owned()));
            }
            continue;
        }
        let (name, given) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        let takes_value = matches!(&*name, "--stage" | "--pass");
        if !takes_value && given.is_some() {
            return Err(Failure::Usage(format!("{name} takes no value")));
        }
        let mut value =
            || given.clone().or_else(|| words.next()).ok_or_else(|| Failure::Usage(format!("{name} needs a value")));
        match &*name {
            "-h" | "--help" => return Ok(Command::Help),
            "--" => only_files = true,
            "--stage" => options.stage = stage_named(&value()?)?,
            "--pass" => options.pass = Some(pass_named(&value()?)?),
            "-O" => options.optimize = (options.optimize + 1).min(2),
            "-OO" => options.optimize = 2,
            "-a" | "--include-attributes" => options.attributes = true,
            "-C" | "--show-caches" => options.show_caches = true,
            "--show-offsets" => options.show_offsets = true,
            "-P" | "--show-positions" => options.show_positions = true,
            "--no-color" => options.no_color = true,
            _ => return Err(Failure::Usage(format!("unknown option {name}"))),
        }
    }
    options.file = file.ok_or_else(|| Failure::Usage("no FILE; - is standard input".to_owned()))?;
    if options.pass.is_some() && options.stage != Stage::Cfg {
        return Err(Failure::Usage("--pass is for --stage=cfg".to_owned()));
    }
    Ok(Command::Show(options))
}

fn stage_named(name: &str) -> Result<Stage, Failure> {
    Stage::ALL.into_iter().find(|stage| stage.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Stage::ALL.iter().map(|stage| stage.name()).collect();
        Failure::Usage(format!("no stage {name}; there are {}", names.join(", ")))
    })
}

fn pass_named(name: &str) -> Result<&'static str, Failure> {
    let known = flowgraph::PASSES.iter().map(|pass| pass.name).find(|known| *known == name);
    known.ok_or_else(|| Failure::Usage(format!("no pass {name}; `kaa show --help' lists them")))
}
