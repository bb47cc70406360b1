//! The methods and slots of `deque`.

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::types::generic_alias::CLASS_GETITEM;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::StrBuilder;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm, py_type};

use super::iterators::{PyDequeIterator, PyDequeReverseIterator};
use super::{PyDeque, append, append_left, push_last, reserve};

/// `maxlen` as it is given to the constructor.
fn bound_of(vm: &Vm, maxlen: Value) -> PyResult<Option<usize>> {
    if maxlen.is_none() {
        return Ok(None);
    }
    if !vm.is_int(maxlen) {
        return Err(vm.type_error("an integer is required"));
    }
    match vm.int_to_i64(maxlen) {
        None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
        Some(..0) => Err(vm.value_error("maxlen must be non-negative")),
        Some(bound) => Ok(Some(bound as usize)),
    }
}

/// `maxlen` as Python sees it.
fn bound_value(vm: &Vm, this: &PyDeque) -> PyResult {
    this.bound.get().map_or(Ok(Value::NONE), |bound| vm.new_int(bound as i64))
}

fn extend(vm: &Vm, this: Gc<PyDeque>, iterable: Value) -> PyResult<()> {
    let iterable = if iterable == this.value() { items(vm, this)?.value() } else { iterable };
    vm.for_each(iterable, |item| append(vm, this, item))
}

/// The items as a list.
fn items(vm: &Vm, this: Gc<PyDeque>) -> PyResult<Gc<PyList>> {
    let list = vm.new_list_with_capacity(this.len())?;
    for index in 0..this.len() {
        if let Some(item) = this.get(index) {
            list.push(vm, item)?;
        }
    }
    Ok(list)
}

/// A deque of the same class with the same items.
fn copied(vm: &Vm, this: Gc<PyDeque>) -> PyResult<Gc<PyDeque>> {
    let class = vm.class_of(this.value());
    if class == vm.class::<PyDeque>() {
        let copy = vm.alloc(PyDeque::empty(this.bound.get()))?;
        if !this.is_empty() {
            reserve(vm, copy, this.len())?;
        }
        for index in 0..this.len() {
            if let Some(item) = this.get(index) {
                push_last(vm, copy, item)?;
            }
        }
        return Ok(copy);
    }
    let made = match this.bound.get() {
        None => vm.call(class.value(), &[this.value()])?,
        Some(_) => vm.call(class.value(), &[this.value(), bound_value(vm, &this)?])?,
    };
    vm.cast::<PyDeque>(made).ok_or_else(|| {
        let (class, other) = (class.name_text(), vm.class_name(made));
        vm.type_error(format_args!("{class}() must return a deque, not {other}"))
    })
}

/// The index of an item that equals a value, among `start..stop`. `mutated` is the error for a
/// comparison that changed the deque.
fn find(
    vm: &Vm,
    this: Gc<PyDeque>,
    value: Value,
    (start, stop): (usize, usize),
    mutated: impl Fn() -> Raised,
) -> PyResult<Option<usize>> {
    let changes = this.changes.get();
    for index in start..stop {
        let Some(item) = this.get(index) else { return Ok(None) };
        let same = vm.identical_or_equal(item, value)?;
        if this.changes.get() != changes {
            return Err(mutated());
        }
        if same {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// Repeats the items of a deque so many times, at most as many as it may hold.
fn repeat_in_place(vm: &Vm, this: Gc<PyDeque>, count: isize) -> PyResult<()> {
    let len = this.len();
    let Some(mut count) = usize::try_from(count).ok().filter(|&count| count > 0) else {
        this.clear_items();
        return Ok(());
    };
    if len == 0 || count == 1 {
        return Ok(());
    }
    let row = items(vm, this)?;
    if let Some(bound) = this.bound.get() {
        count = count.min(bound.div_ceil(len));
    }
    let total = count.checked_mul(len).ok_or_else(|| vm.no_memory())?;
    reserve(vm, this, this.bound.get().map_or(total, |bound| total.min(bound)))?;
    for _ in 1..count {
        for index in 0..len {
            append(vm, this, row.get(index).expect("nobody else has the list"))?;
        }
    }
    Ok(())
}

fn index_in(vm: &Vm, this: Gc<PyDeque>, index: isize) -> PyResult<usize> {
    usize::try_from(index)
        .ok()
        .filter(|&index| index < this.len())
        .ok_or_else(|| vm.index_error("deque index out of range"))
}

#[py_type(
    name = "deque",
    module = "collections",
    flags(BASETYPE, SEQUENCE, MANAGED_WEAKREF),
    parts(CLASS_GETITEM),
    doc = "deque([iterable[, maxlen]])\n--\n\nA list-like sequence optimized for data accesses near its endpoints."
)]
impl PyDeque {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyDeque>> {
        vm.alloc_instance(class, PyDeque::empty(None))
    }

    #[init("deque(iterable=<unrepresentable>, maxlen=None)")]
    fn init(vm: &Vm, this: Gc<PyDeque>, iterable: Option<Value>, maxlen: Value) -> PyResult<()> {
        this.bound.set(bound_of(vm, maxlen)?);
        if !this.is_empty() {
            this.clear_items();
        }
        match iterable {
            Some(iterable) => extend(vm, this, iterable),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyDeque>) -> PyResult {
        let Some(_guard) = vm.enter_repr(this.value()) else { return Ok(vm.new_str("[...]")?.value()) };
        let list = items(vm, this)?;
        let mut out = StrBuilder::default();
        out.push_py(&vm.class_of(this.value()).name.get_set());
        out.push_str("(");
        out.push_py(&*vm.repr(list.value())?);
        if let Some(bound) = this.bound.get() {
            out.push_str(&format!(", maxlen={bound}"));
        }
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let (Some(a), Some(b)) = (vm.cast::<PyDeque>(a), vm.cast::<PyDeque>(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if a == b && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::bool(op == CompareOp::Eq));
        }
        if a.len() != b.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        let changes = (a.changes.get(), b.changes.get());
        let mut index = 0;
        while let (Some(x), Some(y)) = (a.get(index), b.get(index)) {
            if !vm.identical_or_equal(x, y)? {
                return Ok(Value::bool(vm.compare_bool(x, y, op)?));
            }
            if (a.changes.get(), b.changes.get()) != changes {
                return Err(vm.runtime_error("deque mutated during iteration"));
            }
            index += 1;
        }
        Ok(Value::bool(op.holds(a.len().cmp(&b.len()))))
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyDeque>) -> PyResult {
        PyDequeIterator::over(vm, this)
    }

    #[slot(sq_length)]
    fn length(&self) -> usize {
        self.len()
    }

    #[slot(sq_concat)]
    fn concat(vm: &Vm, this: Gc<PyDeque>, other: Value) -> PyResult<Gc<PyDeque>> {
        if vm.cast::<PyDeque>(other).is_none() {
            let class = vm.class_name(other);
            return Err(vm.type_error(format_args!("can only concatenate deque (not \"{class}\") to deque")));
        }
        let result = copied(vm, this)?;
        extend(vm, result, other)?;
        Ok(result)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(vm: &Vm, this: Gc<PyDeque>, other: Value) -> PyResult<Gc<PyDeque>> {
        extend(vm, this, other)?;
        Ok(this)
    }

    #[slot(sq_repeat)]
    fn repeat(vm: &Vm, this: Gc<PyDeque>, count: isize) -> PyResult<Gc<PyDeque>> {
        let result = copied(vm, this)?;
        repeat_in_place(vm, result, count)?;
        Ok(result)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(vm: &Vm, this: Gc<PyDeque>, count: isize) -> PyResult<Gc<PyDeque>> {
        repeat_in_place(vm, this, count)?;
        Ok(this)
    }

    #[slot(sq_item)]
    fn item(vm: &Vm, this: Gc<PyDeque>, index: isize) -> PyResult {
        let index = index_in(vm, this, index)?;
        Ok(this.get(index).expect("the index was checked"))
    }

    #[slot(sq_ass_item)]
    fn set_item(vm: &Vm, this: Gc<PyDeque>, index: isize, value: Option<Value>) -> PyResult<()> {
        let index = index_in(vm, this, index)?;
        match value {
            Some(value) => this.set_at(vm, index, value),
            None => this.remove_at(vm, index),
        }
        Ok(())
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyDeque>, value: Value) -> PyResult<bool> {
        let mutated = || vm.runtime_error("deque mutated during iteration");
        Ok(find(vm, this, value, (0, this.len()), mutated)?.is_some())
    }

    #[method("append($self, item, /)", doc = "Add an element to the right side of the deque.")]
    fn append_method(vm: &Vm, this: Gc<PyDeque>, item: Value) -> PyResult<()> {
        append(vm, this, item)
    }

    #[method("appendleft($self, item, /)", doc = "Add an element to the left side of the deque.")]
    fn appendleft(vm: &Vm, this: Gc<PyDeque>, item: Value) -> PyResult<()> {
        append_left(vm, this, item)
    }

    #[method("clear($self, /)", doc = "Remove all elements from the deque.")]
    fn clear_method(&self) {
        self.clear_items();
    }

    #[method("__copy__($self, /)", doc = "Return a shallow copy of a deque.")]
    #[method("copy($self, /)", doc = "Return a shallow copy of a deque.")]
    fn copy(vm: &Vm, this: Gc<PyDeque>) -> PyResult<Gc<PyDeque>> {
        copied(vm, this)
    }

    #[method("count($self, value, /)", doc = "Return number of occurrences of value.")]
    fn count(vm: &Vm, this: Gc<PyDeque>, value: Value) -> PyResult<usize> {
        let changes = this.changes.get();
        let mut count = 0;
        for index in 0..this.len() {
            let Some(item) = this.get(index) else { break };
            count += usize::from(vm.identical_or_equal(item, value)?);
            if this.changes.get() != changes {
                return Err(vm.runtime_error("deque mutated during iteration"));
            }
        }
        Ok(count)
    }

    #[method("extend($self, iterable, /)", doc = "Extend the right side of the deque with elements from the iterable.")]
    fn extend_method(vm: &Vm, this: Gc<PyDeque>, iterable: Value) -> PyResult<()> {
        extend(vm, this, iterable)
    }

    #[method(
        "extendleft($self, iterable, /)",
        doc = "Extend the left side of the deque with elements from the iterable."
    )]
    fn extendleft(vm: &Vm, this: Gc<PyDeque>, iterable: Value) -> PyResult<()> {
        let iterable = if iterable == this.value() { items(vm, this)?.value() } else { iterable };
        vm.for_each(iterable, |item| append_left(vm, this, item))
    }

    #[method(
        "index",
        raw,
        signature = "($self, value, [start, [stop]])",
        doc = "Return first index of value.\n\nRaises ValueError if the value is not present."
    )]
    fn index(vm: &Vm, this: Gc<PyDeque>, args: Args<'_>) -> PyResult<usize> {
        args.no_keywords(vm, "deque.index")?;
        let (value, start, stop) = match *args.positionals() {
            [value] => (value, None, None),
            [value, start] => (value, Some(start), None),
            [value, start, stop] => (value, Some(start), Some(stop)),
            ref others => return Err(vm.wrong_positional_count("index", others.len(), 1, 3)),
        };
        let start = start.map_or(Ok(0), |start| vm.slice_index(start))?;
        let stop = stop.map_or(Ok(isize::MAX), |stop| vm.slice_index(stop))?;
        let len = this.len() as isize;
        let fit = |index: isize| if index < 0 { (index + len).max(0) } else { index.min(len) } as usize;
        let mutated = || vm.runtime_error("deque mutated during iteration");
        find(vm, this, value, (fit(start), fit(stop)), mutated)?
            .ok_or_else(|| vm.value_error("deque.index(x): x not in deque"))
    }

    #[method("insert($self, index, value, /)", doc = "Insert value before index.")]
    fn insert(vm: &Vm, this: Gc<PyDeque>, index: isize, value: Value) -> PyResult<()> {
        let len = this.len();
        if this.bound.get() == Some(len) {
            return Err(vm.index_error("deque already at its maximum size"));
        }
        let index = if index < 0 { (index + len as isize).max(0) } else { index } as usize;
        let index = index.min(len);
        // The items on the shorter side make room.
        if index < len / 2 {
            append_left(vm, this, value)?;
            for at in 0..index {
                this.set_at(vm, at, this.get(at + 1).expect("an item before the index"));
            }
        } else {
            append(vm, this, value)?;
            for at in (index..len).rev() {
                this.set_at(vm, at + 1, this.get(at).expect("an item behind the index"));
            }
        }
        this.set_at(vm, index, value);
        Ok(())
    }

    #[method("pop($self, /)", doc = "Remove and return the rightmost element.")]
    fn pop(vm: &Vm, this: Gc<PyDeque>) -> PyResult {
        this.pop_last().ok_or_else(|| vm.index_error("pop from an empty deque"))
    }

    #[method("popleft($self, /)", doc = "Remove and return the leftmost element.")]
    fn popleft(vm: &Vm, this: Gc<PyDeque>) -> PyResult {
        this.pop_first().ok_or_else(|| vm.index_error("pop from an empty deque"))
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyDeque>) -> PyResult<Gc<PyTuple>> {
        let class = vm.class_of(this.value()).value();
        let state = vm.call_method(this.value(), vm.names().__getstate__, &[])?;
        let iterator = vm.iter(this.value())?;
        let args = match this.bound.get() {
            None => vm.new_tuple(&[])?,
            Some(_) => {
                let empty = vm.new_tuple(&[])?;
                vm.new_tuple(&[empty.value(), bound_value(vm, &this)?])?
            }
        };
        vm.new_tuple(&[class, args.value(), state, iterator])
    }

    #[method("remove($self, value, /)", doc = "Remove first occurrence of value.")]
    fn remove(vm: &Vm, this: Gc<PyDeque>, value: Value) -> PyResult<()> {
        let mutated = || vm.index_error("deque mutated during iteration");
        match find(vm, this, value, (0, this.len()), mutated)? {
            Some(index) => this.remove_at(vm, index),
            None => return Err(vm.value_error("deque.remove(x): x not in deque")),
        }
        Ok(())
    }

    #[method("__reversed__($self, /)", doc = "Return a reverse iterator over the deque.")]
    fn reversed(vm: &Vm, this: Gc<PyDeque>) -> PyResult {
        PyDequeReverseIterator::over(vm, this)
    }

    #[method("reverse($self, /)", doc = "Reverse *IN PLACE*.")]
    fn reverse(vm: &Vm, this: Gc<PyDeque>) {
        this.reverse_items(vm);
    }

    #[method("rotate($self, n=1, /)", doc = "Rotate the deque n steps to the right.  If n is negative, rotates left.")]
    fn rotate(vm: &Vm, this: Gc<PyDeque>, n: isize) {
        this.rotate_by(vm, n);
    }

    #[method("__sizeof__($self, /)", doc = "Return the size of the deque in memory, in bytes.")]
    fn sizeof(&self) -> usize {
        size_of::<PyDeque>() + self.ring.get().map_or(0, |ring| 16 + 8 * ring.len())
    }

    #[getter("maxlen", doc = "maximum size of a deque or None if unbounded")]
    fn maxlen(&self, vm: &Vm) -> PyResult {
        bound_value(vm, self)
    }
}
