//! The watchdog: a native thread that shows where all threads are when a time is over.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kaa_objects::Vm;
use kaa_objects::vm::poll;

use super::dump::Output;

/// What the watchdog is to do.
pub struct Order {
    pub timeout: Duration,
    pub repeat: bool,
    pub fd: i32,
    /// Whether the process is to end after the first time.
    pub exit: bool,
}

#[derive(Default)]
struct Progress {
    cancelled: bool,
    ended: bool,
}

#[derive(Default)]
struct Watchdog {
    progress: Mutex<Progress>,
    changed: Condvar,
    /// The process that it watches, of which a forked child is none, and the isolate's address.
    process: u32,
    vm: usize,
}

/// The watchdog that was started last.
static WATCHDOG: Mutex<Option<Arc<Watchdog>>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a watchdog. It has to be cancelled before the isolate ends.
pub fn start(vm: &Vm, order: Order) -> std::io::Result<()> {
    cancel();
    let address = std::ptr::from_ref(vm) as usize;
    let watchdog = Arc::new(Watchdog { process: std::process::id(), vm: address, ..Watchdog::default() });
    let shared = watchdog.clone();
    let run = move || {
        // SAFETY: the isolate waits for the watchdog before it ends.
        shared.watch(unsafe { &*(address as *const Vm) }, &order);
        lock(&shared.progress).ended = true;
        shared.changed.notify_all();
    };
    // Signals are for Python's threads.
    // SAFETY: the sets are filled in before they are used.
    let spawned = unsafe {
        let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let spawned = std::thread::Builder::new().spawn(run);
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        spawned
    };
    spawned?;
    *lock(&WATCHDOG) = Some(watchdog);
    Ok(())
}

/// Stops the watchdog, if there is one, and waits until it has ended.
pub fn cancel() {
    let Some(watchdog) = lock(&WATCHDOG).take().filter(|watchdog| watchdog.process == std::process::id()) else {
        return;
    };
    let mut progress = lock(&watchdog.progress);
    progress.cancelled = true;
    watchdog.changed.notify_all();
    while !progress.ended {
        progress = watchdog.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Stops the watchdog if it is this isolate's.
pub fn cancel_for(vm: &Vm) {
    if lock(&WATCHDOG).as_ref().is_some_and(|watchdog| watchdog.vm == std::ptr::from_ref(vm) as usize) {
        cancel();
    }
}

impl Watchdog {
    fn watch(&self, vm: &Vm, order: &Order) {
        while !self.is_cancelled_within(order.timeout) {
            let dumped = dump(vm, order);
            if order.exit {
                // SAFETY: ends the process, and nothing else.
                unsafe { libc::_exit(1) };
            }
            if dumped.is_err() || !order.repeat {
                return;
            }
        }
    }

    fn is_cancelled_within(&self, timeout: Duration) -> bool {
        // A time that the clock cannot tell never comes.
        let end = Instant::now().checked_add(timeout);
        let mut progress = lock(&self.progress);
        while !progress.cancelled {
            let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            let left = left.min(Duration::from_secs(1 << 20));
            progress = self.changed.wait_timeout(progress, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

/// Lets the running thread note which instruction it is at, as it does where it looks whether another
/// wants to run. One that does not within this time is in a function of native code: it noted it
/// before it called that.
fn wait_for_poll(vm: &Vm) {
    vm.poll.fetch_or(poll::GIL, Ordering::Relaxed);
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(1));
        if vm.poll.load(Ordering::Relaxed) & poll::GIL == 0 {
            return;
        }
    }
}

fn dump(vm: &Vm, order: &Order) -> std::fmt::Result {
    wait_for_poll(vm);
    let mut output = Output(order.fd);
    let (seconds, micros) = (order.timeout.as_secs(), order.timeout.subsec_micros());
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    write!(output, "Timeout ({hours}:{minutes:02}:{seconds:02}")?;
    if micros != 0 {
        write!(output, ".{micros:06}")?;
    }
    output.write_str(")!\n")?;
    output.threads(vm, std::ptr::null())
}
