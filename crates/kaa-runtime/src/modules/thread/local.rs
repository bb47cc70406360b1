//! `_thread._local`: an object with a dict of its own for each thread.

use kaa_macros::{Trace, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::object::PyObject;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::weakref::PyWeakRef;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use crate::call::{call_collected, keywords_dict};

/// `_thread._local`.
#[repr(C)]
#[derive(Trace)]
pub struct PyLocal {
    header: Header,
    /// The arguments that `__init__` gets in each thread.
    args: Slot<Gc<PyTuple>>,
    kwargs: Slot<Gc<PyDict>>,
    /// The dict of each thread, by the thread's serial number.
    dicts: Slot<Gc<PyDict>>,
}

impl PyLocal {
    fn add_dict(vm: &Vm, this: Gc<PyLocal>) -> PyResult<Gc<PyDict>> {
        let dict = vm.new_dict()?;
        let thread = vm.thread();
        this.dicts.get_set().set(vm, Value::small_int(thread.serial.get()), dict.value())?;
        let used = match thread.locals.get().and_then(|list| vm.cast::<PyList>(list)) {
            Some(used) => used,
            None => {
                let used = vm.new_list(&[])?;
                thread.locals.set_root(Some(used.value()));
                used
            }
        };
        let weak = vm.new_weakref(vm.class::<PyWeakRef>(), this.value(), None)?;
        used.push(vm, weak.value())?;
        Ok(dict)
    }

    /// The running thread's dict. In a thread that uses the object for the first time, `__init__`
    /// is called again.
    fn dict(vm: &Vm, this: Gc<PyLocal>) -> PyResult<Gc<PyDict>> {
        let key = Value::small_int(vm.thread().serial.get());
        if let Some(dict) = this.dicts.get_set().get(vm, key)? {
            // SAFETY: only dicts are stored.
            return Ok(unsafe { dict.as_gc_unchecked() });
        }
        let dict = PyLocal::add_dict(vm, this)?;
        if has_own_init(vm, vm.class_of(this.value())) {
            let init = vm.get_attr(vm.class_of(this.value()).value(), vm.names().__init__)?;
            let mut all = kaa_objects::types::value_vec::ValueVec::new();
            all.push(vm, this.value())?;
            for &arg in this.args.get_set().as_slice() {
                all.push(vm, arg)?;
            }
            let args = vm.new_tuple(all.as_slice())?;
            if let Err(raised) = call_collected(vm, init, args, this.kwargs.get()) {
                let exception = vm.take_exception(raised);
                this.dicts.get_set().remove(vm, key)?;
                return Err(vm.raise_again(exception));
            }
        }
        Ok(dict)
    }
}

fn has_own_init(vm: &Vm, class: Gc<PyType>) -> bool {
    let init = vm.names().__init__;
    vm.lookup(class, init) != vm.lookup(vm.class::<PyObject>(), init)
}

/// The running thread ends: objects that live on forget its values.
pub(super) fn forget_thread(vm: &Vm) {
    let thread = vm.thread();
    let Some(used) = thread.locals.get().and_then(|list| vm.cast::<PyList>(list)) else { return };
    thread.locals.clear();
    let key = Value::small_int(thread.serial.get());
    for &weak in used.as_slice() {
        let local = vm.cast::<PyWeakRef>(weak).and_then(|weak| weak.get()).and_then(|local| vm.cast::<PyLocal>(local));
        if let Some(local) = local
            && let Err(raised) = local.dicts.get_set().remove(vm, key)
        {
            vm.take_exception(raised);
        }
    }
}

#[py_type(name = "_local", module = "_thread", flags(BASETYPE, MANAGED_WEAKREF), doc = "Thread-local data")]
impl PyLocal {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyLocal>> {
        if !args.is_empty() && !has_own_init(vm, class) {
            return Err(vm.type_error("Initialization arguments are not supported"));
        }
        let kwargs = keywords_dict(vm, args)?;
        let positional = vm.new_tuple(args.positionals())?;
        let dicts = vm.new_dict()?;
        let this = vm.alloc_instance(
            class,
            PyLocal {
                header: Header::EMPTY,
                args: Slot::new(positional),
                kwargs: Slot::maybe(kwargs),
                dicts: Slot::new(dicts),
            },
        )?;
        // The call that makes the object runs `__init__` for this thread.
        PyLocal::add_dict(vm, this)?;
        Ok(this)
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Gc<PyLocal>, name: Gc<PyStr>) -> PyResult {
        let dict = PyLocal::dict(vm, this)?;
        if name == vm.names().__dict__ {
            return Ok(dict.value());
        }
        vm.generic_get_attr_in(this.value(), name, dict)
    }

    #[slot(setattro)]
    fn set_attribute(vm: &Vm, this: Gc<PyLocal>, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
        let dict = PyLocal::dict(vm, this)?;
        if name == vm.names().__dict__ {
            let class = vm.class_name(this.value());
            let class = if class == "_local" { "_thread._local".to_owned() } else { class };
            let text = format!("'{class}' object attribute '__dict__' is read-only");
            return Err(vm.attribute_error(text, this.value(), name));
        }
        vm.generic_set_attr_in(this.value(), name, value, dict)
    }
}
