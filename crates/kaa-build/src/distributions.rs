//! Installed distributions: which one a module belongs to, and the records of those that are needed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::find::{Finder, Kind, Origin, joined};
use crate::graph::Graph;

/// A distribution in a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    pub name: String,
    pub version: String,
    /// What `METADATA` says of its licence.
    pub license: Option<String>,
    pub summary: Option<String>,
    pub root: usize,
    /// The folder of its records.
    pub folder: String,
}

/// Files of records that say how it was installed on the machine of the build, or name its paths.
const LEFT_OUT: &[&str] =
    &["RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "SOURCES.txt", "RECORD.jws", "RECORD.p7s"];

impl Distribution {
    /// The files of its records that go into an executable.
    pub fn records(&self, finder: &Finder) -> Vec<String> {
        let mut files = finder.root(self.root).files_below(&self.folder);
        let name = |file: &String| file.rsplit('/').next().unwrap_or_default().to_owned();
        files.retain(|file| !LEFT_OUT.contains(&name(file).as_str()) && !file.ends_with(".pyc"));
        files
    }
}

/// All distributions of the roots, and what they own.
pub struct Distributions {
    all: Vec<Distribution>,
    /// By root and path of a file, from `RECORD`.
    by_file: HashMap<(usize, String), usize>,
    /// By root and name of a module at the top, where there is no `RECORD`.
    by_top: HashMap<(usize, String), usize>,
    by_name: BTreeMap<String, usize>,
}

impl Distributions {
    pub fn new(finder: &Finder) -> Distributions {
        let (mut all, mut by_file, mut by_top) = (Vec::new(), HashMap::new(), HashMap::new());
        let mut by_name = BTreeMap::new();
        for (index, root) in finder.roots().iter().enumerate() {
            if !matches!(root.origin(), Origin::Installed | Origin::Program) {
                continue;
            }
            for (folder, &is_folder) in root.list("").iter() {
                let file = match folder.rsplit_once('.') {
                    Some((_, "dist-info")) if is_folder => "METADATA",
                    Some((_, "egg-info")) if is_folder => "PKG-INFO",
                    _ => continue,
                };
                let Ok(metadata) = root.read(&joined(folder, file)) else { continue };
                let Some(found) = distribution(&String::from_utf8_lossy(&metadata), index, folder) else { continue };
                let at = all.len();
                by_name.entry(normalized(&found.name)).or_insert(at);
                let text = |file: &str| {
                    root.read(&joined(folder, file)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                };
                if let Some(record) = text("RECORD") {
                    // Paths come first in a line; those with commas are in quotes.
                    let paths = record.lines().filter_map(|line| match line.strip_prefix('"') {
                        Some(rest) => rest.split('"').next(),
                        None => line.split(',').next(),
                    });
                    by_file.extend(paths.map(|path| ((index, path.to_owned()), at)));
                }
                for top in text("top_level.txt").unwrap_or_default().lines() {
                    by_top.insert((index, top.trim().to_owned()), at);
                }
                all.push(found);
            }
        }
        Distributions { all, by_file, by_top, by_name }
    }

    /// The distribution that owns a file.
    pub fn owner(&self, root: usize, path: &str) -> Option<&Distribution> {
        let top = path.split('/').next().unwrap_or_default();
        let top = top.strip_suffix(".py").unwrap_or(top);
        let by_top = || self.by_top.get(&(root, top.to_owned()));
        let index = self.by_file.get(&(root, path.to_owned())).or_else(by_top)?;
        self.all.get(*index)
    }

    /// The distribution of a name, in whatever way it is written.
    pub fn named(&self, name: &str) -> Option<&Distribution> {
        self.by_name.get(&normalized(name)).and_then(|&index| self.all.get(index))
    }

    /// Those that own modules of a graph, or that it asks for, by name.
    pub fn needed(&self, graph: &Graph) -> Vec<&Distribution> {
        let mut folders = BTreeSet::new();
        let modules = graph.modules.values().filter(|node| node.found.kind != Kind::Native);
        let owners = modules.filter_map(|node| self.owner(node.found.root, &node.found.path));
        let asked = graph.distributions.keys().filter_map(|name| self.named(name));
        let mut out: Vec<&Distribution> =
            owners.chain(asked).filter(|found| folders.insert((found.root, &found.folder))).collect();
        out.sort_by_key(|found| normalized(&found.name));
        out
    }
}

/// A name by which a distribution offers something to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    pub group: String,
    pub module: String,
    /// The name of the distribution.
    pub distribution: String,
}

impl EntryPoint {
    /// Whether programs ask for it, not installers only.
    pub fn is_of_a_plugin(&self) -> bool {
        !matches!(self.group.as_str(), "console_scripts" | "gui_scripts")
    }
}

/// The entry points of all distributions that can be found.
pub fn entry_points(finder: &Finder) -> Vec<EntryPoint> {
    let mut out = Vec::new();
    for found in Distributions::new(finder).all {
        let Ok(text) = finder.root(found.root).read(&joined(&found.folder, "entry_points.txt")) else { continue };
        let text = String::from_utf8_lossy(&text);
        let mut group = "";
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                group = name.trim();
            } else if let Some((_, value)) = line.split_once('=') {
                // `module:object [extra]`
                let module = value.split([':', '[']).next().unwrap_or_default().trim();
                let (group, module) = (group.to_owned(), module.to_owned());
                out.push(EntryPoint { group, module, distribution: found.name.clone() });
            }
        }
    }
    out
}

/// Reads the head of `METADATA`.
fn distribution(text: &str, root: usize, folder: &str) -> Option<Distribution> {
    let head = text.split("\n\n").next().unwrap_or_default();
    let field = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(line.trim().to_owned()).filter(|value| !value.is_empty() && value != "UNKNOWN")
    };
    let classifier = || {
        let of_license = |line: &str| line.strip_prefix("Classifier: License ::").map(str::to_owned);
        let line = head.lines().find_map(of_license)?;
        line.rsplit("::").next().map(|name| name.trim().to_owned())
    };
    Some(Distribution {
        name: field("Name")?,
        version: field("Version")?,
        license: field("License-Expression").or_else(|| field("License")).or_else(classifier),
        summary: field("Summary"),
        root,
        folder: folder.to_owned(),
    })
}

/// The form in which names of distributions are compared (PEP 503).
pub fn normalized(name: &str) -> String {
    let mut out = String::new();
    for char in name.chars() {
        match char {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            char => out.extend(char.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::Root;
    use crate::testing::Folder;

    #[test]
    fn owners_and_records() {
        let metadata = "Metadata-Version: 2.4\nName: Some.Thing\nVersion: 1.2\nLicense-Expression: MIT\n\nName: no\n";
        let folder = Folder::with(&[
            ("thing/__init__.py", ""),
            ("some_thing-1.2.dist-info/METADATA", metadata),
            ("some_thing-1.2.dist-info/RECORD", "thing/__init__.py,sha256=x,0\n\"a,b.py\",,\n"),
            ("some_thing-1.2.dist-info/INSTALLER", "pip"),
            ("some_thing-1.2.dist-info/entry_points.txt", ""),
            ("old-1.egg-info/PKG-INFO", "Name: old\nVersion: 1\nClassifier: License :: OSI Approved :: MIT License\n"),
            ("old-1.egg-info/top_level.txt", "old\n"),
        ]);
        let finder = Finder::new(vec![Root::folder(folder.path(), Origin::Installed)], Vec::new());
        let all = Distributions::new(&finder);
        let thing = all.owner(0, "thing/__init__.py").expect("it is in RECORD");
        assert_eq!((thing.name.as_str(), thing.license.as_deref()), ("Some.Thing", Some("MIT")));
        assert!(all.owner(0, "a,b.py").is_some() && all.owner(0, "other.py").is_none());
        assert_eq!(all.named("some_THING").map(|found| found.version.as_str()), Some("1.2"));
        assert_eq!(all.owner(0, "old/x.py").and_then(|found| found.license.as_deref()), Some("MIT License"));
        let records = ["some_thing-1.2.dist-info/METADATA", "some_thing-1.2.dist-info/entry_points.txt"];
        assert_eq!(thing.records(&finder), records);
    }
}
