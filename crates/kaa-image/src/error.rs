//! What can be wrong with an executable or a plan.

use std::fmt;

/// Why an executable cannot be made or read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// The executable to be copied has a form that is not known; what of it.
    Template(String),
    /// The plan contradicts itself, or is too large; how.
    Plan(String),
    /// The file is no executable, or has no program in it.
    NoProgram,
    /// The file ends before the program does.
    Truncated,
    /// What is written there is not what was written; where.
    Damaged(String),
    /// It was made by another Kaa: its version, as far as it is known.
    Foreign(String),
    /// Not built yet; what.
    Missing(&'static str),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageError::Template(what) => write!(f, "this executable cannot be copied: {what}"),
            ImageError::Plan(what) => write!(f, "the plan cannot be carried out: {what}"),
            ImageError::NoProgram => f.write_str("not an executable made by kaa build"),
            ImageError::Truncated => f.write_str("the file is cut off"),
            ImageError::Damaged(what) => write!(f, "the file is damaged: {what}"),
            ImageError::Foreign(version) => write!(f, "made by another version of Kaa: {version}"),
            ImageError::Missing(what) => write!(f, "not built yet: {what}"),
        }
    }
}

impl std::error::Error for ImageError {}
