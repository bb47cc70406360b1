//! The comparison of what both said of a source, and totals.

use std::collections::BTreeMap;

use super::columns::side_by_side;
use super::plan::{ASPECTS, aspect_of};
use super::{codes, worker::Records};
use crate::code_objects::bytes_difference;

/// What came of a source.
#[derive(Clone, Default)]
pub struct Outcome {
    /// Records of each aspect: how many there are, and how many are the same.
    aspects: BTreeMap<&'static str, (usize, usize)>,
    codes: usize,
    same_codes: usize,
    compiled: usize,
    same_bytes: usize,
    /// Where the bytes of a `.pyc` would differ first.
    pub other_bytes: Option<String>,
    pub difference: Option<Difference>,
}

/// The first difference of a source.
#[derive(Clone)]
pub struct Difference {
    /// What differs: the record and the place in it.
    pub what: String,
    /// Its aspect, and for code its field: counted in the totals.
    kind: String,
    pub detail: String,
}

impl Outcome {
    /// Kaa said nothing.
    pub fn stopped(why: String) -> Outcome {
        let what = format!("Kaa stops: {why}");
        let difference = Difference { kind: what.clone(), what, detail: String::new() };
        Outcome { difference: Some(difference), ..Outcome::default() }
    }

    fn differs(&mut self, what: &str, kind: &str, theirs: &str, ours: &str, rows: usize) {
        self.difference.get_or_insert_with(|| Difference {
            what: what.to_owned(),
            kind: kind.to_owned(),
            detail: side_by_side(theirs, ours, rows),
        });
    }
}

/// Compares what CPython said with what Kaa said.
pub fn compare(theirs: &Records, ours: &Records, rows: usize) -> Outcome {
    let mut outcome = Outcome::default();
    let find = |records: &Records, name: &str| {
        records.iter().find(|(known, _)| known == name).map(|(_, content)| content.clone())
    };
    let extra = ours.iter().filter(|(name, _)| find(theirs, name).is_none());
    let names: Vec<&String> = theirs.iter().chain(extra).map(|(name, _)| name).collect();
    for name in names {
        let Some(aspect) = ASPECTS.into_iter().find(|aspect| *aspect == aspect_of(name)) else { continue };
        let same = match (find(theirs, name), find(ours, name)) {
            (Some(left), Some(right)) if aspect == "code" => compare_code(&mut outcome, name, &left, &right, rows),
            (Some(left), Some(right)) => {
                if left != right {
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    outcome.differs(name, aspect, &text(&left), &text(&right), rows);
                }
                left == right
            }
            // Only one of them refuses the source: the error says why.
            (left, right) => {
                let text = |records, content: Option<Vec<u8>>| match content {
                    Some(_) if aspect != "errors" => "(there)".to_owned(),
                    Some(content) => String::from_utf8_lossy(&content).into_owned(),
                    None => {
                        let error = find(records, &name.replacen(aspect, "errors", 1)).unwrap_or_default();
                        format!("(not there)\n{}", String::from_utf8_lossy(&error))
                    }
                };
                outcome.differs(name, aspect, &text(theirs, left), &text(ours, right), rows);
                false
            }
        };
        let count = outcome.aspects.entry(aspect).or_default();
        *count = (count.0 + 1, count.1 + usize::from(same));
    }
    outcome
}

fn compare_code(outcome: &mut Outcome, name: &str, theirs: &[u8], ours: &[u8], rows: usize) -> bool {
    outcome.compiled += 1;
    match theirs == ours {
        true => outcome.same_bytes += 1,
        false => drop(outcome.other_bytes.get_or_insert_with(|| bytes_difference(theirs, ours))),
    }
    match codes::compare(theirs, ours) {
        Ok(comparison) => {
            outcome.codes += comparison.codes;
            outcome.same_codes += comparison.same_codes;
            let Some((place, left, right)) = comparison.difference else { return true };
            let field = place.split(" of ").next().unwrap_or_default();
            outcome.differs(&format!("{name}: {place}"), &format!("code: {field}"), &left, &right, rows);
        }
        Err(error) => outcome.differs(&format!("{name}: {error}"), "code", "", "", 0),
    }
    false
}

/// The sums over all sources.
#[derive(Default)]
pub struct Totals {
    files: usize,
    same: usize,
    sum: Outcome,
    kinds: BTreeMap<String, usize>,
}

impl Totals {
    pub fn add(&mut self, outcome: &Outcome) {
        self.files += 1;
        self.sum.codes += outcome.codes;
        self.sum.same_codes += outcome.same_codes;
        self.sum.compiled += outcome.compiled;
        self.sum.same_bytes += outcome.same_bytes;
        for (aspect, (all, same)) in &outcome.aspects {
            let count = self.sum.aspects.entry(aspect).or_default();
            *count = (count.0 + all, count.1 + same);
        }
        match &outcome.difference {
            None => self.same += 1,
            Some(difference) => *self.kinds.entry(difference.kind.clone()).or_default() += 1,
        }
    }

    pub fn all_same(&self) -> bool {
        self.same == self.files
    }

    pub fn print(&self) {
        let line = |what: &str, same: usize, all: usize| {
            let percent = 100.0 * same as f64 / all.max(1) as f64;
            println!("{what:<14}{same:7} of {all:7} the same ({percent:.2} %)");
        };
        line("files", self.same, self.files);
        for aspect in ASPECTS {
            if let Some((all, same)) = self.sum.aspects.get(aspect) {
                line(aspect, *same, *all);
            }
        }
        if self.sum.compiled > 0 {
            line("code objects", self.sum.same_codes, self.sum.codes);
            line("bytes of .pyc", self.sum.same_bytes, self.sum.compiled);
        }
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (kind, count) in kinds.iter().take(20) {
            println!("{count:7}  first differ in: {kind}");
        }
    }
}
