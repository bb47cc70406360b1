//! The methods and attributes of `memoryview`.

use super::{Part, PyMemoryView, item};
use crate::buffer::{Buffer, Layout};
use crate::class::PyType;
use crate::types::bytes::{PyBytes, hex};
use crate::types::list::PyList;
use crate::types::slice::SliceIndex;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, py_methods};

const MAX_DIMENSIONS: usize = 64;

/// The lists of items of a dimension and those within.
fn nested_list(vm: &Vm, view: &PyMemoryView, dimension: usize, offset: isize) -> PyResult {
    if dimension == view.dimensions() {
        return view.item_at(vm, offset);
    }
    let list = vm.new_list_with_capacity(view.layout.shape[dimension])?;
    for index in 0..view.layout.shape[dimension] {
        let offset = offset + index as isize * view.layout.strides[dimension];
        list.push(vm, nested_list(vm, view, dimension + 1, offset)?)?;
    }
    Ok(list.value())
}

/// The numbers of a shape.
fn read_shape(vm: &Vm, shape: Value) -> PyResult<Vec<usize>> {
    if vm.cast::<PyList>(shape).is_none() && vm.cast::<PyTuple>(shape).is_none() {
        return Err(vm.type_error("shape must be a list or a tuple"));
    }
    let numbers = vm.tuple_from(shape)?;
    if numbers.len() > MAX_DIMENSIONS {
        return Err(vm.value_error(format_args!("memoryview: number of dimensions must not exceed {MAX_DIMENSIONS}")));
    }
    let mut shape = Vec::with_capacity(numbers.len());
    for &number in numbers.as_slice() {
        if !vm.is_int(number) {
            return Err(vm.type_error("memoryview.cast(): elements of shape must be integers"));
        }
        match vm.int_to_i64(number) {
            Some(number @ 1..) => shape.push(number as usize),
            None => return Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
            _ => return Err(vm.value_error("memoryview.cast(): elements of shape must be integers > 0")),
        }
    }
    Ok(shape)
}

fn cast(vm: &Vm, this: Gc<PyMemoryView>, format: Gc<PyStr>, shape: Option<Value>) -> PyResult<Gc<PyMemoryView>> {
    this.check(vm)?;
    if !this.is_c_contiguous() {
        return Err(vm.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    let shape = shape.map(|shape| read_shape(vm, shape)).transpose()?;
    if shape.as_ref().is_some_and(|shape| shape.len() != 1) && this.dimensions() != 1 {
        return Err(vm.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
    }
    if shape.is_some() && this.layout.shape.contains(&0) {
        return Err(vm.type_error("memoryview: cannot cast view with zeros in shape or strides"));
    }
    let (from, to) = (this.format_text(), format.to_string_lossy());
    let is_native = |format: &str| item::native_size(format);
    let Some(itemsize) = is_native(&to) else {
        return Err(vm.value_error(
            "memoryview: destination format must be a native single character format prefixed with an optional '@'",
        ));
    };
    if is_native(&from).is_none() {
        return Err(vm.value_error(
            "memoryview: source format must be a native single character format prefixed with an optional '@'",
        ));
    }
    let is_byte = |format: &str| matches!(format.trim_start_matches('@'), "B" | "b" | "c");
    if !is_byte(&from) && !is_byte(&to) {
        return Err(vm.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    if !this.len.is_multiple_of(itemsize) {
        return Err(vm.type_error("memoryview: length is not a multiple of itemsize"));
    }
    let shape = shape.unwrap_or_else(|| vec![this.len / itemsize]);
    let size = shape.iter().try_fold(itemsize, |size, &count| size.checked_mul(count));
    if size != Some(this.len) {
        return Err(vm.type_error("memoryview: product(shape) * itemsize != buffer size"));
    }
    let layout = Layout::contiguous(&shape, itemsize);
    let format = (to != "B").then_some(format);
    this.part(vm, Part { offset: 0, readonly: this.readonly, itemsize, format, layout })
}

/// A view of one dimension, for `index` and `count`.
fn check_row(vm: &Vm, this: &PyMemoryView) -> PyResult<()> {
    this.check(vm)?;
    match this.dimensions() {
        0 => Err(vm.type_error("invalid lookup on 0-dim memory")),
        1 => Ok(()),
        _ => Err(vm.not_implemented_error("multi-dimensional sub-views are not implemented")),
    }
}

#[py_methods(METHODS, of = "memoryview")]
impl PyMemoryView {
    #[method("release($self, /)", doc = "Release the underlying buffer exposed by the memoryview object.")]
    fn release(&self, vm: &Vm) -> PyResult<()> {
        self.release_view(vm)
    }

    #[method(
        "tobytes($self, /, order='C')",
        doc = "Return the data in the buffer as a byte string.

Order can be {'C', 'F', 'A'}.  When order is 'C' or 'F', the data of
the original array is converted to C or Fortran order.  For
contiguous views, 'A' returns an exact copy of the physical memory.
In particular, in-memory Fortran order is preserved.  For
non-contiguous views, the data is converted to C first.  order=None
is the same as order='C'."
    )]
    fn tobytes(vm: &Vm, this: Gc<PyMemoryView>, order: Value) -> PyResult<Gc<PyBytes>> {
        this.check(vm)?;
        let order = match vm.cast::<PyStr>(order) {
            Some(order) => Some(order.to_string_lossy()),
            None if order.is_none() => None,
            None => {
                let class = vm.class_name(order);
                return Err(vm.type_error(format_args!("tobytes() argument 'order' must be str or None, not {class}")));
            }
        };
        let first_fastest = match order.as_deref() {
            None | Some("C") => false,
            Some("F") => true,
            Some("A") => this.is_f_contiguous() && !this.is_c_contiguous(),
            Some(_) => return Err(vm.value_error("order must be 'C', 'F' or 'A'")),
        };
        let buffer = this.to_buffer();
        if buffer.is_contiguous() && !first_fastest {
            return vm.new_bytes(buffer.as_slice());
        }
        vm.new_bytes(&buffer.to_vec_in_order(first_fastest))
    }

    #[method(
        "hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)",
        doc = "Return the data in the buffer as a str of hexadecimal numbers.

  sep
    An optional single character or byte to separate hex bytes.
  bytes_per_sep
    How many bytes between separators.  Positive values count from
    the right, negative values count from the left.

Example:
>>> value = memoryview(b'\\xb9\\x01\\xef')
>>> value.hex()
'b901ef'
>>> value.hex(':')
'b9:01:ef'
>>> value.hex(':', 2)
'b9:01ef'
>>> value.hex(':', -2)
'b901:ef'"
    )]
    fn hex(vm: &Vm, this: Gc<PyMemoryView>, sep: Option<Value>, bytes_per_sep: i32) -> PyResult<Gc<PyStr>> {
        this.check(vm)?;
        let bytes = this.to_buffer().to_vec();
        let _export = this.exports.add();
        hex::hex(vm, &bytes, sep, bytes_per_sep)
    }

    #[method("tolist($self, /)", doc = "Return the data in the buffer as a list of elements.")]
    fn tolist(vm: &Vm, this: Gc<PyMemoryView>) -> PyResult {
        this.check(vm)?;
        nested_list(vm, &this, 0, 0)
    }

    #[method("cast($self, /, format, shape=<unrepresentable>)", doc = "Cast a memoryview to a new format or shape.")]
    fn cast_to(vm: &Vm, this: Gc<PyMemoryView>, format: Gc<PyStr>, shape: Option<Value>) -> PyResult<Gc<PyMemoryView>> {
        cast(vm, this, format, shape)
    }

    #[method("toreadonly($self, /)", doc = "Return a readonly version of the memoryview.")]
    fn toreadonly(vm: &Vm, this: Gc<PyMemoryView>) -> PyResult<Gc<PyMemoryView>> {
        this.check(vm)?;
        let (itemsize, format, layout) = (this.itemsize, this.format.get(), this.layout.clone());
        this.part(vm, Part { offset: 0, readonly: true, itemsize, format, layout })
    }

    #[classmethod(
        "_from_flags($type, /, object, flags)",
        doc = "Create a new memoryview object which references the given object."
    )]
    fn from_flags(vm: &Vm, _class: Gc<PyType>, object: Value, flags: i32) -> PyResult<Gc<PyMemoryView>> {
        let buffer = vm.buffer(object, flags as u32)?;
        let owner = match vm.cast::<PyMemoryView>(object) {
            Some(view) => view.owner.get_set(),
            None => buffer.owner,
        };
        vm.new_memoryview_of(Buffer { owner, ..buffer })
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        crate::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), object)
    }

    #[method("count($self, value, /)", doc = "Count the number of occurrences of a value.")]
    fn count(vm: &Vm, this: Gc<PyMemoryView>, value: Value) -> PyResult<usize> {
        check_row(vm, &this)?;
        let mut count = 0;
        vm.for_each(this.value(), |item| {
            count += usize::from(vm.identical_or_equal(item, value)?);
            Ok(())
        })?;
        Ok(count)
    }

    #[method(
        "index($self, value, start=0, stop=sys.maxsize, /)",
        doc = "Return the index of the first occurrence of a value.

Raises ValueError if the value is not present."
    )]
    fn index(
        vm: &Vm,
        this: Gc<PyMemoryView>,
        value: Value,
        start: Option<SliceIndex>,
        stop: Option<SliceIndex>,
    ) -> PyResult<usize> {
        check_row(vm, &this)?;
        let len = this.layout.shape[0] as isize;
        let fit = |bound: isize| if bound < 0 { (bound + len).max(0) } else { bound.min(len) };
        let (start, stop) = (start.map_or(0, |start| start.0), stop.map_or(isize::MAX, |stop| stop.0));
        for index in fit(start)..fit(stop) {
            this.check(vm)?;
            let item = this.item_at(vm, index * this.layout.strides[0])?;
            if vm.identical_or_equal(item, value)? {
                return Ok(index as usize);
            }
        }
        Err(vm.value_error("memoryview.index(x): x not found"))
    }

    #[method("__enter__($self, /)")]
    fn enter(vm: &Vm, this: Gc<PyMemoryView>) -> PyResult<Gc<PyMemoryView>> {
        this.check(vm)?;
        Ok(this)
    }

    #[method("__exit__($self, /, *exc_info)", doc = "Release the underlying buffer exposed by the memoryview object.")]
    fn exit(vm: &Vm, this: Gc<PyMemoryView>, exc_info: &[Value]) -> PyResult<()> {
        let _ = exc_info;
        this.release_view(vm)
    }
}

/// A tuple of numbers.
fn numbers(vm: &Vm, numbers: impl ExactSizeIterator<Item = i64>) -> PyResult<Gc<PyTuple>> {
    vm.new_tuple_from(numbers.len(), numbers.map(Value::small_int))
}

#[py_methods(ATTRIBUTES, of = "memoryview")]
impl PyMemoryView {
    #[getter("obj")]
    fn get_obj(&self, vm: &Vm) -> PyResult {
        self.check(vm)?;
        Ok(self.owner.get_set())
    }

    #[getter("nbytes")]
    fn get_nbytes(&self, vm: &Vm) -> PyResult<usize> {
        self.check(vm)?;
        Ok(self.len)
    }

    #[getter("readonly")]
    fn get_readonly(&self, vm: &Vm) -> PyResult<bool> {
        self.check(vm)?;
        Ok(self.readonly)
    }

    #[getter("itemsize")]
    fn get_itemsize(&self, vm: &Vm) -> PyResult<usize> {
        self.check(vm)?;
        Ok(self.itemsize)
    }

    #[getter("format")]
    fn get_format(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        self.check(vm)?;
        match self.format.get() {
            Some(format) => Ok(format),
            None => vm.new_str("B"),
        }
    }

    #[getter("ndim")]
    fn get_ndim(&self, vm: &Vm) -> PyResult<usize> {
        self.check(vm)?;
        Ok(self.dimensions())
    }

    #[getter("shape")]
    fn get_shape(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        self.check(vm)?;
        numbers(vm, self.layout.shape.iter().map(|&count| count as i64))
    }

    #[getter("strides")]
    fn get_strides(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        self.check(vm)?;
        numbers(vm, self.layout.strides.iter().map(|&stride| stride as i64))
    }

    #[getter("suboffsets")]
    fn get_suboffsets(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        self.check(vm)?;
        vm.new_tuple(&[])
    }

    #[getter("c_contiguous")]
    fn get_c_contiguous(&self, vm: &Vm) -> PyResult<bool> {
        self.check(vm)?;
        Ok(self.is_c_contiguous())
    }

    #[getter("f_contiguous")]
    fn get_f_contiguous(&self, vm: &Vm) -> PyResult<bool> {
        self.check(vm)?;
        Ok(self.is_f_contiguous())
    }

    #[getter("contiguous")]
    fn get_contiguous(&self, vm: &Vm) -> PyResult<bool> {
        self.check(vm)?;
        Ok(self.is_c_contiguous() || self.is_f_contiguous())
    }
}
