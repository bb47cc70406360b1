//! What is to go into an executable: what decides on it says so in these types, in any order.

/// A program with all that it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What runs.
    pub start: Start,
    /// Modules of the program and of the library. No two of one kind have the same name.
    pub modules: Vec<Module>,
    /// Data. No two of one kind have the same path.
    pub files: Vec<File>,
    /// How it runs.
    pub settings: Settings,
    /// Whether it keeps the runtime's symbols and debug information, as far as there are some, and
    /// what native stacks are walked by.
    pub debug: bool,
}

/// What runs when the executable is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// This module, as `python -m` runs one: of a package its `__main__`. A script is a module, too.
    Module(String),
    /// This function of this module; what it returns is the exit status, as `sys.exit` takes it.
    EntryPoint {
        /// The module, which is imported.
        module: String,
        /// The function, or an attribute of one of the module's: `main`, `App.run`.
        function: String,
    },
}

impl Default for Start {
    fn default() -> Start {
        Start::Module("__main__".into())
    }
}

/// A module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Its absolute name; of a package without `__init__`.
    pub name: String,
    /// Whether it is a package.
    pub is_package: bool,
    /// Whether it is a package without `__init__`, which then has no code.
    pub namespace: bool,
    /// The path of its source below the program's folder, with `/`: `pkg/mod.py`. It is what
    /// `__file__` and tracebacks end in. Modules of the library: below the library's folder.
    pub path: String,
    /// The code of its body, packed as `kaa_bytecode::packed` says.
    pub code: Vec<u8>,
    /// Whether it is likely to be imported whenever the program runs. Its code is then stored as it is
    /// and run in place; that of others may be compressed, and is unpacked when they are imported.
    pub at_start: bool,
    /// Whether it is found in the library, behind the program's own modules.
    pub from_library: bool,
}

/// A file that the program can read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its path below the program's folder, with `/`: `pkg/data.txt`, `pkg-1.0.dist-info/METADATA`.
    /// The source of a module is a file under the module's path.
    pub path: String,
    /// What it holds.
    pub data: Vec<u8>,
    /// Whether it is below the library's folder instead.
    pub from_library: bool,
}

/// How a program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name by which messages about the executable itself call the program.
    pub name: String,
    /// `sys.flags.optimize`: what the code was compiled with.
    pub optimize: u8,
    /// Whether tracebacks name files. Whoever makes the plan takes line tables out of the code as
    /// well when they are to be hidden.
    pub traceback_names: bool,
    /// Whether `kaa inspect` may list what is in the executable.
    pub inspectable: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { name: "program".into(), optimize: 0, traceback_names: true, inspectable: true }
    }
}
