//! `strip`, `lstrip`, `rstrip`.

use super::core::{PyStr, StrData};
use super::split::is_space;
use crate::{Gc, PyResult, Value, Vm, py_methods};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Left,
    Right,
    Both,
}

impl Ends {
    /// The part of the text without what `strips` says at these ends.
    fn trimmed(self, data: StrData<'_>, strips: impl Fn(u32) -> bool) -> (usize, usize) {
        let (mut start, mut end) = (0, data.len());
        if self != Ends::Right {
            while start < end && strips(data.at(start)) {
                start += 1;
            }
        }
        if self != Ends::Left {
            while end > start && strips(data.at(end - 1)) {
                end -= 1;
            }
        }
        (start, end)
    }
}

fn strip(vm: &Vm, this: Gc<PyStr>, chars: Value, ends: Ends, name: &str) -> PyResult<Gc<PyStr>> {
    let data = this.data();
    let (start, end) = if chars.is_none() {
        ends.trimmed(data, is_space)
    } else {
        let Some(chars) = vm.cast::<PyStr>(chars) else {
            return Err(vm.type_error(format_args!("{name} arg must be None or str")));
        };
        match chars.data() {
            StrData::Latin1(set) => {
                ends.trimmed(data, |c| u8::try_from(c).is_ok_and(|c| memchr::memchr(c, set).is_some()))
            }
            set => ends.trimmed(data, |c| set.iter().any(|stripped| stripped == c)),
        }
    };
    vm.substring(this, start, end)
}

#[py_methods(STRIP, of = "str")]
impl PyStr {
    #[method(
        "strip($self, chars=None, /)",
        doc = "Return a copy of the string with leading and trailing whitespace removed.

If chars is given and not None, remove characters in chars instead."
    )]
    fn strip(vm: &Vm, this: Gc<PyStr>, chars: Value) -> PyResult<Gc<PyStr>> {
        strip(vm, this, chars, Ends::Both, "strip")
    }

    #[method(
        "lstrip($self, chars=None, /)",
        doc = "Return a copy of the string with leading whitespace removed.

If chars is given and not None, remove characters in chars instead."
    )]
    fn lstrip(vm: &Vm, this: Gc<PyStr>, chars: Value) -> PyResult<Gc<PyStr>> {
        strip(vm, this, chars, Ends::Left, "lstrip")
    }

    #[method(
        "rstrip($self, chars=None, /)",
        doc = "Return a copy of the string with trailing whitespace removed.

If chars is given and not None, remove characters in chars instead."
    )]
    fn rstrip(vm: &Vm, this: Gc<PyStr>, chars: Value) -> PyResult<Gc<PyStr>> {
        strip(vm, this, chars, Ends::Right, "rstrip")
    }
}
