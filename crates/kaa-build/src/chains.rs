//! Who wants a module, back to what runs: the shortest chain of imports.

use std::collections::{BTreeMap, VecDeque};

use crate::find::Origin;
use crate::graph::{By, Edge, Graph};
use crate::scan::When;

/// A step of a chain: who imports it, and in which line; 0 where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub by: By,
    pub line: u32,
}

/// For each module the step by which it is reached first.
pub struct Chains {
    /// By imports that are sure to happen.
    sure: BTreeMap<String, Link>,
    /// By imports in no function, and in those of the program, which may well be called when it starts.
    at_start: BTreeMap<String, Link>,
    any: BTreeMap<String, Link>,
}

impl Chains {
    pub fn new(graph: &Graph) -> Chains {
        let mut outgoing: BTreeMap<&str, Vec<(&str, &Edge)>> = BTreeMap::new();
        for (name, node) in &graph.modules {
            for edge in &node.wanted {
                if let By::Import(from) | By::Hidden(from) = &edge.by {
                    outgoing.entry(from).or_default().push((name, edge));
                }
            }
        }
        let search = |counts: &dyn Fn(&Edge) -> bool| {
            let mut reached: BTreeMap<String, Link> = BTreeMap::new();
            let mut queue = VecDeque::new();
            // What runs comes first, so that its chains are taken where there are several.
            for start in [true, false] {
                for (name, node) in &graph.modules {
                    let is_start = |edge: &&Edge| match &edge.by {
                        By::Start => start,
                        By::Runtime | By::Option(_) => !start,
                        By::Import(_) | By::Hidden(_) => false,
                    };
                    let Some(edge) = node.wanted.iter().find(|edge| is_start(edge) && counts(edge)) else { continue };
                    if !reached.contains_key(name) {
                        reached.insert(name.clone(), Link { by: edge.by.clone(), line: 0 });
                        queue.push_back(name.as_str());
                    }
                }
                while let Some(module) = queue.pop_front() {
                    for (name, edge) in outgoing.get(module).into_iter().flatten() {
                        if counts(edge) && !reached.contains_key(*name) {
                            reached.insert((*name).to_owned(), Link { by: edge.by.clone(), line: edge.line });
                            queue.push_back(name);
                        }
                    }
                }
            }
            reached
        };
        let is_own = |edge: &Edge| match &edge.by {
            By::Import(from) => graph.modules.get(from).is_some_and(|node| node.found.origin != Origin::Library),
            _ => false,
        };
        Chains {
            sure: search(&|edge| edge.when == When::Always),
            at_start: search(&|edge| edge.when != When::InFunction || is_own(edge)),
            any: search(&|_| true),
        }
    }

    /// Whether a module is sure to be imported when the program runs.
    pub fn is_sure(&self, module: &str) -> bool {
        self.sure.contains_key(module)
    }

    /// Whether a module may well be imported whenever the program runs: not by functions of the library alone.
    pub fn is_at_start(&self, module: &str) -> bool {
        self.at_start.contains_key(module)
    }

    /// Whether an edge is sure to be gone along.
    pub fn is_sure_edge(&self, edge: &Edge) -> bool {
        edge.when == When::Always
            && match &edge.by {
                By::Import(module) => self.is_sure(module),
                By::Start | By::Runtime => true,
                By::Option(_) | By::Hidden(_) => false,
            }
    }

    /// The steps from what runs to a module; each is followed by what it imports.
    pub fn to(&self, module: &str, sure: bool) -> Vec<Link> {
        let map = if sure { &self.sure } else { &self.any };
        let mut out = Vec::new();
        let mut at = module;
        while let Some(link) = map.get(at) {
            out.push(link.clone());
            match &link.by {
                By::Import(from) | By::Hidden(from) => at = from,
                By::Start | By::Runtime | By::Option(_) => break,
            }
        }
        out.reverse();
        out
    }
}
