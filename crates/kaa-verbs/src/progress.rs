//! A line that says how far the work of a verb is, on a terminal; and the end that a signal asks for.

use std::io::{Write, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kaa_build::Phase;
use kaa_compile::Control;
use kaa_host::interrupts;

/// How often the line is written, at most.
const PAUSE: Duration = Duration::from_millis(50);
const WIDTH: usize = 40;

pub struct Progress {
    /// What is done, at the start of the line.
    what: Mutex<&'static str>,
    shown: bool,
    total: AtomicUsize,
    done: AtomicUsize,
    /// When the line is due again.
    due: Mutex<Instant>,
}

impl Progress {
    /// Nothing is shown for work that is quickly done.
    pub fn new(what: &'static str, shown: bool) -> Progress {
        let (what, due) = (Mutex::new(what), Mutex::new(Instant::now() + 4 * PAUSE));
        Progress { what, shown, total: AtomicUsize::new(0), done: AtomicUsize::new(0), due }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

impl Control for Progress {
    fn begins(&self, pieces: usize) {
        self.total.fetch_add(pieces, Ordering::Relaxed);
    }

    fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        // Whoever finds it taken goes on with the work.
        let Some(mut due) = self.due.try_lock().ok().filter(|due| self.shown && Instant::now() >= **due) else {
            return;
        };
        *due = Instant::now() + PAUSE;
        let total = self.total.load(Ordering::Relaxed).max(1);
        let filled = done * WIDTH / total;
        let what = *self.what.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write!(stderr(), "\r\x1b[K{what} [{:<WIDTH$}] {done}/{total}", "#".repeat(filled));
    }

    fn stop(&self) -> bool {
        interrupts::came().is_some()
    }
}

impl kaa_build::Progress for Progress {
    fn phase(&self, phase: Phase) {
        *self.what.lock().unwrap_or_else(PoisonError::into_inner) = phase.name();
        if phase != Phase::Modules
            && self.shown
            && Instant::now() >= *self.due.lock().unwrap_or_else(PoisonError::into_inner)
        {
            let _ = write!(stderr(), "\r\x1b[K{}", phase.name());
        }
    }
}
