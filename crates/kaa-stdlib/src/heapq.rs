//! `_heapq`: lists as heaps, in which no item comes before its parent.

use kaa_objects::types::list::PyList;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm, py_module};

/// The module.
pub struct Heapq;

/// Which item is at the root.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Least,
    Greatest,
}

impl Order {
    /// Whether `a` belongs above `b`.
    #[inline(always)]
    fn above(self, vm: &Vm, a: Value, b: Value) -> PyResult<bool> {
        match self {
            Order::Least => vm.less_than(a, b),
            Order::Greatest => vm.less_than(b, a),
        }
    }
}

#[py_module(
    name = "_heapq",
    doc = "Heap queue algorithm (a.k.a. priority queue).\n\nHeaps are arrays for which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for\nall k, counting elements from 0.  For the sake of comparison,\nnon-existing elements are considered to be infinite.  The interesting\nproperty of a heap is that a[0] is always its smallest element.\n\nUsage:\n\nheap = []            # creates an empty heap\nheappush(heap, item) # pushes a new item on the heap\nitem = heappop(heap) # pops the smallest item from the heap\nitem = heap[0]       # smallest item on the heap without popping it\nheapify(x)           # transforms list into a heap, in-place, in linear time\nitem = heapreplace(heap, item) # pops and returns smallest item, and adds\n                               # new item; the heap size is unchanged\n\nOur API differs from textbook heap algorithms as follows:\n\n- We use 0-based indexing.  This makes the relationship between the\n  index for a node and the indexes for its children slightly less\n  obvious, but is more suitable since Python uses 0-based indexing.\n\n- Our heappop() method returns the smallest item, not the largest.\n\nThese two make it possible to view the heap as a regular Python list\nwithout surprises: heap[0] is the smallest item, and heap.sort()\nmaintains the heap invariant!\n"
)]
impl Heapq {
    #[function("heappush(heap, item, /)", doc = "Push item onto heap, maintaining the heap invariant.")]
    fn heappush(vm: &Vm, heap: Gc<PyList>, item: Value) -> PyResult<()> {
        push(vm, heap, item, Order::Least)
    }

    #[function("heappop(heap, /)", doc = "Pop the smallest item off the heap, maintaining the heap invariant.")]
    fn heappop(vm: &Vm, heap: Gc<PyList>) -> PyResult {
        pop(vm, heap, Order::Least)
    }

    #[function(
        "heapreplace(heap, item, /)",
        doc = "Pop and return the current smallest value, and add the new item.\n\nThis is more efficient than heappop() followed by heappush(), and can be\nmore appropriate when using a fixed-size heap.  Note that the value\nreturned may be larger than item!  That constrains reasonable uses of\nthis routine unless written as part of a conditional replacement:\n\n    if item > heap[0]:\n        item = heapreplace(heap, item)"
    )]
    fn heapreplace(vm: &Vm, heap: Gc<PyList>, item: Value) -> PyResult {
        replace(vm, heap, item, Order::Least)
    }

    #[function(
        "heappushpop(heap, item, /)",
        doc = "Push item on the heap, then pop and return the smallest item from the heap.\n\nThe combined action runs more efficiently than heappush() followed by\na separate call to heappop()."
    )]
    fn heappushpop(vm: &Vm, heap: Gc<PyList>, item: Value) -> PyResult {
        push_pop(vm, heap, item, Order::Least)
    }

    #[function("heapify(heap, /)", doc = "Transform list into a heap, in-place, in O(len(heap)) time.")]
    fn heapify(vm: &Vm, heap: Gc<PyList>) -> PyResult<()> {
        make_heap(vm, heap, Order::Least)
    }

    #[function("heappush_max(heap, item, /)", doc = "Push item onto max heap, maintaining the heap invariant.")]
    fn heappush_max(vm: &Vm, heap: Gc<PyList>, item: Value) -> PyResult<()> {
        push(vm, heap, item, Order::Greatest)
    }

    #[function("heappop_max(heap, /)", doc = "Maxheap variant of heappop.")]
    fn heappop_max(vm: &Vm, heap: Gc<PyList>) -> PyResult {
        pop(vm, heap, Order::Greatest)
    }

    #[function("heapreplace_max(heap, item, /)", doc = "Maxheap variant of heapreplace.")]
    fn heapreplace_max(vm: &Vm, heap: Gc<PyList>, item: Value) -> PyResult {
        replace(vm, heap, item, Order::Greatest)
    }

    #[function(
        "heappushpop_max(heap, item, /)",
        doc = "Maxheap variant of heappushpop.\n\nThe combined action runs more efficiently than heappush_max()\nfollowed by a separate call to heappop_max()."
    )]
    fn heappushpop_max(vm: &Vm, heap: Gc<PyList>, item: Value) -> PyResult {
        push_pop(vm, heap, item, Order::Greatest)
    }

    #[function("heapify_max(heap, /)", doc = "Maxheap variant of heapify.")]
    fn heapify_max(vm: &Vm, heap: Gc<PyList>) -> PyResult<()> {
        make_heap(vm, heap, Order::Greatest)
    }
}

fn out_of_range(vm: &Vm) -> Raised {
    vm.index_error("index out of range")
}

/// The item at an index of a heap that had `len` items before the last comparison.
fn item(vm: &Vm, heap: Gc<PyList>, index: usize, len: usize) -> PyResult {
    match heap.get(index) {
        Some(item) if heap.len() == len => Ok(item),
        _ => Err(vm.runtime_error("list changed size during iteration")),
    }
}

/// Moves the item at an index towards `root` until its parent belongs above it.
fn rise(vm: &Vm, heap: Gc<PyList>, root: usize, mut at: usize, order: Order) -> PyResult<()> {
    let len = heap.len();
    let Some(risen) = heap.get(at) else { return Err(out_of_range(vm)) };
    while at > root {
        let parent_at = (at - 1) / 2;
        let parent = item(vm, heap, parent_at, len)?;
        let rises = order.above(vm, risen, parent)?;
        // A comparison may change the list: then nothing is known of it any more.
        item(vm, heap, at, len)?;
        if !rises {
            break;
        }
        swap(vm, heap, at, parent_at);
        at = parent_at;
    }
    Ok(())
}

fn swap(vm: &Vm, heap: Gc<PyList>, a: usize, b: usize) {
    if let (Some(first), Some(second)) = (heap.get(a), heap.get(b)) {
        heap.set_at(vm, a, second);
        heap.set_at(vm, b, first);
    }
}

/// Moves the item at an index, below which there are heaps, to where it belongs: first to a leaf,
/// since that is where items from the end of a heap mostly belong, then up again.
fn sink(vm: &Vm, heap: Gc<PyList>, root: usize, order: Order) -> PyResult<()> {
    let len = heap.len();
    if root >= len {
        return Err(out_of_range(vm));
    }
    let mut at = root;
    while at < len / 2 {
        let mut child = 2 * at + 1;
        if child + 1 < len {
            let (left, right) = (item(vm, heap, child, len)?, item(vm, heap, child + 1, len)?);
            if !order.above(vm, left, right)? {
                child += 1;
            }
            item(vm, heap, child, len)?;
        }
        swap(vm, heap, at, child);
        at = child;
    }
    rise(vm, heap, root, at, order)
}

fn push(vm: &Vm, heap: Gc<PyList>, item: Value, order: Order) -> PyResult<()> {
    heap.push(vm, item)?;
    rise(vm, heap, 0, heap.len() - 1, order)
}

fn pop(vm: &Vm, heap: Gc<PyList>, order: Order) -> PyResult {
    let Some(last) = heap.len().checked_sub(1) else { return Err(out_of_range(vm)) };
    let last = heap.remove_at(vm, last);
    let Some(top) = heap.get(0) else { return Ok(last) };
    heap.set_at(vm, 0, last);
    sink(vm, heap, 0, order)?;
    Ok(top)
}

fn replace(vm: &Vm, heap: Gc<PyList>, item: Value, order: Order) -> PyResult {
    let Some(top) = heap.get(0) else { return Err(out_of_range(vm)) };
    heap.set_at(vm, 0, item);
    sink(vm, heap, 0, order)?;
    Ok(top)
}

fn push_pop(vm: &Vm, heap: Gc<PyList>, item: Value, order: Order) -> PyResult {
    let Some(top) = heap.get(0) else { return Ok(item) };
    if !order.above(vm, top, item)? {
        return Ok(item);
    }
    replace(vm, heap, item, order)
}

fn make_heap(vm: &Vm, heap: Gc<PyList>, order: Order) -> PyResult<()> {
    for at in (0..heap.len() / 2).rev() {
        sink(vm, heap, at, order)?;
    }
    Ok(())
}
