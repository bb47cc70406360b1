//! What goes with the classes that die, at the end of a full collection: their shapes, their places
//! among the subclasses of others, and what inline caches know of them.

use kaa_gc::{Sweep, WeakTable};

use crate::Vm;

/// The weak table that the heap asks: it refers back to the isolate, which owns the heap.
pub(crate) struct ClassSweep(pub *const Vm);

impl WeakTable for ClassSweep {
    fn sweep(&mut self, sweep: &Sweep<'_>) {
        if !sweep.is_full() {
            // Classes are old from the start.
            return;
        }
        // SAFETY: the isolate outlives its heap. Only fields that are not borrowed across an
        // allocation are touched here, and not the heap.
        let vm = unsafe { &*self.0 };
        let many_retired = vm.shapes.sweep(sweep);
        vm.shapes.for_each_class(|class| class.forget_dead_subclasses(sweep));
        if let Some(sweep_code) = vm.hooks.sweep_code.get() {
            sweep_code(vm, sweep, many_retired);
        }
        if many_retired {
            vm.shapes.free_retired();
        }
    }
}
