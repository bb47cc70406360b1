//! What Python code a collection leaves to run: callbacks of weak references, then `__del__`.

use super::PyWeakRef;
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    /// Runs the callbacks of weak references that were cleared, and finalizes objects that were
    /// found unreachable. To be called at polls; errors are reported, not raised.
    ///
    /// What runs here may come to a poll again: the rest then waits until the first has done, so
    /// that an owner is finalized before what it owns is.
    pub fn run_collected(&self) {
        if self.running_collected.get().is_null() {
            self.run_all_collected();
        }
    }

    /// The same, even if a thread does so already (which will not come back).
    pub fn run_all_collected(&self) {
        self.running_collected.set(self.thread());
        self.run_queued();
        self.running_collected.set(std::ptr::null());
    }

    fn run_queued(&self) {
        loop {
            if let Some(weakref) = self.heap().take_cleared() {
                // SAFETY: the heap gives a live weak reference.
                let weakref: Gc<PyWeakRef> = unsafe { Gc::from_ptr(weakref.cast()) };
                if let Some(callback) = weakref.take_callback() {
                    let result = self.call(callback, &[weakref.value()]);
                    self.report_ignored(
                        result.map(drop),
                        "Exception ignored while calling weakref callback",
                        Some(callback),
                    );
                }
            } else if let Some(object) = self.heap().take_finalizable() {
                // SAFETY: the heap gives a live object.
                let object = unsafe { Gc::<crate::Object>::from_ptr(object.cast()) }.value();
                self.finalize(object);
            } else {
                return;
            }
        }
    }

    fn finalize(&self, object: Value) {
        let class = self.class_of(object);
        let Some(finalize) = class.slots().finalize else { return };
        let result = finalize(self, object);
        let method = self.lookup(class, self.names().__del__).unwrap_or(object);
        self.report_ignored(result, "Exception ignored while calling deallocator", Some(method));
    }

    /// Reports an exception that nobody can catch: the message names the function, if one is given.
    pub fn report_ignored(&self, result: PyResult<()>, message: &str, function: Option<Value>) {
        if let Err(raised) = result {
            let exception = self.take_exception(raised);
            if let Some(unraisable) = self.hooks.unraisable.get() {
                let function = function.map_or_else(String::new, |function| format!(" {}", self.repr_lossy(function)));
                unraisable(self, exception, &format!("{message}{function}"), None);
            }
        }
    }
}
