//! `pwd` and `grp`: accounts of users and groups.

use std::ffi::{CStr, CString};

use kaa_host::identity::{self as host, Group, User};
use kaa_macros::py_module;
use kaa_objects::args::{Argument, FromValue};
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use crate::host_call::OrRaise;
use crate::module_setup::add;
use crate::path::{decode_name, encode_name};
use crate::posix::account_id;

/// `pwd.struct_passwd`.
static STRUCT_PASSWD: StructSequenceDef = StructSequenceDef {
    name: "struct_passwd",
    module: "pwd",
    doc: "pwd.struct_passwd: Results from getpw*() routines.\n\nThis object may be accessed either as a tuple of\n  (pw_name,pw_passwd,pw_uid,pw_gid,pw_gecos,pw_dir,pw_shell)\nor via the object attributes as named in the above tuple.",
    fields: &[
        ("pw_name", "user name"),
        ("pw_passwd", "password"),
        ("pw_uid", "user id"),
        ("pw_gid", "group id"),
        ("pw_gecos", "real name"),
        ("pw_dir", "home directory"),
        ("pw_shell", "shell program"),
    ],
    visible: 7,
    callable: true,
};

/// `grp.struct_group`.
static STRUCT_GROUP: StructSequenceDef = StructSequenceDef {
    name: "struct_group",
    module: "grp",
    doc: "grp.struct_group: Results from getgr*() routines.\n\nThis object may be accessed either as a tuple of\n  (gr_name,gr_passwd,gr_gid,gr_mem)\nor via the object attributes as named in the above tuple.\n",
    fields: &[
        ("gr_name", "group name"),
        ("gr_passwd", "password"),
        ("gr_gid", "group id"),
        ("gr_mem", "group members"),
    ],
    visible: 4,
    callable: true,
};

/// A name as an argument, for the system.
struct AccountName {
    name: CString,
    object: Gc<PyStr>,
}

impl FromValue for AccountName {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<AccountName> {
        let object = Gc::<PyStr>::from_value(vm, value, argument)?;
        match CString::new(encode_name(vm, object)?) {
            Ok(name) => Ok(AccountName { name, object }),
            Err(_) => Err(vm.value_error("embedded null byte")),
        }
    }
}

impl AccountName {
    #[cold]
    fn not_found(&self, vm: &Vm, function: &str) -> Raised {
        let name = vm.repr_lossy(self.object.value());
        key_error(vm, &format!("{function}(): name not found: {name}"))
    }
}

#[cold]
fn key_error(vm: &Vm, text: &str) -> Raised {
    vm.raise_new(vm.exceptions().KeyError, text)
}

/// A text of an account.
fn text(vm: &Vm, text: &CStr) -> PyResult {
    Ok(decode_name(vm, text.to_bytes())?.value())
}

fn id(id: u32) -> Value {
    Value::small_int(if id == u32::MAX { -1 } else { id.into() })
}

fn user_result(vm: &Vm, user: &User) -> PyResult {
    let fields = [
        text(vm, &user.name)?,
        text(vm, &user.password)?,
        id(user.uid),
        id(user.gid),
        text(vm, &user.comment)?,
        text(vm, &user.home)?,
        text(vm, &user.shell)?,
    ];
    vm.new_struct_sequence(&STRUCT_PASSWD, &fields)
}

fn group_result(vm: &Vm, group: &Group) -> PyResult {
    let members = vm.new_list(&[])?;
    for member in &group.members {
        members.push(vm, text(vm, member)?)?;
    }
    let fields = [text(vm, &group.name)?, text(vm, &group.password)?, id(group.gid), members.value()];
    vm.new_struct_sequence(&STRUCT_GROUP, &fields)
}

pub mod users {
    //! `pwd`.

    use super::*;

    /// The module.
    pub struct Pwd;

    fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
        add(vm, module, "struct_passwd", vm.struct_sequence_class(&STRUCT_PASSWD)?.value())
    }

    #[py_module(
        name = "pwd",
        doc = "This module provides access to the Unix password database.\nIt is available on all Unix versions.\n\nPassword database entries are reported as 7-tuples containing the following\nitems from the password database (see `<pwd.h>'), in order:\npw_name, pw_passwd, pw_uid, pw_gid, pw_gecos, pw_dir, pw_shell.\nThe uid and gid items are integers, all others are strings. An\nexception is raised if the entry asked for cannot be found.",
        setup = set_up
    )]
    impl Pwd {
        #[function(
            "getpwuid(uidobj, /)",
            doc = "Return the password database entry for the given numeric user ID.\n\nSee `help(pwd)` for more on password database entries."
        )]
        fn getpwuid(vm: &Vm, uidobj: Value) -> PyResult {
            let overflow = vm.exceptions().OverflowError;
            let Ok(uid) = vm.catch(account_id(vm, uidobj, "uid"), overflow)? else {
                return Err(key_error(vm, "getpwuid(): uid not found"));
            };
            match vm.without_gil(|| host::user_by_id(uid)).or_raise(vm)? {
                Some(user) => user_result(vm, &user),
                None => Err(key_error(vm, &format!("getpwuid(): uid not found: {}", uid as i32))),
            }
        }

        #[function(
            "getpwnam(name, /)",
            doc = "Return the password database entry for the given user name.\n\nSee `help(pwd)` for more on password database entries."
        )]
        fn getpwnam(vm: &Vm, name: AccountName) -> PyResult {
            match vm.without_gil(|| host::user_by_name(&name.name)).or_raise(vm)? {
                Some(user) => user_result(vm, &user),
                None => Err(name.not_found(vm, "getpwnam")),
            }
        }

        #[function(
            "getpwall()",
            doc = "Return a list of all available password database entries, in arbitrary order.\n\nSee help(pwd) for more on password database entries."
        )]
        fn getpwall(vm: &Vm) -> PyResult {
            let list = vm.new_list(&[])?;
            for user in vm.without_gil(host::all_users) {
                list.push(vm, user_result(vm, &user)?)?;
            }
            Ok(list.value())
        }
    }
}

pub mod groups {
    //! `grp`.

    use super::*;

    /// The module.
    pub struct Grp;

    fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
        add(vm, module, "struct_group", vm.struct_sequence_class(&STRUCT_GROUP)?.value())
    }

    #[py_module(
        name = "grp",
        doc = "Access to the Unix group database.\n\nGroup entries are reported as 4-tuples containing the following fields\nfrom the group database, in order:\n\n  gr_name   - name of the group\n  gr_passwd - group password (encrypted); often empty\n  gr_gid    - numeric ID of the group\n  gr_mem    - list of members\n\nThe gid is an integer, name and password are strings.  (Note that most\nusers are not explicitly listed as members of the groups they are in\naccording to the password database.  Check both databases to get\ncomplete membership information.)",
        setup = set_up
    )]
    impl Grp {
        #[function(
            "getgrgid(id)",
            doc = "Return the group database entry for the given numeric group ID.\n\nIf id is not valid, raise KeyError."
        )]
        fn getgrgid(vm: &Vm, id: Value) -> PyResult {
            let gid = account_id(vm, id, "gid")?;
            match vm.without_gil(|| host::group_by_id(gid)).or_raise(vm)? {
                Some(group) => group_result(vm, &group),
                None => Err(key_error(vm, &format!("getgrgid(): gid not found: {}", gid as i32))),
            }
        }

        #[function(
            "getgrnam(name)",
            doc = "Return the group database entry for the given group name.\n\nIf name is not valid, raise KeyError."
        )]
        fn getgrnam(vm: &Vm, name: AccountName) -> PyResult {
            match vm.without_gil(|| host::group_by_name(&name.name)).or_raise(vm)? {
                Some(group) => group_result(vm, &group),
                None => Err(name.not_found(vm, "getgrnam")),
            }
        }

        #[function(
            "getgrall()",
            doc = "Return a list of all available group entries, in arbitrary order.\n\nAn entry whose name starts with '+' or '-' represents an instruction\nto use YP/NIS and may not be accessible via getgrnam or getgrgid."
        )]
        fn getgrall(vm: &Vm) -> PyResult {
            let list = vm.new_list(&[])?;
            for group in vm.without_gil(host::all_groups) {
                list.push(vm, group_result(vm, &group)?)?;
            }
            Ok(list.value())
        }
    }
}
