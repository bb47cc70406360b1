//! Which functions of the library can be called.
//!
//! Of the program and of installed packages every function counts. The library's functions import much
//! that few programs come to (`pathlib.Path.from_uri` a client for HTTP, `argparse` a terminal's size
//! through archives). A function of the library counts once something that counts names it: its own
//! module as a variable, or as an attribute, in a text or by an import a module that knows its module:
//! that imports it, a package that it is in, or a module that imports it and may hand it on. Methods
//! count wherever they are named: objects go anywhere. So more counts than can be called, hardly ever
//! less.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::hidden;
use crate::scan::{Import, Part, Scan};

/// A part of a module that counts.
pub struct Live {
    pub module: String,
    pub imports: Vec<Import>,
    pub needs: BTreeSet<&'static str>,
}

/// A part of a module: its index there.
type Place = (String, usize);

/// Functions that count, and those that are not named yet.
#[derive(Default)]
pub struct Names {
    /// Attributes, with the modules that name them.
    attributes: HashMap<String, BTreeSet<String>>,
    /// Modules and their variables.
    globals: HashSet<(String, String)>,
    /// Methods that nothing names yet, by name.
    methods: HashMap<String, Vec<Place>>,
    /// Functions that nothing names yet: module and name.
    functions: BTreeMap<(String, String), Vec<usize>>,
    parts: HashMap<String, Vec<Part>>,
    /// The variables of each module that stand for modules.
    aliases: HashMap<String, BTreeMap<String, String>>,
    /// What each module imports.
    known: HashMap<String, HashSet<String>>,
    called: HashSet<&'static str>,
    /// Names of which there is something new, and whether there are new modules.
    changed: HashSet<String>,
    has_grown: bool,
    /// Names that are imported from modules, each with these.
    imported: HashMap<String, BTreeSet<String>>,
}

impl Names {
    /// Adds a module that imports others, in whatever part of it; gives the parts that count from now
    /// on, its own and others. `all` of its parts count, or what is named.
    pub fn add(&mut self, module: &str, scan: &Scan, imported: HashSet<String>, all: bool) -> Vec<Live> {
        self.has_grown = true;
        self.parts.insert(module.to_owned(), scan.parts.clone());
        self.known.insert(module.to_owned(), imported);
        self.aliases.insert(module.to_owned(), scan.aliases.clone());
        let open = match all {
            true => (0..scan.parts.len()).rev().map(|part| (module.to_owned(), part)).collect(),
            false => vec![(module.to_owned(), 0)],
        };
        self.follow(open)
    }

    /// The functions that count since modules were added that know them.
    pub fn settle(&mut self) -> Vec<Live> {
        let mut out = Vec::new();
        let importers = self.importers();
        let mut knowers: HashMap<String, HashSet<String>> = HashMap::new();
        // New modules may know what was named before; after that only what is named anew can change.
        let mut checks_all = std::mem::take(&mut self.has_grown);
        loop {
            let changed = std::mem::take(&mut self.changed);
            let mut open = Vec::new();
            let places: Vec<(String, String)> =
                self.functions.keys().filter(|(_, name)| checks_all || changed.contains(name)).cloned().collect();
            checks_all = false;
            for place in places {
                if self.is_named(&place, &importers, &mut knowers) {
                    let parts = self.functions.remove(&place).unwrap_or_default();
                    open.extend(parts.into_iter().map(|part| (place.0.clone(), part)));
                }
            }
            if open.is_empty() && self.changed.is_empty() {
                return out;
            }
            out.extend(self.follow(open));
        }
    }

    /// Who imports each module.
    fn importers(&self) -> HashMap<String, Vec<String>> {
        let mut out: HashMap<String, Vec<String>> = HashMap::new();
        for (importer, imported) in &self.known {
            for module in imported {
                out.entry(module.clone()).or_default().push(importer.clone());
            }
        }
        out
    }

    /// Takes parts, and all that runs with them.
    fn follow(&mut self, mut open: Vec<Place>) -> Vec<Live> {
        let mut out = Vec::new();
        while let Some((module, at)) = open.pop() {
            let Some(slot) = self.parts.get_mut(&module).and_then(|parts| parts.get_mut(at)) else { continue };
            // What was taken is empty.
            let part = std::mem::take(slot);
            open.extend(part.inner.iter().rev().map(|&inner| (module.clone(), inner)));
            for (name, function) in &part.functions {
                if !part.is_class {
                    self.changed.insert(name.clone());
                    self.functions.entry((module.clone(), name.clone())).or_default().push(*function);
                } else if self.attributes.contains_key(name) || self.called.contains(name.as_str()) {
                    open.push((module.clone(), *function));
                } else {
                    self.methods.entry(name.clone()).or_default().push((module.clone(), *function));
                }
            }
            let mut attributes = part.attributes;
            for (owner, name) in part.owned {
                let alias = self.aliases.get(&module).and_then(|aliases| aliases.get(&owner).cloned());
                match alias.or_else(|| hidden::injected(&owner).map(str::to_owned)) {
                    Some(owner) => {
                        self.changed.insert(name.clone());
                        self.imported.entry(name).or_default().insert(owner);
                    }
                    None => drop(attributes.insert(name)),
                }
            }
            for name in &attributes {
                let namers = self.attributes.entry(name.clone()).or_default();
                if namers.insert(module.clone()) {
                    self.changed.insert(name.clone());
                }
                open.extend(self.methods.remove(name).unwrap_or_default());
            }
            self.changed.extend(part.globals.iter().cloned());
            self.globals.extend(part.globals.into_iter().map(|name| (module.clone(), name)));
            out.push(Live { module, imports: part.imports, needs: part.needs });
        }
        out
    }

    /// Whether a function is named by who can have it; `knowers` keeps the modules that know others.
    fn is_named(
        &self,
        place: &(String, String),
        importers: &HashMap<String, Vec<String>>,
        knowers: &mut HashMap<String, HashSet<String>>,
    ) -> bool {
        let (module, name) = (place.0.as_str(), place.1.as_str());
        if self.called.contains(name) || self.globals.contains(place) {
            return true;
        }
        if self.imported.get(name).is_some_and(|from| from.iter().any(|from| self.hands_on(from, module))) {
            return true;
        }
        let Some(namers) = self.attributes.get(name) else { return false };
        let knowers = knowers.entry(module.to_owned()).or_insert_with(|| knowers_of(module, importers));
        namers.iter().any(|namer| namer == module || knowers.contains(namer))
    }

    /// Whether a module may have another one's functions, or is that one.
    fn hands_on(&self, other: &str, module: &str) -> bool {
        other == module
            || module.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'))
            || self.known.get(other).is_some_and(|imported| imported.contains(module))
    }

    /// Says that names are imported from a module by what counts.
    pub fn import(&mut self, module: &str, names: &[String]) {
        for name in names {
            self.changed.insert(name.clone());
            self.imported.entry(name.clone()).or_default().insert(module.to_owned());
        }
    }

    /// Whether anything names an attribute, or imports it.
    pub fn has_attribute(&self, name: &str) -> bool {
        self.attributes.contains_key(name) || self.imported.contains_key(name)
    }

    /// Says that the runtime calls functions of these names.
    pub fn call(&mut self, names: &[&'static str]) {
        self.called.extend(names);
    }
}

/// The modules that can have a module's functions as attributes: that import it, a package that it is
/// in, or a module that imports it.
fn knowers_of(module: &str, importers: &HashMap<String, Vec<String>>) -> HashSet<String> {
    let direct = importers.get(module).map_or(&[][..], Vec::as_slice);
    let packages = module.match_indices('.').map(|(at, _)| &module[..at]);
    let handing = direct.iter().map(String::as_str).chain(packages).filter_map(|other| importers.get(other));
    direct.iter().chain(handing.flatten()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{What, scan};
    use crate::testing::compiled;

    fn imports(live: &[Live]) -> Vec<String> {
        let name = |import: &Import| match &import.what {
            What::Statement { name, .. } => name.clone(),
            other => format!("{other:?}"),
        };
        live.iter().flat_map(|live| live.imports.iter().map(name)).collect()
    }

    #[test]
    fn functions_count_once_they_are_named() {
        let library = scan(
            &compiled(
                "import always
def open(): import for_open
def unused(): import for_unused
def used_here():
    import for_used_here
    def inner(): import for_inner
class C:
    import in_class
    def __init__(self): import for_init
    def method(self): import for_method
    def other(self): import for_other
used_here()
__all__ = ['open', 'unused', 'C']
",
            ),
            false,
        );
        let mut names = Names::default();
        let imported = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let mut at_first = names.add("lib", &library, imported(&[]), false);
        at_first.extend(names.settle());
        let expected = ["always", "in_class", "for_init", "for_used_here", "for_inner"];
        let mut found = imports(&at_first);
        found.sort();
        assert_eq!(found, {
            let mut expected = expected;
            expected.sort();
            expected
        });
        let mut add = |module: &str, source: &str, knows: &[&str]| {
            let mut live = names.add(module, &scan(&compiled(source), true), imported(knows), true);
            if source.contains("from other import open") {
                names.import("other", &["open".to_owned()]);
            }
            live.extend(names.settle());
            imports(&live)
        };
        // A variable of another module is another one, and so is an attribute of who does not know it.
        assert_eq!(add("app", "open('x')\nx.open\nimport other", &["other"]), ["other"]);
        assert_eq!(add("more", "x.method()\ngetattr(x, 'other')", &[]), ["for_other", "for_method"]);
        assert_eq!(add("last", "from other import open", &["other"]), ["other"]);
        // Once it is known who hands it on.
        assert_eq!(add("other", "from lib import *", &["lib"]), ["lib", "for_open"]);
    }

    #[test]
    fn all_of_the_program_counts() {
        let program = scan(&compiled("def f():\n import a\n class C:\n  def g(self): import b\n"), true);
        assert_eq!(imports(&Names::default().add("app", &program, HashSet::new(), true)), ["a", "b"]);
    }
}
