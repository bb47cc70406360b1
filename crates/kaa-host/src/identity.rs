//! Users and groups: of this process, and the accounts that the system knows.

use std::ffi::{CStr, CString};

use libc::{c_char, c_int, gid_t, uid_t};

use crate::{Errno, Result, check, name_services};

/// The real user.
pub fn user() -> uid_t {
    // SAFETY: no memory is involved.
    unsafe { libc::getuid() }
}

/// The effective user.
pub fn effective_user() -> uid_t {
    // SAFETY: no memory is involved.
    unsafe { libc::geteuid() }
}

/// The real group.
pub fn group() -> gid_t {
    // SAFETY: no memory is involved.
    unsafe { libc::getgid() }
}

/// The effective group.
pub fn effective_group() -> gid_t {
    // SAFETY: no memory is involved.
    unsafe { libc::getegid() }
}

/// Real, effective and saved user.
pub fn users() -> Result<[uid_t; 3]> {
    let mut ids = [0; 3];
    let [real, effective, saved] = &mut ids;
    // SAFETY: the places are locals.
    check(unsafe { libc::getresuid(real, effective, saved) })?;
    Ok(ids)
}

/// Real, effective and saved group.
pub fn groups() -> Result<[gid_t; 3]> {
    let mut ids = [0; 3];
    let [real, effective, saved] = &mut ids;
    // SAFETY: the places are locals.
    check(unsafe { libc::getresgid(real, effective, saved) })?;
    Ok(ids)
}

/// Sets the user.
pub fn set_user(user: uid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setuid(user) }).map(drop)
}

/// Sets the group.
pub fn set_group(group: gid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setgid(group) }).map(drop)
}

/// Sets the effective user.
pub fn set_effective_user(user: uid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::seteuid(user) }).map(drop)
}

/// Sets the effective group.
pub fn set_effective_group(group: gid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setegid(group) }).map(drop)
}

/// Sets real and effective user.
pub fn set_users(real: uid_t, effective: uid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setreuid(real, effective) }).map(drop)
}

/// Sets real and effective group.
pub fn set_groups(real: gid_t, effective: gid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setregid(real, effective) }).map(drop)
}

/// Sets real, effective and saved user.
pub fn set_all_users(real: uid_t, effective: uid_t, saved: uid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setresuid(real, effective, saved) }).map(drop)
}

/// Sets real, effective and saved group.
pub fn set_all_groups(real: gid_t, effective: gid_t, saved: gid_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setresgid(real, effective, saved) }).map(drop)
}

/// The supplementary groups.
pub fn supplementary_groups() -> Result<Vec<gid_t>> {
    // SAFETY: with a length of 0 nothing is written.
    let len = check(unsafe { libc::getgroups(0, std::ptr::null_mut()) })?;
    let mut groups = vec![0; len as usize];
    // SAFETY: the buffer is as long as it is said to be.
    let len = check(unsafe { libc::getgroups(len, groups.as_mut_ptr()) })?;
    groups.truncate(len as usize);
    Ok(groups)
}

/// Sets the supplementary groups.
pub fn set_supplementary_groups(groups: &[gid_t]) -> Result<()> {
    // SAFETY: the buffer is as long as it is said to be.
    check(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) }).map(drop)
}

/// Sets the supplementary groups to those of a user, and one more.
pub fn use_groups_of(user: &CStr, group: gid_t) -> Result<()> {
    name_services::choose();
    // SAFETY: the name ends with a zero.
    check(unsafe { libc::initgroups(user.as_ptr(), group) }).map(drop)
}

/// The groups of a user, and one more.
pub fn groups_of(user: &CStr, group: gid_t) -> Vec<gid_t> {
    name_services::choose();
    let mut groups = vec![0; 64];
    loop {
        let mut len = groups.len() as c_int;
        // SAFETY: the name ends with a zero; the buffer is as long as it is said to be.
        let done = unsafe { libc::getgrouplist(user.as_ptr(), group, groups.as_mut_ptr(), &mut len) } >= 0;
        if done {
            groups.truncate(len as usize);
            return groups;
        }
        groups.resize((len as usize).max(groups.len() * 2), 0);
    }
}

unsafe extern "C" {
    fn getlogin_r(name: *mut c_char, len: usize) -> c_int;
}

/// The user who is logged in on the terminal.
pub fn login_name() -> Result<CString> {
    let mut name = [0 as c_char; 256];
    // SAFETY: the buffer is as long as it is said to be, and the call ends it with a zero.
    unsafe {
        match getlogin_r(name.as_mut_ptr(), name.len()) {
            0 => Ok(CStr::from_ptr(name.as_ptr()).to_owned()),
            error => Err(Errno(error)),
        }
    }
}

/// An account of a user.
#[allow(missing_docs, reason = "named as in struct passwd")]
pub struct User {
    pub name: CString,
    pub password: CString,
    pub uid: uid_t,
    pub gid: gid_t,
    pub comment: CString,
    pub home: CString,
    pub shell: CString,
}

/// An account of a group.
#[allow(missing_docs, reason = "named as in struct group")]
pub struct Group {
    pub name: CString,
    pub password: CString,
    pub gid: gid_t,
    pub members: Vec<CString>,
}

/// # Safety
/// A text that ends with a zero is there, or the pointer is null.
unsafe fn text(pointer: *const c_char) -> CString {
    if pointer.is_null() {
        return CString::default();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(pointer) }.to_owned()
}

/// # Safety
/// The record's texts are there.
unsafe fn user_of(record: &libc::passwd) -> User {
    // SAFETY: the caller's promise.
    unsafe {
        User {
            name: text(record.pw_name),
            password: text(record.pw_passwd),
            uid: record.pw_uid,
            gid: record.pw_gid,
            comment: text(record.pw_gecos),
            home: text(record.pw_dir),
            shell: text(record.pw_shell),
        }
    }
}

/// # Safety
/// The record's texts are there.
unsafe fn group_of(record: &libc::group) -> Group {
    let mut members = Vec::new();
    // SAFETY: the caller's promise; the row of members ends with a null.
    unsafe {
        let mut next = record.gr_mem;
        while !next.is_null() && !(*next).is_null() {
            members.push(text(*next));
            next = next.add(1);
        }
        Group { name: text(record.gr_name), password: text(record.gr_passwd), gid: record.gr_gid, members }
    }
}

/// What a `get…_r` function fills in, with a buffer that is made as large as it needs.
fn record<T, R>(
    fill: impl Fn(*mut T, *mut c_char, usize, *mut *mut T) -> c_int,
    convert: impl Fn(&T) -> R,
) -> Result<Option<R>> {
    let mut buffer = vec![0 as c_char; 1024];
    loop {
        let mut record = std::mem::MaybeUninit::<T>::zeroed();
        let mut found = std::ptr::null_mut();
        match fill(record.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &mut found) {
            libc::ERANGE if buffer.len() < 1 << 24 => buffer.resize(buffer.len() * 2, 0),
            // «Not found» has several numbers.
            0 | libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM if found.is_null() => return Ok(None),
            // SAFETY: it points at the record that was filled in.
            0 => return Ok(Some(convert(unsafe { &*found }))),
            error => return Err(Errno(error)),
        }
    }
}

/// The account of a user by number.
pub fn user_by_id(uid: uid_t) -> Result<Option<User>> {
    name_services::choose();
    // SAFETY: the arguments are as the call needs them, and it fills in the record's texts.
    record(|r, b, n, f| unsafe { libc::getpwuid_r(uid, r, b, n, f) }, |record| unsafe { user_of(record) })
}

/// The account of a user by name.
pub fn user_by_name(name: &CStr) -> Result<Option<User>> {
    name_services::choose();
    // SAFETY: as above; the name ends with a zero.
    record(|r, b, n, f| unsafe { libc::getpwnam_r(name.as_ptr(), r, b, n, f) }, |record| unsafe { user_of(record) })
}

/// The account of a group by number.
pub fn group_by_id(gid: gid_t) -> Result<Option<Group>> {
    name_services::choose();
    // SAFETY: as above.
    record(|r, b, n, f| unsafe { libc::getgrgid_r(gid, r, b, n, f) }, |record| unsafe { group_of(record) })
}

/// The account of a group by name.
pub fn group_by_name(name: &CStr) -> Result<Option<Group>> {
    name_services::choose();
    // SAFETY: as above; the name ends with a zero.
    record(|r, b, n, f| unsafe { libc::getgrnam_r(name.as_ptr(), r, b, n, f) }, |record| unsafe { group_of(record) })
}

/// Only one listing of accounts can be read at a time in a process.
static LISTING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// All accounts of users.
pub fn all_users() -> Vec<User> {
    name_services::choose();
    let _one = LISTING.lock();
    let mut users = Vec::new();
    // SAFETY: the listing is this thread's while the lock is held; records are copied at once.
    unsafe {
        libc::setpwent();
        while let Some(record) = libc::getpwent().as_ref() {
            users.push(user_of(record));
        }
        libc::endpwent();
    }
    users
}

/// All accounts of groups.
pub fn all_groups() -> Vec<Group> {
    name_services::choose();
    let _one = LISTING.lock();
    let mut groups = Vec::new();
    // SAFETY: as above.
    unsafe {
        libc::setgrent();
        while let Some(record) = libc::getgrent().as_ref() {
            groups.push(group_of(record));
        }
        libc::endgrent();
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known() {
        assert_eq!(user_by_id(0).unwrap().unwrap().name.to_bytes(), b"root");
        assert_eq!(user_by_name(c"root").unwrap().unwrap().uid, 0);
        assert!(user_by_name(c"nobody of that name").unwrap().is_none());
        assert!(all_groups().iter().any(|group| group.gid == 0));
    }
}
