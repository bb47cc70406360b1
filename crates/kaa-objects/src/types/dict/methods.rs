//! The methods and slots of `dict`.

use super::PyDict;
use super::iterators::{DictIterator, PyDictItems, PyDictKeys, PyDictValues};
use crate::class::{CompareOp, PyType};
use crate::types::list::PyList;
use crate::types::str::StrBuilder;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Raised, Value, Vm, ids};

fn this_dict(this: Value) -> Gc<PyDict> {
    // SAFETY: slots are called with objects of their type only.
    unsafe { this.as_gc_unchecked() }
}

impl Vm {
    /// `dict(source)` into an existing dict: a mapping, or an iterable of pairs.
    pub fn dict_update(&self, dict: Gc<PyDict>, source: Value) -> PyResult<()> {
        if let Some(other) = self.cast::<PyDict>(source)
            && (self.cast_exact::<PyDict>(source).is_some() || self.has_plain_iter(source))
        {
            return self.dict_merge(dict, other);
        }
        match self.get_attr_optional(source, self.names().keys)? {
            Some(keys) => {
                let keys = self.call(keys, &[])?;
                if self.slots_of(keys).iter.is_none() && !self.is_sequence(keys) {
                    let (class, given) = (self.class_name(source), self.class_name(keys));
                    return Err(self.type_error(format_args!("{class}.keys() returned a non-iterable (type {given})")));
                }
                self.for_each(keys, |key| dict.set(self, key, self.get_item(source, key)?))
            }
            None => self.dict_update_from_pairs(dict, source),
        }
    }

    /// Whether a subclass of `dict` keeps `dict.__iter__`, so that its entries are its items.
    fn has_plain_iter(&self, dict: Value) -> bool {
        let name = self.names().__iter__;
        self.lookup(self.class_of(dict), name) == self.lookup(self.class::<PyDict>(), name)
    }

    /// Sets each entry of `other` in `dict`.
    pub fn dict_merge(&self, dict: Gc<PyDict>, other: Gc<PyDict>) -> PyResult<()> {
        if dict == other {
            return Ok(());
        }
        if dict.is_empty() {
            dict.reserve(self, other.len())?;
        }
        let (changes, len) = (other.changes(), other.len());
        for position in 0..other.filled() {
            let Some(entry) = other.entry(position) else { continue };
            dict.set_hashed(self, entry.key, entry.hash, entry.value)?;
            if other.changes() != changes || other.len() != len {
                return Err(self.runtime_error("dict mutated during update"));
            }
        }
        Ok(())
    }

    fn dict_update_from_pairs(&self, dict: Gc<PyDict>, pairs: Value) -> PyResult<()> {
        if self.slots_of(pairs).iter.is_none() && !self.is_sequence(pairs) {
            let class = self.class_name(pairs);
            return Err(self.type_error(format_args!("'{class}' object is not iterable")));
        }
        let mut index = 0;
        self.for_each(pairs, |pair| {
            let row = self.pair_as_list(pair);
            let pair = row.map_err(|raised| self.note_bad_pair(raised, index))?;
            let &[key, value] = pair.as_slice() else {
                let len = pair.len();
                return Err(self.value_error(format_args!(
                    "dictionary update sequence element #{index} has length {len}; 2 is required"
                )));
            };
            index += 1;
            dict.set(self, key, value)
        })
    }

    fn pair_as_list(&self, pair: Value) -> PyResult<Gc<PyList>> {
        if self.cast_exact::<PyTuple>(pair).is_some() || self.cast_exact::<PyList>(pair).is_some() {
            return self.list_from(pair);
        }
        let iterator = self.iter(pair);
        match self.catch(iterator, self.exceptions().TypeError)? {
            Ok(iterator) => self.list_from(iterator),
            Err(_) => Err(self.type_error("object is not iterable")),
        }
    }

    /// Says in a note of a `TypeError` which pair it was.
    #[cold]
    fn note_bad_pair(&self, raised: Raised, index: usize) -> Raised {
        let error = self.take_exception(raised);
        if self.is_instance(error.value(), self.exceptions().TypeError) {
            let note = format!("Cannot convert dictionary update sequence element #{index} to a sequence");
            if let Err(raised) = self.add_note(error, &note) {
                return raised;
            }
        }
        self.raise_again(error)
    }

    /// A dict with the same entries.
    pub fn dict_copy(&self, dict: Gc<PyDict>) -> PyResult<Gc<PyDict>> {
        let copy = self.new_dict()?;
        copy.copy_entries(self, dict, 0, |_| false)?;
        Ok(copy)
    }

    /// The value of a key, as `d[key]` finds it: `__missing__` of subclasses, `KeyError`.
    pub fn dict_subscript(&self, dict: Gc<PyDict>, key: Value) -> PyResult {
        if let Some(value) = dict.get(self, key)? {
            return Ok(value);
        }
        if self.cast_exact::<PyDict>(dict.value()).is_none()
            && let Some(value) = self.call_special(dict.value(), self.names().__missing__, &[key])?
        {
            return Ok(value);
        }
        Err(self.key_error(key))
    }

    /// `a == b` of dicts.
    pub fn dicts_equal(&self, a: Gc<PyDict>, b: Gc<PyDict>) -> PyResult<bool> {
        if a.len() != b.len() {
            return Ok(false);
        }
        let mut position = 0;
        while position < a.filled() {
            if let Some(entry) = a.entry(position) {
                match b.get_hashed(self, entry.key, entry.hash)? {
                    Some(other) if self.identical_or_equal(entry.value, other)? => {}
                    _ => return Ok(false),
                }
            }
            position += 1;
        }
        Ok(true)
    }
}

fn update_args(vm: &Vm, dict: Gc<PyDict>, args: Args<'_>, function: &str) -> PyResult<()> {
    match *args.positionals() {
        [] => {}
        [source] => vm.dict_update(dict, source)?,
        ref more => {
            let count = more.len();
            return Err(vm.type_error(format_args!("{function} expected at most 1 argument, got {count}")));
        }
    }
    for (name, value) in args.keywords() {
        dict.set(vm, name.value(), value)?;
    }
    Ok(())
}

#[kaa_macros::py_type(
    name = "dict", id = ids::DICT, flags(BASETYPE, DICT_SUBCLASS, MAPPING, MATCH_SELF), parts(crate::types::generic_alias::CLASS_GETITEM),
    doc = "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.  For example:  dict(one=1, two=2)"
)]
impl PyDict {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyDict>> {
        vm.alloc_instance(class, PyDict::empty())
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyDict>, args: Args<'_>) -> PyResult<()> {
        update_args(vm, this, args, "dict")
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyDict>) -> PyResult {
        if this.is_empty() {
            return Ok(vm.new_str("{}")?.value());
        }
        let Some(_guard) = vm.enter_repr(this.value()) else { return Ok(vm.new_str("{...}")?.value()) };
        let mut out = StrBuilder::default();
        let mut separator = "{";
        let mut position = 0;
        while position < this.filled() {
            if let Some(entry) = this.entry(position) {
                let (key, value) = (vm.repr(entry.key)?, vm.repr(entry.value)?);
                out.push_str(separator);
                out.push_py(&key);
                out.push_str(": ");
                out.push_py(&value);
                separator = ", ";
            }
            position += 1;
        }
        out.push_str("}");
        Ok(out.finish(vm)?.value())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        match (vm.cast::<PyDict>(a), vm.cast::<PyDict>(b), op) {
            (Some(a), Some(b), CompareOp::Eq) => Ok(Value::bool(vm.dicts_equal(a, b)?)),
            (Some(a), Some(b), CompareOp::Ne) => Ok(Value::bool(!vm.dicts_equal(a, b)?)),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, a: Value, b: Value) -> PyResult {
        let (Some(left), Some(_)) = (vm.cast::<PyDict>(a), vm.cast::<PyDict>(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let result = vm.dict_copy(left)?;
        vm.dict_update(result, b)?;
        Ok(result.value())
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.dict_update(this_dict(a), b)?;
        Ok(a)
    }

    #[slot(mp_length)]
    fn length(&self) -> usize {
        self.len()
    }

    #[slot(sq_length)]
    fn sequence_length(&self) -> usize {
        self.len()
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyDict>, key: Value) -> PyResult<bool> {
        let hash = vm.hash_key(key, "dict key")?;
        Ok(this.position(vm, key, hash)?.is_some())
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        vm.dict_subscript(this_dict(this), key)
    }

    #[slot(mp_ass_subscript)]
    fn set_subscript(vm: &Vm, this: Value, key: Value, value: Option<Value>) -> PyResult<()> {
        let dict = this_dict(this);
        match value {
            Some(value) => dict.set(vm, key, value),
            None => match dict.remove(vm, key)? {
                Some(_) => Ok(()),
                None => Err(vm.key_error(key)),
            },
        }
    }

    #[slot(iter)]
    fn iter_slot(vm: &Vm, this: Gc<PyDict>) -> PyResult {
        DictIterator::keys(vm, this)
    }

    #[method("__contains__($self, key, /)", doc = "True if the dictionary has the specified key, else False.")]
    fn dunder_contains(vm: &Vm, this: Gc<PyDict>, key: Value) -> PyResult<bool> {
        let hash = vm.hash_key(key, "dict key")?;
        Ok(this.position(vm, key, hash)?.is_some())
    }

    #[method("__getitem__($self, key, /)", doc = "Return self[key].")]
    fn getitem(vm: &Vm, this: Gc<PyDict>, key: Value) -> PyResult {
        vm.dict_subscript(this, key)
    }

    #[method("__sizeof__($self, /)", doc = "Return the size of the dict in memory.")]
    fn sizeof(_vm: &Vm, this: Gc<PyDict>) -> usize {
        this.memory_size()
    }

    #[method(
        "get($self, key, default=None, /)",
        doc = "Return the value for key if key is in the dictionary, else default."
    )]
    fn get_method(vm: &Vm, this: Gc<PyDict>, key: Value, default: Value) -> PyResult {
        Ok(this.get(vm, key)?.unwrap_or(default))
    }

    #[method(
        "setdefault($self, key, default=None, /)",
        doc = "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default."
    )]
    fn setdefault(vm: &Vm, this: Gc<PyDict>, key: Value, default: Value) -> PyResult {
        this.set_default(vm, key, default)
    }

    #[method(
        "pop($self, key, default=<unrepresentable>, /)",
        doc = "D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\nIf the key is not found, return the default if given; otherwise,\nraise a KeyError."
    )]
    fn pop(vm: &Vm, this: Gc<PyDict>, key: Value, default: Option<Value>) -> PyResult {
        match this.remove(vm, key)?.or(default) {
            Some(value) => Ok(value),
            None => Err(vm.key_error(key)),
        }
    }

    #[method(
        "popitem($self, /)",
        doc = "Remove and return a (key, value) pair as a 2-tuple.\n\nPairs are returned in LIFO (last-in, first-out) order.\nRaises KeyError if the dict is empty."
    )]
    fn popitem(vm: &Vm, this: Gc<PyDict>) -> PyResult<Gc<PyTuple>> {
        let last = this.last_position();
        let Some((position, entry)) = last.and_then(|position| Some((position, this.entry(position)?))) else {
            return Err(vm.key_error(vm.new_str("popitem(): dictionary is empty")?.value()));
        };
        let item = vm.new_tuple(&[entry.key, entry.value])?;
        this.remove_at(position);
        this.forget_deleted_at_end();
        Ok(item)
    }

    #[method("keys($self, /)", doc = "Return a set-like object providing a view on the dict's keys.")]
    fn keys(vm: &Vm, this: Gc<PyDict>) -> PyResult {
        PyDictKeys::over(vm, this)
    }

    #[method("values($self, /)", doc = "Return an object providing a view on the dict's values.")]
    fn values(vm: &Vm, this: Gc<PyDict>) -> PyResult {
        PyDictValues::over(vm, this)
    }

    #[method("items($self, /)", doc = "Return a set-like object providing a view on the dict's items.")]
    fn items(vm: &Vm, this: Gc<PyDict>) -> PyResult {
        PyDictItems::over(vm, this)
    }

    #[method(
        "update",
        raw,
        doc = "D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.\nIf E is present and has a .keys() method, then does:  for k in E.keys(): D[k] = E[k]\nIf E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v\nIn either case, this is followed by: for k in F:  D[k] = F[k]"
    )]
    fn update(vm: &Vm, this: Gc<PyDict>, args: Args<'_>) -> PyResult<()> {
        update_args(vm, this, args, "update")
    }

    #[classmethod(
        "fromkeys($type, iterable, value=None, /)",
        doc = "Create a new dictionary with keys from iterable and values set to value."
    )]
    fn fromkeys(vm: &Vm, class: Gc<PyType>, iterable: Value, value: Value) -> PyResult {
        let dict = vm.call(class.value(), &[])?;
        match vm.cast_exact::<PyDict>(dict) {
            Some(dict) => set_keys(vm, dict, iterable, value)?,
            None => vm.for_each(iterable, |key| vm.set_item(dict, key, value))?,
        }
        Ok(dict)
    }

    #[method("clear($self, /)", doc = "Remove all items from the dict.")]
    fn clear_method(_vm: &Vm, this: Gc<PyDict>) {
        this.clear();
    }

    #[method("copy($self, /)", doc = "Return a shallow copy of the dict.")]
    fn copy(vm: &Vm, this: Gc<PyDict>) -> PyResult<Gc<PyDict>> {
        vm.dict_copy(this)
    }

    #[method("__reversed__($self, /)", doc = "Return a reverse iterator over the dict keys.")]
    fn reversed(vm: &Vm, this: Gc<PyDict>) -> PyResult {
        DictIterator::reversed_keys(vm, this)
    }
}

/// Sets each item of an iterable as a key. The hashes that dicts and sets know are taken over.
fn set_keys(vm: &Vm, dict: Gc<PyDict>, iterable: Value, value: Value) -> PyResult<()> {
    if let Some(set) = vm.as_exact_set(iterable) {
        for slot in 0..set.slots() {
            let Some((hash, key)) = set.at(slot) else { continue };
            dict.set_hashed(vm, key, hash, value)?;
        }
        return Ok(());
    }
    let Some(keys) = vm.cast_exact::<PyDict>(iterable) else {
        return vm.for_each(iterable, |key| dict.set(vm, key, value));
    };
    for position in 0..keys.filled() {
        let Some(entry) = keys.entry(position) else { continue };
        dict.set_hashed(vm, entry.key, entry.hash, value)?;
    }
    Ok(())
}
