//! `_collections`: containers, and what `collections` needs to be quick.

mod count_elements;
mod default_dict;
pub mod deque;
mod ordered_dict;
mod tuple_getter;

use kaa_objects::{PyResult, Value, Vm, py_module};

use self::default_dict::PyDefaultDict;
use self::deque::PyDeque;
use self::deque::iterators::{PyDequeIterator, PyDequeReverseIterator};
use self::ordered_dict::PyOrderedDict;
use self::tuple_getter::PyTupleGetter;

/// The module.
pub struct Collections;

#[py_module(
    name = "_collections",
    types(PyDefaultDict, PyDeque, PyDequeIterator, PyDequeReverseIterator, PyOrderedDict, PyTupleGetter),
    doc = "High performance data structures.\n- deque:        ordered collection accessible from endpoints only\n- defaultdict:  dict subclass with a default value factory\n"
)]
impl Collections {
    #[function("_count_elements(mapping, iterable, /)", doc = "Count elements in the iterable, updating the mapping")]
    fn count_elements(vm: &Vm, mapping: Value, iterable: Value) -> PyResult<()> {
        count_elements::count_elements(vm, mapping, iterable)
    }
}
