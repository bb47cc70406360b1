//! `_csv`: reading and writing rows of text with separators.

mod dialect;
mod reader;
mod writer;

use std::any::Any;
use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm, py_module};

use dialect::{Dialect, quoting};
use reader::Reader;
use writer::Writer;

/// What the module keeps in an isolate.
struct State {
    error: Slot<Gc<PyType>>,
    /// Registered dialects by name.
    dialects: Slot<Gc<PyDict>>,
    /// How long a field may be.
    field_limit: Cell<isize>,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.error.trace(visitor);
        self.dialects.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn state(vm: &Vm) -> &State {
    vm.extension(|_| State { error: Slot::empty(), dialects: Slot::empty(), field_limit: Cell::new(128 * 1024) })
}

/// Raises `csv.Error`.
#[cold]
fn error(vm: &Vm, message: impl std::fmt::Display) -> Raised {
    vm.raise_new(state(vm).error.get().unwrap_or(vm.exceptions().Exception), message)
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    let bases = vm.new_tuple(&[vm.exceptions().Exception.value()])?;
    let namespace = vm.new_dict()?;
    namespace.set_str(vm, vm.names().__module__, vm.intern("_csv").value())?;
    let class = vm.new_class(vm.class::<PyType>(), vm.intern("Error"), bases, namespace, Args::EMPTY)?;
    state(vm).error.set_root(vm.cast::<PyType>(class));
    dict.set_str(vm, vm.intern("Error"), class)?;
    let dialects = vm.new_dict()?;
    state(vm).dialects.set_root(Some(dialects));
    dict.set_str(vm, vm.intern("_dialects"), dialects.value())?;
    dict.set_str(vm, vm.intern("Reader"), vm.class::<Reader>().value())?;
    dict.set_str(vm, vm.intern("Writer"), vm.class::<Writer>().value())
}

/// The registered dialect of a name.
fn registered(vm: &Vm, name: Value) -> PyResult {
    match state(vm).dialects.get_set().get(vm, name)? {
        Some(dialect) => Ok(dialect),
        None => Err(error(vm, "unknown dialect")),
    }
}

/// The one required argument of a function, and the dialect that its further ones describe.
fn with_dialect(vm: &Vm, function: &str, args: Args<'_>) -> PyResult<(Value, Gc<Dialect>)> {
    let Some((first, rest)) = args.split_first().filter(|(_, rest)| rest.positionals().len() <= 1) else {
        return Err(wrong_count(vm, function, args.positionals().len()));
    };
    Ok((first, Dialect::make(vm, vm.class::<Dialect>(), rest)?))
}

fn wrong_count(vm: &Vm, function: &str, given: usize) -> Raised {
    let expected = if given == 0 { "at least 1 argument" } else { "at most 2 arguments" };
    vm.type_error(format_args!("{function} expected {expected}, got {given}"))
}

/// The module.
pub struct Csv;

#[py_module(name = "_csv", doc = "CSV parsing and writing.\n", types(Dialect), setup = set_up)]
impl Csv {
    #[constant]
    const QUOTE_MINIMAL: i32 = quoting::MINIMAL;
    #[constant]
    const QUOTE_ALL: i32 = quoting::ALL;
    #[constant]
    const QUOTE_NONNUMERIC: i32 = quoting::NONNUMERIC;
    #[constant]
    const QUOTE_NONE: i32 = quoting::NONE;
    #[constant]
    const QUOTE_STRINGS: i32 = quoting::STRINGS;
    #[constant]
    const QUOTE_NOTNULL: i32 = quoting::NOTNULL;

    #[function(
        "reader",
        raw,
        signature = "($module, iterable, /, dialect='excel', **fmtparams)",
        doc = "Return a reader object that will process lines from the given iterable.\n\nThe \"iterable\" argument can be any object that returns a line\nof input for each iteration, such as a file object or a list.  The\noptional \"dialect\" argument defines a CSV dialect.  The function\nalso accepts optional keyword arguments which override settings\nprovided by the dialect.\n\nThe returned object is an iterator.  Each iteration returns a row\nof the CSV file (which can span multiple input lines).\n"
    )]
    fn reader(vm: &Vm, args: Args<'_>) -> PyResult<Gc<Reader>> {
        let Some(&iterable) = args.positionals().first().filter(|_| args.positionals().len() <= 2) else {
            return Err(wrong_count(vm, "reader", args.positionals().len()));
        };
        let lines = vm.iter(iterable)?;
        let (_, dialect) = with_dialect(vm, "reader", args)?;
        Reader::make(vm, lines, dialect)
    }

    #[function(
        "writer",
        raw,
        signature = "($module, fileobj, /, dialect='excel', **fmtparams)",
        doc = "Return a writer object that will write user data on the given file object.\n\nThe \"fileobj\" argument can be any object that supports the file API.\nThe optional \"dialect\" argument defines a CSV dialect.  The function\nalso accepts optional keyword arguments which override settings\nprovided by the dialect.\n"
    )]
    fn writer(vm: &Vm, args: Args<'_>) -> PyResult<Gc<Writer>> {
        let Some(&file) = args.positionals().first().filter(|_| args.positionals().len() <= 2) else {
            return Err(wrong_count(vm, "writer", args.positionals().len()));
        };
        let write = vm.get_attr_optional(file, vm.intern("write"))?;
        let Some(write) = write.filter(|&write| vm.is_callable(write)) else {
            return Err(vm.type_error("argument 1 must have a \"write\" method"));
        };
        let (_, dialect) = with_dialect(vm, "writer", args)?;
        Writer::make(vm, write, dialect)
    }

    #[function("list_dialects()", doc = "Return a list of all known dialect names.")]
    fn list_dialects(vm: &Vm) -> PyResult<Gc<PyList>> {
        vm.list_from(state(vm).dialects.get_set().value())
    }

    #[function(
        "register_dialect",
        raw,
        signature = "($module, name, /, dialect='excel', **fmtparams)",
        doc = "Create a mapping from a string name to a CVS dialect.\n\nThe optional \"dialect\" argument specifies the base dialect instance\nor the name of the registered dialect.  The function also accepts\noptional keyword arguments which override settings provided by the\ndialect.\n"
    )]
    fn register_dialect(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        let Some(&name) = args.positionals().first().filter(|_| args.positionals().len() <= 2) else {
            return Err(wrong_count(vm, "register_dialect", args.positionals().len()));
        };
        if vm.cast::<PyStr>(name).is_none() {
            return Err(vm.type_error("dialect name must be a string"));
        }
        let (_, dialect) = with_dialect(vm, "register_dialect", args)?;
        state(vm).dialects.get_set().set(vm, name, dialect.value())
    }

    #[function("unregister_dialect(name)", doc = "Delete the name/dialect mapping associated with a string name.")]
    fn unregister_dialect(vm: &Vm, name: Value) -> PyResult<()> {
        match state(vm).dialects.get_set().remove(vm, name)? {
            Some(_) => Ok(()),
            None => Err(error(vm, "unknown dialect")),
        }
    }

    #[function("get_dialect(name)", doc = "Return the dialect instance associated with name.")]
    fn get_dialect(vm: &Vm, name: Value) -> PyResult {
        registered(vm, name)
    }

    #[function(
        "field_size_limit(new_limit=<unrepresentable>)",
        doc = "Sets an upper limit on parsed fields.\n\nReturns old limit. If limit is not given, no new limit is set and\nthe old limit is returned"
    )]
    fn field_size_limit(vm: &Vm, new_limit: Option<FieldLimit>) -> isize {
        let limit = &state(vm).field_limit;
        let old = limit.get();
        if let Some(FieldLimit(new)) = new_limit {
            limit.set(new);
        }
        old
    }
}

/// The argument of `field_size_limit`.
struct FieldLimit(isize);

impl kaa_objects::args::FromValue for FieldLimit {
    fn from_value(vm: &Vm, value: Value, _: kaa_objects::args::Argument) -> PyResult<FieldLimit> {
        if !vm.is_exact_int(value) {
            return Err(vm.type_error("limit must be an integer"));
        }
        match vm.int_to_i64(value) {
            Some(limit) => Ok(FieldLimit(limit as isize)),
            None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
        }
    }
}
