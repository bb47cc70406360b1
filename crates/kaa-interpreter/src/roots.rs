//! What the collector is told of the interpreter: the words of running frames.

use std::ops::Range;

use kaa_objects::Vm;

use crate::frame::Frame;

/// Adds the words in use of each running frame; only words that are the very
/// address of an object count.
pub fn value_ranges(vm: &Vm, ranges: &mut Vec<Range<usize>>) {
    vm.for_each_thread(|thread| {
        let mut fp: *mut Frame = thread.frame.get().cast();
        while !fp.is_null() {
            // SAFETY: the frames of a thread are alive, and whatever may collect or let another
            // thread run saved the end of their stacks.
            let (end, previous) = unsafe { ((*fp).sp as usize, (*fp).previous) };
            ranges.push(fp as usize..end);
            fp = previous;
        }
    });
}
