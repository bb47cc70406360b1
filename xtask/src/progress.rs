//! A line that says how far a command is, on terminals only.

use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    shown: bool,
}

impl Progress {
    pub fn new(what: &'static str, total: usize) -> Progress {
        Progress { what, total, done: AtomicUsize::new(0), shown: stderr().is_terminal() }
    }

    /// One more is done.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.shown && (done.is_multiple_of(8) || done == self.total) {
            let filled = done * 30 / self.total.max(1);
            let bar = "#".repeat(filled);
            let _ = write!(stderr(), "\r{} [{bar:<30}] {done}/{}", self.what, self.total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r{:80}\r", "");
        }
    }
}
