//! `_suggestions`: «did you mean» for the module `traceback`.

use kaa_macros::py_module;
use kaa_objects::suggest::suggestion;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The module.
pub struct Suggestions;

#[py_module(name = "_suggestions")]
impl Suggestions {
    #[function(
        "_generate_suggestions(candidates, item, /)",
        doc = "Returns the candidate in candidates that's closest to item"
    )]
    fn generate_suggestions(vm: &Vm, candidates: Value, item: Gc<PyStr>) -> PyResult<Option<Gc<PyStr>>> {
        let Some(candidates) = vm.cast_exact::<PyList>(candidates) else {
            return Err(vm.type_error("candidates must be a list"));
        };
        let mut texts = Vec::with_capacity(candidates.len());
        for &candidate in candidates.as_slice() {
            match vm.cast::<PyStr>(candidate) {
                Some(candidate) => texts.push(candidate.to_string_lossy()),
                None => return Err(vm.type_error("all elements in 'candidates' must be strings")),
            }
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let Some(found) = suggestion(&item.to_string_lossy(), &texts) else { return Ok(None) };
        // The text itself, not a copy that may have lost lone surrogates.
        let index = texts.iter().position(|text| std::ptr::eq(*text, found));
        Ok(index.and_then(|index| candidates.get(index)).and_then(|found| vm.cast::<PyStr>(found)))
    }
}
