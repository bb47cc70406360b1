//! The entries of a traceback as text: file, line, function, and the source with its carets.

use kaa_bytecode::LocationTable;
use kaa_interpreter::traceback::PyTraceback;
use kaa_objects::{Gc, Value, Vm};

use super::carets::annotated;
use super::source::Sources;
use crate::state::sys_attribute;

/// How often the same line is printed before the rest is only counted.
const REPETITIONS: usize = 3;

/// The entries of a traceback, outermost first, at most `sys.tracebacklimit` of the last.
pub(super) fn text(vm: &Vm, traceback: Option<Value>, sources: &mut Sources) -> String {
    text_with(vm, traceback, sources, true)
}

/// The same; without carets, only the first line of each instruction is shown.
pub(super) fn text_with(vm: &Vm, traceback: Option<Value>, sources: &mut Sources, carets: bool) -> String {
    let mut next = traceback.and_then(|traceback| vm.cast::<PyTraceback>(traceback));
    if let Some(limit) = limit(vm) {
        let mut length = 0;
        let mut entry = next;
        while let Some(here) = entry {
            length += 1;
            entry = here.next.get();
        }
        for _ in limit..length {
            next = next.and_then(|entry| entry.next.get());
        }
    }
    let mut text = String::new();
    let mut repeated = Repeated::default();
    while let Some(entry) = next {
        if let Some(place) = Place::of(vm, entry)
            && repeated.is_shown(&place, &mut text)
        {
            place.write(vm, entry, sources, carets, &mut text);
        }
        next = entry.next.get();
    }
    repeated.end(&mut text);
    text
}

/// `sys.tracebacklimit`.
fn limit(vm: &Vm) -> Option<usize> {
    let limit = vm.int_to_i64(sys_attribute(vm, "tracebacklimit")?)?;
    Some(usize::try_from(limit).unwrap_or(0))
}

/// Where one entry stands.
#[derive(PartialEq, Eq)]
struct Place {
    filename: String,
    line: Option<i32>,
    name: String,
}

impl Place {
    fn of(vm: &Vm, entry: Gc<PyTraceback>) -> Option<Place> {
        let code = entry.frame.get()?.code.get()?;
        Some(Place {
            filename: code.filename.get_set().to_string_lossy(),
            line: entry.line(),
            name: code.name(vm).to_string_lossy(),
        })
    }

    fn write(&self, vm: &Vm, entry: Gc<PyTraceback>, sources: &mut Sources, carets: bool, text: &mut String) {
        let Place { filename, line, name } = self;
        let shown_line = line.map_or("None".to_owned(), |line| line.to_string());
        text.push_str(&format!("  File \"{filename}\", line {shown_line}, in {name}\n"));
        let (Some(line), Some(code)) = (*line, entry.frame.get().and_then(|frame| frame.code.get())) else { return };
        let location = u32::try_from(entry.lasti.get())
            .ok()
            .and_then(|lasti| LocationTable::new(code.linetable(), code.firstlineno).location_at(lasti));
        let location = location.filter(|location| carets && location.line == line);
        let last = location.map_or(line, |location| location.end_line.max(line));
        let columns = location.and_then(|location| {
            Some((usize::try_from(location.column).ok()?, usize::try_from(location.end_column).ok()?))
        });
        text.push_str(&annotated(&sources.lines(vm, code.filename.get_set(), line, last), columns));
    }
}

/// Counts entries that are the same as the one before.
#[derive(Default)]
struct Repeated {
    last: Option<Place>,
    count: usize,
}

impl Repeated {
    /// Takes the next entry; whether it is to be printed.
    fn is_shown(&mut self, place: &Place, text: &mut String) -> bool {
        let same = self.last.as_ref().is_some_and(|last| last == place && last.line.is_some());
        if !same {
            self.end(text);
            let Place { filename, line, name } = place;
            self.last = Some(Place { filename: filename.clone(), line: *line, name: name.clone() });
        }
        self.count += 1;
        self.count <= REPETITIONS
    }

    fn end(&mut self, text: &mut String) {
        if self.count > REPETITIONS {
            let more = self.count - REPETITIONS;
            let times = if more > 1 { "times" } else { "time" };
            text.push_str(&format!("  [Previous line repeated {more} more {times}]\n"));
        }
        self.count = 0;
    }
}
