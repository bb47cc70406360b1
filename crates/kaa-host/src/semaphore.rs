//! Named semaphores, which processes share.

use std::collections::HashMap;
use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use libc::{c_int, sem_t};

use crate::{Errno, Result, check};

/// The largest value.
pub const VALUE_MAX: c_int = c_int::MAX;

/// An open semaphore. Copies are the same one; the last of them closes it.
#[derive(Clone)]
pub struct Semaphore(Arc<Open>);

struct Open(NonNull<sem_t>);

// SAFETY: semaphores are made for use by several threads.
unsafe impl Send for Open {}
// SAFETY: as above.
unsafe impl Sync for Open {}

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: opened by `sem_open`, once for each close, and used by nobody any more.
        unsafe { libc::sem_close(self.0.as_ptr()) };
    }
}

/// Those that are open, by their handles.
static OPEN: Mutex<Option<HashMap<usize, Weak<Open>>>> = Mutex::new(None);

impl Semaphore {
    /// Makes a semaphore; its name must be new.
    pub fn create(name: &CStr, value: u32) -> Result<Semaphore> {
        let mode: libc::mode_t = 0o600;
        // SAFETY: the name ends with a zero; mode and value follow as the flags say.
        let semaphore = unsafe { libc::sem_open(name.as_ptr(), libc::O_CREAT | libc::O_EXCL, mode, value) };
        Semaphore::opened(semaphore)
    }

    /// Opens one that is there.
    pub fn open(name: &CStr) -> Result<Semaphore> {
        // SAFETY: the name ends with a zero.
        Semaphore::opened(unsafe { libc::sem_open(name.as_ptr(), 0) })
    }

    fn opened(semaphore: *mut sem_t) -> Result<Semaphore> {
        // `SEM_FAILED` is null.
        let open = Arc::new(Open(NonNull::new(semaphore).ok_or_else(Errno::last)?));
        let mut all = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let all = all.get_or_insert_default();
        all.retain(|_, open| open.strong_count() > 0);
        all.insert(semaphore as usize, Arc::downgrade(&open));
        Ok(Semaphore(open))
    }

    /// The open semaphore of a handle.
    pub fn of_handle(handle: usize) -> Option<Semaphore> {
        let all = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        all.as_ref()?.get(&handle)?.upgrade().map(Semaphore)
    }

    /// A number that stands for it in this process.
    pub fn handle(&self) -> usize {
        self.0.0.as_ptr() as usize
    }

    /// Takes one, waiting for it.
    pub fn wait(&self) -> Result<()> {
        // SAFETY: it is open.
        check(unsafe { libc::sem_wait(self.0.0.as_ptr()) }).map(drop)
    }

    /// Takes one if there is one; `EAGAIN` otherwise.
    pub fn try_wait(&self) -> Result<()> {
        // SAFETY: it is open.
        check(unsafe { libc::sem_trywait(self.0.0.as_ptr()) }).map(drop)
    }

    /// Takes one, waiting for it until a time of the system's clock, in nanoseconds; `ETIMEDOUT` then.
    pub fn wait_until(&self, time: i64) -> Result<()> {
        const NANOS: i64 = 1_000_000_000;
        let time = libc::timespec { tv_sec: time.div_euclid(NANOS), tv_nsec: time.rem_euclid(NANOS) };
        // SAFETY: it is open, and the time is valid for the call.
        check(unsafe { libc::sem_timedwait(self.0.0.as_ptr(), &time) }).map(drop)
    }

    /// Gives one back.
    pub fn post(&self) -> Result<()> {
        // SAFETY: it is open.
        check(unsafe { libc::sem_post(self.0.0.as_ptr()) }).map(drop)
    }

    /// How many there are; 0 also when somebody waits.
    pub fn value(&self) -> Result<c_int> {
        let mut value = 0;
        // SAFETY: it is open, and the place valid for the call.
        check(unsafe { libc::sem_getvalue(self.0.0.as_ptr(), &mut value) })?;
        Ok(value.max(0))
    }
}

/// Removes a name. Who has the semaphore open keeps it.
pub fn unlink(name: &CStr) -> Result<()> {
    // SAFETY: the name ends with a zero.
    check(unsafe { libc::sem_unlink(name.as_ptr()) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semaphores_are_taken_and_given_back() {
        let name = std::ffi::CString::new(format!("/kaa-test-{}", std::process::id())).unwrap();
        let made = Semaphore::create(&name, 1).unwrap();
        assert_eq!(Semaphore::create(&name, 1).err(), Some(Errno(libc::EEXIST)));
        let opened = Semaphore::open(&name).unwrap();
        unlink(&name).unwrap();
        assert_eq!(Semaphore::open(&name).err(), Some(Errno(libc::ENOENT)));
        opened.wait().unwrap();
        assert_eq!((made.try_wait(), made.value()), (Err(Errno(libc::EAGAIN)), Ok(0)));
        assert_eq!(made.wait_until(1), Err(Errno(libc::ETIMEDOUT)));
        made.post().unwrap();
        assert_eq!(opened.value(), Ok(1));
        let handle = made.handle();
        assert!(Semaphore::of_handle(handle).is_some());
        drop((made, opened));
        assert!(Semaphore::of_handle(handle).is_none());
    }
}
