//! `attrgetter`, `itemgetter` and `methodcaller`: functions that fetch something from their argument.

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

/// The one positional argument of a call.
fn only_argument(vm: &Vm, args: Args<'_>, function: &str) -> PyResult {
    args.no_keywords(vm, function)?;
    match *args.positionals() {
        [only] => Ok(only),
        ref others => Err(vm.wrong_positional_count(function, others.len(), 1, 1)),
    }
}

/// The arguments of `attrgetter` and `itemgetter`: at least one, none by keyword.
fn some_arguments(vm: &Vm, args: Args<'_>, function: &str) -> PyResult<Gc<PyTuple>> {
    args.no_keywords(vm, function)?;
    if args.is_empty() {
        return Err(vm.wrong_positional_count(function, 0, 1, 1));
    }
    vm.new_tuple(args.positionals())
}

/// `name(item)`, or `name(item, …)` with the repr of the row of items.
fn repr_of_items(vm: &Vm, this: Value, items: Gc<PyTuple>) -> PyResult {
    let class = vm.class_name(this);
    let mut out = StrBuilder::default();
    out.push_str(&class);
    match vm.enter_repr(this) {
        None => out.push_str("(...)"),
        Some(_guard) => match items.as_slice() {
            &[only] => {
                out.push_str("(");
                out.push_py(&*vm.repr(only)?);
                out.push_str(")");
            }
            _ => out.push_py(&*vm.repr(items.value())?),
        },
    }
    Ok(out.finish(vm)?.value())
}

/// `operator.itemgetter`.
#[repr(C)]
#[derive(Trace)]
pub struct PyItemGetter {
    header: Header,
    /// The keys, at least one.
    items: Slot<Gc<PyTuple>>,
}

#[py_type(
    name = "itemgetter",
    module = "operator",
    doc = "itemgetter(item, /, *items)\n--\n\nReturn a callable object that fetches the given item(s) from its operand.\nAfter f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])"
)]
impl PyItemGetter {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyItemGetter>> {
        let items = some_arguments(vm, args, "itemgetter")?;
        vm.alloc_instance(class, PyItemGetter { header: Header::EMPTY, items: Slot::new(items) })
    }

    /// The signature of calling it.
    #[getter("__text_signature__")]
    fn text_signature(_this: Gc<PyItemGetter>) -> &'static str {
        "(obj, /)"
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Gc<PyItemGetter>, args: Args<'_>) -> PyResult {
        let object = only_argument(vm, args, "itemgetter")?;
        let items = this.items.get_set();
        if let &[item] = items.as_slice() {
            if let (Some(tuple), Some(index)) = (vm.cast_exact::<PyTuple>(object), item.as_small_int())
                && let Some(&found) = usize::try_from(index).ok().and_then(|index| tuple.as_slice().get(index))
            {
                return Ok(found);
            }
            return vm.get_item(object, item);
        }
        let mut row = ValueVec::new();
        for &item in items.as_slice() {
            row.push(vm, vm.get_item(object, item)?)?;
        }
        Ok(row.to_tuple(vm)?.value())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyItemGetter>) -> PyResult {
        repr_of_items(vm, this.value(), this.items.get_set())
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling")]
    fn reduce(vm: &Vm, this: Gc<PyItemGetter>) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(&[vm.class_of(this.value()).value(), this.items.get_set().value()])
    }
}

/// `operator.attrgetter`.
#[repr(C)]
#[derive(Trace)]
pub struct PyAttrGetter {
    header: Header,
    /// The names as given, at least one.
    names: Slot<Gc<PyTuple>>,
    /// For each of them, an interned name, or for a dotted one a tuple of interned names.
    paths: Slot<Gc<PyTuple>>,
}

/// What a name leads along: itself, or its parts between dots.
fn path_of(vm: &Vm, name: Gc<PyStr>) -> PyResult {
    const DOT: u32 = '.' as u32;
    if name.data().iter().all(|code_point| code_point != DOT) {
        return Ok(vm.intern_str(name).value());
    }
    let mut parts = ValueVec::new();
    let mut start = 0;
    loop {
        let end = (start..name.len()).find(|&at| name.data().at(at) == DOT);
        let part = vm.new_str_from_data(name.data().slice(start..end.unwrap_or(name.len())))?;
        parts.push(vm, vm.intern_str(part).value())?;
        match end {
            Some(end) => start = end + 1,
            None => return Ok(parts.to_tuple(vm)?.value()),
        }
    }
}

/// The attribute of an object that a path leads to.
fn follow(vm: &Vm, object: Value, path: Value) -> PyResult {
    if let Some(name) = vm.cast_exact::<PyStr>(path) {
        return vm.get_attr(object, name);
    }
    let mut object = object;
    for &name in vm.cast::<PyTuple>(path).iter().flat_map(|parts| parts.as_slice()) {
        object = vm.get_attr(object, vm.attribute_name(name)?)?;
    }
    Ok(object)
}

#[py_type(
    name = "attrgetter",
    module = "operator",
    doc = "attrgetter(attr, /, *attrs)\n--\n\nReturn a callable object that fetches the given attribute(s) from its operand.\nAfter f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, r.name.last)."
)]
impl PyAttrGetter {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyAttrGetter>> {
        let names = some_arguments(vm, args, "attrgetter")?;
        let mut paths = ValueVec::new();
        for &name in names.as_slice() {
            let Some(name) = vm.cast::<PyStr>(name) else {
                return Err(vm.type_error("attribute name must be a string"));
            };
            paths.push(vm, path_of(vm, name)?)?;
        }
        let paths = Slot::new(paths.to_tuple(vm)?);
        vm.alloc_instance(class, PyAttrGetter { header: Header::EMPTY, names: Slot::new(names), paths })
    }

    /// The signature of calling it.
    #[getter("__text_signature__")]
    fn text_signature(_this: Gc<PyAttrGetter>) -> &'static str {
        "(obj, /)"
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Gc<PyAttrGetter>, args: Args<'_>) -> PyResult {
        let object = only_argument(vm, args, "attrgetter")?;
        let paths = this.paths.get_set();
        if let &[path] = paths.as_slice() {
            return follow(vm, object, path);
        }
        let mut row = ValueVec::new();
        for &path in paths.as_slice() {
            row.push(vm, follow(vm, object, path)?)?;
        }
        Ok(row.to_tuple(vm)?.value())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyAttrGetter>) -> PyResult {
        repr_of_items(vm, this.value(), this.names.get_set())
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling")]
    fn reduce(vm: &Vm, this: Gc<PyAttrGetter>) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(&[vm.class_of(this.value()).value(), this.names.get_set().value()])
    }
}

/// `operator.methodcaller`.
#[repr(C)]
#[derive(Trace)]
pub struct PyMethodCaller {
    header: Header,
    name: Slot<Gc<PyStr>>,
    /// Positional arguments, then the values of the keywords.
    args: Slot<Gc<PyTuple>>,
    /// The names of the keywords.
    kwnames: Slot<Gc<PyTuple>>,
}

#[py_type(
    name = "methodcaller",
    module = "operator",
    doc = "methodcaller(name, /, *args, **kwargs)\n--\n\nReturn a callable object that calls the given method on its operand.\nAfter f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) returns\nr.name('date', foo=1)."
)]
impl PyMethodCaller {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyMethodCaller>> {
        let Some((name, args)) = args.split_first() else {
            return Err(vm.type_error("methodcaller needs at least one argument, the method name"));
        };
        let Some(name) = vm.cast::<PyStr>(name) else { return Err(vm.type_error("method name must be a string")) };
        let name = vm.intern_str(name);
        let values = vm.new_tuple(args.all())?;
        vm.alloc_instance(
            class,
            PyMethodCaller {
                header: Header::EMPTY,
                name: Slot::new(name),
                args: Slot::new(values),
                kwnames: Slot::maybe(args.kwnames()),
            },
        )
    }

    /// The signature of calling it.
    #[getter("__text_signature__")]
    fn text_signature(_this: Gc<PyMethodCaller>) -> &'static str {
        "(obj, /)"
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Gc<PyMethodCaller>, args: Args<'_>) -> PyResult {
        let object = only_argument(vm, args, "methodcaller")?;
        let method = vm.get_attr(object, this.name.get_set())?;
        let values = this.args.get_set();
        vm.call_args(method, Args::with_keywords(values.as_slice(), this.kwnames.get()))
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyMethodCaller>) -> PyResult {
        let mut out = StrBuilder::default();
        out.push_str(&vm.class_name(this.value()));
        let Some(_guard) = vm.enter_repr(this.value()) else {
            out.push_str("(...)");
            return Ok(out.finish(vm)?.value());
        };
        out.push_str("(");
        out.push_py(&*vm.repr(this.name.get_set().value())?);
        let values = this.args.get_set();
        let args = Args::with_keywords(values.as_slice(), this.kwnames.get());
        for &value in args.positionals() {
            out.push_str(", ");
            out.push_py(&*vm.repr(value)?);
        }
        for (name, value) in args.keywords() {
            out.push_str(", ");
            out.push_py(&name);
            out.push_str("=");
            out.push_py(&*vm.repr(value)?);
        }
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling")]
    fn reduce(vm: &Vm, this: Gc<PyMethodCaller>) -> PyResult<Gc<PyTuple>> {
        let (class, name) = (vm.class_of(this.value()).value(), this.name.get_set().value());
        let values = this.args.get_set();
        let args = Args::with_keywords(values.as_slice(), this.kwnames.get());
        let mut row = ValueVec::new();
        if args.kwnames().is_none() {
            row.push(vm, name)?;
            row.extend_from_slice(vm, args.positionals())?;
            return vm.new_tuple(&[class, row.to_tuple(vm)?.value()]);
        }
        // Keywords cannot be given by `__reduce__`: a `functools.partial` holds them.
        let partial = crate::functools::partial_class(vm).value();
        row.push(vm, class)?;
        row.push(vm, name)?;
        row.extend_from_slice(vm, &args.all()[args.positionals().len()..])?;
        let constructor = vm.call_args(partial, Args::with_keywords(row.as_slice(), args.kwnames()))?;
        let positional = vm.new_tuple(args.positionals())?;
        vm.new_tuple(&[constructor, positional.value()])
    }
}
