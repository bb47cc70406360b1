//! `split`, `rsplit`, `splitlines`, `partition`, `rpartition`.

use super::core::PyStr;
use super::find;
use super::units::{Unit, with_units};
use crate::types::list::PyList;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, py_methods};

/// Most parts that room is made for beforehand.
const MAX_PREALLOCATED: usize = 12;

/// Whether a code point is white space.
#[inline(always)]
pub(super) fn is_space(code_point: u32) -> bool {
    match code_point {
        0..0x80 => matches!(code_point, 0x20 | 0x09..=0x0d | 0x1c..=0x1f),
        _ => kaa_text::characters::is_space(code_point),
    }
}

/// Whether a code point ends a line.
fn is_line_break(code_point: u32) -> bool {
    matches!(code_point, 0x0a..=0x0d | 0x1c..=0x1e | 0x85 | 0x2028 | 0x2029)
}

fn push(vm: &Vm, parts: Gc<PyList>, text: Gc<PyStr>, start: usize, end: usize) -> PyResult<()> {
    let part = vm.substring(text, start, end)?;
    parts.push(vm, part.value())
}

/// Where the words of a text start and end, from the left; after `most` of them all the rest is
/// one more.
fn words<U: Unit>(text: &[U], most: usize, mut each: impl FnMut(usize, usize) -> PyResult<()>) -> PyResult<()> {
    let (mut at, len) = (0, text.len());
    for _ in 0..most {
        while at < len && is_space(text[at].into()) {
            at += 1;
        }
        if at == len {
            return Ok(());
        }
        let start = at;
        while at < len && !is_space(text[at].into()) {
            at += 1;
        }
        each(start, at)?;
    }
    while at < len && is_space(text[at].into()) {
        at += 1;
    }
    if at < len { each(at, len) } else { Ok(()) }
}

/// As [`words`], from the right.
fn words_reversed<U: Unit>(
    text: &[U],
    most: usize,
    mut each: impl FnMut(usize, usize) -> PyResult<()>,
) -> PyResult<()> {
    let mut end = text.len();
    for _ in 0..most {
        while end > 0 && is_space(text[end - 1].into()) {
            end -= 1;
        }
        if end == 0 {
            return Ok(());
        }
        let stop = end;
        while end > 0 && !is_space(text[end - 1].into()) {
            end -= 1;
        }
        each(end, stop)?;
    }
    while end > 0 && is_space(text[end - 1].into()) {
        end -= 1;
    }
    if end > 0 { each(0, end) } else { Ok(()) }
}

fn split(vm: &Vm, this: Gc<PyStr>, separator: Option<Gc<PyStr>>, most: usize) -> PyResult<Gc<PyList>> {
    let parts = vm.new_list_with_capacity(most.saturating_add(1).min(MAX_PREALLOCATED))?;
    let Some(separator) = separator else {
        with_units!(this.data(), units => words(units, most, |start, end| push(vm, parts, this, start, end)))?;
        return Ok(parts);
    };
    if separator.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let (mut start, mut left, mut result) = (0, most, Ok(()));
    if most > 0 {
        find::for_each_match(this.data(), separator.data(), |at| {
            result = push(vm, parts, this, start, at);
            start = at + separator.len();
            left -= 1;
            result.is_ok() && left > 0
        });
    }
    result?;
    push(vm, parts, this, start, this.len())?;
    Ok(parts)
}

fn rsplit(vm: &Vm, this: Gc<PyStr>, separator: Option<Gc<PyStr>>, most: usize) -> PyResult<Gc<PyList>> {
    let parts = vm.new_list_with_capacity(most.saturating_add(1).min(MAX_PREALLOCATED))?;
    match separator {
        None => {
            with_units!(this.data(), units => words_reversed(units, most, |start, end| push(vm, parts, this, start, end)))?;
        }
        Some(separator) if separator.is_empty() => return Err(vm.value_error("empty separator")),
        Some(separator) => {
            let (mut end, mut left, mut result) = (this.len(), most, Ok(()));
            if most > 0 {
                find::for_each_match_reversed(this.data(), separator.data(), |at| {
                    result = push(vm, parts, this, at + separator.len(), end);
                    end = at;
                    left -= 1;
                    result.is_ok() && left > 0
                });
            }
            result?;
            push(vm, parts, this, 0, end)?;
        }
    }
    parts.reverse_items(vm);
    Ok(parts)
}

fn lines<U: Unit>(text: &[U], keep_ends: bool, mut each: impl FnMut(usize, usize) -> PyResult<()>) -> PyResult<()> {
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let end = start + rest.iter().position(|&c| is_line_break(c.into())).unwrap_or(rest.len());
        let mut next = (end + 1).min(text.len());
        if next < text.len() && text[end].into() == 0x0d && text[next].into() == 0x0a {
            next += 1;
        }
        each(start, if keep_ends { next } else { end })?;
        start = next;
    }
    Ok(())
}

fn limit(maxsplit: isize) -> usize {
    usize::try_from(maxsplit).unwrap_or(usize::MAX)
}

fn checked_separator(vm: &Vm, separator: Gc<PyStr>) -> PyResult<()> {
    if separator.is_empty() { Err(vm.value_error("empty separator")) } else { Ok(()) }
}

/// What stands before a separator, the separator, and what stands after it.
fn around(vm: &Vm, this: Gc<PyStr>, separator: Gc<PyStr>, at: usize) -> PyResult<Gc<PyTuple>> {
    let before = vm.substring(this, 0, at)?;
    let after = vm.substring(this, at + separator.len(), this.len())?;
    vm.new_tuple(&[before.value(), separator.value(), after.value()])
}

#[py_methods(SPLIT, of = "str")]
impl PyStr {
    #[method(
        "split($self, /, sep=None, maxsplit=-1)",
        doc = "Return a list of the substrings in the string, using sep as the separator string.

  sep
    The separator used to split the string.

    When set to None (the default value), will split on any
    whitespace character (including \\n \\r \\t \\f and spaces) and
    will discard empty strings from the result.
  maxsplit
    Maximum number of splits.
    -1 (the default value) means no limit.

Splitting starts at the front of the string and works to the end.

Note, str.split() is mainly useful for data that has been
intentionally delimited.  With natural text that includes
punctuation, consider using the regular expression module."
    )]
    fn split(vm: &Vm, this: Gc<PyStr>, sep: Value, maxsplit: isize) -> PyResult<Gc<PyList>> {
        split(vm, this, separator(vm, sep)?, limit(maxsplit))
    }

    #[method(
        "rsplit($self, /, sep=None, maxsplit=-1)",
        doc = "Return a list of the substrings in the string, using sep as the separator string.

  sep
    The separator used to split the string.

    When set to None (the default value), will split on any
    whitespace character (including \\n \\r \\t \\f and spaces) and
    will discard empty strings from the result.
  maxsplit
    Maximum number of splits.
    -1 (the default value) means no limit.

Splitting starts at the end of the string and works to the front."
    )]
    fn rsplit(vm: &Vm, this: Gc<PyStr>, sep: Value, maxsplit: isize) -> PyResult<Gc<PyList>> {
        rsplit(vm, this, separator(vm, sep)?, limit(maxsplit))
    }

    #[method(
        "splitlines($self, /, keepends=False)",
        doc = "Return a list of the lines in the string, breaking at line boundaries.

Line breaks are not included in the resulting list unless keepends
is given and true."
    )]
    fn splitlines(vm: &Vm, this: Gc<PyStr>, keepends: bool) -> PyResult<Gc<PyList>> {
        let parts = vm.new_list(&[])?;
        with_units!(this.data(), units => lines(units, keepends, |start, end| push(vm, parts, this, start, end)))?;
        Ok(parts)
    }

    #[method(
        "partition($self, sep, /)",
        doc = "Partition the string into three parts using the given separator.

This will search for the separator in the string.  If the separator
is found, returns a 3-tuple containing the part before the
separator, the separator itself, and the part after it.

If the separator is not found, returns a 3-tuple containing
the original string and two empty strings."
    )]
    fn partition(vm: &Vm, this: Gc<PyStr>, sep: Value) -> PyResult<Gc<PyTuple>> {
        let sep = must_be_str(vm, sep)?;
        checked_separator(vm, sep)?;
        match find::find(this.data(), sep.data()) {
            Some(at) => around(vm, this, sep, at),
            None => {
                let empty = vm.new_str_latin1(b"")?.value();
                vm.new_tuple(&[this.value(), empty, empty])
            }
        }
    }

    #[method(
        "rpartition($self, sep, /)",
        doc = "Partition the string into three parts using the given separator.

This will search for the separator in the string, starting at the
end.  If the separator is found, returns a 3-tuple containing the
part before the separator, the separator itself, and the part after
it.

If the separator is not found, returns a 3-tuple containing two
empty strings and the original string."
    )]
    fn rpartition(vm: &Vm, this: Gc<PyStr>, sep: Value) -> PyResult<Gc<PyTuple>> {
        let sep = must_be_str(vm, sep)?;
        checked_separator(vm, sep)?;
        match find::rfind(this.data(), sep.data()) {
            Some(at) => around(vm, this, sep, at),
            None => {
                let empty = vm.new_str_latin1(b"")?.value();
                vm.new_tuple(&[empty, empty, this.value()])
            }
        }
    }
}

/// The separator of a split; `None` for white space.
fn separator(vm: &Vm, sep: Value) -> PyResult<Option<Gc<PyStr>>> {
    sep.not_none().map(|sep| must_be_str_or_none(vm, sep)).transpose()
}

fn must_be_str_or_none(vm: &Vm, value: Value) -> PyResult<Gc<PyStr>> {
    vm.cast::<PyStr>(value).ok_or_else(|| {
        let class = vm.class_name(value);
        vm.type_error(format_args!("must be str or None, not {class}"))
    })
}

fn must_be_str(vm: &Vm, value: Value) -> PyResult<Gc<PyStr>> {
    vm.cast::<PyStr>(value).ok_or_else(|| {
        let class = vm.class_name(value);
        vm.type_error(format_args!("must be str, not {class}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_of_lines() {
        let collect = |text: &[u8], keep| {
            let mut parts = Vec::new();
            lines(text, keep, |start, end| {
                parts.push((start, end));
                Ok(())
            })
            .unwrap();
            parts
        };
        assert_eq!(collect(b"a\r\nb\n\nc", false), [(0, 1), (3, 4), (5, 5), (6, 7)]);
        assert_eq!(collect(b"a\r\nb\r", true), [(0, 3), (3, 5)]);
        assert!(is_line_break(0x85) && is_line_break(0x2028) && !is_line_break(0x1f));
    }

    #[test]
    fn words_stop_at_the_limit() {
        let collect = |most| {
            let mut parts = Vec::new();
            words(b"  a bc  d ", most, |start, end| {
                parts.push((start, end));
                Ok(())
            })
            .unwrap();
            parts
        };
        assert_eq!(collect(usize::MAX), [(2, 3), (4, 6), (8, 9)]);
        assert_eq!(collect(1), [(2, 3), (4, 10)]);
        assert_eq!(collect(0), [(2, 10)]);
    }
}
