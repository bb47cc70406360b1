//! `odict_keys`, `odict_values`, `odict_items`: views of a dict whose iterators notice that it was
//! reordered.

use kaa_objects::types::dict::PyDict;
use kaa_objects::types::dict::iterators::{PyDictItems, PyDictKeys, PyDictValues};
use kaa_objects::{Gc, PyResult, Trace, Visitor, Vm, py_type};

use super::iterator::{Kind, PyOdictIterator};

macro_rules! view_type {
    ($type:ident, $name:literal, $base:ident, $kind:expr) => {
        #[doc = concat!("`", $name, "`.")]
        #[repr(transparent)]
        pub struct $type($base);

        impl Trace for $type {
            fn trace(&mut self, visitor: &mut Visitor<'_>) {
                self.0.trace(visitor);
            }
        }

        impl $type {
            /// A view of a dict.
            pub fn over(vm: &Vm, dict: Gc<PyDict>) -> PyResult {
                Ok(vm.alloc($type($base::fields(dict)))?.value())
            }
        }

        #[py_type(name = $name, base = $base)]
        impl $type {
            #[slot(iter)]
            fn iter(vm: &Vm, this: Gc<$type>) -> PyResult {
                PyOdictIterator::over(vm, this.0.dict(), $kind, false)
            }

            #[method("__reversed__($self, /)")]
            fn reversed(vm: &Vm, this: Gc<$type>) -> PyResult {
                PyOdictIterator::over(vm, this.0.dict(), $kind, true)
            }
        }
    };
}

view_type!(PyOdictKeys, "odict_keys", PyDictKeys, Kind::Keys);
view_type!(PyOdictValues, "odict_values", PyDictValues, Kind::Values);
view_type!(PyOdictItems, "odict_items", PyDictItems, Kind::Items);
