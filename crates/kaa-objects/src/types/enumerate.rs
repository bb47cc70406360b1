//! `enumerate`.

use crate::args::{Args, Signature};
use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// `enumerate`: pairs of a count and an item.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyEnumerate {
    header: Header,
    iterator: Slot,
    /// The next count: an `int` of any size.
    count: Slot,
}

static SIGNATURE: Signature = Signature {
    name: "enumerate",
    qualname: "enumerate",
    params: &["iterable", "start"],
    positional_only: 0,
    positional: 2,
    required: 1,
    required_keywords: 0,
    var_positional: false,
    var_keyword: false,
    constructor: true,
    keywords_apart: false,
};

/// `iterable` and `start`. The type itself words its errors in a way of its own, subclasses in the
/// usual one.
fn arguments(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<(Value, Option<Value>)> {
    let (given, positional) = (args.all().len(), args.positionals().len());
    if class == vm.class::<PyEnumerate>() && matches!(given, 1 | 2) {
        let rest = &SIGNATURE.params[..given];
        let mut row = [None; 2];
        for (place, &value) in row.iter_mut().zip(args.positionals()) {
            *place = Some(value);
        }
        for (name, value) in args.keywords() {
            match rest.iter().position(|param| name.equals_str(param)) {
                Some(index) if index >= positional && row[index].is_none() => row[index] = Some(value),
                _ => {
                    let name = name.to_string_lossy();
                    return Err(vm.type_error(format_args!("'{name}' is an invalid keyword argument for enumerate()")));
                }
            }
        }
        if let [Some(iterable), start] = row {
            return Ok((iterable, start));
        }
    } else if class == vm.class::<PyEnumerate>() && given > 2 {
        return Err(vm.type_error(format_args!("enumerate() takes at most 2 arguments ({given} given)")));
    }
    let mut row = [None; 2];
    let given = SIGNATURE.bind(vm, args, &mut row)?;
    Ok((given.required(0), given.get(1)))
}

#[kaa_macros::py_type(
    name = "enumerate", id = ids::ENUMERATE, flags(BASETYPE), parts(crate::types::generic_alias::CLASS_GETITEM),
    doc = "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a count (from start, which\ndefaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ..."
)]
impl PyEnumerate {
    #[new(raw, signature = "(iterable, start=0)")]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyEnumerate>> {
        let (iterable, start) = arguments(vm, class, args)?;
        let start = start.unwrap_or(Value::small_int(0));
        let count = vm.index(start)?;
        let iterator = vm.iter(iterable)?;
        let enumerate = PyEnumerate { header: Header::EMPTY, iterator: Slot::new(iterator), count: Slot::new(count) };
        vm.alloc_instance(class, enumerate)
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyEnumerate>) -> PyResult<Option<Value>> {
        let Some(item) = vm.next(this.iterator.get_set())? else { return Ok(None) };
        let count = this.count.get_set();
        let next = match count.as_small_int() {
            Some(i) => vm.new_int(i + 1)?,
            None => vm.binary(crate::operations::BinaryOp::Add, count, Value::small_int(1))?,
        };
        this.count.set(vm, this, next);
        Ok(Some(vm.new_tuple(&[count, item])?.value()))
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyEnumerate>) -> PyResult<Gc<PyTuple>> {
        let args = vm.new_tuple(&[this.iterator.get_set(), this.count.get_set()])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), args.value()])
    }
}
