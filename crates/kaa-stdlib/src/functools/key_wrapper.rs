//! `KeyWrapper`: the key that `cmp_to_key` makes of an object; keys are ordered by a comparison
//! function of the old kind.

use std::mem::offset_of;

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

/// `functools.KeyWrapper`.
#[repr(C)]
#[derive(Trace)]
pub struct PyKeyWrapper {
    header: Header,
    /// The comparison function.
    compare: Slot,
    /// The object; empty in what `cmp_to_key` itself gives, which makes keys.
    object: Slot,
}

impl PyKeyWrapper {
    /// The function that makes keys of objects.
    pub fn compares_with(vm: &Vm, compare: Value) -> PyResult<Gc<PyKeyWrapper>> {
        vm.alloc(PyKeyWrapper { header: Header::EMPTY, compare: Slot::new(compare), object: Slot::empty() })
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[("obj", offset_of!(PyKeyWrapper, object), MemberKind::Optional, "Value wrapped by a key function.")],
    )
}

#[py_type(name = "KeyWrapper", module = "functools", flags(DISALLOW_INSTANTIATION), setup = set_up)]
impl PyKeyWrapper {
    #[slot(call)]
    fn call(vm: &Vm, this: Gc<PyKeyWrapper>, args: Args<'_>) -> PyResult<Gc<PyKeyWrapper>> {
        let count = args.all().len();
        if count > 1 {
            return Err(vm.type_error(format_args!("K() takes at most 1 argument ({count} given)")));
        }
        let object = match args.positionals().first() {
            Some(&object) => Some(object),
            None => args.keyword("obj"),
        };
        let Some(object) = object else {
            return Err(vm.type_error("K() missing required argument 'obj' (pos 1)"));
        };
        let compare = this.compare.get_set();
        vm.alloc(PyKeyWrapper { header: Header::EMPTY, compare: Slot::new(compare), object: Slot::new(object) })
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyKeyWrapper>, other: Value, op: CompareOp) -> PyResult {
        let Some(other) = vm.cast_exact::<PyKeyWrapper>(other) else {
            return Err(vm.type_error("other argument must be K instance"));
        };
        let (Some(a), Some(b)) = (this.object.get(), other.object.get()) else {
            return Err(vm.raise_new(vm.exceptions().AttributeError, "object"));
        };
        let order = vm.call(this.compare.get_set(), &[a, b])?;
        vm.compare(order, Value::small_int(0), op)
    }
}
