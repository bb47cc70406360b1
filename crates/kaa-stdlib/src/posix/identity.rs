//! Users, groups and sessions of the process.

use kaa_host::{identity, process};
use kaa_macros::py_functions;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{PyResult, Value, Vm};

use super::{AccountId, Posix, account_id, number_list};
use crate::host_call::OrRaise;
use crate::path::SystemText;

fn three(vm: &Vm, ids: [u32; 3]) -> PyResult {
    Ok(vm.new_tuple(&ids.map(|id| Value::small_int(id.into())))?.value())
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function("getuid()", doc = "Return the current process's user id.")]
    fn getuid() -> u32 {
        identity::user()
    }

    #[function("geteuid()", doc = "Return the current process's effective user id.")]
    fn geteuid() -> u32 {
        identity::effective_user()
    }

    #[function("getgid()", doc = "Return the current process's group id.")]
    fn getgid() -> u32 {
        identity::group()
    }

    #[function("getegid()", doc = "Return the current process's effective group id.")]
    fn getegid() -> u32 {
        identity::effective_group()
    }

    #[function("getresuid()", doc = "Return a tuple of the current process's real, effective, and saved user ids.")]
    fn getresuid(vm: &Vm) -> PyResult {
        three(vm, identity::users().or_raise(vm)?)
    }

    #[function("getresgid()", doc = "Return a tuple of the current process's real, effective, and saved group ids.")]
    fn getresgid(vm: &Vm) -> PyResult {
        three(vm, identity::groups().or_raise(vm)?)
    }

    #[function("setuid(uid, /)", doc = "Set the current process's user id.")]
    fn setuid(vm: &Vm, uid: AccountId) -> PyResult<()> {
        identity::set_user(uid.0).or_raise(vm)
    }

    #[function("setgid(gid, /)", doc = "Set the current process's group id.")]
    fn setgid(vm: &Vm, gid: AccountId) -> PyResult<()> {
        identity::set_group(gid.0).or_raise(vm)
    }

    #[function("seteuid(euid, /)", doc = "Set the current process's effective user id.")]
    fn seteuid(vm: &Vm, euid: AccountId) -> PyResult<()> {
        identity::set_effective_user(euid.0).or_raise(vm)
    }

    #[function("setegid(egid, /)", doc = "Set the current process's effective group id.")]
    fn setegid(vm: &Vm, egid: AccountId) -> PyResult<()> {
        identity::set_effective_group(egid.0).or_raise(vm)
    }

    #[function("setreuid(ruid, euid, /)", doc = "Set the current process's real and effective user ids.")]
    fn setreuid(vm: &Vm, ruid: AccountId, euid: AccountId) -> PyResult<()> {
        identity::set_users(ruid.0, euid.0).or_raise(vm)
    }

    #[function("setregid(rgid, egid, /)", doc = "Set the current process's real and effective group ids.")]
    fn setregid(vm: &Vm, rgid: AccountId, egid: AccountId) -> PyResult<()> {
        identity::set_groups(rgid.0, egid.0).or_raise(vm)
    }

    #[function(
        "setresuid(ruid, euid, suid, /)",
        doc = "Set the current process's real, effective, and saved user ids."
    )]
    fn setresuid(vm: &Vm, ruid: AccountId, euid: AccountId, suid: AccountId) -> PyResult<()> {
        identity::set_all_users(ruid.0, euid.0, suid.0).or_raise(vm)
    }

    #[function(
        "setresgid(rgid, egid, sgid, /)",
        doc = "Set the current process's real, effective, and saved group ids."
    )]
    fn setresgid(vm: &Vm, rgid: AccountId, egid: AccountId, sgid: AccountId) -> PyResult<()> {
        identity::set_all_groups(rgid.0, egid.0, sgid.0).or_raise(vm)
    }

    #[function("getgroups()", doc = "Return list of supplemental group IDs for the process.")]
    fn getgroups(vm: &Vm) -> PyResult {
        number_list(vm, identity::supplementary_groups().or_raise(vm)?.into_iter().map(i64::from))
    }

    #[function("setgroups(groups, /)", doc = "Set the groups of the current process to list.")]
    fn setgroups(vm: &Vm, groups: Value) -> PyResult<()> {
        if !vm.is_sequence(groups) {
            return Err(vm.type_error("setgroups argument must be a sequence"));
        }
        let values = ValueVec::from_iterable(vm, groups)?;
        let mut groups = Vec::with_capacity(values.len());
        for &value in values.as_slice() {
            groups.push(account_id(vm, value, "gid")?);
        }
        identity::set_supplementary_groups(&groups).or_raise(vm)
    }

    #[function(
        "initgroups(username, gid, /)",
        doc = "Initialize the group access list.\n\nCall the system initgroups() to initialize the group access list with all of\nthe groups of which the specified username is a member, plus the specified\ngroup id."
    )]
    fn initgroups(vm: &Vm, username: SystemText, gid: AccountId) -> PyResult<()> {
        identity::use_groups_of(&username.0, gid.0).or_raise(vm)
    }

    #[function(
        "getgrouplist(user, group, /)",
        doc = "Returns a list of groups to which a user belongs.\n\n  user\n    username to lookup\n  group\n    base group id of the user"
    )]
    fn getgrouplist(vm: &Vm, user: SystemText, group: Value) -> PyResult {
        let group = account_id(vm, group, "gid")?;
        number_list(vm, identity::groups_of(&user.0, group).into_iter().map(i64::from))
    }

    #[function("getlogin()", doc = "Return the actual login name.")]
    fn getlogin(vm: &Vm) -> PyResult {
        super::directories::name(vm, identity::login_name().or_raise(vm)?.to_bytes(), false)
    }

    #[function("getpid()", doc = "Return the current process id.")]
    fn getpid() -> i32 {
        process::id()
    }

    #[function(
        "getppid()",
        doc = "Return the parent's process id.\n\nIf the parent process has already exited, Windows machines will still\nreturn its id; others systems will return the id of the 'init' process (1)."
    )]
    fn getppid() -> i32 {
        process::parent_id()
    }

    #[function("getpgid(pid)", doc = "Call the system call getpgid(), and return the result.")]
    fn getpgid(vm: &Vm, pid: i32) -> PyResult<i32> {
        process::group(pid).or_raise(vm)
    }

    #[function("getpgrp()", doc = "Return the current process group id.")]
    fn getpgrp(vm: &Vm) -> PyResult<i32> {
        process::group(0).or_raise(vm)
    }

    #[function("setpgid(pid, pgrp, /)", doc = "Call the system call setpgid(pid, pgrp).")]
    fn setpgid(vm: &Vm, pid: i32, pgrp: i32) -> PyResult<()> {
        process::set_group(pid, pgrp).or_raise(vm)
    }

    #[function("setpgrp()", doc = "Make the current process the leader of its process group.")]
    fn setpgrp(vm: &Vm) -> PyResult<()> {
        process::set_group(0, 0).or_raise(vm)
    }

    #[function("getsid(pid, /)", doc = "Call the system call getsid(pid) and return the result.")]
    fn getsid(vm: &Vm, pid: i32) -> PyResult<i32> {
        process::session(pid).or_raise(vm)
    }

    #[function("setsid()", doc = "Call the system call setsid().")]
    fn setsid(vm: &Vm) -> PyResult<()> {
        process::start_session().or_raise(vm).map(drop)
    }
}
