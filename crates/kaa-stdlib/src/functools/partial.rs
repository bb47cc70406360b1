//! `functools.partial`: a function with some of its arguments given.

use std::cell::Cell;
use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

use super::placeholder;

/// A `partial`.
#[repr(C)]
#[derive(Trace)]
pub struct PyPartial {
    header: Header,
    /// `func`.
    function: Slot,
    /// `args`; may hold placeholders, the last is none.
    args: Slot<Gc<PyTuple>>,
    /// `keywords`.
    keywords: Slot<Gc<PyDict>>,
    /// The names in `keywords`, as calls pass them, as long as `names_changes` is that dict's
    /// count of changes.
    names: Slot<Gc<PyTuple>>,
    #[trace(skip)]
    names_changes: Cell<u32>,
    /// How many of `args` are placeholders.
    placeholders: Cell<u32>,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            (
                "func",
                offset_of!(PyPartial, function),
                MemberKind::ReadOnly,
                "function object to use in future partial calls",
            ),
            ("args", offset_of!(PyPartial, args), MemberKind::ReadOnly, "tuple of arguments to future partial calls"),
            (
                "keywords",
                offset_of!(PyPartial, keywords),
                MemberKind::ReadOnly,
                "dictionary of keyword arguments to future partial calls",
            ),
        ],
    )?;
    vm.add_dict_attribute(class)
}

/// The placeholders among some arguments; an error when the last is one.
fn count_placeholders(vm: &Vm, args: &[Value]) -> PyResult<u32> {
    let placeholder = placeholder(vm);
    if args.last() == Some(&placeholder) {
        return Err(vm.type_error("trailing Placeholders are not allowed"));
    }
    Ok(args.iter().filter(|&&arg| arg == placeholder).count() as u32)
}

/// Arguments with their placeholders replaced by the first of `given`, the others of which follow.
fn fill_placeholders(vm: &Vm, args: &[Value], given: &[Value]) -> PyResult<ValueVec> {
    let placeholder = placeholder(vm);
    let mut row = ValueVec::with_capacity(vm, args.len() + given.len())?;
    let mut given = given.iter();
    for &arg in args {
        let arg = if arg == placeholder { given.next().copied().unwrap_or(arg) } else { arg };
        row.push(vm, arg)?;
    }
    row.extend_from_slice(vm, given.as_slice())?;
    Ok(row)
}

/// The partial behind a function that is one, when calling it does nothing else.
fn plain_partial(vm: &Vm, function: Value) -> Option<Gc<PyPartial>> {
    let partial = vm.cast::<PyPartial>(function)?;
    let own = vm.class::<PyPartial>().slots().call?;
    let same_call = vm.slots_of(function).call.is_some_and(|call| std::ptr::fn_addr_eq(call, own));
    (same_call && !vm.has_instance_attributes(function)).then_some(partial)
}

#[py_type(
    name = "partial",
    module = "functools",
    flags(BASETYPE, MANAGED_DICT, MANAGED_WEAKREF),
    setup = set_up,
    doc = "partial(func, /, *args, **keywords)\n--\n\nCreate a new function with partial application of the given arguments\nand keywords."
)]
impl PyPartial {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyPartial>> {
        let Some((mut function, args)) = args.split_first() else {
            return Err(vm.type_error("type 'partial' takes at least one argument"));
        };
        if !vm.is_callable(function) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let given = args.positionals();
        let mut placeholders = count_placeholders(vm, given)?;
        if args.keywords().any(|(_, value)| value == placeholder(vm)) {
            return Err(vm.type_error("Placeholder cannot be passed as a keyword argument"));
        }
        let inner = plain_partial(vm, function);
        let mut keywords = None;
        let positional = match inner {
            None => vm.new_tuple(given)?,
            Some(inner) => {
                function = inner.function.get_set();
                keywords = Some(vm.dict_copy(inner.keywords.get_set())?);
                let inner_args = inner.args.get_set();
                let filled = (given.len() as u32).min(inner.placeholders.get());
                placeholders += inner.placeholders.get() - filled;
                match given {
                    [] => inner_args,
                    given => {
                        let row = fill_placeholders(vm, inner_args.as_slice(), given)?;
                        row.to_tuple(vm)?
                    }
                }
            }
        };
        let keywords = match keywords {
            Some(keywords) => keywords,
            None => vm.new_dict()?,
        };
        for (name, value) in args.keywords() {
            keywords.set_str(vm, name, value)?;
        }
        vm.alloc_instance(
            class,
            PyPartial {
                header: Header::EMPTY,
                function: Slot::new(function),
                args: Slot::new(positional),
                keywords: Slot::new(keywords),
                names: Slot::empty(),
                names_changes: Cell::new(0),
                placeholders: Cell::new(placeholders),
            },
        )
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Gc<PyPartial>, args: Args<'_>) -> PyResult {
        let (function, own, given) = (this.function.get_set(), this.args.get_set(), args.positionals());
        let placeholders = this.placeholders.get() as usize;
        if given.len() < placeholders {
            let given = given.len();
            return Err(vm.type_error(format_args!(
                "missing positional arguments in 'partial' call; expected at least {placeholders}, got {given}"
            )));
        }
        let keywords = this.keywords.get_set();
        if placeholders == 0 && own.is_empty() && keywords.is_empty() {
            return vm.call_args(function, args);
        }
        let mut row = if placeholders > 0 {
            fill_placeholders(vm, own.as_slice(), given)?
        } else {
            let mut row = ValueVec::from_slice(vm, own.as_slice())?;
            row.extend_from_slice(vm, given)?;
            row
        };
        if keywords.is_empty() {
            row.extend_from_slice(vm, &args.all()[given.len()..])?;
            return vm.call_args(function, Args::with_keywords(row.as_slice(), args.kwnames()));
        }
        let mut names = keyword_names(vm, this)?;
        let first = row.len();
        for position in 0..keywords.filled() {
            if let Some(entry) = keywords.entry(position) {
                row.push(vm, entry.value)?;
            }
        }
        if args.kwnames().is_some() {
            let mut all_names = ValueVec::from_slice(vm, names.as_slice())?;
            for (name, value) in args.keywords() {
                let own = names.as_slice().iter();
                match own
                    .take(keywords.len())
                    .position(|&own| vm.cast::<PyStr>(own).is_some_and(|own| own.equals(&name)))
                {
                    Some(index) => row.set(vm, first + index, value),
                    None => {
                        all_names.push(vm, name.value())?;
                        row.push(vm, value)?;
                    }
                }
            }
            names = all_names.to_tuple(vm)?;
        }
        vm.call_args(function, Args::with_keywords(row.as_slice(), Some(names)))
    }

    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PyPartial>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        match instance.and_then(Value::not_none) {
            Some(instance) => Ok(vm.new_method(this.value(), instance)?.value()),
            None => Ok(this.value()),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyPartial>) -> PyResult {
        let Some(_guard) = vm.enter_repr(this.value()) else { return Ok(vm.new_str("...")?.value()) };
        let class = vm.class_of(this.value()).value();
        let module = vm.get_attr(class, vm.names().__module__)?;
        let name = vm.get_attr(class, vm.names().__qualname__)?;
        let mut out = StrBuilder::default();
        out.push_py(&*vm.str(module)?);
        out.push_str(".");
        out.push_py(&*vm.str(name)?);
        out.push_str("(");
        out.push_py(&*vm.repr(this.function.get_set())?);
        let (args, keywords) = (this.args.get_set(), this.keywords.get_set());
        for &arg in args.as_slice() {
            out.push_str(", ");
            out.push_py(&*vm.repr(arg)?);
        }
        let mut position = 0;
        while position < keywords.filled() {
            position += 1;
            let Some(entry) = keywords.entry(position - 1) else { continue };
            out.push_str(", ");
            out.push_py(&*vm.str(entry.key)?);
            out.push_str("=");
            out.push_py(&*vm.repr(entry.value)?);
        }
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyPartial>) -> PyResult<Gc<PyTuple>> {
        let (class, function) = (vm.class_of(this.value()).value(), this.function.get_set());
        let attributes = match vm.has_instance_attributes(this.value()) {
            true => vm.instance_dict(this.value())?.map_or(Value::NONE, Gc::value),
            false => Value::NONE,
        };
        let args = vm.new_tuple(&[function])?.value();
        let state = [function, this.args.get_set().value(), this.keywords.get_set().value(), attributes];
        let state = vm.new_tuple(&state)?.value();
        vm.new_tuple(&[class, args, state])
    }

    #[method("__setstate__($self, object, /)")]
    fn setstate(vm: &Vm, this: Gc<PyPartial>, object: Value) -> PyResult<()> {
        let invalid = || vm.type_error("invalid partial state");
        let state = vm.cast::<PyTuple>(object).ok_or_else(invalid)?;
        let &[function, args, keywords, attributes] = state.as_slice() else { return Err(invalid()) };
        let args = vm.cast::<PyTuple>(args).filter(|_| vm.is_callable(function)).ok_or_else(invalid)?;
        let keywords = match keywords.not_none() {
            None => None,
            Some(keywords) => Some(vm.cast::<PyDict>(keywords).ok_or_else(invalid)?),
        };
        let placeholders = count_placeholders(vm, args.as_slice())?;
        let args = if vm.cast_exact::<PyTuple>(args.value()).is_some() { args } else { vm.new_tuple(args.as_slice())? };
        let keywords = match keywords {
            None => vm.new_dict()?,
            Some(keywords) if vm.cast_exact::<PyDict>(keywords.value()).is_some() => keywords,
            Some(keywords) => vm.dict_copy(keywords)?,
        };
        match vm.cast::<PyDict>(attributes) {
            Some(attributes) => drop(vm.set_instance_dict(this.value(), attributes)),
            None if attributes.is_none() => drop(vm.clear_instance_dict(this.value())?),
            None => return Err(invalid()),
        }
        this.function.set(vm, this, function);
        this.args.set(vm, this, args);
        this.keywords.set(vm, this, keywords);
        this.names.clear();
        this.placeholders.set(placeholders);
        Ok(())
    }

    #[classmethod(
        "__class_getitem__($type, object, /)",
        doc = "partial is generic over the wrapped function's return type"
    )]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        PyGenericAlias::new_value(vm, class.value(), object)
    }
}

/// The names in `keywords`, in order.
fn keyword_names(vm: &Vm, this: Gc<PyPartial>) -> PyResult<Gc<PyTuple>> {
    let keywords = this.keywords.get_set();
    if let Some(names) = this.names.get()
        && this.names_changes.get() == keywords.changes()
    {
        return Ok(names);
    }
    let mut names = ValueVec::with_capacity(vm, keywords.len())?;
    for position in 0..keywords.filled() {
        let Some(entry) = keywords.entry(position) else { continue };
        if vm.cast::<PyStr>(entry.key).is_none() {
            return Err(vm.type_error("keywords must be strings"));
        }
        names.push(vm, entry.key)?;
    }
    let names = names.to_tuple(vm)?;
    this.names.set(vm, this, names);
    this.names_changes.set(keywords.changes());
    Ok(names)
}
