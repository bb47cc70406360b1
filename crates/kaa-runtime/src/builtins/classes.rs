//! `__build_class__`.

use kaa_macros::py_functions;
use kaa_objects::class::PyType;
use kaa_objects::types::cell::PyCell;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::Builtins;

#[py_functions(FUNCTIONS, of = "builtins")]
impl Builtins {
    #[function(
        "__build_class__",
        raw,
        doc = "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\nInternal helper function used by the class statement."
    )]
    fn build_class(vm: &Vm, args: Args<'_>) -> PyResult {
        build_class(vm, args)
    }
}

/// The `class` statement (PEP 3115): find the metaclass, prepare the namespace, run the body in
/// it, call the metaclass, and check what it did with `__class__`.
fn build_class(vm: &Vm, args: Args<'_>) -> PyResult {
    let &[function, name, ref bases @ ..] = args.positionals() else {
        return Err(vm.type_error("__build_class__: not enough arguments"));
    };
    let Some(function) = vm.cast::<PyFunction>(function) else {
        return Err(vm.type_error("__build_class__: func must be a function"));
    };
    let Some(class_name) = vm.cast::<PyStr>(name) else {
        return Err(vm.type_error("__build_class__: name is not a string"));
    };
    let given = vm.new_tuple(bases)?;
    let bases = resolve_bases(vm, given)?;
    let keywords = vm.new_dict()?;
    let mut metaclass = None;
    for (name, value) in args.keywords() {
        if name.equals_str("metaclass") {
            metaclass = Some(value);
        } else {
            keywords.set(vm, name.value(), value)?;
        }
    }
    let mut metaclass = match metaclass {
        Some(metaclass) => metaclass,
        None => match bases.as_slice().first() {
            Some(&base) => vm.class_of(base).value(),
            None => vm.class::<PyType>().value(),
        },
    };
    if let Some(class) = vm.cast::<PyType>(metaclass) {
        metaclass = vm.calculate_metaclass(class, bases.as_slice())?.value();
    }
    let namespace = if metaclass == vm.class::<PyType>().value() {
        // Nobody can change what `type.__prepare__` does.
        let (namespace, code) = (vm.new_dict()?, function.code.get_set());
        // Most names in the body of a class are those that it defines.
        code.load(vm)?;
        namespace.reserve(vm, code.names.len())?;
        namespace.value()
    } else {
        prepare(vm, metaclass, name, bases, keywords)?
    };
    let cell = kaa_interpreter::run_in_namespace(vm, function, namespace)?;
    if given != bases {
        vm.set_item(namespace, vm.names().__orig_bases__.value(), given.value())?;
    }
    let class = call_with_keywords(vm, metaclass, &[name, bases.value(), namespace], keywords)?;
    check_cell(vm, class, cell, class_name)?;
    Ok(class)
}

/// Bases with `__mro_entries__` replaced by what it gives.
fn resolve_bases(vm: &Vm, bases: Gc<PyTuple>) -> PyResult<Gc<PyTuple>> {
    if bases.as_slice().iter().all(|&base| vm.cast::<PyType>(base).is_some()) {
        return Ok(bases);
    }
    let mut resolved = ValueVec::new();
    let mut replaced = false;
    for &base in bases.as_slice() {
        let entries = match vm.cast::<PyType>(base) {
            Some(_) => None,
            None => vm.get_attr_optional(base, vm.names().__mro_entries__)?,
        };
        let Some(entries) = entries else {
            resolved.push(vm, base)?;
            continue;
        };
        let entries = vm.call(entries, &[bases.value()])?;
        let Some(entries) = vm.cast::<PyTuple>(entries) else {
            return Err(vm.type_error("__mro_entries__ must return a tuple"));
        };
        replaced = true;
        for &entry in entries.as_slice() {
            resolved.push(vm, entry)?;
        }
    }
    if replaced { vm.new_tuple(resolved.as_slice()) } else { Ok(bases) }
}

fn prepare(vm: &Vm, metaclass: Value, name: Value, bases: Gc<PyTuple>, keywords: Gc<PyDict>) -> PyResult {
    let Some(prepare) = vm.get_attr_optional(metaclass, vm.names().__prepare__)? else {
        return Ok(vm.new_dict()?.value());
    };
    let namespace = call_with_keywords(vm, prepare, &[name, bases.value()], keywords)?;
    let slots = vm.slots_of(namespace);
    if slots.mp_subscript.is_none() && slots.sq_item.is_none() {
        let class = match vm.cast::<PyType>(metaclass) {
            Some(class) => class.name_text(),
            None => "<metaclass>".to_owned(),
        };
        let given = vm.class_name(namespace);
        return Err(vm.type_error(format_args!("{class}.__prepare__() must return a mapping, not {given}")));
    }
    Ok(namespace)
}

/// `callable(*args, **keywords)`.
pub(crate) fn call_with_keywords(vm: &Vm, callable: Value, args: &[Value], keywords: Gc<PyDict>) -> PyResult {
    if keywords.is_empty() {
        return vm.call(callable, args);
    }
    let (mut values, mut names) = (ValueVec::new(), ValueVec::new());
    for &arg in args {
        values.push(vm, arg)?;
    }
    for position in 0..keywords.filled() {
        if let Some(entry) = keywords.entry(position) {
            names.push(vm, entry.key)?;
            values.push(vm, entry.value)?;
        }
    }
    let names = vm.new_tuple(names.as_slice())?;
    vm.call_args(callable, Args::with_keywords(values.as_slice(), Some(names)))
}

/// `__class__` in the body must be the class that was made.
fn check_cell(vm: &Vm, class: Value, cell: Value, name: Gc<PyStr>) -> PyResult<()> {
    let (Some(cell), Some(_)) = (vm.cast::<PyCell>(cell), vm.cast::<PyType>(class)) else { return Ok(()) };
    match cell.contents.get() {
        None => {
            let (name, class) = (name.to_string_lossy(), vm.repr_lossy(class));
            Err(vm.runtime_error(format_args!(
                "__class__ not set defining '{name}' as {class}. Was __classcell__ propagated to type.__new__?"
            )))
        }
        Some(found) if found != class => {
            let (name, found, class) = (name.to_string_lossy(), vm.repr_lossy(found), vm.repr_lossy(class));
            Err(vm.type_error(format_args!("__class__ set to {found} defining '{name}' as {class}")))
        }
        Some(_) => Ok(()),
    }
}
