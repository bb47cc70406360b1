//! `OrderedDict`: a dict whose entries can be moved to its ends, and whose order counts when it is
//! compared. The order is that of the dict's own entries. CPython: Objects/odictobject.c.

pub mod iterator;
mod update;
pub mod views;

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::StrBuilder;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm, py_type};

use self::iterator::{Kind, PyOdictIterator};
use self::views::{PyOdictItems, PyOdictKeys, PyOdictValues};

/// An `OrderedDict`.
#[repr(C)]
#[derive(Trace)]
pub struct PyOrderedDict {
    dict: PyDict,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_dict_attribute(class)
}

/// An ordered dict as the dict that it is.
fn dict_of(this: Gc<PyOrderedDict>) -> Gc<PyDict> {
    // SAFETY: an ordered dict is a dict in memory.
    unsafe { this.cast() }
}

fn is_exact(vm: &Vm, this: Gc<PyOrderedDict>) -> bool {
    vm.class_of(this.value()) == vm.class::<PyOrderedDict>()
}

#[cold]
fn mutated(vm: &Vm) -> Raised {
    vm.runtime_error("OrderedDict mutated during iteration")
}

/// Whether two have equal keys in the same order.
fn same_order(vm: &Vm, a: Gc<PyDict>, b: Gc<PyDict>) -> PyResult<bool> {
    let changes = (a.changes(), b.changes());
    let live = |dict: Gc<PyDict>, from: usize| (from..dict.filled()).find_map(|at| Some((at + 1, dict.entry(at)?.key)));
    let (mut next_a, mut next_b) = (a.first_position(), b.first_position());
    loop {
        let (Some((after_a, key_a)), Some((after_b, key_b))) = (live(a, next_a), live(b, next_b)) else {
            return Ok(live(a, next_a).is_none() && live(b, next_b).is_none());
        };
        let equal = vm.identical_or_equal(key_a, key_b)?;
        if (a.changes(), b.changes()) != changes {
            return Err(mutated(vm));
        }
        if !equal {
            return Ok(false);
        }
        (next_a, next_b) = (after_a, after_b);
    }
}

/// An empty one of a class.
fn empty_of(vm: &Vm, class: Gc<PyType>) -> PyResult {
    vm.call(class.value(), &[])
}

/// `this.copy()`: items are read and set by the methods of a subclass.
fn copied(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult {
    let (source, class) = (dict_of(this), vm.class_of(this.value()));
    let copy = empty_of(vm, class)?;
    let plain = if is_exact(vm, this) { vm.cast::<PyDict>(copy) } else { None };
    let changes = source.changes();
    let mut position = 0;
    while position < source.filled() {
        if let Some(entry) = source.entry(position) {
            match plain {
                Some(copy) => copy.set_hashed(vm, entry.key, entry.hash, entry.value)?,
                None => {
                    let value = vm.get_item(this.value(), entry.key)?;
                    vm.set_item(copy, entry.key, value)?;
                }
            }
            if source.changes() != changes {
                return Err(mutated(vm));
            }
        }
        position += 1;
    }
    Ok(copy)
}

#[py_type(
    name = "OrderedDict",
    module = "collections",
    base = PyDict,
    flags(BASETYPE, MANAGED_DICT, MANAGED_WEAKREF),
    setup = set_up,
    doc = "Dictionary that remembers insertion order"
)]
impl PyOrderedDict {
    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyOrderedDict>, args: Args<'_>) -> PyResult<()> {
        if args.positionals().len() > 1 {
            let count = args.positionals().len();
            return Err(vm.type_error(format_args!("expected at most 1 argument, got {count}")));
        }
        update::update(vm, this.value(), args)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult {
        let name = vm.class_of(this.value()).name.get_set();
        let mut out = StrBuilder::default();
        out.push_py(&name);
        if dict_of(this).is_empty() {
            out.push_str("()");
            return Ok(out.finish(vm)?.value());
        }
        let Some(_guard) = vm.enter_repr(this.value()) else { return Ok(vm.new_str("...")?.value()) };
        let items = if is_exact(vm, this) {
            vm.dict_copy(dict_of(this))?
        } else {
            let items = vm.call_method(this.value(), vm.names().items, &[])?;
            let dict = vm.new_dict()?;
            vm.dict_update(dict, items)?;
            dict
        };
        let items = vm.repr(items.value())?;
        out.push_str("(");
        out.push_py(&items);
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let (Some(left), Some(right)) = (vm.cast::<PyDict>(a), vm.cast::<PyDict>(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let mut equal = vm.dicts_equal(left, right)?;
        if equal && vm.cast::<PyOrderedDict>(b).is_some() {
            equal = same_order(vm, left, right)?;
        }
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult {
        PyOdictIterator::over(vm, dict_of(this), Kind::Keys, false)
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, a: Value, b: Value) -> PyResult {
        if vm.cast::<PyDict>(a).is_none() || vm.cast::<PyDict>(b).is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let ordered = if vm.cast::<PyOrderedDict>(a).is_some() { a } else { b };
        let result = vm.call(vm.class_of(ordered).value(), &[a])?;
        update::update_from(vm, result, b)?;
        Ok(result)
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(vm: &Vm, a: Value, b: Value) -> PyResult {
        update::update_from(vm, a, b)?;
        Ok(a)
    }

    #[classmethod(
        "fromkeys($type, /, iterable, value=None)",
        doc = "Create a new ordered dictionary with keys from iterable and values set to value."
    )]
    fn fromkeys(vm: &Vm, class: Gc<PyType>, iterable: Value, value: Value) -> PyResult {
        let result = empty_of(vm, class)?;
        let plain = if class == vm.class::<PyOrderedDict>() { vm.cast::<PyDict>(result) } else { None };
        vm.for_each(iterable, |key| match plain {
            Some(dict) => dict.set(vm, key, value),
            None => vm.set_item(result, key, value),
        })?;
        Ok(result)
    }

    #[method("__sizeof__($self, /)")]
    fn sizeof(this: Gc<PyOrderedDict>) -> usize {
        dict_of(this).memory_size()
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling")]
    fn reduce(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult<Gc<PyTuple>> {
        let state = vm.call_method(this.value(), vm.names().__getstate__, &[])?;
        let items = vm.call_method(this.value(), vm.names().items, &[])?;
        let (args, items) = (vm.new_tuple(&[])?, vm.iter(items)?);
        let class = vm.class_of(this.value()).value();
        vm.new_tuple(&[class, args.value(), state, Value::NONE, items])
    }

    #[method(
        "setdefault($self, /, key, default=None)",
        doc = "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default."
    )]
    fn setdefault(vm: &Vm, this: Gc<PyOrderedDict>, key: Value, default: Value) -> PyResult {
        if is_exact(vm, this) {
            return dict_of(this).set_default(vm, key, default);
        }
        if vm.contains(this.value(), key)? {
            return vm.get_item(this.value(), key);
        }
        vm.set_item(this.value(), key, default)?;
        Ok(default)
    }

    #[method(
        "pop($self, /, key, default=<unrepresentable>)",
        doc = "od.pop(key[,default]) -> v, remove specified key and return the corresponding value.\n\nIf the key is not found, return the default if given; otherwise,\nraise a KeyError."
    )]
    fn pop(vm: &Vm, this: Gc<PyOrderedDict>, key: Value, default: Option<Value>) -> PyResult {
        dict_of(this).remove(vm, key)?.or(default).ok_or_else(|| vm.key_error(key))
    }

    #[method(
        "popitem($self, /, last=True)",
        doc = "Remove and return a (key, value) pair from the dictionary.\n\nPairs are returned in LIFO order if last is true or FIFO order if\nfalse."
    )]
    fn popitem(vm: &Vm, this: Gc<PyOrderedDict>, last: bool) -> PyResult<Gc<PyTuple>> {
        let dict = dict_of(this);
        let position = if last { dict.last_position() } else { Some(dict.first_position()) };
        let Some((position, entry)) = position.and_then(|position| Some((position, dict.entry(position)?))) else {
            return Err(vm.key_error(vm.new_str("dictionary is empty")?.value()));
        };
        let item = vm.new_tuple(&[entry.key, entry.value])?;
        dict.remove_at(position);
        if last {
            dict.forget_deleted_at_end();
        }
        Ok(item)
    }

    #[method("keys($self, /)")]
    fn keys(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult {
        PyOdictKeys::over(vm, dict_of(this))
    }

    #[method("values($self, /)")]
    fn values(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult {
        PyOdictValues::over(vm, dict_of(this))
    }

    #[method("items($self, /)")]
    fn items(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult {
        PyOdictItems::over(vm, dict_of(this))
    }

    #[method("update", raw)]
    fn update(vm: &Vm, this: Gc<PyOrderedDict>, args: Args<'_>) -> PyResult<()> {
        if args.positionals().len() > 1 {
            let count = args.positionals().len();
            return Err(vm.type_error(format_args!("update() takes at most 1 positional argument ({count} given)")));
        }
        update::update(vm, this.value(), args)
    }

    #[method("clear($self, /)", doc = "Remove all items from ordered dict.")]
    fn clear(this: Gc<PyOrderedDict>) {
        dict_of(this).clear();
    }

    #[method("copy($self, /)", doc = "A shallow copy of ordered dict.")]
    fn copy(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult {
        copied(vm, this)
    }

    #[method("__reversed__($self, /)", doc = "od.__reversed__() <==> reversed(od)")]
    fn reversed(vm: &Vm, this: Gc<PyOrderedDict>) -> PyResult {
        PyOdictIterator::over(vm, dict_of(this), Kind::Keys, true)
    }

    #[method(
        "move_to_end($self, /, key, last=True)",
        doc = "Move an existing element to the end (or beginning if last is false).\n\nRaise KeyError if the element does not exist."
    )]
    fn move_to_end(vm: &Vm, this: Gc<PyOrderedDict>, key: Value, last: bool) -> PyResult<()> {
        let dict = dict_of(this);
        let hash = vm.hash_key(key, "dict key")?;
        match dict.position(vm, key, hash)? {
            Some(position) => dict.move_to_end(vm, position, last),
            None => Err(vm.key_error(key)),
        }
    }
}
