//! `chain` and `zip_longest`: several iterables as one.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::generic_alias::CLASS_GETITEM;
use kaa_objects::types::list::PyList;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

/// `itertools.chain`.
#[repr(C)]
#[derive(Trace)]
pub struct PyChain {
    header: Header,
    /// Gives the iterables; empty at the end.
    source: Slot,
    /// The iterator of the present one.
    active: Slot,
}

impl PyChain {
    fn over(vm: &Vm, class: Gc<PyType>, iterables: Value) -> PyResult<Gc<PyChain>> {
        let source = vm.iter(iterables)?;
        vm.alloc_instance(class, PyChain { header: Header::EMPTY, source: Slot::new(source), active: Slot::empty() })
    }
}

#[py_type(
    name = "chain",
    module = "itertools",
    flags(BASETYPE),
    parts(CLASS_GETITEM),
    doc = "Return a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted."
)]
impl PyChain {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyChain>> {
        if class == vm.class::<PyChain>() {
            args.no_keywords(vm, "chain")?;
        }
        let iterables = vm.new_tuple(args.positionals())?;
        PyChain::over(vm, class, iterables.value())
    }

    #[classmethod(
        "from_iterable($type, iterable, /)",
        doc = "Alternative chain() constructor taking a single iterable argument that evaluates lazily."
    )]
    fn from_iterable(vm: &Vm, class: Gc<PyType>, iterable: Value) -> PyResult<Gc<PyChain>> {
        PyChain::over(vm, class, iterable)
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyChain>) -> PyResult<Option<Value>> {
        loop {
            let Some(source) = this.source.get() else { return Ok(None) };
            let active = match this.active.get() {
                Some(active) => active,
                None => match next_iterator(vm, source) {
                    Ok(Some(active)) => {
                        this.active.set(vm, this, active);
                        active
                    }
                    ended => {
                        this.source.clear();
                        return ended;
                    }
                },
            };
            if let Some(item) = vm.next(active)? {
                return Ok(Some(item));
            }
            this.active.clear();
        }
    }
}

fn next_iterator(vm: &Vm, source: Value) -> PyResult<Option<Value>> {
    match vm.next(source)? {
        Some(iterable) => vm.iter(iterable).map(Some),
        None => Ok(None),
    }
}

/// `itertools.zip_longest`.
#[repr(C)]
#[derive(Trace)]
pub struct PyZipLongest {
    header: Header,
    /// The iterators; `None` takes the place of those that ended.
    iterators: Slot<Gc<PyList>>,
    fill: Slot,
    /// How many have not ended.
    active: Cell<usize>,
}

#[py_type(
    name = "zip_longest",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th iterable argument.  The .__next__()\nmethod continues until the longest iterable in the argument sequence\nis exhausted and then it raises StopIteration.  When the shorter iterables\nare exhausted, the fillvalue is substituted in their place.  The fillvalue\ndefaults to None or can be specified by a keyword argument.\n"
)]
impl PyZipLongest {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyZipLongest>> {
        let mut fill = Value::NONE;
        for (name, value) in args.keywords() {
            if !name.equals_str("fillvalue") {
                return Err(vm.type_error("zip_longest() got an unexpected keyword argument"));
            }
            fill = value;
        }
        let iterators = vm.new_list(&[])?;
        for &iterable in args.positionals() {
            iterators.push(vm, vm.iter(iterable)?)?;
        }
        let active = Cell::new(iterators.len());
        vm.alloc_instance(
            class,
            PyZipLongest { header: Header::EMPTY, iterators: Slot::new(iterators), fill: Slot::new(fill), active },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyZipLongest>) -> PyResult<Option<Value>> {
        if this.active.get() == 0 {
            return Ok(None);
        }
        let (iterators, fill) = (this.iterators.get_set(), this.fill.get_set());
        let mut row = ValueVec::with_capacity(vm, iterators.len())?;
        for index in 0..iterators.len() {
            let item = match iterators.get(index).and_then(Value::not_none) {
                None => fill,
                Some(iterator) => match vm.next(iterator) {
                    Ok(Some(item)) => item,
                    Err(raised) => {
                        this.active.set(0);
                        return Err(raised);
                    }
                    Ok(None) => {
                        let active = this.active.get().saturating_sub(1);
                        this.active.set(active);
                        if active == 0 {
                            return Ok(None);
                        }
                        iterators.set_at(vm, index, Value::NONE);
                        fill
                    }
                },
            };
            row.push(vm, item)?;
        }
        Ok(Some(row.to_tuple(vm)?.value()))
    }
}
