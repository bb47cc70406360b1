//! `_lru_cache_wrapper`: a function with a cache of its results.
//!
//! A bounded cache is a dict from keys to links, which stand in a ring in the order of their last
//! use: `root.next` is the least recently used one, `root.previous` the most recently used one.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

use super::state;

/// `functools._lru_cache_wrapper`.
#[repr(C)]
#[derive(Trace)]
pub struct PyLruCacheWrapper {
    header: Header,
    /// The function whose results are kept.
    function: Slot,
    /// From keys to results, or to links if the cache is bounded.
    cache: Slot<Gc<PyDict>>,
    /// Where the ring of links begins and ends; only of bounded caches.
    root: Slot<Gc<Link>>,
    /// The class of what `cache_info()` gives.
    info_class: Slot,
    #[trace(skip)]
    bound: Cell<Bound>,
    /// Whether arguments of different types are different.
    typed: Cell<bool>,
    hits: Cell<usize>,
    misses: Cell<usize>,
}

/// How many results are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    None,
    Most(usize),
    All,
}

/// A result in a bounded cache.
#[repr(C)]
#[derive(Trace)]
pub struct Link {
    header: Header,
    previous: Slot<Gc<Link>>,
    next: Slot<Gc<Link>>,
    key: Slot,
    result: Slot,
    hash: Cell<i64>,
}

#[py_type(name = "_lru_list_elem", module = "functools", flags(DISALLOW_INSTANTIATION))]
impl Link {}

impl Link {
    /// A ring of one.
    fn alone(vm: &Vm) -> PyResult<Gc<Link>> {
        let link = Link::in_no_ring(vm)?;
        link.next.set(vm, link, link);
        link.previous.set(vm, link, link);
        Ok(link)
    }

    fn in_no_ring(vm: &Vm) -> PyResult<Gc<Link>> {
        vm.alloc(Link {
            header: Header::EMPTY,
            previous: Slot::empty(),
            next: Slot::empty(),
            key: Slot::empty(),
            result: Slot::empty(),
            hash: Cell::new(0),
        })
    }
}

/// Takes a link out of its ring.
fn take_out(vm: &Vm, link: Gc<Link>) {
    let (previous, next) = (link.previous.get_set(), link.next.get_set());
    previous.next.set(vm, previous, next);
    next.previous.set(vm, next, previous);
}

/// Puts a link before the root: as the most recently used one.
fn put_last(vm: &Vm, root: Gc<Link>, link: Gc<Link>) {
    let last = root.previous.get_set();
    last.next.set(vm, last, link);
    link.previous.set(vm, link, last);
    link.next.set(vm, link, root);
    root.previous.set(vm, root, link);
}

/// The key of a call: the argument itself if it is the only one and a `str` or `int`, else a row
/// of arguments, keywords and, if asked for, their types.
fn key_of(vm: &Vm, args: Args<'_>, typed: bool) -> PyResult {
    let positional = args.positionals();
    if !typed && args.kwnames().is_none() {
        if let &[only] = positional
            && (vm.is_exact_int(only) || vm.cast_exact::<PyStr>(only).is_some())
        {
            return Ok(only);
        }
        return Ok(vm.new_tuple(positional)?.value());
    }
    let mut row = ValueVec::from_slice(vm, positional)?;
    if args.kwnames().is_some() {
        row.push(vm, state(vm).keyword_mark.get_set())?;
        for (name, value) in args.keywords() {
            row.push(vm, name.value())?;
            row.push(vm, value)?;
        }
    }
    if typed {
        for &value in args.all() {
            row.push(vm, vm.class_of(value).value())?;
        }
    }
    Ok(row.to_tuple(vm)?.value())
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_dict_attribute(class)
}

#[py_type(
    name = "_lru_cache_wrapper",
    module = "functools",
    flags(METHOD_DESCRIPTOR, MANAGED_DICT, MANAGED_WEAKREF),
    setup = set_up,
    doc = "Create a cached callable that wraps another function.\n\nuser_function:      the function being cached\n\nmaxsize:  0         for no caching\n          None      for unlimited cache size\n          n         for a bounded cache\n\ntyped:    False     cache f(3) and f(3.0) as identical calls\n          True      cache f(3) and f(3.0) as distinct calls\n\ncache_info_type:    namedtuple class with the fields:\n                        hits misses currsize maxsize\n"
)]
impl PyLruCacheWrapper {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyLruCacheWrapper>> {
        let [function, maxsize, typed, info_class] = constructor_arguments(vm, args)?;
        let typed = vm.truth(typed)?;
        if !vm.is_callable(function) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let bound = if maxsize.is_none() {
            Bound::All
        } else if vm.is_int(maxsize) || vm.slots_of(maxsize).nb_index.is_some() {
            match vm.index_to_isize(maxsize, vm.exceptions().OverflowError)? {
                ..=0 => Bound::None,
                most => Bound::Most(most as usize),
            }
        } else {
            return Err(vm.type_error("maxsize should be integer or None"));
        };
        let root = if let Bound::Most(_) = bound { Some(Link::alone(vm)?) } else { None };
        let cache = vm.new_dict()?;
        vm.alloc_instance(
            class,
            PyLruCacheWrapper {
                header: Header::EMPTY,
                function: Slot::new(function),
                cache: Slot::new(cache),
                root: Slot::maybe(root),
                info_class: Slot::new(info_class),
                bound: Cell::new(bound),
                typed: Cell::new(typed),
                hits: Cell::new(0),
                misses: Cell::new(0),
            },
        )
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Gc<PyLruCacheWrapper>, args: Args<'_>) -> PyResult {
        match this.bound.get() {
            Bound::None => {
                this.misses.set(this.misses.get() + 1);
                vm.call_args(this.function.get_set(), args)
            }
            Bound::All => call_unbounded(vm, this, args),
            Bound::Most(most) => call_bounded(vm, this, args, most),
        }
    }

    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PyLruCacheWrapper>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        match instance.and_then(Value::not_none) {
            Some(instance) => Ok(vm.new_method(this.value(), instance)?.value()),
            None => Ok(this.value()),
        }
    }

    #[method("cache_info($self, /)", doc = "Report cache statistics")]
    fn cache_info(vm: &Vm, this: Gc<PyLruCacheWrapper>) -> PyResult {
        let number = |number: usize| Value::small_int(number as i64);
        let most = match this.bound.get() {
            Bound::None => number(0),
            Bound::Most(most) => vm.new_int(most as i64)?,
            Bound::All => Value::NONE,
        };
        let (hits, misses, size) = (this.hits.get(), this.misses.get(), this.cache.get_set().len());
        vm.call(this.info_class.get_set(), &[number(hits), number(misses), most, number(size)])
    }

    #[method("cache_clear($self, /)", doc = "Clear the cache and cache statistics")]
    fn cache_clear(vm: &Vm, this: Gc<PyLruCacheWrapper>) {
        if let Some(root) = this.root.get() {
            root.next.set(vm, root, root);
            root.previous.set(vm, root, root);
        }
        this.hits.set(0);
        this.misses.set(0);
        this.cache.get_set().clear();
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Value) -> PyResult {
        vm.get_attr(this, vm.names().__qualname__)
    }

    #[method("__copy__", raw)]
    fn copy(_vm: &Vm, this: Value, _args: Args<'_>) -> Value {
        this
    }

    #[method("__deepcopy__", raw)]
    fn deepcopy(_vm: &Vm, this: Value, _args: Args<'_>) -> Value {
        this
    }
}

/// The arguments of the constructor, all of which are required.
fn constructor_arguments(vm: &Vm, args: Args<'_>) -> PyResult<[Value; 4]> {
    const NAMES: [&str; 4] = ["user_function", "maxsize", "typed", "cache_info_type"];
    let (positional, given) = (args.positionals(), args.all().len());
    if given > NAMES.len() {
        return Err(vm.type_error(format_args!("lru_cache() takes at most 4 arguments ({given} given)")));
    }
    let mut values = [Value::NONE; 4];
    for (index, (place, name)) in values.iter_mut().zip(NAMES).enumerate() {
        let Some(value) = positional.get(index).copied().or_else(|| args.keyword(name)) else {
            let position = index + 1;
            return Err(vm.type_error(format_args!("lru_cache() missing required argument '{name}' (pos {position})")));
        };
        *place = value;
    }
    Ok(values)
}

fn call_unbounded(vm: &Vm, this: Gc<PyLruCacheWrapper>, args: Args<'_>) -> PyResult {
    let key = key_of(vm, args, this.typed.get())?;
    let hash = vm.hash(key)?;
    if let Some(result) = this.cache.get_set().get_hashed(vm, key, hash)? {
        this.hits.set(this.hits.get() + 1);
        return Ok(result);
    }
    this.misses.set(this.misses.get() + 1);
    let result = vm.call_args(this.function.get_set(), args)?;
    this.cache.get_set().set_hashed(vm, key, hash, result)?;
    Ok(result)
}

fn call_bounded(vm: &Vm, this: Gc<PyLruCacheWrapper>, args: Args<'_>, most: usize) -> PyResult {
    let key = key_of(vm, args, this.typed.get())?;
    let hash = vm.hash(key)?;
    let (cache, root) = (this.cache.get_set(), this.root.get_set());
    if let Some(link) = cache.get_hashed(vm, key, hash)?.and_then(|link| vm.cast::<Link>(link)) {
        if root.previous.get_set() != link {
            take_out(vm, link);
            put_last(vm, root, link);
        }
        this.hits.set(this.hits.get() + 1);
        return Ok(link.result.get_set());
    }
    this.misses.set(this.misses.get() + 1);
    let result = vm.call_args(this.function.get_set(), args)?;
    // The call may have filled or emptied the cache.
    if cache.get_hashed(vm, key, hash)?.is_some() {
        return Ok(result);
    }
    let oldest = root.next.get_set();
    let link = if cache.len() < most || oldest == root {
        Link::in_no_ring(vm)?
    } else {
        take_out(vm, oldest);
        match cache.position(vm, oldest.key.get_set(), oldest.hash.get()) {
            Ok(Some(position)) => drop(cache.remove_at(position)),
            // A comparison of keys took it already.
            Ok(None) => return Ok(result),
            Err(raised) => {
                put_first(vm, root, oldest);
                return Err(raised);
            }
        }
        oldest
    };
    link.hash.set(hash);
    link.key.set(vm, link, key);
    link.result.set(vm, link, result);
    // In the dict first: that may raise, or call back.
    cache.set_hashed(vm, key, hash, link.value())?;
    put_last(vm, root, link);
    Ok(result)
}

/// Puts a link behind the root: as the least recently used one.
fn put_first(vm: &Vm, root: Gc<Link>, link: Gc<Link>) {
    let first = root.next.get_set();
    first.previous.set(vm, first, link);
    link.next.set(vm, link, first);
    link.previous.set(vm, link, root);
    root.next.set(vm, root, link);
}
