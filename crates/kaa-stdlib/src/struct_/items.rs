//! Values to bytes and back, one field at a time.

use kaa_objects::types::bytearray::PyByteArray;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{PyResult, Raised, Value, Vm};

use super::format::{Field, Format, Kind};
use super::{error, half};

/// Writes values into bytes that are all zero; there are as many values as the format has.
pub fn pack(vm: &Vm, format: &Format, values: &[Value], out: &mut [u8]) -> PyResult<()> {
    let mut values = values.iter();
    for field in &format.fields {
        let row = &mut out[field.offset..field.offset + field.size * field.repeat];
        if field.size == 0 {
            let Some(&value) = values.next() else { break };
            pack_item(vm, field, format.big_endian, value, row)?;
            continue;
        }
        for item in row.chunks_exact_mut(field.size) {
            let Some(&value) = values.next() else { break };
            if let Err(raised) = pack_item(vm, field, format.big_endian, value, item) {
                return Err(worded(vm, raised, value));
            }
        }
    }
    Ok(())
}

/// Any overflow of an `int` has the same words.
#[cold]
fn worded(vm: &Vm, raised: Raised, value: Value) -> Raised {
    if !vm.is_int(value) {
        return raised;
    }
    let exception = vm.take_exception(raised);
    match vm.is_instance(exception.value(), vm.exceptions().OverflowError) {
        true => error(vm, "int too large to convert"),
        false => vm.raise_again(exception),
    }
}

/// Stores a number of at most 16 bytes, which is given with the lowest byte first.
#[inline(always)]
fn store(bytes: [u8; 8], big_endian: bool, out: &mut [u8]) {
    let size = out.len();
    out.copy_from_slice(&bytes[..size]);
    if big_endian {
        out.reverse();
    }
}

fn pack_item(vm: &Vm, field: &Field, big_endian: bool, value: Value, out: &mut [u8]) -> PyResult<()> {
    match field.kind {
        Kind::Signed | Kind::Unsigned => store(integer(vm, field, value)?.to_le_bytes(), big_endian, out),
        Kind::Pointer => store(pointer(vm, value)?.to_le_bytes(), big_endian, out),
        Kind::Float => {
            let x = vm.to_f64(value).map_err(|raised| replaced(vm, raised, "required argument is not a float"))?;
            store_float(vm, x, field.letter, big_endian, out)?;
        }
        Kind::Complex => {
            let number = vm.to_complex(value);
            let number = number.map_err(|raised| replaced(vm, raised, "required argument is not a complex"))?;
            let Some((real, imag)) = number else { return Err(error(vm, "required argument is not a complex")) };
            let (first, second) = out.split_at_mut(field.size / 2);
            if field.letter == b'F' && big_endian {
                store_float(vm, real, b'f', big_endian, first)?;
                store_float(vm, imag, b'f', big_endian, second)?;
            } else if field.letter == b'F' {
                // In this order CPython has the compiler convert: what is too large becomes infinite.
                store_single(real as f32, big_endian, first);
                store_single(imag as f32, big_endian, second);
            } else {
                store(real.to_le_bytes(), big_endian, first);
                store(imag.to_le_bytes(), big_endian, second);
            }
        }
        Kind::Bool => out[0] = vm.truth(value)?.into(),
        Kind::Char => match vm.cast::<PyBytes>(value).as_deref().map(PyBytes::as_slice) {
            Some(&[byte]) => out[0] = byte,
            _ => return Err(error(vm, "char format requires a bytes object of length 1")),
        },
        Kind::Bytes | Kind::Pascal => pack_bytes(vm, field, value, out)?,
    }
    Ok(())
}

fn pack_bytes(vm: &Vm, field: &Field, value: Value, out: &mut [u8]) -> PyResult<()> {
    if vm.cast::<PyBytes>(value).is_none() && vm.cast::<PyByteArray>(value).is_none() {
        let letter = field.letter as char;
        return Err(error(vm, &format!("argument for '{letter}' must be a bytes object")));
    }
    vm.with_bytes(value, |bytes| {
        let out = match (field.kind, out.split_first_mut()) {
            (Kind::Pascal, Some((length, rest))) => {
                *length = bytes.len().min(rest.len()).min(255) as u8;
                rest
            }
            _ => out,
        };
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        Ok(())
    })
}

#[cold]
fn replaced(vm: &Vm, raised: Raised, message: &str) -> Raised {
    vm.take_exception(raised);
    error(vm, message)
}

/// The `int` that a value is or stands for.
fn index(vm: &Vm, value: Value) -> PyResult {
    if !vm.is_int(value) && vm.slots_of(value).nb_index.is_none() {
        return Err(error(vm, "required argument is not an integer"));
    }
    vm.index(value)
}

/// An integer within the range of a field.
#[inline]
fn integer(vm: &Vm, field: &Field, value: Value) -> PyResult<u64> {
    let bits = 8 * field.size as u32;
    let signed = field.kind == Kind::Signed;
    let (low, high) =
        if signed { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
    let int = match value.as_small_int() {
        Some(i) => Some(i128::from(i)),
        None => vm.int_to_i128(index(vm, value)?),
    };
    match int {
        Some(int) if (low..=high).contains(&int) => Ok(int as u64),
        _ => {
            let letter = field.letter as char;
            Err(error(vm, &format!("'{letter}' format requires {low} <= number <= {high}")))
        }
    }
}

fn pointer(vm: &Vm, value: Value) -> PyResult<u64> {
    match vm.int_to_i128(index(vm, value)?) {
        Some(int) if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&int) => Ok(int as u64),
        _ => Err(error(vm, "int too large to convert")),
    }
}

fn store_single(x: f32, big_endian: bool, out: &mut [u8]) {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&x.to_le_bytes());
    store(bytes, big_endian, out);
}

fn store_float(vm: &Vm, x: f64, letter: u8, big_endian: bool, out: &mut [u8]) -> PyResult<()> {
    let too_large = || vm.overflow_error(format_args!("float too large to pack with {} format", letter as char));
    match letter {
        b'e' => {
            let bits = half::from_f64(x).ok_or_else(too_large)?;
            store(u64::from(bits).to_le_bytes(), big_endian, out);
        }
        b'f' => {
            let single = x as f32;
            if single.is_infinite() && x.is_finite() {
                return Err(too_large());
            }
            store_single(single, big_endian, out);
        }
        _ => store(x.to_le_bytes(), big_endian, out),
    }
    Ok(())
}

/// The values in bytes, as many bytes as the format has.
pub fn unpack(vm: &Vm, format: &Format, bytes: &[u8]) -> PyResult {
    let mut values = ValueVec::with_capacity(vm, format.values)?;
    for field in &format.fields {
        let row = &bytes[field.offset..field.offset + field.size * field.repeat];
        if field.size == 0 {
            values.push(vm, vm.new_bytes(&[])?.value())?;
            continue;
        }
        for item in row.chunks_exact(field.size) {
            values.push(vm, unpack_item(vm, field, format.big_endian, item)?)?;
        }
    }
    Ok(values.to_tuple(vm)?.value())
}

/// A number of at most 8 bytes.
#[inline(always)]
fn load(item: &[u8], big_endian: bool) -> u64 {
    let fold = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if big_endian { item.iter().fold(0, fold) } else { item.iter().rev().fold(0, fold) }
}

fn load_float(item: &[u8], big_endian: bool) -> f64 {
    let bits = load(item, big_endian);
    match item.len() {
        2 => half::to_f64(bits as u16),
        4 => f32::from_bits(bits as u32).into(),
        _ => f64::from_bits(bits),
    }
}

fn unpack_item(vm: &Vm, field: &Field, big_endian: bool, item: &[u8]) -> PyResult {
    match field.kind {
        Kind::Signed => {
            let unused = 64 - 8 * item.len() as u32;
            vm.new_int((load(item, big_endian) << unused) as i64 >> unused)
        }
        Kind::Unsigned | Kind::Pointer => vm.new_int_u64(load(item, big_endian)),
        Kind::Float => vm.new_float(load_float(item, big_endian)),
        Kind::Complex => {
            let (real, imag) = item.split_at(item.len() / 2);
            vm.new_complex(load_float(real, big_endian), load_float(imag, big_endian))
        }
        Kind::Bool => Ok(Value::bool(item[0] != 0)),
        Kind::Char | Kind::Bytes => Ok(vm.new_bytes(item)?.value()),
        Kind::Pascal => {
            let bytes = &item[1..];
            Ok(vm.new_bytes(&bytes[..usize::from(item[0]).min(bytes.len())])?.value())
        }
    }
}
