//! What `except*` raises in the end.

use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::list::PyList;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// `CALL_INTRINSIC_2` `PREP_RERAISE_STAR`: what is raised after the clauses of an `except*` ran,
/// or `None`. `raised` is a list of what they raised and of what no clause matched.
pub fn prepare_reraise(vm: &Vm, original: Value, raised: Value) -> PyResult {
    // SAFETY: the compiler passes an exception and a list.
    let (exception, raised) = unsafe {
        let raised: Gc<PyList> = raised.as_gc_unchecked();
        (original.as_gc_unchecked::<PyBaseException>(), raised)
    };
    let group = vm.exceptions().BaseExceptionGroup;
    if raised.is_empty() {
        return Ok(Value::NONE);
    }
    if !vm.is_instance(original, group) {
        // A naked exception was wrapped: at most one clause ran.
        return Ok(raised.get(0).unwrap_or(Value::NONE));
    }
    let (fresh, again) = (vm.new_list(&[])?, vm.new_list(&[])?);
    for index in 0..raised.len() {
        let Some(item) = raised.get(index).and_then(Value::not_none) else { continue };
        let part_of_original = match vm.cast::<PyBaseException>(item) {
            Some(item) => has_same_metadata(vm, item, exception)?,
            None => false,
        };
        if part_of_original { again.push(vm, item)? } else { fresh.push(vm, item)? }
    }
    if !again.is_empty() {
        let projection = crate::absent::group_projection(vm, original, again)?;
        if fresh.is_empty() {
            return Ok(projection);
        }
        if !projection.is_none() {
            fresh.push(vm, projection)?;
        }
    }
    match fresh.len() {
        0 => Ok(Value::NONE),
        1 => Ok(fresh.as_slice()[0]),
        _ => vm.call(crate::absent::exception_group(vm)?, &[vm.intern("").value(), fresh.value()]),
    }
}

/// Whether a group was split off another: notes, traceback, cause and context are the same.
fn has_same_metadata(vm: &Vm, a: Gc<PyBaseException>, b: Gc<PyBaseException>) -> PyResult<bool> {
    if !vm.is_instance(a.value(), vm.exceptions().BaseExceptionGroup) {
        return Ok(false);
    }
    let notes = |exception: Gc<PyBaseException>| vm.get_attr_optional(exception.value(), vm.names().__notes__);
    Ok(notes(a)? == notes(b)?
        && a.traceback.get() == b.traceback.get()
        && a.cause.get() == b.cause.get()
        && a.context.get() == b.context.get())
}
