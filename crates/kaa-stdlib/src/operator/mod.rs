//! `_operator`: the operators of the language as functions.

mod getters;

use getters::{PyAttrGetter, PyItemGetter, PyMethodCaller};
use kaa_objects::class::CompareOp;
use kaa_objects::operations::BinaryOp;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, PyResult, Raised, Value, Vm, py_functions, py_module};

/// The module.
pub struct Operator;

#[py_module(
    name = "_operator",
    types(PyAttrGetter, PyItemGetter, PyMethodCaller),
    parts(BINARY, INPLACE, COMPARISONS),
    doc = "Operator interface.\n\nThis module exports a set of functions implemented in C corresponding\nto the intrinsic operators of Python.  For example, operator.add(x, y)\nis equivalent to the expression x+y.  The function names are those\nused for special methods; variants without leading and trailing\n'__' are also provided for convenience."
)]
impl Operator {
    #[function("truth(a, /)", doc = "Return True if a is true, False otherwise.")]
    fn truth(vm: &Vm, a: Value) -> PyResult<bool> {
        vm.truth(a)
    }

    #[function("not_(a, /)", doc = "Same as not a.")]
    fn not_(vm: &Vm, a: Value) -> PyResult<bool> {
        Ok(!vm.truth(a)?)
    }

    #[function("neg(a, /)", doc = "Same as -a.")]
    fn neg(vm: &Vm, a: Value) -> PyResult {
        vm.negative(a)
    }

    #[function("pos(a, /)", doc = "Same as +a.")]
    fn pos(vm: &Vm, a: Value) -> PyResult {
        vm.positive(a)
    }

    #[function("abs(a, /)", doc = "Same as abs(a).")]
    fn abs(vm: &Vm, a: Value) -> PyResult {
        vm.absolute(a)
    }

    #[function("invert(a, /)", doc = "Same as ~a.")]
    fn invert(vm: &Vm, a: Value) -> PyResult {
        vm.invert(a)
    }

    #[function("inv(a, /)", doc = "Same as ~a.")]
    fn inv(vm: &Vm, a: Value) -> PyResult {
        vm.invert(a)
    }

    #[function("index(a, /)", doc = "Same as a.__index__()")]
    fn index(vm: &Vm, a: Value) -> PyResult {
        vm.index_exact(a)
    }

    #[function("is_(a, b, /)", doc = "Same as a is b.")]
    fn is_(vm: &Vm, a: Value, b: Value) -> bool {
        vm.is_same(a, b)
    }

    #[function("is_not(a, b, /)", doc = "Same as a is not b.")]
    fn is_not(vm: &Vm, a: Value, b: Value) -> bool {
        !vm.is_same(a, b)
    }

    #[function("is_none(a, /)", doc = "Same as a is None.")]
    fn is_none(_vm: &Vm, a: Value) -> bool {
        a.is_none()
    }

    #[function("is_not_none(a, /)", doc = "Same as a is not None.")]
    fn is_not_none(_vm: &Vm, a: Value) -> bool {
        !a.is_none()
    }

    #[function("concat(a, b, /)", doc = "Same as a + b, for a and b sequences.")]
    fn concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        concatenate(vm, a, b, false)
    }

    #[function("contains(a, b, /)", doc = "Same as b in a (note reversed operands).")]
    fn contains(vm: &Vm, a: Value, b: Value) -> PyResult<bool> {
        vm.contains(a, b)
    }

    #[function("countOf(a, b, /)", doc = "Return the number of items in a which are, or which equal, b.")]
    fn count_of(vm: &Vm, a: Value, b: Value) -> PyResult<usize> {
        let mut count = 0;
        let iterator = iterate(vm, a)?;
        while let Some(item) = vm.next(iterator)? {
            count += usize::from(vm.identical_or_equal(item, b)?);
        }
        Ok(count)
    }

    #[function("indexOf(a, b, /)", doc = "Return the first index of b in a.")]
    fn index_of(vm: &Vm, a: Value, b: Value) -> PyResult<usize> {
        let mut index = 0;
        let iterator = iterate(vm, a)?;
        while let Some(item) = vm.next(iterator)? {
            if vm.identical_or_equal(item, b)? {
                return Ok(index);
            }
            index += 1;
        }
        Err(vm.value_error("sequence.index(x): x not in sequence"))
    }

    #[function("getitem(a, b, /)", doc = "Same as a[b].")]
    fn getitem(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.get_item(a, b)
    }

    #[function("setitem(a, b, c, /)", doc = "Same as a[b] = c.")]
    fn setitem(vm: &Vm, a: Value, b: Value, c: Value) -> PyResult<()> {
        vm.set_item(a, b, c)
    }

    #[function("delitem(a, b, /)", doc = "Same as del a[b].")]
    fn delitem(vm: &Vm, a: Value, b: Value) -> PyResult<()> {
        vm.del_item(a, b)
    }

    #[function(
        "length_hint(obj, default=0, /)",
        doc = "Return an estimate of the number of items in obj.\n\nThis is useful for presizing containers when building from an iterable.\n\nIf the object supports len(), the result will be exact.\nOtherwise, it may over- or under-estimate by an arbitrary amount.\nThe result will be an integer >= 0."
    )]
    fn length_hint(vm: &Vm, obj: Value, default: isize) -> PyResult<isize> {
        // The default is only handed through, so that its sign survives.
        Ok(vm.length_hint(obj, default as usize)? as isize)
    }

    #[function("call", raw, signature = "($module, obj, /, *args, **kwargs)", doc = "Same as obj(*args, **kwargs).")]
    fn call(vm: &Vm, args: Args<'_>) -> PyResult {
        match args.split_first() {
            Some((callable, args)) => vm.call_args(callable, args),
            None => Err(vm.wrong_positional_count("call", 0, 1, usize::MAX)),
        }
    }

    #[function(
        "_compare_digest(a, b, /)",
        doc = "Return 'a == b'.\n\nThis function uses an approach designed to prevent\ntiming analysis, making it appropriate for cryptography.\n\na and b must both be of the same type: either str (ASCII only),\nor any bytes-like object.\n\nNote: If a and b are of different lengths, or if an error occurs,\na timing attack could theoretically reveal information about the\ntypes and lengths of a and b--but not their values."
    )]
    fn compare_digest(vm: &Vm, a: Value, b: Value) -> PyResult<bool> {
        compare_digest(vm, a, b)
    }
}

/// Whether texts of ASCII, or bytes, are equal, in a time that does not tell where they differ.
pub fn compare_digest(vm: &Vm, a: Value, b: Value) -> PyResult<bool> {
    if let (Some(a), Some(b)) = (vm.cast::<PyStr>(a), vm.cast::<PyStr>(b)) {
        let (Some(a), Some(b)) = (a.as_ascii(), b.as_ascii()) else {
            return Err(vm.type_error("comparing strings with non-ASCII characters is not supported"));
        };
        return Ok(equal_in_constant_time(a.as_bytes(), b.as_bytes()));
    }
    if !vm.is_bytes_like(a) && !vm.is_bytes_like(b) {
        let (a, b) = (vm.class_name(a), vm.class_name(b));
        return Err(
            vm.type_error(format_args!("unsupported operand types(s) or combination of types: '{a}' and '{b}'"))
        );
    }
    vm.with_bytes(a, |a| vm.with_bytes(b, |b| Ok(equal_in_constant_time(a, b))))
}

#[py_functions(BINARY, of = "_operator")]
impl Operator {
    #[function("add(a, b, /)", doc = "Same as a + b.")]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Add, a, b)
    }

    #[function("sub(a, b, /)", doc = "Same as a - b.")]
    fn sub(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Subtract, a, b)
    }

    #[function("mul(a, b, /)", doc = "Same as a * b.")]
    fn mul(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Multiply, a, b)
    }

    #[function("floordiv(a, b, /)", doc = "Same as a // b.")]
    fn floordiv(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::FloorDivide, a, b)
    }

    #[function("truediv(a, b, /)", doc = "Same as a / b.")]
    fn truediv(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::TrueDivide, a, b)
    }

    #[function("mod(a, b, /)", doc = "Same as a % b.")]
    fn modulo(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Remainder, a, b)
    }

    #[function("lshift(a, b, /)", doc = "Same as a << b.")]
    fn lshift(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Lshift, a, b)
    }

    #[function("rshift(a, b, /)", doc = "Same as a >> b.")]
    fn rshift(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Rshift, a, b)
    }

    #[function("and_(a, b, /)", doc = "Same as a & b.")]
    fn and_(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::And, a, b)
    }

    #[function("xor(a, b, /)", doc = "Same as a ^ b.")]
    fn xor(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Xor, a, b)
    }

    #[function("or_(a, b, /)", doc = "Same as a | b.")]
    fn or_(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Or, a, b)
    }

    #[function("matmul(a, b, /)", doc = "Same as a @ b.")]
    fn matmul(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::MatrixMultiply, a, b)
    }

    #[function("pow(a, b, /)", doc = "Same as a ** b.")]
    fn pow(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.binary(BinaryOp::Power, a, b)
    }
}

#[py_functions(INPLACE, of = "_operator")]
impl Operator {
    #[function("iadd(a, b, /)", doc = "Same as a += b.")]
    fn iadd(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Add, a, b)
    }

    #[function("isub(a, b, /)", doc = "Same as a -= b.")]
    fn isub(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Subtract, a, b)
    }

    #[function("imul(a, b, /)", doc = "Same as a *= b.")]
    fn imul(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Multiply, a, b)
    }

    #[function("ifloordiv(a, b, /)", doc = "Same as a //= b.")]
    fn ifloordiv(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::FloorDivide, a, b)
    }

    #[function("itruediv(a, b, /)", doc = "Same as a /= b.")]
    fn itruediv(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::TrueDivide, a, b)
    }

    #[function("imod(a, b, /)", doc = "Same as a %= b.")]
    fn imod(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Remainder, a, b)
    }

    #[function("ilshift(a, b, /)", doc = "Same as a <<= b.")]
    fn ilshift(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Lshift, a, b)
    }

    #[function("irshift(a, b, /)", doc = "Same as a >>= b.")]
    fn irshift(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Rshift, a, b)
    }

    #[function("iand(a, b, /)", doc = "Same as a &= b.")]
    fn iand(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::And, a, b)
    }

    #[function("ixor(a, b, /)", doc = "Same as a ^= b.")]
    fn ixor(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Xor, a, b)
    }

    #[function("ior(a, b, /)", doc = "Same as a |= b.")]
    fn ior(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Or, a, b)
    }

    #[function("imatmul(a, b, /)", doc = "Same as a @= b.")]
    fn imatmul(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::MatrixMultiply, a, b)
    }

    #[function("ipow(a, b, /)", doc = "Same as a **= b.")]
    fn ipow(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.inplace(BinaryOp::Power, a, b)
    }

    #[function("iconcat(a, b, /)", doc = "Same as a += b, for a and b sequences.")]
    fn iconcat(vm: &Vm, a: Value, b: Value) -> PyResult {
        concatenate(vm, a, b, true)
    }
}

#[py_functions(COMPARISONS, of = "_operator")]
impl Operator {
    #[function("lt(a, b, /)", doc = "Same as a < b.")]
    fn lt(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.compare(a, b, CompareOp::Lt)
    }

    #[function("le(a, b, /)", doc = "Same as a <= b.")]
    fn le(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.compare(a, b, CompareOp::Le)
    }

    #[function("eq(a, b, /)", doc = "Same as a == b.")]
    fn eq(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.compare(a, b, CompareOp::Eq)
    }

    #[function("ne(a, b, /)", doc = "Same as a != b.")]
    fn ne(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.compare(a, b, CompareOp::Ne)
    }

    #[function("gt(a, b, /)", doc = "Same as a > b.")]
    fn gt(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.compare(a, b, CompareOp::Gt)
    }

    #[function("ge(a, b, /)", doc = "Same as a >= b.")]
    fn ge(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.compare(a, b, CompareOp::Ge)
    }
}

fn iterate(vm: &Vm, iterable: Value) -> PyResult {
    let result = vm.iter(iterable);
    vm.catch(result, vm.exceptions().TypeError)?.map_err(|_| not_iterable(vm, iterable))
}

fn not_iterable(vm: &Vm, value: Value) -> Raised {
    let class = vm.class_name(value);
    vm.type_error(format_args!("argument of type '{class}' is not iterable"))
}

/// `a + b` of sequences: numbers are refused.
fn concatenate(vm: &Vm, a: Value, b: Value, in_place: bool) -> PyResult {
    let slots = vm.slots_of(a);
    let slot = if in_place { slots.sq_inplace_concat.or(slots.sq_concat) } else { slots.sq_concat };
    if let Some(concat) = slot {
        return concat(vm, a, b);
    }
    // A Python class has no slot of its own for sequences: its `__add__` does for both.
    if vm.is_sequence(a) && vm.is_sequence(b) {
        return if in_place { vm.inplace(BinaryOp::Add, a, b) } else { vm.binary(BinaryOp::Add, a, b) };
    }
    let class = vm.class_name(a);
    Err(vm.type_error(format_args!("'{class}' object can't be concatenated")))
}

/// Whether two rows of bytes are equal, in a time that tells only their lengths.
fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    let mut difference = u8::from(a.len() != b.len());
    for (index, byte) in b.iter().enumerate() {
        let other = if a.len() == b.len() { a[index] } else { *byte };
        difference |= std::hint::black_box(byte ^ other);
    }
    difference == 0
}
