//! `zip`: tuples of the items that several iterables give at the same time.

use std::cell::Cell;

use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::types::value_vec::ValueVec;
use crate::{Args, Gc, PyResult, Value, Vm, ids};

/// `zip`.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyZip {
    header: Header,
    iterators: Slot<Gc<PyTuple>>,
    /// Whether the iterables must have the same length.
    strict: Cell<bool>,
}

/// Reads the keyword `strict` of `zip` and `map`.
pub(super) fn strict_keyword(vm: &Vm, args: Args<'_>, function: &str) -> PyResult<bool> {
    vm.check_keyword_count(function, 1, args)?;
    let mut strict = false;
    for (name, value) in args.keywords() {
        if !name.equals_str("strict") {
            return Err(vm.unexpected_keyword(&format!("{function}()"), &["strict"], args));
        }
        strict = vm.truth(value)?;
    }
    Ok(strict)
}

/// The iterators of iterables, as a tuple.
pub(super) fn iterators(vm: &Vm, iterables: &[Value]) -> PyResult<Gc<PyTuple>> {
    let mut iterators = ValueVec::new();
    for &iterable in iterables {
        let iterator = vm.iter(iterable)?;
        iterators.push(vm, iterator)?;
    }
    vm.new_tuple(iterators.as_slice())
}

/// The next items of all iterators; `None` when one is exhausted. With `strict`, all of them must
/// be: the error names the first that is not.
pub(super) fn next_row(vm: &Vm, iterators: &[Value], strict: bool, function: &str) -> PyResult<Option<ValueVec>> {
    let mut row = ValueVec::new();
    for (index, &iterator) in iterators.iter().enumerate() {
        match vm.next(iterator)? {
            Some(item) => row.push(vm, item)?,
            None if !strict => return Ok(None),
            None => return lengths_differ(vm, iterators, index, function).map(|()| None),
        }
    }
    Ok(Some(row))
}

fn lengths_differ(vm: &Vm, iterators: &[Value], exhausted: usize, function: &str) -> PyResult<()> {
    let others = |count: usize| if count == 1 { " ".to_owned() } else { format!("s 1-{count}") };
    if exhausted > 0 {
        let (number, plural) = (exhausted + 1, others(exhausted));
        let plural = if exhausted == 1 { " 1".to_owned() } else { plural };
        return Err(vm.value_error(format_args!("{function}() argument {number} is shorter than argument{plural}")));
    }
    for (index, &iterator) in iterators.iter().enumerate().skip(1) {
        if vm.next(iterator)?.is_some() {
            let (number, plural) = (index + 1, others(index));
            let plural = if index == 1 { " 1".to_owned() } else { plural };
            return Err(vm.value_error(format_args!("{function}() argument {number} is longer than argument{plural}")));
        }
    }
    Ok(())
}

#[kaa_macros::py_type(
    name = "zip", id = ids::ZIP, flags(BASETYPE),
    doc = "zip(*iterables, strict=False)\n--\n\nThe zip object yields n-length tuples, where n is the number of\nite\
           rables passed as positional arguments to zip().  The i-th element\nin every tuple comes from the i-th ite\
           rable argument to zip().  This\ncontinues until the shortest argument is exhausted.\n\nIf strict is true \
           and one of the arguments is exhausted before the\nothers, raise a ValueError.\n\n   >>> list(zip('abcdefg\
           ', range(3), range(4)))\n   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]"
)]
impl PyZip {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyZip>> {
        let strict = strict_keyword(vm, args, "zip")?;
        let iterators = iterators(vm, args.positionals())?;
        let zip = PyZip { header: Header::EMPTY, iterators: Slot::new(iterators), strict: Cell::new(strict) };
        vm.alloc_instance(class, zip)
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyZip>) -> PyResult<Option<Value>> {
        let iterators = this.iterators.get_set();
        if iterators.is_empty() {
            return Ok(None);
        }
        if let &[a, b] = iterators.as_slice()
            && !this.strict.get()
        {
            let Some(a) = vm.next(a)? else { return Ok(None) };
            let Some(b) = vm.next(b)? else { return Ok(None) };
            return Ok(Some(vm.new_tuple(&[a, b])?.value()));
        }
        match next_row(vm, iterators.as_slice(), this.strict.get(), "zip")? {
            Some(row) => Ok(Some(vm.new_tuple(row.as_slice())?.value())),
            None => Ok(None),
        }
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyZip>) -> PyResult<Gc<PyTuple>> {
        let class = vm.class_of(this.value()).value();
        let iterators = this.iterators.get_set().value();
        if this.strict.get() {
            vm.new_tuple(&[class, iterators, Value::TRUE])
        } else {
            vm.new_tuple(&[class, iterators])
        }
    }

    #[method("__setstate__($self, object, /)", doc = "Set state information for unpickling.")]
    fn setstate(vm: &Vm, this: Gc<PyZip>, state: Value) -> PyResult<()> {
        this.strict.set(vm.truth(state)?);
        Ok(())
    }
}
