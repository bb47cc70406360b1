//! `SRE_Template`: a replacement text with references to groups, taken apart.

use kaa_objects::object::{Header, Slot};
use kaa_objects::types::list::PyList;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::text::{Output, Text};

/// A template: literal texts with the numbers of groups between them.
#[repr(C)]
#[derive(Trace)]
pub struct PyTemplate {
    header: Header,
    /// A text, a group, a text, a group, …, a text.
    chunks: Slot<Gc<PyTuple>>,
}

#[py_type(name = "SRE_Template", module = "_sre", flags(DISALLOW_INSTANTIATION))]
impl PyTemplate {}

impl PyTemplate {
    /// A template of a list as `re._parser.parse_template` makes it.
    pub fn from_list(vm: &Vm, list: Gc<PyList>) -> PyResult<Gc<PyTemplate>> {
        let chunks = vm.new_tuple(list.as_slice())?;
        let mut well_formed = chunks.len() % 2 == 1;
        for &group in chunks.as_slice().iter().skip(1).step_by(2) {
            well_formed &= vm.index_to_isize(group, vm.exceptions().OverflowError)? >= 0;
        }
        if !well_formed {
            return Err(vm.type_error("invalid template"));
        }
        vm.alloc(PyTemplate { header: Header::EMPTY, chunks: Slot::new(chunks) })
    }

    /// The text, when there is no group in it.
    pub fn literal(&self) -> Option<Value> {
        match self.chunks.get_set().as_slice() {
            &[literal] => Some(literal),
            _ => None,
        }
    }

    /// Appends the template with the texts of groups, whose spans `span` gives.
    pub fn expand(
        &self,
        vm: &Vm,
        text: Text<'_>,
        out: &mut Output,
        span: impl Fn(usize) -> Option<Option<(usize, usize)>>,
    ) -> PyResult<()> {
        for (number, &chunk) in self.chunks.get_set().as_slice().iter().enumerate() {
            if number % 2 == 0 {
                out.push_value(vm, chunk, number)?;
                continue;
            }
            match vm.int_to_i64(chunk).and_then(|group| span(group as usize)) {
                Some(Some((start, end))) => out.push_part(text, start, end),
                Some(None) => {}
                None => return Err(vm.index_error("no such group")),
            }
        }
        Ok(())
    }
}
