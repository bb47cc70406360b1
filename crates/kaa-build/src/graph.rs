//! The modules that a program needs, and who needs them.
//!
//! Grows in rounds: the modules found in one are compiled on all threads, then what they import is
//! looked for in the order in which they were found. So the result depends on nothing but the files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use kaa_bytecode::CodeObject;
use kaa_compile::{Control, Diagnostic, on_all_threads};

use crate::compiling::{Compiler, Source};
use crate::distributions::{self, EntryPoint};
use crate::find::{Finder, Found, Kind, Origin};
use crate::hidden;
use crate::live::{Live, Names};
use crate::scan::{Anchor, Import, Scan, What, When};

/// Who wants a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// It is what runs.
    Start,
    /// The runtime imports it before any program.
    Runtime,
    /// An option names it.
    Option(&'static str),
    /// A module imports it.
    Import(String),
    /// A module imports it in a way that cannot be seen in its code.
    Hidden(String),
}

/// That somebody wants a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub by: By,
    pub line: u32,
    pub when: When,
}

/// A module of the program.
pub struct Node {
    pub found: Found,
    /// Nothing for modules of the runtime and for namespaces.
    pub code: Option<CodeObject>,
    pub scan: Scan,
    pub wanted: Vec<Edge>,
    pub warnings: Vec<Diagnostic>,
}

/// A module that is not there.
pub struct Missing {
    pub why: Why,
    pub wanted: Vec<Edge>,
}

/// Why it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    NotFound,
    /// Its package is a module.
    NoPackage(String),
    /// It is made for CPython; where it is.
    Extension(String),
    /// It cannot be compiled, or not be read; the file as messages name it.
    Refused(String, Diagnostic),
    /// An option keeps it out.
    Excluded,
}

/// An import by a name that only running shows.
pub struct Computed {
    pub module: String,
    pub line: u32,
    pub function: String,
}

/// All that was found.
#[derive(Default)]
pub struct Graph {
    pub modules: BTreeMap<String, Node>,
    pub missing: BTreeMap<String, Missing>,
    pub computed: Vec<Computed>,
    /// Distributions that are asked for by name.
    pub distributions: BTreeMap<String, Edge>,
}

/// A module that is looked for.
struct Want {
    name: String,
    edge: Edge,
    /// It need not be there: it may be another attribute of its package.
    optional: bool,
    /// Its package was looked for.
    was_put_off: bool,
}

/// Grows a graph.
pub struct Growth<'g> {
    finder: &'g Finder,
    compiler: &'g Compiler<'g>,
    control: &'g dyn Control,
    excluded: &'g [String],
    /// The module that runs as `__main__`.
    main: Option<String>,
    pub graph: Graph,
    queue: VecDeque<Want>,
    names: Names,
    /// What is imported once an attribute is named.
    by_attributes: Vec<&'static hidden::ByAttribute>,
    /// Modules that were found and not compiled yet.
    fresh: Vec<(String, Found)>,
    /// Those of all distributions, once they are asked for.
    entry_points: Option<Rc<[EntryPoint]>>,
}

impl<'g> Growth<'g> {
    pub fn new(
        finder: &'g Finder,
        compiler: &'g Compiler<'g>,
        control: &'g dyn Control,
        excluded: &'g [String],
        main: Option<String>,
    ) -> Growth<'g> {
        let (graph, queue, fresh) = (Graph::default(), VecDeque::new(), Vec::new());
        let mut names = Names::default();
        names.call(hidden::CALLED_BY_THE_RUNTIME);
        let by_attributes = hidden::BY_ATTRIBUTES.iter().collect();
        Growth {
            finder,
            compiler,
            control,
            excluded,
            main,
            graph,
            queue,
            names,
            by_attributes,
            fresh,
            entry_points: None,
        }
    }

    /// Adds a module that has no place among the others: a script.
    pub fn add_script(&mut self, name: &str, found: Found) {
        let edge = Edge { by: By::Start, line: 0, when: When::Always };
        self.add(name, found, edge);
    }

    /// Wants a module.
    pub fn want(&mut self, name: &str, by: By, when: When) {
        let edge = Edge { by, line: 0, when };
        self.queue.push_back(Want { name: name.to_owned(), edge, optional: false, was_put_off: false });
    }

    /// Wants all modules of a package, and those of its packages.
    pub fn want_all_of(&mut self, package: &str, by: &By) {
        let mut open = vec![package.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            if self.is_excluded(&name) || !seen.insert(name.clone()) {
                continue;
            }
            self.want(&name, by.clone(), When::Perhaps);
            let Some(found) = self.locate(&name) else { continue };
            // Running `python -m package` is what __main__ is for.
            let inner = self.finder.modules(&found.places);
            open.extend(inner.into_iter().rev().map(|inner| format!("{name}.{inner}")));
        }
    }

    /// Wants the modules directly in a package, by an import of one of them.
    fn want_all_in(&mut self, package: &str, edge: &Edge) {
        let edge = Edge { when: edge.when.max(When::Perhaps), ..edge.clone() };
        let want = |name: String, optional| Want { name, edge: edge.clone(), optional, was_put_off: false };
        let Some(found) = self.locate(package) else {
            self.queue.push_back(want(package.to_owned(), false));
            return;
        };
        self.queue.push_back(want(package.to_owned(), false));
        for inner in self.finder.modules(&found.places) {
            self.queue.push_back(want(format!("{package}.{inner}"), true));
        }
    }

    /// Finds and compiles until nothing is wanted that is not there. Ends early when `control` says so.
    pub fn grow(&mut self) {
        loop {
            self.look();
            if self.fresh.is_empty() {
                for live in self.names.settle() {
                    self.follow_part(&live);
                }
                let is_there = |module: &str| self.graph.modules.contains_key(module);
                for (module, needed) in hidden::for_attributes(&mut self.by_attributes, is_there, &self.names) {
                    self.want_hidden(needed, module, false);
                }
            }
            if self.fresh.is_empty() && self.queue.is_empty() || self.control.stop() {
                return;
            }
            self.compile();
        }
    }

    /// A module as it is in the graph or would be found.
    fn locate(&self, name: &str) -> Option<Found> {
        if let Some(node) = self.graph.modules.get(name) {
            return Some(node.found.clone());
        }
        match name.rsplit_once('.') {
            Some((package, last)) => self.finder.below(&self.locate(package)?.places, last),
            None => self.finder.top(name, false),
        }
    }

    fn is_excluded(&self, name: &str) -> bool {
        let inside = |excluded: &String| name.strip_prefix(excluded.as_str()).is_some_and(|rest| rest.starts_with('.'));
        self.excluded.iter().any(|excluded| name == excluded || inside(excluded))
    }

    /// Looks for all that is wanted; what is in packages that are not compiled yet waits for them.
    fn look(&mut self) {
        let mut later: VecDeque<Want> = VecDeque::new();
        while let Some(mut want) = self.queue.pop_front() {
            if let Some(node) = self.graph.modules.get_mut(&want.name) {
                node.wanted.push(want.edge);
                continue;
            }
            if self.is_excluded(&want.name) {
                self.miss(&want.name, Why::Excluded, want.edge);
                continue;
            }
            let Some((package, last)) = want.name.rsplit_once('.') else {
                let library_first = want.edge.by == By::Runtime;
                match self.finder.top(&want.name, library_first) {
                    Some(found) => self.add(&want.name, found, want.edge),
                    None => self.miss(&want.name, Why::NotFound, want.edge),
                }
                continue;
            };
            if !self.graph.modules.contains_key(package) {
                if let Some(missing) = self.graph.missing.get(package) {
                    // Who wants a module of a package that is missing wants the package.
                    let why = missing.why.clone();
                    if !want.optional {
                        self.miss(package, why, want.edge);
                    }
                    continue;
                }
                // The package itself may have to wait; or it is not there, and need not be.
                if want.was_put_off {
                    if later.iter().any(|other| other.name == package) {
                        later.push_back(want);
                    }
                    continue;
                }
                let package = Want {
                    name: package.to_owned(),
                    edge: want.edge.clone(),
                    optional: want.optional,
                    was_put_off: false,
                };
                want.was_put_off = true;
                self.queue.push_front(want);
                self.queue.push_front(package);
                continue;
            }
            if self.fresh.iter().any(|(name, _)| name == package) {
                later.push_back(want);
                continue;
            }
            let node = &self.graph.modules[package];
            // Such modules may put others in place by themselves, as os does with os.path and
            // collections with collections.abc.
            let makes_modules = ["modules", "__path__"].iter().any(|name| node.scan.names.contains(*name));
            let is_package = node.found.is_package();
            match self.finder.below(&node.found.places, last) {
                Some(found) => self.add(&want.name, found, want.edge),
                None if want.optional => {}
                None if makes_modules && (!is_package || node.found.origin == Origin::Library) => {}
                None => {
                    let when = if makes_modules { want.edge.when.max(When::Perhaps) } else { want.edge.when };
                    let why = if is_package { Why::NotFound } else { Why::NoPackage(package.to_owned()) };
                    self.miss(&want.name, why, Edge { when, ..want.edge });
                }
            }
        }
        later.iter_mut().for_each(|want| want.was_put_off = false);
        self.queue = later;
    }

    fn miss(&mut self, name: &str, why: Why, edge: Edge) {
        let missing = self.graph.missing.entry(name.to_owned());
        missing.or_insert_with(|| Missing { why, wanted: Vec::new() }).wanted.push(edge);
    }

    fn add(&mut self, name: &str, found: Found, edge: Edge) {
        if found.kind == Kind::Extension {
            let file = self.finder.root(found.root).full(&found.path);
            self.miss(name, Why::Extension(file), edge);
            return;
        }
        let is_compiled = matches!(found.kind, Kind::Source | Kind::Bytecode);
        if is_compiled {
            self.fresh.push((name.to_owned(), found.clone()));
        }
        for &inner in hidden::imports_of(name) {
            self.want_hidden(inner, name, false);
        }
        let node = Node { found, code: None, scan: Scan::default(), wanted: vec![edge], warnings: Vec::new() };
        self.graph.modules.insert(name.to_owned(), node);
    }

    /// Compiles the modules that were found, and wants what they import.
    fn compile(&mut self) {
        let fresh = std::mem::take(&mut self.fresh);
        let sources: Vec<(String, Source)> =
            fresh.into_iter().map(|(name, found)| (name.clone(), Source::read(self.finder, &name, &found))).collect();
        self.control.begins(sources.len());
        let main = self.main.as_deref();
        let work = |(name, source): &(String, Source)| {
            let compiled = self.compiler.compile(source, main == Some(name.as_str()));
            let scan = compiled.code.as_ref().ok().map(|code| crate::scan::scan(code, main == Some(name.as_str())));
            (compiled, scan)
        };
        let size = |(_, source): &(String, Source)| source.len();
        let compiled = on_all_threads(&sources, self.compiler.jobs, size, self.control, work);
        for ((name, source), outcome) in sources.into_iter().zip(compiled) {
            let Some((compiled, scan)) = outcome else { continue };
            match compiled.code {
                Ok(code) => {
                    let scan = scan.unwrap_or_default();
                    self.follow(&name, &scan);
                    if scan.extends_path {
                        self.extend_path(&name);
                    }
                    if let Some(node) = self.graph.modules.get_mut(&name) {
                        (node.code, node.scan, node.warnings) = (Some(code), scan, compiled.warnings);
                    }
                }
                Err(error) => {
                    if let Some(node) = self.graph.modules.remove(&name) {
                        let why = Why::Refused(source.file.clone(), error);
                        self.graph.missing.insert(name, Missing { why, wanted: node.wanted });
                    }
                }
            }
        }
    }

    /// Gives a package the folders of its name in all roots.
    fn extend_path(&mut self, name: &str) {
        let everywhere = self.finder.everywhere(&name.replace('.', "/"));
        if let Some(node) = self.graph.modules.get_mut(name) {
            for place in everywhere {
                if node.found.is_package() && !node.found.places.contains(&place) {
                    node.found.places.push(place);
                }
            }
        }
    }

    /// Wants what a module imports, and functions of others that it is the first to name.
    fn follow(&mut self, module: &str, scan: &Scan) {
        let found = &self.graph.modules[module].found;
        let (origin, is_package) = (found.origin, found.is_package());
        let is_own = origin != Origin::Library || self.main.as_deref() == Some(module);
        let imported = scan.imports().flat_map(|import| modules_of(import, module, is_package)).collect();
        for live in self.names.add(module, scan, imported, is_own) {
            self.follow_part(&live);
        }
        if is_own {
            for &needed in hidden::for_variables(scan) {
                self.want_hidden(needed, module, false);
            }
            for codec in hidden::codecs(&scan.texts) {
                self.want_hidden(&codec, module, true);
            }
        }
    }

    fn want_hidden(&mut self, name: &str, by: &str, optional: bool) {
        let edge = Edge { by: By::Hidden(by.to_owned()), line: 0, when: When::Perhaps };
        self.queue.push_back(Want { name: name.to_owned(), edge, optional, was_put_off: false });
    }

    fn follow_part(&mut self, part: &Live) {
        let module = part.module.as_str();
        let Some(node) = self.graph.modules.get(module) else { return };
        let (is_package, origin) = (node.found.is_package(), node.found.origin);
        for import in &part.imports {
            let edge = Edge { by: By::Import(module.to_owned()), line: import.line, when: import.when };
            match &import.what {
                What::Statement { level, name, names } => {
                    let name = match *level {
                        0 => name.clone(),
                        level => match relative(module, is_package, level, name) {
                            Some(name) => name,
                            // It fails at run time, as it does anywhere.
                            None => continue,
                        },
                    };
                    self.names.import(&name, names);
                    self.statement(&name, names, edge);
                }
                What::Named { name, anchor, .. } => {
                    let Some(name) = self.named(module, is_package, name, anchor) else { continue };
                    // Names that are asked for need not be of modules.
                    let optional = !is_import(import);
                    self.queue.push_back(Want { name, edge, optional, was_put_off: false });
                }
                What::Inside { package, anchor } => {
                    let Some(package) = self.named(module, is_package, package, anchor) else { continue };
                    // Who reads a library's tables of modules means those of the library.
                    if origin != Origin::Library {
                        self.want_all_in(&package, &edge);
                    }
                }
                What::Computed { function } => {
                    if origin != Origin::Library {
                        let (module, function) = (module.to_owned(), function.clone());
                        self.graph.computed.push(Computed { module, line: import.line, function });
                    }
                }
                What::Distribution { name } => {
                    self.graph.distributions.entry(name.clone()).or_insert(edge);
                }
                What::EntryPoints { function, groups, is_computed } if origin != Origin::Library => {
                    let is_found = self.want_entry_points(groups, &edge);
                    if *is_computed && !is_found && self.entry_points().iter().any(EntryPoint::is_of_a_plugin) {
                        let (module, function) = (module.to_owned(), function.clone());
                        self.graph.computed.push(Computed { module, line: import.line, function });
                    }
                }
                What::EntryPoints { .. } => {}
            }
        }
        for needed in &part.needs {
            self.want_hidden(needed, module, false);
        }
    }

    /// Those of all distributions that can be found, whether they are needed or not.
    fn entry_points(&mut self) -> Rc<[EntryPoint]> {
        self.entry_points.get_or_insert_with(|| distributions::entry_points(self.finder).into()).clone()
    }

    /// Wants the modules of the entry points of some groups, and the records that name them.
    fn want_entry_points(&mut self, groups: &[String], edge: &Edge) -> bool {
        let edge = Edge { when: edge.when.max(When::Perhaps), ..edge.clone() };
        let all = self.entry_points();
        let meant: Vec<&EntryPoint> = all.iter().filter(|point| groups.contains(&point.group)).collect();
        for point in &meant {
            self.graph.distributions.entry(point.distribution.clone()).or_insert(edge.clone());
            let (name, edge) = (point.module.clone(), edge.clone());
            self.queue.push_back(Want { name, edge, optional: false, was_put_off: false });
        }
        !meant.is_empty()
    }

    fn statement(&mut self, name: &str, names: &[String], edge: Edge) {
        let want = |name: String, optional| Want { name, edge: edge.clone(), optional, was_put_off: false };
        self.queue.push_back(want(name.to_owned(), false));
        for inner in names {
            if inner != "*" {
                self.queue.push_back(want(format!("{name}.{inner}"), true));
                continue;
            }
            // Of a package these may be modules. It may not be compiled yet.
            let all = self.graph.modules.get(name).map(|node| node.scan.all.clone());
            let all = all.filter(|all| !all.is_empty()).or_else(|| self.all_of(name));
            for inner in all.unwrap_or_default() {
                self.queue.push_back(want(format!("{name}.{inner}"), true));
            }
        }
    }

    /// `__all__` of a package that is not compiled yet.
    fn all_of(&self, name: &str) -> Option<Vec<String>> {
        let found = self.locate(name)?;
        if !found.is_package() || found.kind != Kind::Source {
            return None;
        }
        let source = Source::read(self.finder, name, &found);
        let code = self.compiler.compile(&source, false).code.ok()?;
        Some(crate::scan::scan(&code, false).all)
    }

    /// The absolute name of a name in a call.
    fn named(&self, module: &str, is_package: bool, name: &str, anchor: &Anchor) -> Option<String> {
        let level = name.bytes().take_while(|&byte| byte == b'.').count();
        let rest = &name[level..];
        let level = u32::try_from(level).ok()?;
        if level == 0 {
            return Some(name.to_owned());
        }
        match anchor {
            Anchor::None => None,
            Anchor::Package => relative(module, is_package, level, rest),
            Anchor::Name => relative(module, true, level, rest),
            Anchor::Text(package) => relative(package, true, level, rest),
        }
    }
}

/// The modules that an import may be of.
fn modules_of(import: &Import, module: &str, is_package: bool) -> Vec<String> {
    match &import.what {
        What::Statement { level: 0, name, names } => {
            let inner = names.iter().map(|inner| format!("{name}.{inner}"));
            inner.chain([name.clone()]).collect()
        }
        What::Statement { level, name, names } => {
            let Some(name) = relative(module, is_package, *level, name) else { return Vec::new() };
            names.iter().map(|inner| format!("{name}.{inner}")).chain([name.clone()]).collect()
        }
        What::Named { name, .. } => vec![name.clone()],
        What::Computed { .. } | What::Inside { .. } | What::Distribution { .. } | What::EntryPoints { .. } => {
            Vec::new()
        }
    }
}

/// Whether it is an import, not only a question about a module.
fn is_import(import: &Import) -> bool {
    match &import.what {
        What::Named { function, .. } => matches!(function.as_str(), "import_module" | "__import__" | "run_module"),
        _ => true,
    }
}

/// The absolute name of a relative import.
fn relative(module: &str, is_package: bool, level: u32, name: &str) -> Option<String> {
    let ups = if is_package { level - 1 } else { level };
    let mut package = module;
    for _ in 0..ups {
        package = package.rsplit_once('.')?.0;
    }
    Some(if name.is_empty() { package.to_owned() } else { format!("{package}.{name}") })
}
