//! `module`: a namespace.

use std::cell::Cell;

use crate::module_def::ModuleDef;
use crate::object::{Header, Slot};
use crate::types::dict::PyDict;
use crate::{Gc, Trace, ids, py_type};

/// A module: its attributes, and for native ones the description it was made from.
#[repr(C)]
#[derive(Trace)]
pub struct PyModule {
    pub(crate) header: Header,
    /// `__dict__`.
    pub dict: Slot<Gc<PyDict>>,
    /// The description of a native module.
    pub def: Cell<Option<&'static ModuleDef>>,
}

#[py_type(name = "module", id = ids::MODULE, flags(BASETYPE))]
impl PyModule {}
