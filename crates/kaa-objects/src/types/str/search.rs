//! `find`, `index`, `count`, `startswith` and their like.

use super::core::PyStr;
use super::find;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm, py_methods};

/// The arguments of a search, `sub[, start[, end]]`: what is looked for, and bounds as in slices.
pub(crate) struct SearchArgs {
    pub sub: Value,
    start: isize,
    end: isize,
}

impl SearchArgs {
    /// Reads the arguments of the function `type_name.name`.
    #[inline]
    pub fn read(vm: &Vm, args: Args<'_>, type_name: &str, name: &str) -> PyResult<SearchArgs> {
        if args.kwnames().is_some() {
            return Err(vm.type_error(format_args!("{type_name}.{name}() takes no keyword arguments")));
        }
        let bound = |index: usize, default: isize| match args.positionals().get(index) {
            None => Ok(default),
            Some(&value) if value.is_none() => Ok(default),
            Some(&value) => vm.slice_index_or_none(value),
        };
        match *args.positionals() {
            [sub] => Ok(SearchArgs { sub, start: 0, end: isize::MAX }),
            [sub, ..] if args.positionals().len() <= 3 => {
                Ok(SearchArgs { sub, start: bound(1, 0)?, end: bound(2, isize::MAX)? })
            }
            ref given => Err(vm.wrong_positional_count(name, given.len(), 1, 3)),
        }
    }

    /// The bounds in a sequence of a length; `None` when they leave nothing, not even the empty
    /// part.
    #[inline]
    pub fn range(&self, len: usize) -> Option<std::ops::Range<usize>> {
        bounds(self.start, self.end, len)
    }
}

/// The part of a sequence between two bounds as in slices; `None` when they cross.
#[inline]
pub fn bounds(start: isize, end: isize, len: usize) -> Option<std::ops::Range<usize>> {
    let len = len as isize;
    let end = if end > len {
        len
    } else if end < 0 {
        (end + len).max(0)
    } else {
        end
    };
    let start = if start < 0 { (start + len).max(0) } else { start };
    (start <= end).then_some(start as usize..end as usize)
}

type Search = fn(super::StrData<'_>, super::StrData<'_>) -> Option<usize>;

fn position(vm: &Vm, this: Gc<PyStr>, args: Args<'_>, name: &str, search: Search) -> PyResult<Option<usize>> {
    let args = SearchArgs::read(vm, args, "str", name)?;
    let sub = sub_str(vm, args.sub, name)?;
    let Some(range) = args.range(this.len()) else { return Ok(None) };
    let start = range.start;
    Ok(search(this.data().slice(range), sub.data()).map(|at| at + start))
}

fn sub_str(vm: &Vm, sub: Value, name: &str) -> PyResult<Gc<PyStr>> {
    vm.cast::<PyStr>(sub).ok_or_else(|| {
        let class = if sub.is_none() { "None".to_owned() } else { vm.class_name(sub) };
        vm.type_error(format_args!("{name}() argument 1 must be str, not {class}"))
    })
}

fn or_minus_one(position: Option<usize>) -> isize {
    position.map_or(-1, |at| at as isize)
}

/// `startswith` (`at_end` false) or `endswith`.
fn has_affix(vm: &Vm, this: Gc<PyStr>, args: Args<'_>, name: &str, at_end: bool) -> PyResult<bool> {
    let args = SearchArgs::read(vm, args, "str", name)?;
    let range = args.range(this.len());
    let matches = |affix: Gc<PyStr>| {
        let Some(range) = range.clone() else { return false };
        let part = this.data().slice(range);
        match part.len().checked_sub(affix.len()) {
            Some(rest) => find::is_at(part, affix.data(), if at_end { rest } else { 0 }),
            None => false,
        }
    };
    if let Some(affix) = vm.cast::<PyStr>(args.sub) {
        return Ok(matches(affix));
    }
    let Some(affixes) = vm.cast::<PyTuple>(args.sub) else {
        let class = vm.class_name(args.sub);
        return Err(vm.type_error(format_args!("{name} first arg must be str or a tuple of str, not {class}")));
    };
    for &affix in affixes.as_slice() {
        let Some(affix) = vm.cast::<PyStr>(affix) else {
            let class = vm.class_name(affix);
            return Err(vm.type_error(format_args!("tuple for {name} must only contain str, not {class}")));
        };
        if matches(affix) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[py_methods(SEARCH, of = "str")]
impl PyStr {
    #[method(
        "find",
        raw,
        signature = "($self, sub[, start[, end]], /)",
        doc = "Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].

Optional arguments start and end are interpreted as in slice
notation.  Return -1 on failure."
    )]
    fn find(vm: &Vm, this: Gc<PyStr>, args: Args<'_>) -> PyResult<isize> {
        Ok(or_minus_one(position(vm, this, args, "find", find::find)?))
    }

    #[method(
        "rfind",
        raw,
        signature = "($self, sub[, start[, end]], /)",
        doc = "Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].

Optional arguments start and end are interpreted as in slice
notation.  Return -1 on failure."
    )]
    fn rfind(vm: &Vm, this: Gc<PyStr>, args: Args<'_>) -> PyResult<isize> {
        Ok(or_minus_one(position(vm, this, args, "rfind", find::rfind)?))
    }

    #[method(
        "index",
        raw,
        signature = "($self, sub[, start[, end]], /)",
        doc = "Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].

Optional arguments start and end are interpreted as in slice
notation.  Raises ValueError when the substring is not found."
    )]
    fn index(vm: &Vm, this: Gc<PyStr>, args: Args<'_>) -> PyResult<usize> {
        position(vm, this, args, "index", find::find)?.ok_or_else(|| vm.value_error("substring not found"))
    }

    #[method(
        "rindex",
        raw,
        signature = "($self, sub[, start[, end]], /)",
        doc = "Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].

Optional arguments start and end are interpreted as in slice
notation.  Raises ValueError when the substring is not found."
    )]
    fn rindex(vm: &Vm, this: Gc<PyStr>, args: Args<'_>) -> PyResult<usize> {
        position(vm, this, args, "rindex", find::rfind)?.ok_or_else(|| vm.value_error("substring not found"))
    }

    #[method(
        "count",
        raw,
        signature = "($self, sub[, start[, end]], /)",
        doc = "Return the number of non-overlapping occurrences of substring sub in string S[start:end].

Optional arguments start and end are interpreted as in slice
notation."
    )]
    fn count(vm: &Vm, this: Gc<PyStr>, args: Args<'_>) -> PyResult<usize> {
        let args = SearchArgs::read(vm, args, "str", "count")?;
        let sub = sub_str(vm, args.sub, "count")?;
        let range = args.range(this.len());
        Ok(range.map_or(0, |range| find::count(this.data().slice(range), sub.data(), usize::MAX)))
    }

    #[method(
        "startswith",
        raw,
        signature = "($self, prefix[, start[, end]], /)",
        doc = "Return True if the string starts with the specified prefix, False otherwise.

  prefix
    A string or a tuple of strings to try.
  start
    Optional start position. Default: start of the string.
  end
    Optional stop position. Default: end of the string."
    )]
    fn startswith(vm: &Vm, this: Gc<PyStr>, args: Args<'_>) -> PyResult<bool> {
        has_affix(vm, this, args, "startswith", false)
    }

    #[method(
        "endswith",
        raw,
        signature = "($self, suffix[, start[, end]], /)",
        doc = "Return True if the string ends with the specified suffix, False otherwise.

  suffix
    A string or a tuple of strings to try.
  start
    Optional start position. Default: start of the string.
  end
    Optional stop position. Default: end of the string."
    )]
    fn endswith(vm: &Vm, this: Gc<PyStr>, args: Args<'_>) -> PyResult<bool> {
        has_affix(vm, this, args, "endswith", true)
    }

    #[method(
        "removeprefix($self, prefix, /)",
        doc = "Return a str with the given prefix string removed if present.

If the string starts with the prefix string, return
string[len(prefix):].  Otherwise, return a copy of the original
string."
    )]
    fn removeprefix(vm: &Vm, this: Gc<PyStr>, prefix: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        let start = if find::is_at(this.data(), prefix.data(), 0) { prefix.len() } else { 0 };
        vm.substring(this, start, this.len())
    }

    #[method(
        "removesuffix($self, suffix, /)",
        doc = "Return a str with the given suffix string removed if present.

If the string ends with the suffix string and that suffix is not
empty, return string[:-len(suffix)].  Otherwise, return a copy of
the original string."
    )]
    fn removesuffix(vm: &Vm, this: Gc<PyStr>, suffix: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        match this.len().checked_sub(suffix.len()) {
            Some(rest) if find::is_at(this.data(), suffix.data(), rest) => vm.substring(this, 0, rest),
            _ => vm.exact_str(this),
        }
    }
}
