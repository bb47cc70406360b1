//! The GIL: which of an isolate's threads runs. It is given up around calls that block
//! ([`Vm::without_gil`]) and, when another thread has waited for the switch interval, at the
//! running thread's next poll.
//!
//! Everything else in an isolate is plain memory that only the thread with the GIL touches.
//! While an isolate has one thread, nothing is locked: there is nobody to exclude.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::thread::{Thread, stack_pointer};
use crate::vm::poll;
use crate::{PyResult, Vm};

/// Who may run.
pub struct Gil {
    state: Mutex<GilState>,
    /// The GIL was given up.
    freed: Condvar,
    /// The GIL was taken: a thread that gave it up on request waits for that.
    taken: Condvar,
    /// How long a thread waits before it asks, in nanoseconds.
    interval: AtomicU64,
}

struct GilState {
    held: bool,
    waiting: usize,
    /// How often the GIL was taken.
    turns: u64,
    /// The isolate ends: only this thread may still run.
    ending: Option<std::thread::ThreadId>,
}

impl GilState {
    /// Whether the calling thread must not run any more.
    fn is_over(&self) -> bool {
        self.ending.is_some_and(|ending| ending != std::thread::current().id())
    }
}

impl Default for Gil {
    /// A GIL that the calling thread holds.
    fn default() -> Gil {
        Gil {
            state: Mutex::new(GilState { held: true, waiting: 0, turns: 0, ending: None }),
            freed: Condvar::new(),
            taken: Condvar::new(),
            interval: AtomicU64::new(5_000_000),
        }
    }
}

impl Gil {
    fn lock(&self) -> MutexGuard<'_, GilState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `sys.setswitchinterval()`.
    pub fn set_interval(&self, interval: Duration) {
        self.interval.store(u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn release(&self) {
        self.lock().held = false;
        self.freed.notify_one();
    }

    /// Waits until the GIL is free, and takes it. Never returns once the isolate ends.
    fn take(&self, vm: &Vm) {
        let mut state = self.lock();
        state.waiting += 1;
        while state.held && !state.is_over() {
            let turns = state.turns;
            let interval = Duration::from_nanos(self.interval.load(Ordering::Relaxed));
            let (locked, waited) = self.freed.wait_timeout(state, interval).unwrap_or_else(PoisonError::into_inner);
            state = locked;
            if waited.timed_out() && state.held && state.turns == turns {
                vm.poll.fetch_or(poll::GIL, Ordering::Relaxed);
            }
        }
        state.waiting -= 1;
        if state.is_over() {
            drop(state);
            self.taken.notify_one();
            // The isolate's memory stays: this thread's stack refers to it.
            loop {
                std::thread::park();
            }
        }
        state.held = true;
        state.turns += 1;
        vm.poll.fetch_and(!poll::GIL, Ordering::Relaxed);
        self.taken.notify_one();
    }

    /// Gives way to a thread that waits.
    fn give_way(&self, vm: &Vm) {
        let mut state = self.lock();
        if state.waiting == 0 || state.ending.is_some() {
            return;
        }
        let turns = state.turns;
        state.held = false;
        self.freed.notify_one();
        while state.turns == turns && state.waiting > 0 {
            state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        self.take(vm);
    }
}

impl Vm {
    /// Calls something that may block, such as a system call, while other threads run.
    ///
    /// The function must not touch the isolate, nor anything on its heap but the contents of
    /// objects that nobody else uses: memory of a buffer that is held, for example. What it
    /// refers to stays alive and in place.
    #[inline]
    pub fn without_gil<R>(&self, call: impl FnOnce() -> R) -> R {
        if self.threads.borrow().len() == 1 {
            return call();
        }
        self.parked(|gil| {
            gil.release();
            let result = call();
            gil.take(self);
            result
        })
    }

    /// Gives way to a thread that waits for the GIL. For polls.
    pub fn yield_gil(&self) {
        if self.threads.borrow().len() > 1 {
            self.parked(|gil| gil.give_way(self));
        }
    }

    /// Calls a function that lets other threads run, with this one where the collector finds what
    /// it refers to.
    #[inline(never)]
    fn parked<R, F: FnOnce(&Gil) -> R>(&self, call: F) -> R {
        // What the function refers to must lie in a frame that is scanned: in this one.
        let mut call = ManuallyDrop::new(call);
        let call = std::hint::black_box(&raw mut call).cast::<F>();
        // SAFETY: the function is called once, and not dropped where it lies.
        kaa_gc::with_spilled_registers(|_| unsafe { self.park_and_call(call) })
    }

    /// # Safety
    /// `call` may be moved out of, and the caller's frames hold whatever it refers to.
    #[inline(never)]
    unsafe fn park_and_call<R, F: FnOnce(&Gil) -> R>(&self, call: *mut F) -> R {
        let thread: *const Thread = self.thread();
        let on_heap = self.thread().on_heap.get();
        if let Some(id) = on_heap {
            self.heap().park_thread(id, stack_pointer() as *const u8);
        }
        // SAFETY: the caller's promise.
        let result = unsafe { call.read() }(&self.gil);
        if let Some(id) = on_heap {
            self.heap().resume_thread(id);
        }
        // SAFETY: this thread runs again; its state lives while it does.
        unsafe { self.set_thread(thread) };
        if self.signal_for_main.get() && self.is_main_thread() {
            self.signal_for_main.set(false);
            self.poll.fetch_or(poll::SIGNAL, Ordering::Relaxed);
        }
        result
    }

    /// Runs the handlers of signals that came, in the main thread. To be called when a blocking
    /// call was interrupted, before it is tried again.
    #[inline]
    pub fn check_signals(&self) -> PyResult<()> {
        if self.poll.load(Ordering::Relaxed) & poll::SIGNAL == 0 {
            return Ok(());
        }
        self.poll.fetch_and(!poll::SIGNAL, Ordering::Relaxed);
        self.handle_signals(poll::SIGNAL)
    }

    /// Does what the bits `SIGNAL` and `PENDING_CALL` of a poll ask for. The main thread does:
    /// another one leaves it to that.
    #[cold]
    pub fn handle_signals(&self, bits: u32) -> PyResult<()> {
        if !self.is_main_thread() {
            self.signal_for_main.set(true);
            return Ok(());
        }
        self.hooks.poll.get().map_or(Ok(()), |handle| handle(self, bits))
    }

    /// Repeats a system call that a signal interrupted, after the signal's Python handler.
    pub fn retry<R>(&self, mut call: impl FnMut() -> std::io::Result<R>) -> PyResult<std::io::Result<R>> {
        loop {
            match self.without_gil(&mut call) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => self.check_signals()?,
                result => return Ok(result),
            }
        }
    }
}

/// Threads of an isolate.
impl Vm {
    /// Calls a function with the state of each thread. It must not let another thread run.
    pub fn for_each_thread(&self, mut f: impl FnMut(&Thread)) {
        for &thread in self.threads.borrow().iter() {
            // SAFETY: threads are removed before their state goes.
            f(unsafe { &*thread });
        }
    }

    /// Calls a function with the state of each thread, the newest first, for what cannot wait for
    /// its turn to run, such as handlers of fatal signals. While the list of threads is being
    /// changed it sees none.
    ///
    /// # Safety
    /// Unless the calling thread has the GIL, threads may start and end meanwhile: what is read can
    /// be wrong.
    pub unsafe fn peek_threads(&self, mut f: impl FnMut(&Thread)) {
        // SAFETY: the caller's promise.
        if let Ok(threads) = unsafe { self.threads.try_borrow_unguarded() } {
            // SAFETY: threads are removed before their state goes.
            threads.iter().rev().for_each(|&thread| f(unsafe { &*thread }));
        }
    }

    /// How many threads there are.
    pub fn thread_count(&self) -> usize {
        self.threads.borrow().len()
    }

    /// The state of the thread that made the isolate (in a forked child: that forked).
    pub fn main_thread(&self) -> &Thread {
        // SAFETY: the main thread's state outlives the isolate.
        unsafe { &*self.main_thread.get() }
    }

    /// Whether the running thread is the main one.
    pub fn is_main_thread(&self) -> bool {
        std::ptr::eq(self.thread(), self.main_thread.get())
    }

    /// Makes a thread known that is about to start: its state is traced from now on.
    ///
    /// # Safety
    /// The state stays where it is until [`Vm::remove_thread`].
    pub unsafe fn add_thread(&self, thread: *const Thread) {
        self.threads.borrow_mut().push(thread);
    }

    /// Forgets a thread that [`Vm::add_thread`] made known and that does not run.
    pub fn remove_thread(&self, thread: *const Thread) {
        self.threads.borrow_mut().retain(|&known| known != thread);
    }

    /// The life of a thread: the calling native thread waits for the GIL, runs the function, and
    /// is forgotten.
    ///
    /// # Safety
    /// `vm` is an isolate that lives while it knows of threads. `thread` is the calling native
    /// thread's own state, and was made known by [`Vm::add_thread`]; the calling thread uses the
    /// isolate in no other way.
    pub unsafe fn run_thread(vm: *const Vm, thread: &Thread, run: impl FnOnce(&Vm)) {
        // SAFETY: the caller's promise; the system knows the stack's end. The isolate may be gone
        // as soon as it does not know of this thread any more.
        unsafe {
            let gil = Arc::clone(&(*vm).gil);
            gil.take(&*vm);
            (*vm).set_thread(thread);
            if let Ok(base) = kaa_gc::current_stack_base() {
                thread.on_heap.set(Some((*vm).heap().attach_thread(base)));
            }
            run(&*vm);
            if let Some(id) = thread.on_heap.take() {
                (*vm).heap().detach_thread(id);
            }
            (*vm).remove_thread(thread);
            gil.release();
        }
    }

    /// Lets no other thread run ever again: the isolate ends. Other threads stop where they next
    /// need the GIL.
    pub fn close_gil(&self) {
        self.gil.lock().ending = Some(std::thread::current().id());
        self.gil.freed.notify_all();
    }

    /// Calls `fork` while no other thread is between two states, and makes the child an isolate
    /// with one thread.
    pub fn fork<R>(&self, fork: impl FnOnce() -> R, is_child: impl FnOnce(&R) -> bool) -> R {
        let mut state = self.gil.lock();
        let forked = fork();
        if is_child(&forked) {
            *state = GilState { held: true, waiting: 0, turns: 0, ending: None };
            drop(state);
            self.forget_other_threads();
            if let Some(forked) = self.hooks.forked.get() {
                forked(self);
            }
        }
        forked
    }

    /// After a fork, in the child. The states of threads that are gone are not freed: locks may
    /// still refer to them.
    fn forget_other_threads(&self) {
        let this: *const Thread = self.thread();
        if self.running_collected.get() != this {
            self.running_collected.set(std::ptr::null());
        }
        for &thread in self.threads.borrow().iter().filter(|&&thread| thread != this) {
            // SAFETY: the thread that would have freed it is gone.
            let thread = unsafe { &*thread };
            thread.gone.set(true);
            if let Some(id) = thread.on_heap.take() {
                self.heap().detach_thread(id);
            }
        }
        self.threads.replace(vec![this]);
        self.main_thread.set(this);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::VmConfig;

    struct Shared(*const Vm, Box<Thread>);

    // SAFETY: the test's isolate outlives its threads.
    unsafe impl Send for Shared {}

    /// A native thread that makes garbage and collects, again and again.
    fn collector(vm: &Vm) -> std::thread::JoinHandle<()> {
        let thread = Box::new(Thread::new(0, 1000));
        // SAFETY: the box is given to the thread, and `run_thread` forgets it first.
        unsafe { vm.add_thread(&*thread) };
        let shared = Shared(vm, thread);
        std::thread::spawn(move || {
            let Shared(vm, thread) = { shared };
            // SAFETY: the thread's own state, made known above.
            unsafe {
                Vm::run_thread(vm, &thread, |vm| {
                    for round in 0..20 {
                        for i in 0..500 {
                            vm.new_str(&format!("garbage {i}")).unwrap();
                        }
                        vm.heap().collect(if round % 4 == 0 {
                            kaa_gc::Generation::Full
                        } else {
                            kaa_gc::Generation::Young
                        });
                        vm.yield_gil();
                    }
                });
            }
        })
    }

    #[test]
    fn what_a_parked_thread_refers_to_stays() {
        let state = Thread::new(0, 1000);
        let vm = Vm::new(VmConfig::default(), &state).unwrap();
        let handle = collector(&vm);
        let text = vm.new_str("alive and in place").unwrap();
        let (data, len) = (text.data_ptr() as usize, text.len());
        // Only the closure knows of the text from here on.
        vm.without_gil(move || {
            handle.join().unwrap();
            // SAFETY: the address of the string's bytes.
            let bytes = unsafe { std::slice::from_raw_parts(data as *const u8, len) };
            assert_eq!(bytes, b"alive and in place");
        });
        assert_eq!(vm.thread_count(), 1);
    }

    #[test]
    fn threads_take_turns() {
        let state = Thread::new(0, 1000);
        let vm = Vm::new(VmConfig::default(), &state).unwrap();
        vm.gil.set_interval(Duration::from_micros(100));
        let handles = [collector(&vm), collector(&vm)];
        let list = vm.new_list(&[]).unwrap();
        while vm.thread_count() > 1 {
            let text = vm.new_str("mine").unwrap();
            list.push(&vm, text.value()).unwrap();
            if vm.poll.load(Ordering::Relaxed) & poll::GIL != 0 {
                vm.yield_gil();
            }
        }
        for handle in handles {
            handle.join().unwrap();
        }
        assert!(list.as_slice().iter().all(|&text| vm.str_lossy(text) == "mine"));
    }
}
