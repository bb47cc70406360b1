//! `SignalDict`: the mapping from signals to whether a context traps or has met them. The class
//! that Python sees is made of the one here and `collections.abc.MutableMapping`.

use std::cell::Cell;

use kaa_decimal::Flags;
use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

use super::context::PyContext;
use super::signals::{SIGNAL_FLAGS, SIGNALS, flag_of_class, flags_as_dict, flags_of_dict, signal_class, state};

/// `decimal.SignalDictMixin`.
#[repr(C)]
#[derive(Trace)]
pub struct PySignalDict {
    header: Header,
    /// The context whose traps or flags these are; none when Python made the object.
    context: Slot<Gc<PyContext>>,
    #[trace(skip)]
    traps: Cell<bool>,
}

impl PySignalDict {
    /// The traps or the flags of a context.
    pub fn of_context(vm: &Vm, context: Gc<PyContext>, traps: bool) -> PyResult<Gc<PySignalDict>> {
        let class = state(vm).signal_dict.get().and_then(|class| vm.cast::<PyType>(class));
        let dict = PySignalDict { header: Header::EMPTY, context: Slot::new(context), traps: Cell::new(traps) };
        match class {
            Some(class) => vm.alloc_instance(class, dict),
            None => vm.alloc(dict),
        }
    }

    fn cell<R>(&self, vm: &Vm, with: impl FnOnce(&Cell<Flags>) -> R) -> PyResult<R> {
        match self.context.get() {
            Some(context) if self.traps.get() => Ok(with(&context.traps)),
            Some(context) => Ok(with(&context.status)),
            None => Err(vm.value_error("invalid signal dict")),
        }
    }

    /// The conditions.
    pub fn flags(&self, vm: &Vm) -> PyResult<Flags> {
        self.cell(vm, Cell::get)
    }
}

#[py_type(name = "SignalDictMixin", module = "decimal", flags(BASETYPE))]
impl PySignalDict {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PySignalDict>> {
        let dict = PySignalDict { header: Header::EMPTY, context: Slot::empty(), traps: Cell::new(false) };
        vm.alloc_instance(class, dict)
    }

    #[init(raw)]
    fn init(_vm: &Vm, _this: Gc<PySignalDict>, _args: Args<'_>) -> PyResult<()> {
        Ok(())
    }

    #[slot(mp_length)]
    fn length(&self, vm: &Vm) -> PyResult<usize> {
        self.flags(vm).map(|_| SIGNALS)
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PySignalDict>) -> PyResult {
        this.flags(vm)?;
        let signals = vm.new_tuple_from(SIGNALS, (0..SIGNALS).map(|index| signal_class(vm, index)))?;
        vm.iter(signals.value())
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        let Some(this) = vm.cast::<PySignalDict>(this) else { return Ok(Value::NOT_IMPLEMENTED) };
        let flags = this.flags(vm)?;
        Ok(Value::bool(flags & flag_of_class(vm, key)? != 0))
    }

    #[slot(mp_ass_subscript)]
    fn set_subscript(&self, vm: &Vm, key: Value, value: Option<Value>) -> PyResult<()> {
        let flags = self.flags(vm)?;
        let Some(value) = value else { return Err(vm.value_error("signal keys cannot be deleted")) };
        let flag = flag_of_class(vm, key)?;
        let flags = if vm.truth(value)? { flags | flag } else { flags & !flag };
        self.cell(vm, |cell| cell.set(flags))
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        let flags = self.flags(vm)?;
        let item = |(name, flag): (&str, Flags)| {
            format!("<class 'decimal.{name}'>:{}", if flags & flag != 0 { "True" } else { "False" })
        };
        Ok(format!("{{{}}}", SIGNAL_FLAGS.map(item).join(", ")))
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let (Some(this), CompareOp::Eq | CompareOp::Ne) = (vm.cast::<PySignalDict>(a), op) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let flags = this.flags(vm)?;
        let other = if let Some(other) = vm.cast::<PySignalDict>(b) {
            other.flags(vm)?
        } else if vm.cast::<PyDict>(b).is_some() {
            // What is no dict of signals does not compare.
            match vm.catch(flags_of_dict(vm, b), vm.exceptions().KeyError)? {
                Ok(flags) => flags,
                Err(_) => return Ok(Value::NOT_IMPLEMENTED),
            }
        } else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        Ok(Value::bool((flags == other) == (op == CompareOp::Eq)))
    }

    #[method("copy($self, /)")]
    fn copy(&self, vm: &Vm) -> PyResult<Gc<PyDict>> {
        flags_as_dict(vm, self.flags(vm)?)
    }
}
