//! Which tests there are: `tests/conformance/tests.txt`.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::arguments::Failure;
use crate::repository;

/// The folder of everything that the repository keeps on conformance.
pub fn folder() -> PathBuf {
    repository::root().join("tests/conformance")
}

/// Whether a test looks into the library's files: its line ends with `files`.
pub fn wants_library_files(test: &str) -> Result<bool, Failure> {
    let path = folder().join("tests.txt");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    Ok(lines.map(str::split_whitespace).any(|mut words| words.next() == Some(test) && words.next() == Some("files")))
}

/// The groups of the list and their tests.
pub fn groups() -> Result<Vec<(String, Vec<String>)>, Failure> {
    let path = folder().join("tests.txt");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            groups.push((name.to_owned(), Vec::new()));
        } else if !line.is_empty() {
            let line = line.split_whitespace().next().unwrap_or_default();
            let (_, tests) = groups.last_mut().ok_or_else(|| format!("tests.txt: {line} is in no group"))?;
            tests.push(line.to_owned());
        }
    }
    Ok(groups)
}

/// The tests of a group, or of all; a test that is in several groups counts once.
pub fn tests_of(group: Option<&str>) -> Result<Vec<String>, Failure> {
    let groups = groups()?;
    if let Some(name) = group
        && !groups.iter().any(|(found, _)| found == name)
    {
        let names: Vec<&str> = groups.iter().map(|(name, _)| name.as_str()).collect();
        return Err(format!("no group {name}; there are {}", names.join(", ")));
    }
    let chosen = groups.into_iter().filter(|(name, _)| group.is_none_or(|group| group == name));
    let mut seen = HashSet::new();
    Ok(chosen.flat_map(|(_, tests)| tests).filter(|test| seen.insert(test.clone())).collect())
}

/// The name of a test file: `dict`, `test_dict`, `test_dict.py` and `test.test_dict` are one.
pub fn test_name(given: &str) -> String {
    let name = given.rsplit('/').next().unwrap_or(given);
    let name = name.strip_suffix(".py").unwrap_or(name);
    let name = name.strip_prefix("test.").unwrap_or(name);
    if name.starts_with("test_") { name.to_owned() } else { format!("test_{name}") }
}
