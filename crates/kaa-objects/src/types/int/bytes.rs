//! `int.to_bytes` and `int.from_bytes`.

use num_bigint::{BigInt, Sign};

use super::big::Int;
use super::methods::{power_of_two, sign};
use crate::class::PyType;
use crate::types::bytes::PyBytes;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

fn is_little(vm: &Vm, byteorder: Gc<PyStr>) -> PyResult<bool> {
    if byteorder.equals_str("little") {
        Ok(true)
    } else if byteorder.equals_str("big") {
        Ok(false)
    } else {
        Err(vm.value_error("byteorder must be either 'little' or 'big'"))
    }
}

pub(super) fn to_bytes(vm: &Vm, int: Int, length: isize, byteorder: Gc<PyStr>, signed: bool) -> PyResult<Gc<PyBytes>> {
    let little = is_little(vm, byteorder)?;
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error("length argument must be non-negative"));
    };
    if int.is_negative() && !signed {
        return Err(vm.overflow_error("can't convert negative int to unsigned"));
    }
    let big = int.to_big();
    let needed = if signed { signed_bits(&big) } else { big.bits() };
    if needed > length as u64 * 8 {
        return Err(vm.overflow_error("int too big to convert"));
    }
    let two_complement = if int.is_negative() { big + power_of_two(length * 8) } else { big };
    let (_, mut bytes) = two_complement.to_bytes_le();
    bytes.resize(length, 0);
    if !little {
        bytes.reverse();
    }
    vm.new_bytes(&bytes)
}

/// How many bits the two's complement of an integer takes.
fn signed_bits(int: &BigInt) -> u64 {
    match int.sign() {
        Sign::NoSign => 0,
        Sign::Plus => int.bits() + 1,
        // -2^n takes n + 1 bits.
        Sign::Minus => (int + BigInt::from(1)).bits() + 1,
    }
}

pub(super) fn from_bytes(vm: &Vm, class: Gc<PyType>, bytes: Value, byteorder: Gc<PyStr>, signed: bool) -> PyResult {
    let little = is_little(vm, byteorder)?;
    let bytes = vm.bytes_from(bytes)?;
    let mut digits = bytes.as_slice().to_vec();
    if !little {
        digits.reverse();
    }
    let negative = signed && digits.last().is_some_and(|&top| top & 0x80 != 0);
    let mut int = BigInt::from_bytes_le(sign(false), &digits);
    if negative {
        int -= power_of_two(digits.len() * 8);
    }
    let int = vm.new_int_big(&int)?;
    if class == vm.class::<super::PyInt>() { Ok(int) } else { vm.call(class.value(), &[int]) }
}
