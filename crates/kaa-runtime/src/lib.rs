//! An embeddable Python: an isolate with its interpreter, the modules `builtins` and `sys`,
//! imports, and the ways of running a program.
//!
//! Start reading at [`start`].

pub mod built;
pub mod builtins;
pub mod call;
mod closed_streams;
pub mod compile;
pub mod exit;
mod finish;
pub mod host_output;
pub mod importing;
mod interactive;
mod modules;
mod os_error;
pub mod run;
pub mod signals;
pub mod start;
pub mod state;
pub mod sys;
pub mod traceback;

pub use compile::{Request, Source, compile};
pub use kaa_parser::Mode;
pub use run::Program;
pub use start::{Config, Runtime};
pub use sys::VERSION;
