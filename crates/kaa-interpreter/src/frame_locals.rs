//! `FrameLocalsProxy`: the variables of a running function as a mapping, `frame.f_locals`.

use kaa_bytecode::kind;
use kaa_macros::{Trace, py_type};
use kaa_objects::class::CompareOp;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::cell::PyCell;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::frame_object::{PyFrame, set_variable};

/// A view of a frame's variables.
#[repr(C)]
#[derive(Trace)]
pub struct PyFrameLocals {
    header: Header,
    frame: Slot<Gc<PyFrame>>,
}

/// `f_locals`: the namespace of module and class code, a view for functions.
pub fn locals_of(vm: &Vm, frame: Gc<PyFrame>) -> PyResult {
    match frame.namespace.get() {
        Some(namespace) if !in_comprehension(frame) => Ok(namespace),
        _ => Ok(vm.alloc(PyFrameLocals { header: Header::EMPTY, frame: Slot::new(frame) })?.value()),
    }
}

/// The value of a variable, out of its cell if it is in one.
fn variable(vm: &Vm, frame: Gc<PyFrame>, index: usize) -> Option<Value> {
    let value = frame.variable(index)?;
    let kinds = frame.code.get_set().localspluskinds()[index];
    if kinds & (kind::CELL | kind::FREE) != 0
        && let Some(cell) = vm.cast_exact::<PyCell>(value)
    {
        return cell.contents.get();
    }
    Some(value)
}

/// Whether a variable belongs to a comprehension that was compiled into module or class code. It is
/// there while the comprehension runs.
fn is_hidden(frame: Gc<PyFrame>, index: usize) -> bool {
    frame.code.get_set().localspluskinds()[index] & kind::HIDDEN != 0 && frame.namespace.get().is_none()
}

/// Whether module or class code stands inside such a comprehension.
fn in_comprehension(frame: Gc<PyFrame>) -> bool {
    let code = frame.code.get_set();
    let kinds = code.localspluskinds();
    kinds.iter().enumerate().any(|(index, kind)| kind & kind::HIDDEN != 0 && frame.variable(index).is_some())
}

/// The index of a variable by name; with `bound`, only when it has a value.
fn index_of(vm: &Vm, frame: Gc<PyFrame>, key: Value, bound: bool) -> PyResult<Option<usize>> {
    let code = frame.code.get_set();
    let text = vm.cast_exact::<PyStr>(key);
    let hash = if text.is_none() { vm.hash(key)? } else { 0 };
    for (index, &name) in code.localsplusnames(vm).iter().enumerate() {
        if is_hidden(frame, index) || bound && variable(vm, frame, index).is_none() {
            continue;
        }
        // Whatever has the hash of a name and equals it stands for it.
        let same = match text {
            Some(text) => name.equals(&text),
            None => name.hash(vm) == hash && vm.equal(name.value(), key)?,
        };
        if same {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// A dict of all variables that have values.
pub fn snapshot(vm: &Vm, frame: Gc<PyFrame>) -> PyResult<Gc<PyDict>> {
    let dict = vm.new_dict()?;
    let code = frame.code.get_set();
    for (index, &name) in code.localsplusnames(vm).iter().enumerate() {
        if !is_hidden(frame, index)
            && let Some(value) = variable(vm, frame, index)
        {
            dict.set_str(vm, name, value)?;
        }
    }
    if let Some(extra) = frame.extra_locals.get() {
        for position in 0..extra.filled() {
            if let Some(entry) = extra.entry(position) {
                dict.set(vm, entry.key, entry.value)?;
            }
        }
    }
    Ok(dict)
}

impl PyFrameLocals {
    fn get_optional(&self, vm: &Vm, key: Value) -> PyResult<Option<Value>> {
        let frame = self.frame.get_set();
        if let Some(index) = index_of(vm, frame, key, true)? {
            return Ok(variable(vm, frame, index));
        }
        match frame.extra_locals.get() {
            Some(extra) => extra.get(vm, key),
            None => Ok(None),
        }
    }

    fn set(&self, vm: &Vm, key: Value, value: Value) -> PyResult<()> {
        let frame = self.frame.get_set();
        if let Some(index) = index_of(vm, frame, key, false)? {
            let kinds = frame.code.get_set().localspluskinds()[index];
            if kinds & (kind::CELL | kind::FREE) != 0
                && let Some(cell) = frame.variable(index).and_then(|cell| vm.cast_exact::<PyCell>(cell))
            {
                cell.contents.set(vm, cell, value);
            } else {
                set_variable(vm, frame, index, Some(value));
            }
            return Ok(());
        }
        let extra = match frame.extra_locals.get() {
            Some(extra) => extra,
            None => {
                let extra = vm.new_dict()?;
                frame.extra_locals.set(vm, frame, extra);
                extra
            }
        };
        extra.set(vm, key, value)
    }

    fn merge(&self, vm: &Vm, other: Value) -> PyResult<()> {
        let pairs = match vm.cast::<PyDict>(other) {
            Some(dict) => vm.call_method(dict.value(), vm.names().items, &[])?,
            None => match vm.get_attr_optional(other, vm.names().items)? {
                Some(items) => vm.call(items, &[])?,
                None => other,
            },
        };
        vm.for_each(pairs, |pair| {
            let pair = vm.list_from(pair)?;
            match *pair.as_slice() {
                [key, value] => self.set(vm, key, value),
                ref other => Err(vm.value_error(format_args!(
                    "dictionary update sequence element has length {}; 2 is required",
                    other.len()
                ))),
            }
        })
    }
}

#[py_type(name = "FrameLocalsProxy", flags(MAPPING))]
impl PyFrameLocals {
    #[new("FrameLocalsProxy(frame, /)")]
    fn new(vm: &Vm, _class: Gc<kaa_objects::class::PyType>, frame: Gc<PyFrame>) -> PyResult<Gc<PyFrameLocals>> {
        vm.alloc(PyFrameLocals { header: Header::EMPTY, frame: Slot::new(frame) })
    }

    #[slot(mp_subscript)]
    fn get_item(vm: &Vm, this: Gc<PyFrameLocals>, key: Value) -> PyResult {
        match this.get_optional(vm, key)? {
            Some(value) => Ok(value),
            None => Err(vm.raise_new(
                vm.exceptions().KeyError,
                format_args!("local variable '{}' is not defined", vm.repr_lossy(key)),
            )),
        }
    }

    #[slot(mp_ass_subscript)]
    fn set_item(vm: &Vm, this: Gc<PyFrameLocals>, key: Value, value: Option<Value>) -> PyResult<()> {
        match value {
            Some(value) => this.set(vm, key, value),
            None => match this.frame.get_set().extra_locals.get() {
                Some(extra) if index_of(vm, this.frame.get_set(), key, false)?.is_none() => {
                    match extra.remove(vm, key)? {
                        Some(_) => Ok(()),
                        None => Err(vm.key_error(key)),
                    }
                }
                _ if index_of(vm, this.frame.get_set(), key, false)?.is_some() => {
                    Err(vm.value_error("cannot remove local variables from FrameLocalsProxy"))
                }
                _ => Err(vm.key_error(key)),
            },
        }
    }

    #[slot(mp_length)]
    fn len(vm: &Vm, this: Gc<PyFrameLocals>) -> PyResult<usize> {
        Ok(snapshot(vm, this.frame.get_set())?.len())
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyFrameLocals>, key: Value) -> PyResult<bool> {
        Ok(this.get_optional(vm, key)?.is_some())
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyFrameLocals>) -> PyResult {
        vm.iter(snapshot(vm, this.frame.get_set())?.value())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyFrameLocals>) -> PyResult<Gc<PyStr>> {
        match vm.enter_repr(this.value()) {
            Some(_guard) => vm.repr(snapshot(vm, this.frame.get_set())?.value()),
            None => vm.new_str("{...}"),
        }
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyFrameLocals>, other: Value, op: CompareOp) -> PyResult {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        if let Some(other) = vm.cast::<PyFrameLocals>(other) {
            let same = this.frame.get() == other.frame.get();
            return Ok(Value::bool(same == (op == CompareOp::Eq)));
        }
        if vm.cast::<PyDict>(other).is_some() {
            return vm.compare(snapshot(vm, this.frame.get_set())?.value(), other, op);
        }
        Ok(Value::NOT_IMPLEMENTED)
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, left: Value, right: Value) -> PyResult {
        let as_dict = |value: Value| -> PyResult<Option<Gc<PyDict>>> {
            match vm.cast::<PyFrameLocals>(value) {
                Some(proxy) => snapshot(vm, proxy.frame.get_set()).map(Some),
                None => Ok(vm.cast::<PyDict>(value)),
            }
        };
        match (as_dict(left)?, as_dict(right)?) {
            (Some(left), Some(right)) => vm.binary(kaa_objects::operations::BinaryOp::Or, left.value(), right.value()),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(vm: &Vm, left: Value, right: Value) -> PyResult {
        let Some(this) = vm.cast::<PyFrameLocals>(left) else { return Ok(Value::NOT_IMPLEMENTED) };
        this.merge(vm, right)?;
        Ok(left)
    }

    #[method("__reversed__($self, /)")]
    fn reversed(vm: &Vm, this: Gc<PyFrameLocals>) -> PyResult {
        let keys = vm.list_from(snapshot(vm, this.frame.get_set())?.value())?;
        vm.call_method_str(keys.value(), "reverse", &[])?;
        Ok(keys.value())
    }

    #[method("keys($self, /)")]
    fn keys(vm: &Vm, this: Gc<PyFrameLocals>) -> PyResult<Gc<PyList>> {
        vm.list_from(snapshot(vm, this.frame.get_set())?.value())
    }

    #[method("values($self, /)")]
    fn values(vm: &Vm, this: Gc<PyFrameLocals>) -> PyResult<Gc<PyList>> {
        let dict = snapshot(vm, this.frame.get_set())?;
        let values = vm.new_list(&[])?;
        for position in 0..dict.filled() {
            if let Some(entry) = dict.entry(position) {
                values.push(vm, entry.value)?;
            }
        }
        Ok(values)
    }

    #[method("items($self, /)")]
    fn items(vm: &Vm, this: Gc<PyFrameLocals>) -> PyResult<Gc<PyList>> {
        let dict = snapshot(vm, this.frame.get_set())?;
        let items = vm.new_list(&[])?;
        for position in 0..dict.filled() {
            if let Some(entry) = dict.entry(position) {
                let pair: Gc<PyTuple> = vm.new_tuple(&[entry.key, entry.value])?;
                items.push(vm, pair.value())?;
            }
        }
        Ok(items)
    }

    #[method("copy($self, /)")]
    fn copy(vm: &Vm, this: Gc<PyFrameLocals>) -> PyResult<Gc<PyDict>> {
        snapshot(vm, this.frame.get_set())
    }

    #[method("get($self, key, default=None, /)")]
    fn get(vm: &Vm, this: Gc<PyFrameLocals>, key: Value, default: Value) -> PyResult {
        Ok(this.get_optional(vm, key)?.unwrap_or(default))
    }

    #[method("setdefault($self, key, default=None, /)")]
    fn setdefault(vm: &Vm, this: Gc<PyFrameLocals>, key: Value, default: Value) -> PyResult {
        match this.get_optional(vm, key)? {
            Some(value) => Ok(value),
            None => {
                this.set(vm, key, default)?;
                Ok(default)
            }
        }
    }

    #[method("pop($self, key, default=<unrepresentable>, /)")]
    fn pop(vm: &Vm, this: Gc<PyFrameLocals>, key: Value, default: Option<Value>) -> PyResult {
        if index_of(vm, this.frame.get_set(), key, false)?.is_some() {
            return Err(vm.value_error("cannot remove local variables from FrameLocalsProxy"));
        }
        let removed = match this.frame.get_set().extra_locals.get() {
            Some(extra) => extra.remove(vm, key)?,
            None => None,
        };
        removed.or(default).ok_or_else(|| vm.key_error(key))
    }

    #[method("update($self, other, /)")]
    fn update(vm: &Vm, this: Gc<PyFrameLocals>, other: Value) -> PyResult<()> {
        this.merge(vm, other)
    }
}
