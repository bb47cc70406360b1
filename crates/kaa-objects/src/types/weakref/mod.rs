//! `weakref.ReferenceType` and proxies: references that keep nothing alive.
//!
//! The collector clears the referent's slot when the referent is not reached, and queues the
//! reference; its callback runs at the next poll ([`Vm::run_collected`]).

mod collected;
mod proxy;
#[cfg(test)]
mod tests;

pub use proxy::{PyWeakCallableProxy, PyWeakProxy};

use std::cell::Cell;
use std::mem::offset_of;

use crate::args::Args;
use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot};
use crate::types::descriptors::MemberKind::ReadOnly;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A weak reference or a proxy.
#[repr(C)]
#[derive(Trace)]
pub struct PyWeakRef {
    pub(crate) header: Header,
    /// The referent; the collector empties the slot when it dies.
    #[trace(skip)]
    referent: Slot,
    /// `__callback__`; empty when there is none, or it was called.
    callback: Slot,
    /// The hash of the referent, once it was asked for; 0 before.
    hash: Cell<i64>,
}

impl PyWeakRef {
    /// What it refers to, while that lives.
    #[inline]
    pub fn get(&self) -> Option<Value> {
        self.referent.get()
    }

    /// Whether it has a callback that was not called yet.
    pub fn has_callback(&self) -> bool {
        self.callback.get().is_some()
    }

    /// The callback, which will not be called again.
    fn take_callback(&self) -> Option<Value> {
        let callback = self.callback.get();
        self.callback.clear();
        callback
    }

    /// The referent as `repr` shows it.
    fn describe(&self, vm: &Vm) -> PyResult<String> {
        let Some(referent) = self.get() else { return Ok("dead".to_owned()) };
        let class = vm.full_class_name(referent);
        Ok(format!("to '{class}' at {:#x}", vm.identity(referent)))
    }

    /// The `__name__` that the referent's class gives it, behind a space.
    fn name(&self, vm: &Vm) -> PyResult<String> {
        let Some(referent) = self.get() else { return Ok(String::new()) };
        let class = vm.class_of(referent);
        let Some(attribute) = vm.lookup(class, vm.names().__name__) else { return Ok(String::new()) };
        let name = match vm.slots_of(attribute).descr_get {
            Some(get) => get(vm, attribute, Some(referent), Some(class.value()))?,
            None => attribute,
        };
        Ok(vm.cast::<PyStr>(name).map_or_else(String::new, |name| format!(" ({})", name.to_string_lossy())))
    }
}

impl Vm {
    /// `weakref.ref(referent, callback)` of a class that is `ref` or derives from it. Without a
    /// callback, a plain reference that exists is given again.
    pub fn new_weakref(&self, class: Gc<PyType>, referent: Value, callback: Option<Value>) -> PyResult<Gc<PyWeakRef>> {
        self.make_weakref(class, referent, callback, class == self.class::<PyWeakRef>())
    }

    /// `weakref.proxy(referent, callback)`.
    pub fn new_weak_proxy(&self, referent: Value, callback: Option<Value>) -> PyResult<Gc<PyWeakRef>> {
        let def = if self.is_callable(referent) { PyWeakCallableProxy::def() } else { PyWeakProxy::def() };
        self.make_weakref(self.native_class(def), referent, callback, true)
    }

    fn make_weakref(
        &self,
        class: Gc<PyType>,
        referent: Value,
        callback: Option<Value>,
        reuse: bool,
    ) -> PyResult<Gc<PyWeakRef>> {
        let object = referent.as_object().filter(|_| self.class_of(referent).is_weakly_referable());
        let Some(object) = object else {
            let name = self.class_name(referent);
            return Err(self.type_error(format_args!("cannot create weak reference to '{name}' object")));
        };
        if reuse && callback.is_none() {
            let existing = self
                .weakrefs_of(referent)
                .find(|weakref| self.class_of(weakref.value()) == class && weakref.callback.get().is_none());
            if let Some(existing) = existing {
                return Ok(existing);
            }
        }
        let weakref = self.alloc_instance(
            class,
            PyWeakRef {
                header: Header::EMPTY,
                referent: Slot::new(object.value()),
                callback: Slot::maybe(callback),
                hash: Cell::new(0),
            },
        )?;
        // SAFETY: just made, of a kind with a weak slot, which holds a live object.
        unsafe { self.heap().weak_register(weakref.as_ptr().cast()) };
        Ok(weakref)
    }

    /// The weak references and proxies to a value that lives, oldest first.
    pub fn weakrefs_of(&self, referent: Value) -> impl Iterator<Item = Gc<PyWeakRef>> + '_ {
        let addresses: Vec<*mut u8> = match referent.as_object() {
            // SAFETY: a live object of this heap.
            Some(object) => unsafe { self.heap().weakrefs_of(object.as_ptr().cast()).collect() },
            None => Vec::new(),
        };
        // SAFETY: what the table gives are live references; callers allocate nothing on the way.
        addresses.into_iter().map(|address| unsafe { Gc::from_ptr(address.cast()) })
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("__callback__", offset_of!(PyWeakRef, callback), ReadOnly, "")])
}

#[py_type(
    name = "ReferenceType",
    module = "weakref",
    id = ids::WEAKREF,
    flags(BASETYPE),
    weak_slot = referent,
    setup = set_up
)]
impl PyWeakRef {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyWeakRef>> {
        let (referent, callback) = match *args.positionals() {
            [referent] => (referent, None),
            [referent, callback] => (referent, callback.not_none()),
            ref other => {
                let (bound, s, n) = if other.is_empty() { ("at least", "", 1) } else { ("at most", "s", 2) };
                let given = other.len();
                return Err(vm.type_error(format_args!("__new__ expected {bound} {n} argument{s}, got {given}")));
            }
        };
        if class == vm.class::<PyWeakRef>() {
            args.no_keywords(vm, "ref")?;
        }
        vm.new_weakref(class, referent, callback)
    }

    #[init(raw)]
    fn init(vm: &Vm, _this: Value, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "ref")?;
        match args.all().len() {
            1 | 2 => Ok(()),
            given => {
                let (bound, s, n) = if given == 0 { ("at least", "", 1) } else { ("at most", "s", 2) };
                Err(vm.type_error(format_args!("__init__ expected {bound} {n} argument{s}, got {given}")))
            }
        }
    }

    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult<Option<Value>> {
        args.no_keywords(vm, "weakref")?;
        match args.all().len() {
            0 => Ok(self.get()),
            given => Err(vm.type_error(format_args!("weakref expected 0 arguments, got {given}"))),
        }
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> PyResult<i64> {
        if self.hash.get() == 0 {
            let referent = self.get().ok_or_else(|| vm.type_error("weak object has gone away"))?;
            self.hash.set(vm.hash(referent)?);
        }
        Ok(self.hash.get())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyWeakRef>, other: Value, op: CompareOp) -> PyResult {
        let other_ref = vm.cast::<PyWeakRef>(other).filter(|_| matches!(op, CompareOp::Eq | CompareOp::Ne));
        let Some(other_ref) = other_ref else { return Ok(Value::NOT_IMPLEMENTED) };
        match (this.get(), other_ref.get()) {
            (Some(a), Some(b)) => vm.compare(a, b, op),
            // Dead ones are equal by identity only.
            _ => Ok(Value::bool((this == other_ref) == (op == CompareOp::Eq))),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyWeakRef>) -> PyResult<String> {
        let address = vm.identity(this.value());
        // The reference is on the stack, its referent may not be.
        let _referent = this.get();
        let name = this.name(vm)?;
        Ok(format!("<weakref at {address:#x}; {}{name}>", this.describe(vm)?))
    }

    #[classmethod(
        "__class_getitem__($type, key, /)",
        doc = "Weakrefs are generic over the type of the referenced object."
    )]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, key: Value) -> PyResult {
        crate::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), key)
    }
}
