//! Which functions of the library can be called.
//!
//! Of the program and of installed packages every function counts. The library's functions import much
//! that few programs come to (`pathlib.Path.from_uri` a client for HTTP, `argparse` a terminal's size
//! through archives). A function of the library counts once something that counts names it: as an
//! attribute, in a text, by an import, or its own module as a variable. Names are not told apart by what
//! they are attributes of, so that more counts than can be called, hardly ever less.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::scan::{Import, Part, Scan};

/// A part of a module that counts.
pub struct Live {
    pub module: String,
    pub imports: Vec<Import>,
    pub needs: BTreeSet<&'static str>,
}

/// Functions that count, and those that are not named yet.
#[derive(Default)]
pub struct Names {
    attributes: HashSet<String>,
    globals: HashSet<(String, String)>,
    /// Functions by their names, each with its module.
    waiting: HashMap<String, Vec<(String, usize)>>,
    parts: HashMap<String, Vec<Part>>,
}

impl Names {
    /// Adds a module; gives the parts that count from now on, its own and others.
    pub fn add(&mut self, module: &str, scan: &Scan, all: bool) -> Vec<Live> {
        self.parts.insert(module.to_owned(), scan.parts.clone());
        let mut out = Vec::new();
        let mut open: Vec<(String, usize)> = match all {
            true => (0..scan.parts.len()).rev().map(|part| (module.to_owned(), part)).collect(),
            false => vec![(module.to_owned(), 0)],
        };
        while let Some((module, at)) = open.pop() {
            let Some(slot) = self.parts.get_mut(&module).and_then(|parts| parts.get_mut(at)) else { continue };
            // What was taken is empty.
            let part = std::mem::take(slot);
            if !all {
                open.extend(part.inner.iter().rev().map(|&inner| (module.clone(), inner)));
            }
            for (name, function) in part.functions.iter().rev() {
                let place = (module.clone(), *function);
                match self.is_named(&module, name) {
                    true => open.push(place),
                    false => self.waiting.entry(name.clone()).or_default().push(place),
                }
            }
            for name in &part.attributes {
                if self.attributes.insert(name.clone()) {
                    open.extend(self.waiting.remove(name).unwrap_or_default());
                }
            }
            for name in &part.globals {
                if self.globals.insert((module.clone(), name.clone()))
                    && let Some(waiting) = self.waiting.get_mut(name)
                {
                    open.extend(waiting.extract_if(.., |(owner, _)| *owner == module));
                }
            }
            out.push(Live { module, imports: part.imports, needs: part.needs });
        }
        out
    }

    fn is_named(&self, module: &str, name: &str) -> bool {
        // Few enough that copies do not count.
        self.attributes.contains(name) || self.globals.contains(&(module.to_owned(), name.to_owned()))
    }

    /// Says that the runtime calls functions of these names.
    pub fn call(&mut self, names: &[&str]) {
        self.attributes.extend(names.iter().map(|&name| name.to_owned()));
    }
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
        let at_first = names.add("lib", &library, false);
        let expected = ["always", "in_class", "for_init", "for_used_here", "for_inner"];
        let mut found = imports(&at_first);
        found.sort();
        assert_eq!(found, {
            let mut expected = expected;
            expected.sort();
            expected
        });
        // A variable of another module is another one.
        assert_eq!(imports(&names.add("app", &scan(&compiled("open('x')\nimport lib"), true), true)), ["lib"]);
        let app = scan(&compiled("x.method()\ngetattr(x, 'other')"), true);
        assert_eq!(imports(&names.add("more", &app, true)), ["for_other", "for_method"]);
        assert_eq!(
            imports(&names.add("last", &scan(&compiled("from lib import open"), true), true)),
            ["lib", "for_open"]
        );
    }

    #[test]
    fn all_of_the_program_counts() {
        let program = scan(&compiled("def f():\n import a\n class C:\n  def g(self): import b\n"), true);
        assert_eq!(imports(&Names::default().add("app", &program, true)), ["a", "b"]);
    }
}
