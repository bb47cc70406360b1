//! `itertools`: iterators that are put together from others.

mod accumulating;
mod combinatorics;
mod filtering;
mod grouping;
mod infinite;
mod joining;
mod tee;

use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Value, Vm, py_module};

use self::accumulating::{PyAccumulate, PyStarmap};
use self::combinatorics::{PyCombinations, PyCombinationsWithReplacement, PyPermutations, PyProduct};
use self::filtering::{PyCompress, PyDropwhile, PyFilterfalse, PyIslice, PyTakewhile};
use self::grouping::{PyBatched, PyGroupby, PyGrouper, PyPairwise};
use self::infinite::{PyCount, PyCycle, PyRepeat};
use self::joining::{PyChain, PyZipLongest};
use self::tee::{PyTee, PyTeeDataObject};

/// The module.
pub struct Itertools;

#[py_module(
    name = "itertools",
    types(
        PyAccumulate,
        PyBatched,
        PyChain,
        PyCombinations,
        PyCombinationsWithReplacement,
        PyCompress,
        PyCount,
        PyCycle,
        PyDropwhile,
        PyFilterfalse,
        PyGroupby,
        PyGrouper,
        PyIslice,
        PyPairwise,
        PyPermutations,
        PyProduct,
        PyRepeat,
        PyStarmap,
        PyTakewhile,
        PyTee,
        PyTeeDataObject,
        PyZipLongest
    ),
    doc = "Functional tools for creating and using iterators.\n\nInfinite iterators:\ncount(start=0, step=1) --> start, start+step, start+2*step, ...\ncycle(p) --> p0, p1, ... plast, p0, p1, ...\nrepeat(elem [,n]) --> elem, elem, elem, ... endlessly or up to n times\n\nIterators terminating on the shortest input sequence:\naccumulate(p[, func]) --> p0, p0+p1, p0+p1+p2\nbatched(p, n) --> [p0, p1, ..., p_n-1], [p_n, p_n+1, ..., p_2n-1], ...\nchain(p, q, ...) --> p0, p1, ... plast, q0, q1, ...\nchain.from_iterable([p, q, ...]) --> p0, p1, ... plast, q0, q1, ...\ncompress(data, selectors) --> (d[0] if s[0]), (d[1] if s[1]), ...\ndropwhile(predicate, seq) --> seq[n], seq[n+1], starting when predicate fails\ngroupby(iterable[, keyfunc]) --> sub-iterators grouped by value of keyfunc(v)\nfilterfalse(predicate, seq) --> elements of seq where predicate(elem) is False\nislice(seq, [start,] stop [, step]) --> elements from\n       seq[start:stop:step]\npairwise(s) --> (s[0],s[1]), (s[1],s[2]), (s[2], s[3]), ...\nstarmap(fun, seq) --> fun(*seq[0]), fun(*seq[1]), ...\ntee(it, n=2) --> (it1, it2 , ... itn) splits one iterator into n\ntakewhile(predicate, seq) --> seq[0], seq[1], until predicate fails\nzip_longest(p, q, ...) --> (p[0], q[0]), (p[1], q[1]), ...\n\nCombinatoric generators:\nproduct(p, q, ... [repeat=1]) --> cartesian product\npermutations(p[, r])\ncombinations(p, r)\ncombinations_with_replacement(p, r)\n"
)]
impl Itertools {
    #[function("tee(iterable, n=2, /)", doc = "Returns a tuple of n independent iterators.")]
    fn tee(vm: &Vm, iterable: Value, n: isize) -> PyResult<Gc<PyTuple>> {
        let Ok(count) = usize::try_from(n) else { return Err(vm.value_error("n must be >= 0")) };
        if count == 0 {
            return vm.new_tuple(&[]);
        }
        let iterator = vm.iter(iterable)?;
        let name = vm.intern("__copy__");
        let (first, copy) = match vm.get_attr_optional(iterator, name)? {
            Some(copy) => (iterator, copy),
            None => {
                let first = PyTee::over(vm, vm.class::<PyTee>(), iterator)?.value();
                (first, vm.get_attr(first, name)?)
            }
        };
        let mut row = ValueVec::new();
        row.push(vm, first)?;
        for _ in 1..count {
            row.push(vm, vm.call(copy, &[])?)?;
        }
        row.to_tuple(vm)
    }
}
