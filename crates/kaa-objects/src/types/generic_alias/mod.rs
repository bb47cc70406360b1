//! `types.GenericAlias`: `list[int]`, a class with type arguments. Attributes and calls go to the
//! class.

mod substitute;

pub(crate) use substitute::{substitute, type_parameters};

use std::cell::Cell;
use std::mem::offset_of;

use crate::args::Args;
use crate::class::{CompareOp, MethodDef, MethodKind, PyType, TypePart};
use crate::object::{Header, Slot};
use crate::types::descriptors::MemberKind::ReadOnly;
use crate::types::list::PyList;
use crate::types::none::PyNone;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, py_type};

/// A class with its type arguments.
#[repr(C)]
#[derive(Trace)]
pub struct PyGenericAlias {
    pub(crate) header: Header,
    /// `__origin__`.
    pub origin: Slot,
    /// `__args__`.
    pub args: Slot<Gc<PyTuple>>,
    /// `__parameters__`, once it was asked for.
    parameters: Slot<Gc<PyTuple>>,
    /// `__unpacked__`: whether this is `*origin[args]`.
    pub starred: Cell<bool>,
}

/// Attributes of the alias itself; others are those of the class.
const OWN: &[&str] = &[
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    // Those of the class would do the wrong thing.
    "__bases__",
    "__copy__",
    "__deepcopy__",
];

impl PyGenericAlias {
    /// `origin[arguments]`.
    pub fn new_value(vm: &Vm, origin: Value, arguments: Value) -> PyResult {
        let args = args_tuple(vm, arguments)?;
        Ok(vm.alloc(PyGenericAlias::fields(origin, args, false))?.value())
    }

    fn fields(origin: Value, args: Gc<PyTuple>, starred: bool) -> PyGenericAlias {
        PyGenericAlias {
            header: Header::EMPTY,
            origin: Slot::new(origin),
            args: Slot::new(args),
            parameters: Slot::empty(),
            starred: Cell::new(starred),
        }
    }
}

impl Gc<PyGenericAlias> {
    fn parameters(self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        match self.parameters.get() {
            Some(parameters) => Ok(parameters),
            None => {
                let parameters = type_parameters(vm, self.args.get_set())?;
                self.parameters.set(vm, self, parameters);
                Ok(parameters)
            }
        }
    }
}

/// `__class_getitem__` of native types that are generic: `parts(CLASS_GETITEM)`.
pub const CLASS_GETITEM: TypePart = TypePart {
    methods: &[MethodDef {
        name: "__class_getitem__",
        signature: Some("($type, object, /)"),
        doc: Some("See PEP 585"),
        kind: MethodKind::Class,
        function: |vm: &Vm, class: Value, args: Args<'_>| {
            let name = || vm.cast::<PyType>(class).map_or_else(String::new, |class| class.name_text());
            if args.kwnames().is_some() {
                return Err(vm.type_error(format_args!("{}.__class_getitem__() takes no keyword arguments", name())));
            }
            match *args.all() {
                [arguments] => PyGenericAlias::new_value(vm, class, arguments),
                ref other => Err(vm.type_error(format_args!(
                    "{}.__class_getitem__() takes exactly one argument ({} given)",
                    name(),
                    other.len()
                ))),
            }
        },
    }],
    getset: &[],
};

fn args_tuple(vm: &Vm, arguments: Value) -> PyResult<Gc<PyTuple>> {
    match vm.cast::<PyTuple>(arguments) {
        Some(args) => Ok(args),
        None => vm.new_tuple(&[arguments]),
    }
}

/// How a type is written among type arguments: its name, for classes.
pub fn type_repr(vm: &Vm, value: Value) -> PyResult<String> {
    if value == Value::ELLIPSIS {
        return Ok("...".to_owned());
    }
    if value == vm.class::<PyNone>().value() {
        return Ok("None".to_owned());
    }
    let names = vm.names();
    let has = |name| vm.has_attr(value, name);
    if !(has(names.__origin__)? && has(names.__args__)?)
        && let Some(name) = vm.get_attr_optional(value, names.__qualname__)?
        && let Some(module) = vm.get_attr_optional(value, names.__module__)?.and_then(Value::not_none)
    {
        let name = vm.str(name)?.to_string_lossy();
        return Ok(match vm.cast::<PyStr>(module) {
            Some(module) if module.equals_str("builtins") => name,
            _ => format!("{}.{name}", vm.str(module)?.to_string_lossy()),
        });
    }
    Ok(vm.repr(value)?.to_string_lossy())
}

/// An argument of an alias: lists (of parameter specifications) show their items as types.
fn argument_repr(vm: &Vm, argument: Value) -> PyResult<String> {
    let Some(list) = vm.cast_exact::<PyList>(argument) else { return type_repr(vm, argument) };
    let mut items = Vec::new();
    for index in 0..list.len() {
        // What shows an item may shorten the list.
        let item = list.get(index).ok_or_else(|| vm.index_error("list index out of range"))?;
        items.push(type_repr(vm, item)?);
    }
    Ok(format!("[{}]", items.join(", ")))
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("__origin__", offset_of!(PyGenericAlias, origin), ReadOnly, ""),
            ("__args__", offset_of!(PyGenericAlias, args), ReadOnly, ""),
        ],
    )
}

#[py_type(
    name = "GenericAlias",
    module = "types",
    flags(BASETYPE, MANAGED_WEAKREF),
    setup = set_up,
    doc = "GenericAlias(origin, args, /)\n--\n\nRepresent a PEP 585 generic type\n\nFor example, for t = list[int], \
           t.__origin__ is list and t.__args__\nis (int,)."
)]
impl PyGenericAlias {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyGenericAlias>> {
        args.no_keywords(vm, "GenericAlias")?;
        let &[origin, arguments] = args.all() else {
            let given = args.all().len();
            return Err(vm.type_error(format_args!("GenericAlias expected 2 arguments, got {given}")));
        };
        let arguments = args_tuple(vm, arguments)?;
        vm.alloc_instance(class, PyGenericAlias::fields(origin, arguments, false))
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        vm.check_stack(" while getting the repr of an object")?;
        let mut text = if self.starred.get() { "*".to_owned() } else { String::new() };
        text.push_str(&type_repr(vm, self.origin.get_set())?);
        text.push('[');
        let args = self.args.get_set();
        for (index, &argument) in args.as_slice().iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            text.push_str(&argument_repr(vm, argument)?);
        }
        // `tuple[()]` is not `tuple[]`.
        text.push_str(if args.is_empty() { "()]" } else { "]" });
        Ok(text)
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> PyResult<i64> {
        Ok(vm.hash(self.origin.get_set())? ^ vm.hash(self.args.get_set().value())?)
    }

    #[slot(richcompare)]
    fn compare(&self, vm: &Vm, other: Value, op: CompareOp) -> PyResult {
        let other = vm.cast::<PyGenericAlias>(other).filter(|_| matches!(op, CompareOp::Eq | CompareOp::Ne));
        let Some(other) = other else { return Ok(Value::NOT_IMPLEMENTED) };
        let equal = self.starred.get() == other.starred.get()
            && vm.identical_or_equal(self.origin.get_set(), other.origin.get_set())?
            && vm.identical_or_equal(self.args.get_set().value(), other.args.get_set().value())?;
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Gc<PyGenericAlias>, args: Args<'_>) -> PyResult {
        let made = vm.call_args(this.origin.get_set(), args)?;
        let set = vm.set_attr(made, vm.names().__orig_class__, this.value());
        let exceptions = vm.exceptions();
        if let Err(error) = vm.catch(set, exceptions.Exception)? {
            let expected = [exceptions.AttributeError, exceptions.TypeError];
            if !expected.iter().any(|class| vm.is_instance(error.value(), *class)) {
                return Err(vm.raise_again(error));
            }
        }
        Ok(made)
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Gc<PyGenericAlias>, name: Gc<PyStr>) -> PyResult {
        if name.as_ascii().is_some_and(|name| OWN.contains(&name)) {
            return vm.generic_get_attr(this.value(), name);
        }
        vm.get_attr(this.origin.get_set(), name)
    }

    #[slot(mp_subscript)]
    fn get_item(vm: &Vm, this: Gc<PyGenericAlias>, item: Value) -> PyResult {
        let parameters = this.parameters(vm)?;
        let args = substitute(vm, this.value(), this.args.get_set(), parameters, item)?;
        let alias = PyGenericAlias::fields(this.origin.get_set(), args, this.starred.get());
        Ok(vm.alloc(alias)?.value())
    }

    /// Gives `*origin[args]`, once.
    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyGenericAlias>) -> PyResult {
        let starred = vm.alloc(PyGenericAlias::fields(this.origin.get_set(), this.args.get_set(), true))?;
        let once = PyGenericAliasIterator { header: Header::EMPTY, alias: Slot::new(starred) };
        Ok(vm.alloc(once)?.value())
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, left: Value, right: Value) -> PyResult {
        vm.union_of(left, right)
    }

    #[method("__mro_entries__($self, bases, /)")]
    fn mro_entries(&self, vm: &Vm, _bases: Value) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(&[self.origin.get_set()])
    }

    #[method("__instancecheck__($self, instance, /)")]
    fn instance_check(vm: &Vm, _this: Value, _instance: Value) -> PyResult {
        Err(vm.type_error("isinstance() argument 2 cannot be a parameterized generic"))
    }

    #[method("__subclasscheck__($self, subclass, /)")]
    fn subclass_check(vm: &Vm, _this: Value, _subclass: Value) -> PyResult {
        Err(vm.type_error("issubclass() argument 2 cannot be a parameterized generic"))
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyGenericAlias>) -> PyResult<Gc<PyTuple>> {
        let (origin, args) = (this.origin.get_set(), this.args.get_set());
        if this.starred.get() {
            let next = vm.builtin("next")?;
            let plain = vm.alloc(PyGenericAlias::fields(origin, args, false))?;
            let iterator = vm.iter(plain.value())?;
            let arguments = vm.new_tuple(&[iterator])?;
            return vm.new_tuple(&[next, arguments.value()]);
        }
        let arguments = vm.new_tuple(&[origin, args.value()])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), arguments.value()])
    }

    #[method("__dir__($self, /)")]
    fn dir(vm: &Vm, this: Gc<PyGenericAlias>) -> PyResult<Gc<PyList>> {
        let names = vm.new_dict()?;
        let of_origin = vm.call_special(this.origin.get_set(), vm.names().__dir__, &[])?;
        if let Some(of_origin) = of_origin {
            vm.for_each(of_origin, |name| names.set(vm, name, Value::NONE))?;
        }
        for name in OWN.iter().filter(|name| !matches!(**name, "__bases__" | "__copy__" | "__deepcopy__")) {
            names.set_str(vm, vm.intern(name), Value::NONE)?;
        }
        vm.keys_of(names)
    }

    #[getter("__unpacked__", member)]
    fn unpacked(&self) -> bool {
        self.starred.get()
    }

    #[getter("__parameters__", doc = "Type variables in the GenericAlias.")]
    fn get_parameters(vm: &Vm, this: Gc<PyGenericAlias>) -> PyResult<Gc<PyTuple>> {
        this.parameters(vm)
    }

    #[getter("__typing_unpacked_tuple_args__")]
    fn unpacked_tuple_args(&self, vm: &Vm) -> Option<Gc<PyTuple>> {
        let is_tuple = self.origin.get_set() == vm.class::<PyTuple>().value();
        (self.starred.get() && is_tuple).then(|| self.args.get_set())
    }
}

/// Gives the starred alias once.
#[repr(C)]
#[derive(Trace)]
pub struct PyGenericAliasIterator {
    header: Header,
    /// What is left to give.
    alias: Slot<Gc<PyGenericAlias>>,
}

#[py_type(name = "generic_alias_iterator")]
impl PyGenericAliasIterator {
    #[slot(iter)]
    fn iter(this: Gc<PyGenericAliasIterator>) -> Value {
        this.value()
    }

    #[slot(iternext)]
    fn next(&self) -> Option<Value> {
        let alias = self.alias.get();
        self.alias.clear();
        alias.map(Value::from)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        let iter = vm.builtin("iter")?;
        let rest = match self.alias.get() {
            // The iterator of the plain alias gives the starred one.
            Some(alias) => {
                vm.alloc(PyGenericAlias::fields(alias.origin.get_set(), alias.args.get_set(), false))?.value()
            }
            None => vm.new_tuple(&[])?.value(),
        };
        let arguments = vm.new_tuple(&[rest])?;
        vm.new_tuple(&[iter, arguments.value()])
    }
}
