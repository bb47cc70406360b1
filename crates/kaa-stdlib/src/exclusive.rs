//! State of an object that is used while other threads run.

use std::cell::{RefCell, RefMut};

use kaa_objects::Vm;

/// Takes the state for this thread; waits while another thread has it.
///
/// Nothing that runs Python code may happen while it is held.
pub fn hold<'a, T>(vm: &Vm, state: &'a RefCell<T>) -> RefMut<'a, T> {
    loop {
        // The count of a RefCell is only touched by the thread that has the GIL.
        match state.try_borrow_mut() {
            Ok(held) => return held,
            Err(_) => vm.without_gil(std::thread::yield_now),
        }
    }
}
