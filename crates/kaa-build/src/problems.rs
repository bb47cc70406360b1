//! What is missing, in words: an error when the program cannot run without it, a warning otherwise.

use std::collections::BTreeSet;
use std::fmt::Write;

use kaa_compile::Diagnostic;

use crate::chains::Chains;
use crate::find::{Finder, Origin};
use crate::graph::{By, Edge, Graph, Missing, Why};
use crate::hidden;
use crate::scan::When;

/// Something to say of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub is_error: bool,
    /// The module that is missing, when one is.
    pub module: Option<String>,
    /// The first line says what it is; the others stand below it.
    pub text: String,
}

impl Problem {
    /// As it is printed.
    pub fn shown(&self) -> String {
        let kind = if self.is_error { "error" } else { "warning" };
        format!("{kind}: {}\n", self.text.replace('\n', "\n  "))
    }
}

/// What is missing in a graph. Modules that only the library misses, where it does without, are no
/// problem.
pub fn of_missing(graph: &Graph, chains: &Chains, finder: &Finder) -> Vec<Problem> {
    let mut out: Vec<Problem> =
        graph.missing.iter().filter_map(|(name, missing)| of_module(name, missing, graph, chains, finder)).collect();
    out.sort_by_key(|problem| !problem.is_error);
    out
}

fn of_module(name: &str, missing: &Missing, graph: &Graph, chains: &Chains, finder: &Finder) -> Option<Problem> {
    if missing.why == Why::Excluded {
        return None;
    }
    let sure = missing.wanted.iter().find(|edge| chains.is_sure_edge(edge));
    let concerns = |edge: &&Edge| match &edge.by {
        By::Import(module) | By::Hidden(module) => {
            graph.modules.get(module).is_some_and(|node| node.found.origin != Origin::Library)
        }
        By::Start | By::Option(_) | By::Runtime => true,
    };
    let edge = sure.or_else(|| missing.wanted.iter().find(concerns))?;
    // An option asks for something that must be there.
    let is_error = sure.is_some() || matches!(edge.by, By::Option(_)) && missing.why == Why::NotFound;
    let mut text = headline(name, &missing.why);
    for line in chain(name, edge, graph, chains, sure.is_some()) {
        let _ = write!(text, "\n{line}");
    }
    // What runs cannot be left out; what need not be there is left out without a word.
    let helps = edge.by != By::Start && (is_error || !matches!(missing.why, Why::NotFound));
    if let Some(advice) = advice(name, &missing.why, finder).filter(|_| helps) {
        let _ = write!(text, "\n{advice}");
    }
    Some(Problem { is_error, module: Some(name.to_owned()), text })
}

fn headline(name: &str, why: &Why) -> String {
    match why {
        Why::NotFound if hidden::is_not_built(name) => {
            format!("the module {name} of Python's library is not part of Kaa")
        }
        Why::NotFound | Why::Excluded => format!("no module named '{name}'"),
        Why::NoPackage(package) => format!("no module named '{name}': '{package}' is not a package"),
        Why::Extension(file) => format!("the module {name} is a C extension for CPython: {file}"),
        Why::Refused(file, diagnostic) => {
            let place = diagnostic.place.as_ref().map_or(String::new(), |place| format!(", line {}", place.line));
            let Diagnostic { class, message, .. } = diagnostic;
            format!("the module {name} cannot be compiled: {file}{place}: {class}: {message}")
        }
    }
}

/// `app.py, line 3, imports pkg.config`, a line for each step.
fn chain(name: &str, last: &Edge, graph: &Graph, chains: &Chains, sure: bool) -> Vec<String> {
    let (By::Import(importer) | By::Hidden(importer)) = &last.by else {
        return match last.by {
            By::Option(option) => vec![format!("{option} names it")],
            _ => Vec::new(),
        };
    };
    let mut steps = Vec::new();
    let links = chains.to(importer, sure);
    let mut importers: Vec<(&By, u32)> = links.iter().map(|link| (&link.by, link.line)).collect();
    importers.push((&last.by, last.line));
    // What each step imports is who imports in the next one.
    for (index, (by, line)) in importers.iter().enumerate() {
        let imported = match importers.get(index + 1) {
            Some((By::Import(next) | By::Hidden(next), _)) => next.as_str(),
            _ => name,
        };
        let step = match by {
            By::Import(module) => {
                let how = match (index + 1 == importers.len(), last.when) {
                    (true, When::InFunction) => " in a function",
                    (true, When::Perhaps) => " under a condition",
                    _ => "",
                };
                format!("{}, line {line}, imports {imported}{how}", file_of(module, graph))
            }
            By::Hidden(module) => format!("{module} needs {imported}"),
            By::Option(option) => format!("{option} names {imported}"),
            By::Start | By::Runtime => continue,
        };
        steps.push(step);
    }
    steps
}

/// The file of a module, as tracebacks name it.
pub fn file_of(module: &str, graph: &Graph) -> String {
    match graph.modules.get(module).map(|node| &node.found) {
        Some(found) if found.origin == Origin::Library => format!("the library's {}", found.path),
        Some(found) => found.path.clone(),
        None => module.to_owned(),
    }
}

fn advice(name: &str, why: &Why, finder: &Finder) -> Option<String> {
    let top = name.split('.').next().unwrap_or_default();
    match why {
        Why::NotFound if hidden::is_not_built(name) => {
            Some(format!("--exclude {name} leaves it out, if the program can do without"))
        }
        Why::NotFound if top == name => {
            let searched: Vec<String> = finder.roots().iter().map(|root| root.location()).collect();
            let searched = searched.join(", ");
            Some(format!(
                "searched in {searched}\n--path FOLDER or an activated virtual environment adds more; \
                 --exclude {name} leaves it out"
            ))
        }
        Why::NotFound | Why::NoPackage(_) | Why::Excluded => None,
        Why::Extension(_) => Some(format!(
            "Kaa cannot load it. Often there is a version without: install the package from its source with \
             --no-binary, or use another one; --exclude {name} leaves it out, if the program can do without"
        )),
        Why::Refused(..) => Some(format!("--exclude {name} leaves it out, if the program can do without")),
    }
}

/// Imports whose names only running shows: the first of each module of the program, and the first of
/// each installed package.
pub fn of_computed(graph: &Graph) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for computed in &graph.computed {
        let Some(node) = graph.modules.get(&computed.module) else { continue };
        let is_own = node.found.origin == Origin::Program;
        let whose = match is_own {
            true => computed.module.as_str(),
            false => computed.module.split('.').next().unwrap_or_default(),
        };
        if !seen.insert(whose) {
            continue;
        }
        let (file, line, function) = (file_of(&computed.module, graph), computed.line, &computed.function);
        let advice = match is_own {
            true => "--include MODULE or --collect PACKAGE puts in what it may be".to_owned(),
            false => format!("--collect {whose} puts in all of the package, if a module is missing at run time"),
        };
        let text = format!("{file}, line {line}, calls {function} with a name that is computed\n{advice}");
        out.push(Problem { is_error: false, module: None, text });
    }
    out
}
