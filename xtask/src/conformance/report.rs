//! The table, and the summary that the repository keeps.

use serde_json::{Map, Value as Json, json};

use super::{Comparison, lists};
use crate::arguments::Failure;

/// At most so many methods are named for each file.
const MOST_NAMED: usize = 10;

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

pub fn print(comparisons: &[Comparison]) -> Result<(), Failure> {
    for each in comparisons {
        for (id, outcome) in each.unexpected.iter().take(MOST_NAMED) {
            println!("{}: {id}: {}", outcome.status.name(), outcome.message);
        }
        if each.unexpected.len() > MOST_NAMED {
            println!("… {} more of {}", each.unexpected.len() - MOST_NAMED, each.test);
        }
        for id in each.stale.iter().take(MOST_NAMED) {
            println!("passes, but is listed: {id}");
        }
        if each.stale.len() > MOST_NAMED {
            println!("… {} more of {}", each.stale.len() - MOST_NAMED, each.test);
        }
    }
    println!("{:<26} {:>8} {:>8} {:>8} {:>8} {:>8}  notes", "", "CPython", "Kaa", "%", "CPython", "Kaa");
    println!("{:<26} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "methods", "methods", "", "s", "s");
    comparisons.iter().for_each(row);
    for (group, tests) in lists::groups()? {
        let members: Vec<&Comparison> = comparisons.iter().filter(|each| tests.contains(&each.test)).collect();
        let name = match members.len() {
            0 => continue,
            all if all == tests.len() => format!("= {group}"),
            some => format!("= {group}, {some} of {}", tests.len()),
        };
        sum(&name, &members);
    }
    sum("= all", &comparisons.iter().collect::<Vec<_>>());
    Ok(())
}

/// Prints the total of some test files.
fn sum(name: &str, members: &[&Comparison]) {
    let methods: usize = members.iter().map(|each| each.methods.len()).sum();
    let passing: usize = members.iter().map(|each| each.passing()).sum();
    println!("{name:<26} {methods:>8} {passing:>8} {:>8.2}", percent(passing, methods));
}

fn row(each: &Comparison) {
    let mut notes = Vec::new();
    if each.ours.deaths > 0 {
        notes.push(format!("{} processes died", each.ours.deaths));
    }
    if each.theirs.deaths > 0 {
        notes.push(format!("{} of CPython's died", each.theirs.deaths));
    }
    if !each.unexpected.is_empty() {
        notes.push(format!("{} not expected", each.unexpected.len()));
    }
    if !each.stale.is_empty() {
        notes.push(format!("{} listed but pass", each.stale.len()));
    }
    if each.methods.is_empty() {
        let outcome = each.theirs.outcomes.get(&format!("test.{}", each.test));
        notes.push(format!("nothing runs: {}", outcome.map_or("no method", |outcome| outcome.message.as_str())));
    }
    println!(
        "{:<26} {:>8} {:>8} {:>8.2} {:>8.1} {:>8.1}  {}",
        each.test,
        each.methods.len(),
        each.passing(),
        percent(each.passing(), each.methods.len()),
        each.theirs.seconds,
        each.ours.seconds,
        notes.join(", ")
    );
}

/// The version of CPython that the expectation files were written with.
pub fn expected_version() -> Option<String> {
    let text = std::fs::read_to_string(lists::folder().join("summary.json")).ok()?;
    let summary: Json = serde_json::from_str(&text).ok()?;
    Some(summary["python"].as_str()?.to_owned())
}

/// Writes the totals of the files that ran, and keeps those of the others.
pub fn write_summary(comparisons: &[Comparison], version: &str) -> Result<(), Failure> {
    let path = lists::folder().join("summary.json");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let old: Json = serde_json::from_str(&old).unwrap_or(Json::Null);
    let mut tests = old["tests"].as_object().cloned().unwrap_or_default();
    for each in comparisons {
        tests.insert(each.test.clone(), json!({"cpython": each.methods.len(), "kaa": each.passing()}));
    }
    let mut groups = Map::new();
    for (group, members) in lists::groups()? {
        let sum = |key: &str| members.iter().filter_map(|test| tests.get(test)?[key].as_u64()).sum::<u64>() as usize;
        let (cpython, kaa) = (sum("cpython"), sum("kaa"));
        let rounded = (percent(kaa, cpython) * 100.0).round() / 100.0;
        groups.insert(group, json!({"cpython": cpython, "kaa": kaa, "percent": rounded}));
    }
    let summary = json!({"python": version, "groups": groups, "tests": tests});
    let mut text = serde_json::to_string_pretty(&summary).map_err(|error| error.to_string())?;
    text.push('\n');
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
