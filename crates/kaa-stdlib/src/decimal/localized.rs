//! Decimal point and separators of the locale, for the format type `n`.

use std::ffi::{CStr, c_char};

use kaa_decimal::format::Spec;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// Takes the conventions that the C library's locale has.
pub fn of_c_library(vm: &Vm, spec: &mut Spec) -> PyResult<()> {
    // SAFETY: the struct and its strings stay valid until the locale changes.
    let conventions = unsafe { &*libc::localeconv() };
    // SAFETY: as above.
    let bytes = |string: *const c_char| unsafe { CStr::from_ptr(string) };
    let (point, separator) = (bytes(conventions.decimal_point), bytes(conventions.thousands_sep));
    spec.grouping = bytes(conventions.grouping).to_bytes().to_vec();
    spec.point = character(vm, point)?;
    spec.separator = character(vm, separator)?;
    Ok(())
}

/// One character in the encoding of the locale, or none.
fn character(vm: &Vm, text: &CStr) -> PyResult<String> {
    unsafe extern "C" {
        fn mbstowcs(to: *mut libc::wchar_t, from: *const c_char, size: usize) -> usize;
    }
    if text.to_bytes().is_ascii() && text.to_bytes().len() <= 1 {
        return Ok(text.to_string_lossy().into_owned());
    }
    let mut wide: [libc::wchar_t; 2] = [0; 2];
    // SAFETY: the text ends with a null byte; there is room for as many characters as are said.
    let count = unsafe { mbstowcs(wide.as_mut_ptr(), text.as_ptr(), 2) };
    match char::from_u32(wide[0] as u32).filter(|_| count == 1) {
        Some(character) => Ok(character.into()),
        None => Err(vm.value_error("invalid decimal point or unsupported combination of LC_CTYPE and LC_NUMERIC")),
    }
}

/// Takes the conventions that a dict has, as tests give them.
pub fn override_with(vm: &Vm, spec: &mut Spec, conventions: Value) -> PyResult<()> {
    let Some(conventions) = vm.cast::<PyDict>(conventions) else {
        return Err(vm.type_error("optional argument must be a dict"));
    };
    if spec.localized.is_some() {
        of_c_library(vm, spec)?;
    }
    let text = |name: &str| -> PyResult<Option<Gc<PyStr>>> {
        match conventions.get_str(vm, vm.intern(name)) {
            None => Ok(None),
            Some(value) => match vm.cast::<PyStr>(value) {
                Some(text) => Ok(Some(text)),
                None => Err(vm.type_error("bad argument type for built-in operation")),
            },
        }
    };
    let invalid = || vm.value_error("invalid override dict");
    if let Some(point) = text("decimal_point")? {
        spec.point = point.to_utf8().ok_or_else(invalid)?;
    }
    if let Some(separator) = text("thousands_sep")? {
        spec.separator = separator.to_utf8().ok_or_else(invalid)?;
    }
    if let Some(grouping) = text("grouping")? {
        let grouping = grouping.to_utf8().ok_or_else(invalid)?;
        spec.grouping = grouping.into_bytes();
    }
    if spec.point.is_empty() || spec.point.len() > 4 || spec.separator.len() > 4 || !spec.grouping.is_ascii() {
        return Err(invalid());
    }
    Ok(())
}
