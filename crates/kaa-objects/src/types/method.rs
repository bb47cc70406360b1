//! `method`: a callable bound to an instance.

use crate::args::Args;
use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot};
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::types::value_vec::ValueVec;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A bound method.
#[repr(C)]
#[derive(Trace)]
pub struct PyMethod {
    header: Header,
    /// `__func__`.
    pub function: Slot,
    /// `__self__`.
    pub this: Slot,
}

#[py_type(
    name = "method",
    id = ids::METHOD,
    layout = values,
    flags(HAVE_VECTORCALL, MANAGED_WEAKREF),
    doc = "Create a bound instance method object."
)]
impl PyMethod {
    #[new("method(function, instance, /)")]
    fn new(vm: &Vm, _class: Gc<PyType>, function: Value, instance: Value) -> PyResult<Gc<PyMethod>> {
        if !vm.is_callable(function) {
            return Err(vm.type_error("first argument must be callable"));
        }
        if instance.is_none() {
            return Err(vm.type_error("instance must not be None"));
        }
        vm.new_method(function, instance)
    }

    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        let mut all = ValueVec::new();
        all.push(vm, self.this.get_set())?;
        for &value in args.all() {
            all.push(vm, value)?;
        }
        vm.call_args(self.function.get_set(), Args::with_keywords(all.as_slice(), args.kwnames()))
    }

    #[slot(descr_get)]
    fn get(this: Value, _vm: &Vm, _instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        Ok(this)
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
        // The method's own attributes, then those of the function.
        let class = vm.class_of(this);
        if let Some(attribute) = vm.lookup(class, name) {
            return match vm.slots_of(attribute).descr_get {
                Some(get) => get(vm, attribute, Some(this), Some(class.value())),
                None => Ok(attribute),
            };
        }
        // A method of methods may be many levels deep.
        vm.check_stack("")?;
        let method = vm.cast::<PyMethod>(this).expect("the slot of a method");
        vm.get_attr(method.function.get_set(), name)
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> PyResult<i64> {
        vm.check_stack("")?;
        let this = vm.identity(self.this.get_set());
        let function = vm.hash(self.function.get_set())?;
        Ok(match (this.rotate_right(4) as i64) ^ function {
            -1 => -2,
            hash => hash,
        })
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyMethod>, other: Value, op: CompareOp) -> PyResult {
        let other = vm.cast::<PyMethod>(other);
        let (Some(other), CompareOp::Eq | CompareOp::Ne) = (other, op) else { return Ok(Value::NOT_IMPLEMENTED) };
        let equal =
            this.this.get() == other.this.get() && vm.equal(this.function.get_set(), other.function.get_set())?;
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        let function = self.function.get_set();
        let names = vm.names();
        let mut name = vm.get_attr_optional(function, names.__qualname__)?;
        if name.is_none() {
            name = vm.get_attr_optional(function, names.__name__)?;
        }
        let name = name.and_then(|name| vm.cast::<PyStr>(name)).map_or_else(|| "?".to_owned(), |n| n.to_string_lossy());
        let this = vm.repr(self.this.get_set())?.to_string_lossy();
        Ok(format!("<bound method {name} of {this}>"))
    }

    #[getter("__func__", member, doc = "the function (or other callable) implementing a method")]
    fn func(&self) -> Option<Value> {
        self.function.get()
    }

    #[getter("__self__", member, doc = "the instance to which a method is bound")]
    fn this(&self) -> Option<Value> {
        self.this.get()
    }

    #[getter("__doc__")]
    fn doc(&self, vm: &Vm) -> PyResult {
        vm.get_attr(self.function.get_set(), vm.names().__doc__)
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyMethod>) -> PyResult<Gc<PyTuple>> {
        let name = vm.get_attr(this.function.get_set(), vm.names().__name__)?;
        let args = vm.new_tuple(&[this.this.get_set(), name])?;
        vm.new_tuple(&[vm.builtin("getattr")?, args.value()])
    }
}

impl Vm {
    /// `function` bound to `this`.
    #[inline]
    pub fn new_method(&self, function: Value, this: Value) -> PyResult<Gc<PyMethod>> {
        self.alloc(PyMethod { header: Header::EMPTY, function: Slot::new(function), this: Slot::new(this) })
    }
}
