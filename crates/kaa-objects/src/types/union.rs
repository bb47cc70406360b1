//! `typing.Union`: `int | str`.

use crate::{PyResult, Value, Vm};

/// `left | right` of classes.
pub(crate) fn union_of(_vm: &Vm, _left: Value, _right: Value) -> PyResult {
    Ok(Value::NOT_IMPLEMENTED)
}
