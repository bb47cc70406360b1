//! An exception with its causes, contexts and group members, and the text for all of them.

use std::collections::HashSet;

use kaa_objects::types::exceptions::{PyBaseException, PyExceptionGroup, PySyntaxError};
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::source::Sources;
use super::{entries, suggestions, syntax_error};

/// Members of a group that are shown.
const GROUP_WIDTH: usize = 15;
/// Nested groups that are shown.
const GROUP_DEPTH: usize = 10;

const CAUSE: &str = "\nThe above exception was the direct cause of the following exception:\n\n";
const CONTEXT: &str = "\nDuring handling of the above exception, another exception occurred:\n\n";

/// Which exceptions are shown where. Each is shown once, also when links make a circle.
pub(super) struct Tree {
    /// The exceptions: the collector does not see `nodes`, so those refer to places in here.
    exceptions: Gc<PyList>,
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    cause: Option<usize>,
    context: Option<usize>,
    members: Option<Vec<usize>>,
}

/// The margin while members of groups are printed.
struct Margin {
    depth: usize,
    /// Whether the frame around the innermost group is still open.
    needs_end: bool,
}

impl Tree {
    /// Follows the links from an exception.
    pub fn new(vm: &Vm, exception: Gc<PyBaseException>) -> PyResult<Tree> {
        let mut tree = Tree { exceptions: vm.new_list(&[])?, nodes: Vec::new() };
        let mut seen = HashSet::new();
        seen.insert(vm.pin(exception));
        let mut waiting = vec![tree.add(vm, exception)?];
        while let Some(index) = waiting.pop() {
            let exception = tree.exception(vm, index);
            let mut follow = |tree: &mut Tree, link: Option<Gc<PyBaseException>>| -> PyResult<Option<usize>> {
                match link.filter(|link| seen.insert(vm.pin(*link))) {
                    Some(link) => {
                        let node = tree.add(vm, link)?;
                        waiting.push(node);
                        Ok(Some(node))
                    }
                    None => Ok(None),
                }
            };
            let cause = follow(&mut tree, exception.cause.get())?;
            let wants_context = cause.is_none() && !exception.suppress_context.get();
            let context = if wants_context { follow(&mut tree, exception.context.get())? } else { None };
            let members = match vm.cast::<PyExceptionGroup>(exception.value()) {
                Some(group) => Some(tree.add_members(vm, group, &mut seen, &mut waiting)?),
                None => None,
            };
            tree.nodes[index] = Node { cause, context, members };
        }
        Ok(tree)
    }

    fn add(&mut self, vm: &Vm, exception: Gc<PyBaseException>) -> PyResult<usize> {
        self.exceptions.push(vm, exception.value())?;
        self.nodes.push(Node::default());
        Ok(self.nodes.len() - 1)
    }

    fn add_members(
        &mut self,
        vm: &Vm,
        group: Gc<PyExceptionGroup>,
        seen: &mut HashSet<usize>,
        waiting: &mut Vec<usize>,
    ) -> PyResult<Vec<usize>> {
        let members = group.exceptions.get_set();
        let mut nodes = Vec::with_capacity(members.len());
        for index in 0..members.len() {
            if let Some(member) = vm.cast::<PyBaseException>(members.as_slice()[index]) {
                seen.insert(vm.pin(member));
                let node = self.add(vm, member)?;
                nodes.push(node);
                waiting.push(node);
            }
        }
        Ok(nodes)
    }

    fn exception(&self, vm: &Vm, index: usize) -> Gc<PyBaseException> {
        let exception = self.exceptions.get(index).and_then(|value| vm.cast::<PyBaseException>(value));
        exception.expect("the list holds exceptions")
    }

    /// The whole text.
    pub fn text(&self, vm: &Vm) -> String {
        let mut text = String::new();
        let mut margin = Margin { depth: 0, needs_end: false };
        self.write(vm, 0, &mut Sources::default(), &mut margin, &mut text);
        text
    }

    /// Writes an exception after those that led to it.
    fn write(&self, vm: &Vm, index: usize, sources: &mut Sources, margin: &mut Margin, text: &mut String) {
        let mut chain = Vec::new();
        let mut next = Some(index);
        while let Some(index) = next {
            let node = &self.nodes[index];
            let (words, earlier) = match (node.cause, node.context) {
                (Some(cause), _) => (CAUSE, Some(cause)),
                (None, Some(context)) => (CONTEXT, Some(context)),
                (None, None) => ("", None),
            };
            chain.push((words, index));
            next = earlier;
        }
        for (words, index) in chain.into_iter().rev() {
            margin.write(words, '|', text);
            self.write_alone(vm, index, sources, margin, text);
        }
    }

    fn write_alone(&self, vm: &Vm, index: usize, sources: &mut Sources, margin: &mut Margin, text: &mut String) {
        let exception = self.exception(vm, index);
        let members = self.nodes[index].members.as_ref();
        if members.is_some() && margin.depth > GROUP_DEPTH {
            margin.write(&format!("... (max_group_depth is {GROUP_DEPTH})\n"), '|', text);
            return;
        }
        let is_outermost = members.is_some() && margin.depth == 0;
        margin.depth += usize::from(is_outermost);
        let entries = entries::text(vm, exception.traceback.get(), sources);
        if !entries.is_empty() {
            let group = if members.is_some() { "Exception Group " } else { "" };
            let sign = if is_outermost { '+' } else { '|' };
            margin.write(&format!("{group}Traceback (most recent call last):\n"), sign, text);
            margin.write(&entries, '|', text);
        }
        margin.write(&headline(vm, exception), '|', text);
        if let Some(members) = members {
            self.write_members(vm, members, sources, margin, text);
        }
        if is_outermost {
            margin.depth = 0;
        }
    }

    fn write_members(&self, vm: &Vm, members: &[usize], sources: &mut Sources, margin: &mut Margin, text: &mut String) {
        let shown = members.len().min(GROUP_WIDTH + 1);
        margin.needs_end = false;
        for (position, &member) in members.iter().enumerate().take(shown) {
            let is_last = position == shown - 1;
            if is_last {
                // A group inside may draw the end of the frame.
                margin.needs_end = true;
            }
            let is_cut = position >= GROUP_WIDTH;
            let title = if is_cut { "...".to_owned() } else { (position + 1).to_string() };
            let corner = if position == 0 { "+-" } else { "  " };
            text.push_str(&margin.blanks());
            text.push_str(&format!("{corner}+---------------- {title} ----------------\n"));
            margin.depth += 1;
            if is_cut {
                let more = members.len() - GROUP_WIDTH;
                let plural = if more > 1 { "s" } else { "" };
                margin.write(&format!("and {more} more exception{plural}\n"), '|', text);
            } else {
                self.write(vm, member, sources, margin, text);
            }
            if is_last && margin.needs_end {
                text.push_str(&margin.blanks());
                text.push_str("+------------------------------------\n");
                margin.needs_end = false;
            }
            margin.depth -= 1;
        }
    }
}

impl Margin {
    fn blanks(&self) -> String {
        " ".repeat(2 * self.depth)
    }

    /// Writes lines behind the margin.
    fn write(&self, lines: &str, sign: char, text: &mut String) {
        if self.depth == 0 {
            text.push_str(lines);
            return;
        }
        for line in lines.split_inclusive('\n') {
            text.push_str(&self.blanks());
            text.push(sign);
            text.push(' ');
            text.push_str(line);
        }
    }
}

/// The class, the message and the notes.
fn headline(vm: &Vm, exception: Gc<PyBaseException>) -> String {
    let class = qualified_name(vm, exception);
    let mut text = match vm.cast::<PySyntaxError>(exception.value()) {
        Some(error) => syntax_error::text(vm, error, &class),
        None => {
            let message = str_or(vm, exception.value(), "<exception str() failed>");
            let message = message + &suggestions::hint(vm, exception);
            if message.is_empty() { format!("{class}\n") } else { format!("{class}: {message}\n") }
        }
    };
    let notes = vm.get_attr_optional(exception.value(), vm.intern("__notes__"));
    match notes {
        Ok(notes) => write_notes(vm, notes, &mut text),
        Err(raised) => {
            let error = vm.take_exception(raised);
            let repr = match vm.repr(error.value()) {
                Ok(repr) => repr.to_string_lossy(),
                Err(raised) => {
                    vm.take_exception(raised);
                    "<__notes__ repr() failed>".to_owned()
                }
            };
            text.push_str(&format!("Ignored error getting __notes__: {repr}\n"));
        }
    }
    text
}

fn str_or(vm: &Vm, value: Value, failed: &str) -> String {
    match vm.str(value) {
        Ok(text) => text.to_string_lossy(),
        Err(raised) => {
            vm.take_exception(raised);
            failed.to_owned()
        }
    }
}

fn write_notes(vm: &Vm, notes: Option<Value>, text: &mut String) {
    let Some(notes) = notes.and_then(Value::not_none) else { return };
    let note_at = |index: usize| match (vm.cast::<PyList>(notes), vm.cast::<PyTuple>(notes)) {
        (Some(list), _) => list.get(index),
        (None, Some(tuple)) => tuple.as_slice().get(index).copied(),
        (None, None) => None,
    };
    if vm.cast::<PyList>(notes).is_none() && vm.cast::<PyTuple>(notes).is_none() {
        let repr = match vm.repr(notes) {
            Ok(repr) => repr.to_string_lossy(),
            Err(raised) => {
                vm.take_exception(raised);
                "<__notes__ repr() failed>".to_owned()
            }
        };
        text.push_str(&format!("{repr}\n"));
        return;
    }
    for index in 0.. {
        let Some(note) = note_at(index) else { break };
        text.push_str(&str_or(vm, note, "<note str() failed>"));
        text.push('\n');
    }
}

/// The class's name, with its module unless that is `builtins` or `__main__`.
fn qualified_name(vm: &Vm, exception: Gc<PyBaseException>) -> String {
    let class = vm.class_of(exception.value());
    let name = vm.class_qualname(class).to_string_lossy();
    let module = match vm.class_module(class) {
        Ok(module) => module.and_then(|module| vm.cast::<PyStr>(module)).map(|module| module.to_string_lossy()),
        Err(raised) => {
            vm.take_exception(raised);
            None
        }
    };
    match module.as_deref() {
        Some("builtins" | "__main__") => name,
        Some(module) => format!("{module}.{name}"),
        None => format!("<unknown>.{name}"),
    }
}
