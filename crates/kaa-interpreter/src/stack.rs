//! The data stack: the memory of a thread's frames. One reservation, of which the system only
//! backs what was touched; it ends before the operating system's patience does.

use kaa_objects::Vm;

/// Sizes to try, in bytes: address space can be limited.
const SIZES: [usize; 3] = [256 << 20, 64 << 20, 8 << 20];

/// Gives the running thread a data stack.
#[cold]
pub fn make(vm: &Vm) -> bool {
    for size in SIZES {
        // SAFETY: a fresh anonymous mapping.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base != libc::MAP_FAILED {
            let thread = vm.thread();
            thread.stack_base.set(base as usize);
            thread.stack_top.set(base as usize);
            thread.stack_end.set(base as usize + size);
            return true;
        }
    }
    false
}

/// Gives the memory back; no frame may be left.
pub fn release(vm: &Vm) {
    let thread = vm.thread();
    let base = thread.stack_base.replace(0);
    if base != 0 {
        debug_assert_eq!(thread.stack_top.get(), base);
        // SAFETY: the mapping that `make` made.
        unsafe { libc::munmap(base as *mut libc::c_void, thread.stack_end.get() - base) };
        thread.stack_top.set(0);
        thread.stack_end.set(0);
    }
}
