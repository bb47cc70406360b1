//! Finds what a Python program needs and plans the executable of `kaa build`.
//!
//! In: [`Options`], from the command line and a project's `pyproject.toml` ([`project`]). Out:
//! [`build`] gives an executable with a report, or says what is missing and who wants it. Nothing of
//! the program runs; what it imports is read from its bytecode.
#![forbid(unsafe_code)]

mod build;
mod chains;
mod compiling;
mod data;
mod distributions;
pub mod environment;
mod find;
mod graph;
mod hidden;
mod live;
mod options;
mod problems;
mod program;
pub mod project;
mod report;
mod sbom;
mod scan;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use build::{Built, Failure, Host, Kept, Linked, Phase, Progress, build};
pub use data::DataFile;
pub use options::{Data, EntryPoint, Options};
pub use problems::Problem;
