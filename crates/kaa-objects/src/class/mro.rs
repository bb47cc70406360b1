//! The method resolution order of a class: C3 linearization, or what an overriding `mro()` gives.

use super::{PyType, layout};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Raised, Value, Vm};

impl Vm {
    /// Computes and sets `__mro__`. Bases and layout base are set.
    pub(super) fn set_mro(&self, class: Gc<PyType>) -> PyResult<()> {
        let mro = self.find_mro(class)?;
        // An overriding `mro()` may have assigned `__bases__`, and with them the MRO, itself.
        if class.mro.get().is_none() {
            class.mro.set(self, class, mro);
        }
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
        let bases = class.bases.get_set();
        let is_of_bases = |ancestor: &Value| {
            // SAFETY: bases are classes, and what is in the MRO was just found to be.
            let ancestor: Gc<PyType> = unsafe { ancestor.as_gc_unchecked() };
            // SAFETY: as above.
            bases.as_slice().iter().any(|base| unsafe { base.as_gc_unchecked::<PyType>() }.is_subclass(ancestor))
        };
        let foreign = mro.as_slice().iter().any(|ancestor| *ancestor != class.value() && !is_of_bases(ancestor));
        class.uncacheable.set(foreign);
        Ok(mro)
    }

    /// The C3 linearization (`type.mro`): each class before its bases, bases in their order, and
    /// the orders of all bases kept.
    pub(crate) fn c3_mro(&self, class: Gc<PyType>) -> PyResult<Gc<PyTuple>> {
        let bases = class.bases.get_set();
        for &base in bases.as_slice() {
            // SAFETY: bases are classes, as the class's maker checked.
            let base: Gc<PyType> = unsafe { base.as_gc_unchecked() };
            if base.mro.get().is_none() {
                let name = base.name_text();
                return Err(self.type_error(format_args!("Cannot extend an incomplete type '{name}'")));
            }
        }
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
        // What is left of the orders that are merged, those of the bases and that of the bases
        // themselves: looked up each time, since the tuples may move.
        let mut taken = vec![0; bases.len() + 1];
        let rest = |row: usize, taken: usize| match bases.as_slice().get(row) {
            // SAFETY: as above.
            Some(base) => unsafe { &(*base.as_gc_unchecked::<PyType>().as_ptr()).mro_slice()[taken..] },
            None => &bases.as_slice()[taken..],
        };
        let merged = self.new_list(&[class.value()])?;
        loop {
            let rows = || taken.iter().enumerate().map(|(row, &taken)| rest(row, taken));
            let mut heads = rows().filter_map(|row| row.first().copied()).peekable();
            if heads.peek().is_none() {
                return self.new_tuple(merged.as_slice());
            }
            let next = heads.find(|head| rows().all(|row| row.is_empty() || !row[1..].contains(head)));
            let Some(next) = next else {
                return Err(self.inconsistent_mro(rows().filter_map(|row| row.first().copied())));
            };
            merged.push(self, next)?;
            for (row, taken) in taken.iter_mut().enumerate() {
                *taken += usize::from(rest(row, *taken).first() == Some(&next));
            }
        }
    }

    fn inconsistent_mro(&self, heads: impl Iterator<Item = Value>) -> Raised {
        let mut names: Vec<(Value, String)> = Vec::new();
        for head in heads {
            if names.iter().all(|(class, _)| *class != head) {
                // SAFETY: an MRO holds classes only.
                let class: Gc<PyType> = unsafe { head.as_gc_unchecked() };
                names.push((head, class.name.get_set().to_string_lossy()));
            }
        }
        let names: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
        self.type_error(format_args!(
            "Cannot create a consistent method resolution order (MRO) for bases {}",
            names.join(", ")
        ))
    }
}
