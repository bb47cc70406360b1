//! `combinations`, `combinations_with_replacement`, `permutations`, `product`.
//!
//! All of them keep a row of indices into a pool of items, and step it to the next row in
//! lexicographic order.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

/// Where an iterator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The first row was not given yet.
    Start,
    Running,
    Ended,
}

/// A row of indices, all of them `value(position)` at first.
fn indices(vm: &Vm, len: usize, value: impl Fn(usize) -> usize) -> PyResult<Box<[Cell<usize>]>> {
    let mut row = Vec::new();
    row.try_reserve_exact(len).map_err(|_| vm.no_memory())?;
    row.extend((0..len).map(|position| Cell::new(value(position))));
    Ok(row.into_boxed_slice())
}

/// The length of rows that an argument asks for.
fn row_length(vm: &Vm, r: isize) -> PyResult<usize> {
    usize::try_from(r).map_err(|_| vm.value_error("r must be non-negative"))
}

/// The items at some indices.
fn chosen(vm: &Vm, pool: Gc<PyTuple>, indices: &[Cell<usize>]) -> PyResult<Option<Value>> {
    let items = pool.as_slice();
    let row = vm.new_tuple_from(indices.len(), indices.iter().map(|index| items[index.get()]))?;
    Ok(Some(row.value()))
}

/// Steps rising indices below `n`; `false` after the last row.
fn next_combination(indices: &[Cell<usize>], n: usize) -> bool {
    let r = indices.len();
    let Some(at) = (0..r).rev().find(|&at| indices[at].get() != at + n - r) else { return false };
    let first = indices[at].get() + 1;
    for (offset, index) in indices[at..].iter().enumerate() {
        index.set(first + offset);
    }
    true
}

/// Steps indices below `n` that do not fall; `false` after the last row.
fn next_combination_with_replacement(indices: &[Cell<usize>], n: usize) -> bool {
    let Some(at) = (0..indices.len()).rev().find(|&at| indices[at].get() + 1 != n) else { return false };
    let value = indices[at].get() + 1;
    indices[at..].iter().for_each(|index| index.set(value));
    true
}

/// Steps a permutation, whose first `cycles.len()` indices are the row; `cycles` counts for each
/// place of the row how many of its items are left. `false` after the last row.
fn next_permutation(indices: &[Cell<usize>], cycles: &[Cell<usize>]) -> bool {
    let n = indices.len();
    for at in (0..cycles.len()).rev() {
        let left = cycles[at].get() - 1;
        if left > 0 {
            cycles[at].set(left);
            indices[at].swap(&indices[n - left]);
            return true;
        }
        // This place has had all items: they go back to their order.
        let first = indices[at].get();
        for to in at..n - 1 {
            indices[to].set(indices[to + 1].get());
        }
        indices[n - 1].set(first);
        cycles[at].set(n - at);
    }
    false
}

/// `itertools.combinations`.
#[repr(C)]
#[derive(Trace)]
pub struct PyCombinations {
    header: Header,
    pool: Slot<Gc<PyTuple>>,
    #[trace(skip)]
    indices: Box<[Cell<usize>]>,
    #[trace(skip)]
    stage: Cell<Stage>,
}

#[py_type(
    name = "combinations",
    module = "itertools",
    flags(BASETYPE),
    drop,
    doc = "Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)"
)]
impl PyCombinations {
    #[new("combinations(iterable, r)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value, r: isize) -> PyResult<Gc<PyCombinations>> {
        let pool = vm.tuple_from(iterable)?;
        let r = row_length(vm, r)?;
        let (stage, r) = if r > pool.len() { (Stage::Ended, 0) } else { (Stage::Start, r) };
        let indices = indices(vm, r, |position| position)?;
        vm.alloc_instance(
            class,
            PyCombinations { header: Header::EMPTY, pool: Slot::new(pool), indices, stage: Cell::new(stage) },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyCombinations>) -> PyResult<Option<Value>> {
        let pool = this.pool.get_set();
        let more = match this.stage.replace(Stage::Running) {
            Stage::Start => true,
            Stage::Running => next_combination(&this.indices, pool.len()),
            Stage::Ended => false,
        };
        if more {
            return chosen(vm, pool, &this.indices);
        }
        this.stage.set(Stage::Ended);
        Ok(None)
    }

    #[method("__sizeof__($self, /)", doc = "Returns size in memory, in bytes.")]
    fn sizeof(&self) -> usize {
        size_of::<PyCombinations>() + size_of_val(&*self.indices)
    }
}

/// `itertools.combinations_with_replacement`.
#[repr(C)]
#[derive(Trace)]
pub struct PyCombinationsWithReplacement {
    header: Header,
    pool: Slot<Gc<PyTuple>>,
    #[trace(skip)]
    indices: Box<[Cell<usize>]>,
    #[trace(skip)]
    stage: Cell<Stage>,
}

#[py_type(
    name = "combinations_with_replacement",
    module = "itertools",
    flags(BASETYPE),
    drop,
    doc = "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.\n\ncombinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')"
)]
impl PyCombinationsWithReplacement {
    #[new("combinations_with_replacement(iterable, r)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value, r: isize) -> PyResult<Gc<PyCombinationsWithReplacement>> {
        let pool = vm.tuple_from(iterable)?;
        let r = row_length(vm, r)?;
        let stage = if pool.is_empty() && r > 0 { Stage::Ended } else { Stage::Start };
        let indices = indices(vm, r, |_| 0)?;
        vm.alloc_instance(
            class,
            PyCombinationsWithReplacement {
                header: Header::EMPTY,
                pool: Slot::new(pool),
                indices,
                stage: Cell::new(stage),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyCombinationsWithReplacement>) -> PyResult<Option<Value>> {
        let pool = this.pool.get_set();
        let more = match this.stage.replace(Stage::Running) {
            Stage::Start => true,
            Stage::Running => next_combination_with_replacement(&this.indices, pool.len()),
            Stage::Ended => false,
        };
        if more {
            return chosen(vm, pool, &this.indices);
        }
        this.stage.set(Stage::Ended);
        Ok(None)
    }

    #[method("__sizeof__($self, /)", doc = "Returns size in memory, in bytes.")]
    fn sizeof(&self) -> usize {
        size_of::<PyCombinationsWithReplacement>() + size_of_val(&*self.indices)
    }
}

/// `itertools.permutations`.
#[repr(C)]
#[derive(Trace)]
pub struct PyPermutations {
    header: Header,
    pool: Slot<Gc<PyTuple>>,
    /// A permutation of the whole pool; the row is its beginning.
    #[trace(skip)]
    indices: Box<[Cell<usize>]>,
    #[trace(skip)]
    cycles: Box<[Cell<usize>]>,
    #[trace(skip)]
    stage: Cell<Stage>,
}

#[py_type(
    name = "permutations",
    module = "itertools",
    flags(BASETYPE),
    drop,
    doc = "Return successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)"
)]
impl PyPermutations {
    #[new("permutations(iterable, r=None)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value, r: Option<Value>) -> PyResult<Gc<PyPermutations>> {
        let pool = vm.tuple_from(iterable)?;
        let n = pool.len();
        let r = match r {
            None => n,
            Some(r) if !vm.is_int(r) => return Err(vm.type_error("Expected int as r")),
            Some(r) => match vm.int_to_i64(r) {
                Some(r) => row_length(vm, r as isize)?,
                None => return Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
            },
        };
        let (stage, n, r) = if r > n { (Stage::Ended, 0, 0) } else { (Stage::Start, n, r) };
        let (indices, cycles) = (indices(vm, n, |position| position)?, indices(vm, r, |position| n - position)?);
        vm.alloc_instance(
            class,
            PyPermutations { header: Header::EMPTY, pool: Slot::new(pool), indices, cycles, stage: Cell::new(stage) },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyPermutations>) -> PyResult<Option<Value>> {
        let more = match this.stage.replace(Stage::Running) {
            Stage::Start => true,
            Stage::Running => next_permutation(&this.indices, &this.cycles),
            Stage::Ended => false,
        };
        if more {
            return chosen(vm, this.pool.get_set(), &this.indices[..this.cycles.len()]);
        }
        this.stage.set(Stage::Ended);
        Ok(None)
    }

    #[method("__sizeof__($self, /)", doc = "Returns size in memory, in bytes.")]
    fn sizeof(&self) -> usize {
        size_of::<PyPermutations>() + size_of_val(&*self.indices) + size_of_val(&*self.cycles)
    }
}

/// `itertools.product`.
#[repr(C)]
#[derive(Trace)]
pub struct PyProduct {
    header: Header,
    /// Tuples, one for each place of a row.
    pools: Slot<Gc<PyTuple>>,
    #[trace(skip)]
    indices: Box<[Cell<usize>]>,
    #[trace(skip)]
    stage: Cell<Stage>,
}

impl PyProduct {
    /// The items for a place of the row.
    fn pool(vm: &Vm, pools: &[Value], place: usize) -> Gc<PyTuple> {
        vm.cast_exact::<PyTuple>(pools[place]).expect("pools are tuples")
    }

    /// Steps to the next row; `false` after the last.
    fn step(&self, vm: &Vm) -> bool {
        let pools = self.pools.get_set();
        for (place, index) in self.indices.iter().enumerate().rev() {
            let next = index.get() + 1;
            if next < PyProduct::pool(vm, pools.as_slice(), place).len() {
                index.set(next);
                return true;
            }
            index.set(0);
        }
        false
    }
}

#[py_type(
    name = "product",
    module = "itertools",
    flags(BASETYPE),
    drop,
    doc = "Cartesian product of input iterables.  Equivalent to nested for-loops.\n\nFor example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).\nThe leftmost iterators are in the outermost for-loop, so the output tuples\ncycle in a manner similar to an odometer (with the rightmost element changing\non every iteration).\n\nTo compute the product of an iterable with itself, specify the number\nof repetitions with the optional repeat keyword argument. For example,\nproduct(A, repeat=4) means the same as product(A, A, A, A).\n\nproduct('ab', range(3)) --> ('a',0) ('a',1) ('a',2) ('b',0) ('b',1) ('b',2)\nproduct((0,1), (0,1), (0,1)) --> (0,0,0) (0,0,1) (0,1,0) (0,1,1) (1,0,0) ..."
)]
impl PyProduct {
    #[new("product(*iterables, repeat=1)", keywords_apart)]
    fn new(vm: &Vm, class: Gc<PyType>, iterables: &[Value], repeat: isize) -> PyResult<Gc<PyProduct>> {
        let Ok(repeat) = usize::try_from(repeat) else {
            return Err(vm.value_error("repeat argument cannot be negative"));
        };
        let mut pools = ValueVec::new();
        let count = if repeat == 0 { 0 } else { iterables.len() };
        if count.checked_mul(repeat).is_none_or(|places| places > isize::MAX as usize / 8) {
            return Err(vm.overflow_error("repeat argument too large"));
        }
        for &iterable in &iterables[..count] {
            let pool = vm.tuple_from(iterable)?;
            pools.push(vm, pool.value())?;
        }
        let indices = indices(vm, count * repeat, |_| 0)?;
        for place in count..indices.len() {
            let pool = pools[place - count];
            pools.push(vm, pool)?;
        }
        let pools = pools.to_tuple(vm)?;
        vm.alloc_instance(
            class,
            PyProduct { header: Header::EMPTY, pools: Slot::new(pools), indices, stage: Cell::new(Stage::Start) },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyProduct>) -> PyResult<Option<Value>> {
        let pools = this.pools.get_set();
        let places = pools.as_slice();
        let more = match this.stage.replace(Stage::Running) {
            Stage::Start => (0..places.len()).all(|place| !PyProduct::pool(vm, places, place).is_empty()),
            Stage::Running => this.step(vm),
            Stage::Ended => false,
        };
        if !more {
            this.stage.set(Stage::Ended);
            return Ok(None);
        }
        let items = this.indices.iter().enumerate();
        let items = items.map(|(place, index)| PyProduct::pool(vm, places, place).as_slice()[index.get()]);
        Ok(Some(vm.new_tuple_from(places.len(), items)?.value()))
    }

    #[method("__sizeof__($self, /)", doc = "Returns size in memory, in bytes.")]
    fn sizeof(&self) -> usize {
        size_of::<PyProduct>() + size_of_val(&*self.indices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: impl IntoIterator<Item = usize>) -> Vec<Cell<usize>> {
        values.into_iter().map(Cell::new).collect()
    }

    fn all(mut row: Vec<Cell<usize>>, mut next: impl FnMut(&mut Vec<Cell<usize>>) -> bool) -> Vec<Vec<usize>> {
        let mut rows = Vec::new();
        loop {
            rows.push(row.iter().map(Cell::get).collect());
            if !next(&mut row) {
                return rows;
            }
        }
    }

    #[test]
    fn combinations_in_order() {
        let rows = all(row(0..2), |row| next_combination(row, 4));
        assert_eq!(rows, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        let rows = all(row([0, 0]), |row| next_combination_with_replacement(row, 3));
        assert_eq!(rows, [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]]);
        assert_eq!(all(row([]), |row| next_combination(row, 3)).len(), 1);
    }

    #[test]
    fn permutations_in_order() {
        let cycles = row([3, 2]);
        let rows = all(row(0..3), |row| next_permutation(row, &cycles));
        let beginnings: Vec<&[usize]> = rows.iter().map(|row| &row[..2]).collect();
        assert_eq!(beginnings, [[0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1]]);
        for n in 0..7 {
            let cycles = row((0..n).map(|place| n - place));
            let rows = all(row(0..n), |row| next_permutation(row, &cycles));
            assert_eq!(rows.len(), (1..=n).product::<usize>());
            assert!(rows.is_sorted());
        }
    }
}
