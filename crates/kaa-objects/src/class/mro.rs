//! The method resolution order of a class: C3 linearization, or what an overriding `mro()` gives.

use super::{PyType, layout};
use crate::types::list::PyList;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Raised, Value, Vm};

impl Vm {
    /// Computes and sets `__mro__`. Bases and layout base are set.
    pub(super) fn set_mro(&self, class: Gc<PyType>) -> PyResult<()> {
        let mro = self.find_mro(class)?;
        class.mro.set(self, class, mro);
        Ok(())
    }

    /// The order that the class's metaclass gives it.
    pub(crate) fn find_mro(&self, class: Gc<PyType>) -> PyResult<Gc<PyTuple>> {
        let metaclass = self.class_of(class.value());
        let name = self.names().mro;
        let overridden = metaclass != self.class::<PyType>()
            && self.lookup(metaclass, name) != self.lookup(self.class::<PyType>(), name);
        if !overridden {
            return self.c3_mro(class);
        }
        let method = self.lookup(metaclass, name).ok_or_else(|| {
            let text = "mro";
            self.raise_new(self.exceptions().AttributeError, text)
        })?;
        let result = self.call_unbound(method, class.value(), crate::Args::EMPTY)?;
        let mro = self.tuple_from(result)?;
        let solid = layout::solid_base(class);
        for &base in mro.as_slice() {
            let Some(base) = self.cast::<PyType>(base) else {
                let name = self.class_name(base);
                return Err(self.type_error(format_args!("mro() returned a non-class ('{name}')")));
            };
            if !solid.is_subclass(layout::solid_base(base)) {
                let name = base.name_text();
                return Err(self.type_error(format_args!("mro() returned base with unsuitable layout ('{name}')")));
            }
        }
        Ok(mro)
    }

    /// The C3 linearization (`type.mro`): each class before its bases, bases in their order, and
    /// the orders of all bases kept.
    pub(crate) fn c3_mro(&self, class: Gc<PyType>) -> PyResult<Gc<PyTuple>> {
        let bases = class.bases.get_set();
        if let [base] = bases.as_slice() {
            // SAFETY: bases are classes, as the class's maker checked.
            let base: Gc<PyType> = unsafe { base.as_gc_unchecked() };
            let order = base.mro_slice();
            let all = std::iter::once(class.value()).chain(order.iter().copied());
            return self.new_tuple_from(order.len() + 1, all);
        }
        for (i, base) in bases.as_slice().iter().enumerate() {
            if bases.as_slice()[..i].contains(base) {
                let name = self.cast::<PyType>(*base).map_or_else(String::new, |base| base.name_text());
                return Err(self.type_error(format_args!("duplicate base class {name}")));
            }
        }
        // The orders that are merged; classes never move, and the bases keep all of them alive.
        let mut rows: Vec<&[Value]> = bases
            .as_slice()
            .iter()
            // SAFETY: as above.
            .map(|base| unsafe { &*std::ptr::from_ref(base.as_gc_unchecked::<PyType>().mro_slice()) })
            .collect();
        rows.push(bases.as_slice());
        let merged = self.new_list(&[class.value()])?;
        loop {
            rows.retain(|row| !row.is_empty());
            if rows.is_empty() {
                return self.new_tuple(merged.as_slice());
            }
            let next = rows.iter().map(|row| row[0]).find(|head| rows.iter().all(|row| !row[1..].contains(head)));
            let Some(next) = next else { return Err(self.inconsistent_mro(&rows, merged)) };
            merged.push(self, next)?;
            for row in &mut rows {
                if row[0] == next {
                    *row = &row[1..];
                }
            }
        }
    }

    fn inconsistent_mro(&self, rows: &[&[Value]], _merged: Gc<PyList>) -> Raised {
        let mut names: Vec<(Value, String)> = Vec::new();
        for row in rows {
            if names.iter().all(|(class, _)| *class != row[0]) {
                // SAFETY: an MRO holds classes only.
                let class: Gc<PyType> = unsafe { row[0].as_gc_unchecked() };
                names.push((row[0], class.name_text()));
            }
        }
        let names: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
        self.type_error(format_args!(
            "Cannot create a consistent method resolution order (MRO) for bases {}",
            names.join(", ")
        ))
    }
}
