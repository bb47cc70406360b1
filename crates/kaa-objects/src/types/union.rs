//! `typing.Union`: `int | str`. Its arguments are flat and each is there once.

use std::mem::offset_of;

use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot};
use crate::types::descriptors::MemberKind::ReadOnly;
use crate::types::dict::PyDict;
use crate::types::generic_alias::{PyGenericAlias, substitute, type_parameters, type_repr};
use crate::types::list::PyList;
use crate::types::none::PyNone;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, py_type};

/// A union of types.
#[repr(C)]
#[derive(Trace)]
pub struct PyUnion {
    header: Header,
    /// `__args__`.
    pub args: Slot<Gc<PyTuple>>,
    /// Those of the arguments that can be hashed.
    hashable: Slot,
    /// The others.
    unhashable: Slot<Gc<PyTuple>>,
    /// `__parameters__`, once it was asked for.
    parameters: Slot<Gc<PyTuple>>,
}

/// What makes a union: arguments in order, each once.
struct Builder {
    args: Gc<PyList>,
    /// The hashable ones as keys.
    seen: Gc<PyDict>,
    unhashable: Gc<PyList>,
}

impl Builder {
    fn new(vm: &Vm) -> PyResult<Builder> {
        Ok(Builder { args: vm.new_list(&[])?, seen: vm.new_dict()?, unhashable: vm.new_list(&[])? })
    }

    fn add(&self, vm: &Vm, arg: Value) -> PyResult<()> {
        if let Some(union) = vm.cast::<PyUnion>(arg) {
            for &arg in union.args.get_set().as_slice() {
                self.add_one(vm, arg)?;
            }
            return Ok(());
        }
        self.add_one(vm, if arg.is_none() { vm.class::<PyNone>().value() } else { arg })
    }

    /// As `add`, after `typing` checked what is not clearly a type.
    fn add_checked(&self, vm: &Vm, arg: Value) -> PyResult<()> {
        if is_unionable(vm, arg) {
            return self.add(vm, arg);
        }
        let Some(import) = vm.hooks.import.get() else {
            return Err(vm.import_error("the module typing cannot be imported here"));
        };
        let check = vm.get_attr_str(import(vm, "typing")?, "_type_check")?;
        let message = vm.new_str("Union[arg, ...]: each arg must be a type.")?;
        let arg = vm.call(check, &[arg, message.value()])?;
        self.add(vm, arg)
    }

    fn add_one(&self, vm: &Vm, arg: Value) -> PyResult<()> {
        match vm.catch(vm.hash(arg), vm.exceptions().TypeError)? {
            Ok(hash) => {
                if self.seen.get_hashed(vm, arg, hash)?.is_some() {
                    return Ok(());
                }
                self.seen.set_hashed(vm, arg, hash, Value::NONE)?;
            }
            Err(_) => {
                for index in 0..self.unhashable.len() {
                    let Some(known) = self.unhashable.get(index) else { break };
                    if vm.identical_or_equal(known, arg)? {
                        return Ok(());
                    }
                }
                self.unhashable.push(vm, arg)?;
            }
        }
        self.args.push(vm, arg)
    }

    /// The union; a single argument is itself.
    fn finish(self, vm: &Vm) -> PyResult {
        match *self.args.as_slice() {
            [] => Err(vm.type_error("Cannot take a Union of no types.")),
            [only] => Ok(only),
            _ => {
                let keys = vm.keys_of(self.seen)?;
                vm.finish_union(self.args.as_slice(), keys.value(), self.unhashable.as_slice())
            }
        }
    }
}

/// Whether `|` of a class takes a value as its other operand.
fn is_unionable(vm: &Vm, value: Value) -> bool {
    value.is_none()
        || vm.cast::<PyType>(value).is_some()
        || vm.cast::<PyGenericAlias>(value).is_some()
        || vm.cast::<PyUnion>(value).is_some()
        || vm.class_of(value).native.get().name == "TypeAliasType"
}

impl Vm {
    /// `left | right` of classes, generic aliases and type aliases; `NotImplemented` for others.
    pub fn union_of(&self, left: Value, right: Value) -> PyResult {
        if !is_unionable(self, left) || !is_unionable(self, right) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        if let Some(classes) = self.two_plain_classes(left, right) {
            return self.finish_union(&classes, self.new_tuple(&classes)?.value(), &[]);
        }
        let builder = Builder::new(self)?;
        builder.add(self, left)?;
        builder.add(self, right)?;
        builder.finish(self)
    }

    /// The arguments of the union of two different classes that are hashed as all classes are, which
    /// most unions are of.
    fn two_plain_classes(&self, left: Value, right: Value) -> Option<[Value; 2]> {
        let of_class = |arg: Value| if arg.is_none() { self.class::<PyNone>().value() } else { arg };
        let args = [of_class(left), of_class(right)];
        let plain = args.iter().all(|&arg| self.cast_exact::<PyType>(arg).is_some());
        (plain && args[0] != args[1]).then_some(args)
    }

    fn finish_union(&self, args: &[Value], hashable: Value, unhashable: &[Value]) -> PyResult {
        let union = PyUnion {
            header: Header::EMPTY,
            args: Slot::new(self.new_tuple(args)?),
            hashable: Slot::new(self.new_frozenset_from(hashable)?),
            unhashable: Slot::new(self.new_tuple(unhashable)?),
            parameters: Slot::empty(),
        };
        Ok(self.alloc(union)?.value())
    }

    /// `Union[args]`: what is not clearly a type is checked by `typing`.
    pub fn make_union(&self, args: &[Value]) -> PyResult {
        let builder = Builder::new(self)?;
        for &arg in args {
            builder.add_checked(self, arg)?;
        }
        builder.finish(self)
    }
}

impl Gc<PyUnion> {
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

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("__args__", offset_of!(PyUnion, args), ReadOnly, "")])
}

#[py_type(
    name = "Union",
    module = "typing",
    flags(MANAGED_WEAKREF),
    setup = set_up,
    doc = "Represent a union type\n\nE.g. for int | str"
)]
impl PyUnion {
    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        vm.check_stack(" while getting the repr of an object")?;
        let mut parts = Vec::new();
        for &arg in self.args.get_set().as_slice() {
            parts.push(type_repr(vm, arg)?);
        }
        Ok(parts.join(" | "))
    }

    /// `__module__` is that of the class.
    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
        let holder = if name == vm.names().__module__ { vm.class_of(this).value() } else { this };
        if holder == this { vm.generic_get_attr(this, name) } else { vm.get_attr(holder, name) }
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> PyResult<i64> {
        let unhashable = self.unhashable.get_set();
        for &arg in unhashable.as_slice() {
            // Raises what is wrong with it.
            vm.hash(arg)?;
        }
        if !unhashable.is_empty() {
            let count = unhashable.len();
            let s = if count == 1 { "" } else { "s" };
            return Err(vm.type_error(format_args!("union contains {count} unhashable element{s}")));
        }
        vm.hash(self.hashable.get_set())
    }

    #[slot(richcompare)]
    fn compare(&self, vm: &Vm, other: Value, op: CompareOp) -> PyResult {
        let other = vm.cast::<PyUnion>(other).filter(|_| matches!(op, CompareOp::Eq | CompareOp::Ne));
        let Some(other) = other else { return Ok(Value::NOT_IMPLEMENTED) };
        let (mine, theirs) = (self.unhashable.get_set(), other.unhashable.get_set());
        let mut equal = mine.len() == theirs.len() && vm.equal(self.hashable.get_set(), other.hashable.get_set())?;
        for &arg in mine.as_slice() {
            let mut found = false;
            for &candidate in theirs.as_slice() {
                found = found || vm.identical_or_equal(arg, candidate)?;
            }
            equal &= found;
        }
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, left: Value, right: Value) -> PyResult {
        vm.make_union(&[left, right])
    }

    #[slot(mp_subscript)]
    fn get_item(vm: &Vm, this: Gc<PyUnion>, item: Value) -> PyResult {
        let parameters = this.parameters(vm)?;
        let args = substitute(vm, this.value(), this.args.get_set(), parameters, item)?;
        vm.make_union(args.as_slice())
    }

    #[method("__mro_entries__($self, bases, /)")]
    fn mro_entries(vm: &Vm, this: Value, _bases: Value) -> PyResult {
        let text = vm.repr(this)?.to_string_lossy();
        Err(vm.type_error(format_args!("Cannot subclass {text}")))
    }

    #[classmethod("__class_getitem__($type, parameters, /)", doc = "Create a union containing the given types")]
    fn class_getitem(vm: &Vm, _class: Gc<PyType>, parameters: Value) -> PyResult {
        match vm.cast::<PyTuple>(parameters) {
            Some(parameters) => vm.make_union(parameters.as_slice()),
            None => vm.make_union(&[parameters]),
        }
    }

    #[getter("__name__", doc = "Name of the type")]
    fn name(_this: Value) -> &'static str {
        "Union"
    }

    #[getter("__qualname__", doc = "Qualified name of the type")]
    fn qualname(_this: Value) -> &'static str {
        "Union"
    }

    #[getter("__origin__", doc = "Always returns the type")]
    fn origin(vm: &Vm, _this: Value) -> Gc<PyType> {
        vm.class::<PyUnion>()
    }

    #[getter("__parameters__", doc = "Type variables in the types.UnionType.")]
    fn get_parameters(vm: &Vm, this: Gc<PyUnion>) -> PyResult<Gc<PyTuple>> {
        this.parameters(vm)
    }
}
