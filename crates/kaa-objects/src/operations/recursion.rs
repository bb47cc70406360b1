//! Containers that are being written: a container inside itself prints as `[...]`.

use crate::types::dict::PyDict;
use crate::{Value, Vm};

/// Marks a container as being written until it is dropped.
pub struct ReprGuard<'vm> {
    vm: &'vm Vm,
}

impl Drop for ReprGuard<'_> {
    fn drop(&mut self) {
        self.vm.thread().in_repr.borrow_mut().pop();
    }
}

impl Vm {
    /// Notes that a container is being written; `None` when it is already: it contains itself.
    pub fn enter_repr(&self, container: Value) -> Option<ReprGuard<'_>> {
        // Pinned, since the list of addresses is kept outside the heap.
        let address = container.as_object().map_or(0, |object| self.pin(object));
        let mut active = self.thread().in_repr.borrow_mut();
        if active.contains(&address) {
            return None;
        }
        active.push(address);
        Some(ReprGuard { vm: self })
    }

    /// A builtin function or class by name, e.g. for `__reduce__`.
    pub fn builtin(&self, name: &str) -> crate::PyResult {
        let builtins = match self.hooks.running_builtins.get().and_then(|running| running(self)) {
            Some(builtins) => builtins,
            None => match self.hooks.builtins.get() {
                Some(builtins) => builtins(self)?.value(),
                None => return Err(self.system_error("the builtins module is not there")),
            },
        };
        let key = self.intern(name).value();
        let found = match self.cast::<PyDict>(builtins) {
            Some(dict) => dict.get(self, key)?,
            None => {
                let item = self.get_item(builtins, key);
                self.catch(item, self.exceptions().KeyError)?.ok()
            }
        };
        found.ok_or_else(|| self.raise_new(self.exceptions().AttributeError, name))
    }
}
