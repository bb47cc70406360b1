//! Marshalled data in files, as native code reads and writes them.

use kaa_macros::py_functions;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::TestCapi;

fn io_error(vm: &Vm, error: &std::io::Error, name: Gc<PyStr>) -> kaa_objects::Raised {
    vm.os_error(error.raw_os_error().unwrap_or(libc::EIO), &error.to_string(), Some(name.value()))
}

fn read(vm: &Vm, name: Gc<PyStr>) -> PyResult<Vec<u8>> {
    std::fs::read(name.to_string_lossy()).map_err(|error| io_error(vm, &error, name))
}

fn write(vm: &Vm, name: Gc<PyStr>, data: &[u8]) -> PyResult<()> {
    std::fs::write(name.to_string_lossy(), data).map_err(|error| io_error(vm, &error, name))
}

fn module(vm: &Vm, name: &str) -> PyResult {
    let import = vm.hooks.import.get().ok_or_else(|| vm.import_error("imports are not there yet"))?;
    import(vm, name)
}

/// A number of `N` bytes at the start of a file, and where it ends.
fn read_number<const N: usize>(vm: &Vm, name: Gc<PyStr>, number: impl Fn([u8; N]) -> i64) -> PyResult {
    let data = read(vm, name)?;
    let Some(bytes) = data.first_chunk::<N>() else {
        return Err(vm.raise_new(vm.exceptions().EOFError, "EOF read where data expected"));
    };
    Ok(vm.new_tuple(&[Value::small_int(number(*bytes)), Value::small_int(N as i64)])?.value())
}

/// The object that a file begins with, and where it ends.
fn read_object(vm: &Vm, name: Gc<PyStr>) -> PyResult {
    let data = vm.new_bytes(&read(vm, name)?)?;
    let file = vm.call_method_str(module(vm, "io")?, "BytesIO", &[data.value()])?;
    let object = vm.call_method_str(module(vm, "marshal")?, "load", &[file])?;
    let position = vm.call_method_str(file, "tell", &[])?;
    Ok(vm.new_tuple(&[object, position])?.value())
}

#[py_functions(FUNCTIONS, of = "_testcapi")]
impl TestCapi {
    #[function("pymarshal_write_long_to_file(value, filename, version, /)")]
    fn write_long(vm: &Vm, value: i64, filename: Gc<PyStr>, _version: i32) -> PyResult<()> {
        write(vm, filename, &(value as i32).to_le_bytes())
    }

    #[function("pymarshal_write_object_to_file(obj, filename, version, /)")]
    fn write_object(vm: &Vm, object: Value, filename: Gc<PyStr>, version: i32) -> PyResult<()> {
        let version = Value::small_int(version.into());
        let data = vm.call_method_str(module(vm, "marshal")?, "dumps", &[object, version])?;
        let data = vm.cast::<PyBytes>(data).ok_or_else(|| vm.type_error("marshal.dumps() gave no bytes"))?;
        write(vm, filename, data.as_slice())
    }

    #[function("pymarshal_read_short_from_file(filename, /)")]
    fn read_short(vm: &Vm, filename: Gc<PyStr>) -> PyResult {
        read_number(vm, filename, |bytes| i16::from_le_bytes(bytes).into())
    }

    #[function("pymarshal_read_long_from_file(filename, /)")]
    fn read_long(vm: &Vm, filename: Gc<PyStr>) -> PyResult {
        read_number(vm, filename, |bytes| i32::from_le_bytes(bytes).into())
    }

    #[function("pymarshal_read_last_object_from_file(filename, /)")]
    fn read_last_object(vm: &Vm, filename: Gc<PyStr>) -> PyResult {
        read_object(vm, filename)
    }

    #[function("pymarshal_read_object_from_file(filename, /)")]
    fn read_object(vm: &Vm, filename: Gc<PyStr>) -> PyResult {
        read_object(vm, filename)
    }
}
