//! Work on many things, on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use kaa_batch::BatchMemory;

use crate::Control;

/// Room for deep syntax trees. Only what is used of it is memory.
const STACK: usize = 64 << 20;

/// What `work` makes of each item, in their order; nothing for those that were not begun. The
/// largest ones come first, so that no thread has one left when the others have ended.
pub fn on_all_threads<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    size: impl Fn(&T) -> u64,
    control: &dyn Control,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<Option<R>> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(size(&items[index])));
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    let run = || {
        let _memory = BatchMemory::of_this_thread();
        while !control.stop()
            && let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let result = work(&items[index]);
            control.step();
            results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
        }
    };
    std::thread::scope(|scope| {
        let start = || std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        let started = (0..jobs.clamp(1, items.len().max(1))).map(|_| start()).take_while(Result::is_ok).count();
        // Where no thread can be had the work is done here.
        if started == 0 {
            run();
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
