//! What `bytes` and `bytearray` have in common: the methods that leave the object as it is, generic
//! over the type of their results. [`byte_methods!`] gives them to a type.

use super::PyBytes;
use crate::buffer::{Buffer, Export, request};
use crate::object::Native;
use crate::types::bytearray::PyByteArray;
use crate::types::list::PyList;
use crate::types::str::{PyStr, SearchArgs, StrData, expand_tabs};
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm};
use memchr::memmem;

/// A type whose objects are rows of bytes.
pub(crate) trait ByteString: Native {
    /// The type's name.
    const NAME: &'static str;
    /// The bytes of an object.
    fn bytes(&self) -> &[u8];
    /// A new object of the type itself.
    fn make(vm: &Vm, bytes: &[u8]) -> PyResult;
    /// A new object whose bytes, all 0 before, a function writes.
    fn make_with(vm: &Vm, len: usize, write: impl FnOnce(&mut [u8])) -> PyResult;
    /// What an operation gives that changes nothing: the object itself when it never changes.
    fn unchanged(vm: &Vm, this: Gc<Self>) -> PyResult;
    /// Keeps Python code that arguments run from resizing the object, as long as it lives.
    fn hold(&self) -> Option<Export>;
}

impl ByteString for PyBytes {
    const NAME: &'static str = "bytes";

    #[inline(always)]
    fn hold(&self) -> Option<Export> {
        None
    }

    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.as_slice()
    }

    fn make(vm: &Vm, bytes: &[u8]) -> PyResult {
        Ok(vm.new_bytes(bytes)?.value())
    }

    fn make_with(vm: &Vm, len: usize, write: impl FnOnce(&mut [u8])) -> PyResult {
        Ok(vm.new_bytes_with(len, write)?.value())
    }

    fn unchanged(vm: &Vm, this: Gc<PyBytes>) -> PyResult {
        Ok(vm.exact_bytes(this)?.value())
    }
}

impl ByteString for PyByteArray {
    const NAME: &'static str = "bytearray";

    fn hold(&self) -> Option<Export> {
        Some(self.exports().add())
    }

    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.as_slice()
    }

    fn make(vm: &Vm, bytes: &[u8]) -> PyResult {
        Ok(vm.new_bytearray(bytes)?.value())
    }

    fn make_with(vm: &Vm, len: usize, write: impl FnOnce(&mut [u8])) -> PyResult {
        let array = vm.new_bytearray(&[])?;
        array.resize(vm, len)?;
        array.with_bytes_mut(write);
        Ok(array.value())
    }

    fn unchanged(vm: &Vm, this: Gc<PyByteArray>) -> PyResult {
        PyByteArray::make(vm, this.as_slice())
    }
}

/// The bytes of an argument, held as long as this stands on the stack.
pub(crate) enum BytesArgument {
    Buffer(Buffer),
    Byte(u8),
}

impl BytesArgument {
    /// A bytes-like object.
    pub fn buffer(vm: &Vm, value: Value) -> PyResult<BytesArgument> {
        Ok(BytesArgument::Buffer(vm.buffer(value, request::SIMPLE)?))
    }

    /// A bytes-like object or an integer.
    fn buffer_or_byte(vm: &Vm, value: Value) -> PyResult<BytesArgument> {
        if vm.is_bytes_like(value) {
            return BytesArgument::buffer(vm, value);
        }
        if !vm.is_int(value) && vm.slots_of(value).nb_index.is_none() {
            let class = vm.class_name(value);
            return Err(vm.type_error(format_args!("argument should be integer or bytes-like object, not '{class}'")));
        }
        vm.byte_in_range(value).map(BytesArgument::Byte)
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        match self {
            BytesArgument::Buffer(buffer) => buffer.as_slice(),
            BytesArgument::Byte(byte) => std::slice::from_ref(byte),
        }
    }
}

impl Vm {
    /// An integer from 0 to 255; other ones are a `ValueError`.
    pub(crate) fn byte_in_range(&self, value: Value) -> PyResult<u8> {
        let number = self.index_clamped(value)?;
        u8::try_from(number).map_err(|_| self.value_error("byte must be in range(0, 256)"))
    }
}

pub(crate) fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

// Searching.

pub(crate) fn position<T: ByteString>(
    vm: &Vm,
    this: Gc<T>,
    args: Args<'_>,
    name: &str,
    search: fn(&[u8], &[u8]) -> Option<usize>,
) -> PyResult<Option<usize>> {
    let _held = this.hold();
    let args = SearchArgs::read(vm, args, T::NAME, name)?;
    let sub = BytesArgument::buffer_or_byte(vm, args.sub)?;
    let Some(range) = args.range(this.bytes().len()) else { return Ok(None) };
    let start = range.start;
    Ok(search(&this.bytes()[range], sub.as_slice()).map(|at| at + start))
}

pub(crate) fn index<T: ByteString>(
    vm: &Vm,
    this: Gc<T>,
    args: Args<'_>,
    name: &str,
    search: fn(&[u8], &[u8]) -> Option<usize>,
) -> PyResult<usize> {
    position(vm, this, args, name, search)?.ok_or_else(|| vm.value_error("subsection not found"))
}

pub(crate) fn count<T: ByteString>(vm: &Vm, this: Gc<T>, args: Args<'_>) -> PyResult<usize> {
    let _held = this.hold();
    let args = SearchArgs::read(vm, args, T::NAME, "count")?;
    let sub = BytesArgument::buffer_or_byte(vm, args.sub)?;
    let Some(range) = args.range(this.bytes().len()) else { return Ok(0) };
    Ok(match sub.as_slice() {
        [] => range.len() + 1,
        &[byte] => memchr::memchr_iter(byte, &this.bytes()[range]).count(),
        sub => memmem::find_iter(&this.bytes()[range], sub).count(),
    })
}

pub(crate) fn contains<T: ByteString>(vm: &Vm, this: Gc<T>, item: Value) -> PyResult<bool> {
    let _held = this.hold();
    if vm.is_int(item) || !vm.is_bytes_like(item) && vm.slots_of(item).nb_index.is_some() {
        let byte = vm.byte_in_range(item)?;
        return Ok(memchr::memchr(byte, this.bytes()).is_some());
    }
    let sub = BytesArgument::buffer(vm, item)?;
    Ok(memmem::find(this.bytes(), sub.as_slice()).is_some())
}

pub(crate) fn has_affix<T: ByteString>(
    vm: &Vm,
    this: Gc<T>,
    args: Args<'_>,
    name: &str,
    test: fn(&[u8], &[u8]) -> bool,
) -> PyResult<bool> {
    let args = SearchArgs::read(vm, args, T::NAME, name)?;
    let matches = |affix: Value| -> PyResult<bool> {
        let affix = BytesArgument::buffer(vm, affix)?;
        Ok(args.range(this.bytes().len()).is_some_and(|range| test(&this.bytes()[range], affix.as_slice())))
    };
    if let Some(affixes) = vm.cast::<PyTuple>(args.sub) {
        for &affix in affixes.as_slice() {
            if matches(affix)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !vm.is_bytes_like(args.sub) {
        let class = vm.class_name(args.sub);
        return Err(vm.type_error(format_args!("{name} first arg must be bytes or a tuple of bytes, not {class}")));
    }
    matches(args.sub)
}

pub(crate) fn remove_affix<T: ByteString>(vm: &Vm, this: Gc<T>, affix: Value, at_end: bool) -> PyResult {
    let affix = BytesArgument::buffer(vm, affix)?;
    let (bytes, affix) = (this.bytes(), affix.as_slice());
    match if at_end { bytes.strip_suffix(affix) } else { bytes.strip_prefix(affix) } {
        Some(rest) if !affix.is_empty() => T::make(vm, rest),
        _ => T::unchanged(vm, this),
    }
}

// Splitting.

/// The parts of bytes between separators, or between runs of white space, from the left or from
/// the right, the latter in reverse.
fn parts<'a>(bytes: &'a [u8], separator: Option<&[u8]>, most: usize, from_right: bool) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    let Some(separator) = separator else {
        loop {
            rest = if from_right { rest.trim_end_by() } else { rest.trim_start_by() };
            if rest.is_empty() {
                return parts;
            }
            let end = if from_right { rest.iter().rposition(is_space) } else { rest.iter().position(is_space) };
            match end {
                Some(at) if parts.len() < most => {
                    let (left, right) = if from_right { rest.split_at(at + 1) } else { rest.split_at(at) };
                    parts.push(if from_right { right } else { left });
                    rest = if from_right { left } else { right };
                }
                _ => {
                    parts.push(rest);
                    return parts;
                }
            }
        }
    };
    while parts.len() < most {
        let found = if from_right { memmem::rfind(rest, separator) } else { memmem::find(rest, separator) };
        let Some(at) = found else { break };
        let (left, right) = (&rest[..at], &rest[at + separator.len()..]);
        parts.push(if from_right { right } else { left });
        rest = if from_right { left } else { right };
    }
    parts.push(rest);
    parts
}

/// Trimming of the white space that `bytes` knows, which includes the vertical tab.
trait Trim {
    fn trim_start_by(&self) -> &Self;
    fn trim_end_by(&self) -> &Self;
}

impl Trim for [u8] {
    fn trim_start_by(&self) -> &[u8] {
        &self[self.iter().position(|b| !is_space(b)).unwrap_or(self.len())..]
    }

    fn trim_end_by(&self) -> &[u8] {
        &self[..self.iter().rposition(|b| !is_space(b)).map_or(0, |last| last + 1)]
    }
}

pub(crate) fn split<T: ByteString>(
    vm: &Vm,
    this: Gc<T>,
    separator: Value,
    most: isize,
    from_right: bool,
) -> PyResult<Gc<PyList>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let _held = this.hold();
    let separator = separator.not_none().map(|separator| BytesArgument::buffer(vm, separator)).transpose()?;
    let separator = separator.as_ref().map(BytesArgument::as_slice);
    if separator.is_some_and(<[u8]>::is_empty) {
        return Err(vm.value_error("empty separator"));
    }
    // The stack refers to the object, so that the slices outlive the allocations.
    let parts = parts(this.bytes(), separator, most, from_right);
    let list = vm.new_list_with_capacity(parts.len())?;
    match &parts[..] {
        [only] if only.len() == this.bytes().len() => list.push(vm, T::unchanged(vm, this)?)?,
        _ => {
            for part in &parts {
                list.push(vm, T::make(vm, part)?)?;
            }
        }
    }
    if from_right {
        list.reverse_items(vm);
    }
    Ok(list)
}

pub(crate) fn splitlines<T: ByteString>(vm: &Vm, this: Gc<T>, keep_ends: bool) -> PyResult<Gc<PyList>> {
    let list = vm.new_list(&[])?;
    let bytes = this.bytes();
    let mut start = 0;
    while start < bytes.len() {
        let end = memchr::memchr2(b'\n', b'\r', &bytes[start..]).map_or(bytes.len(), |at| at + start);
        let next = match bytes[end..] {
            [b'\r', b'\n', ..] => end + 2,
            [] => end,
            _ => end + 1,
        };
        if start == 0 && (if keep_ends { next } else { end }) == bytes.len() {
            list.push(vm, T::unchanged(vm, this)?)?;
        } else {
            list.push(vm, T::make(vm, &bytes[start..if keep_ends { next } else { end }])?)?;
        }
        start = next;
    }
    Ok(list)
}

pub(crate) fn partition<T: ByteString>(
    vm: &Vm,
    this: Gc<T>,
    separator: Value,
    from_right: bool,
) -> PyResult<Gc<PyTuple>> {
    let argument = BytesArgument::buffer(vm, separator)?;
    let (bytes, text) = (this.bytes(), argument.as_slice());
    if text.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    match if from_right { memmem::rfind(bytes, text) } else { memmem::find(bytes, text) } {
        Some(at) => {
            let before = T::make(vm, &bytes[..at])?;
            let middle = if T::NAME == "bytes" { separator } else { T::make(vm, text)? };
            let after = T::make(vm, &bytes[at + text.len()..])?;
            vm.new_tuple(&[before, middle, after])
        }
        None => {
            let all = if T::NAME == "bytes" { this.value() } else { T::unchanged(vm, this)? };
            let (a, b) = (T::make(vm, b"")?, T::make(vm, b"")?);
            vm.new_tuple(&if from_right { [a, b, all] } else { [all, a, b] })
        }
    }
}

// Joining and replacing.

pub(crate) fn join<T: ByteString>(vm: &Vm, this: Gc<T>, iterable: Value) -> PyResult {
    // The iterator may want to change the separator.
    let _separator = if T::NAME == "bytearray" { Some(vm.buffer(this.value(), request::SIMPLE)?) } else { None };
    let items = match (vm.cast_exact::<PyList>(iterable), vm.cast_exact::<PyTuple>(iterable)) {
        // A copy: asking for buffers may run Python code that changes the list.
        (Some(list), _) => vm.new_tuple(list.as_slice())?,
        (_, Some(tuple)) => tuple,
        _ => vm.new_tuple(vm.list_for_join(iterable)?.as_slice())?,
    };
    let wrong = |index: usize, item: Value| {
        let class = vm.class_name(item);
        vm.type_error(format_args!("sequence item {index}: expected a bytes-like object, {class} found"))
    };
    // Nearly always all are exact bytes: then one pass measures and another copies.
    let exact = |&item: &Value| vm.cast_exact::<PyBytes>(item);
    if items.as_slice().iter().all(|item| exact(item).is_some()) {
        if let ([only], "bytes") = (items.as_slice(), T::NAME) {
            return Ok(*only);
        }
        let separators = this.bytes().len().checked_mul(items.len().saturating_sub(1));
        let total = items.as_slice().iter().filter_map(exact).map(|item| item.len());
        let len = total.fold(separators, |sum, len| sum?.checked_add(len));
        let len = len.ok_or_else(|| vm.overflow_error("join() result is too long for bytes"))?;
        let separator = this.bytes();
        return T::make_with(vm, len, |out| {
            let mut at = 0;
            let mut push = |bytes: &[u8]| {
                out[at..at + bytes.len()].copy_from_slice(bytes);
                at += bytes.len();
            };
            for (index, item) in items.as_slice().iter().filter_map(exact).enumerate() {
                if index > 0 {
                    push(separator);
                }
                push(item.as_slice());
            }
        });
    }
    let mut out = Vec::new();
    for (index, &item) in items.as_slice().iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(this.bytes());
        }
        if !vm.is_bytes_like(item) {
            return Err(wrong(index, item));
        }
        let buffer = BytesArgument::buffer(vm, item);
        match vm.catch(buffer, vm.exceptions().BufferError)? {
            Ok(buffer) => out.extend_from_slice(buffer.as_slice()),
            Err(_) => return Err(wrong(index, item)),
        }
        if vm.cast_exact::<PyList>(iterable).is_some_and(|list| list.len() != items.len()) {
            return Err(vm.runtime_error("sequence changed size during iteration"));
        }
    }
    T::make(vm, &out)
}

pub(crate) fn replace<T: ByteString>(vm: &Vm, this: Gc<T>, old: Value, new: Value, most: isize) -> PyResult {
    let (old, new) = (BytesArgument::buffer(vm, old)?, BytesArgument::buffer(vm, new)?);
    let (bytes, old, new) = (this.bytes(), old.as_slice(), new.as_slice());
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let count = match old {
        [] => (bytes.len() + 1).min(most),
        old => memmem::find_iter(bytes, old).take(most).count(),
    };
    if count == 0 || old.is_empty() && new.is_empty() {
        return T::unchanged(vm, this);
    }
    let added = new.len().checked_mul(count).and_then(|added| added.checked_add(bytes.len() - old.len() * count));
    let len = added.filter(|&len| len <= isize::MAX as usize);
    let len = len.ok_or_else(|| vm.overflow_error("replace bytes is too long"))?;
    T::make_with(vm, len, |out| {
        let mut at = 0;
        let mut push = |part: &[u8]| {
            out[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        };
        let mut start = 0;
        if old.is_empty() {
            for byte in &bytes[..count.min(bytes.len())] {
                push(new);
                push(&[*byte]);
            }
            start = count.min(bytes.len());
            if count > bytes.len() {
                push(new);
            }
        } else {
            for found in memmem::find_iter(bytes, old).take(count) {
                push(&bytes[start..found]);
                push(new);
                start = found + old.len();
            }
        }
        push(&bytes[start..]);
    })
}

pub(crate) fn strip<T: ByteString>(vm: &Vm, this: Gc<T>, set: Value, left: bool, right: bool) -> PyResult {
    let set = set.not_none().map(|set| BytesArgument::buffer(vm, set)).transpose()?;
    let strips = |byte: &u8| match &set {
        Some(set) => memchr::memchr(*byte, set.as_slice()).is_some(),
        None => is_space(byte),
    };
    let bytes = this.bytes();
    let mut part = bytes;
    if left {
        part = &part[part.iter().position(|b| !strips(b)).unwrap_or(part.len())..];
    }
    if right {
        part = &part[..part.iter().rposition(|b| !strips(b)).map_or(0, |last| last + 1)];
    }
    if part.len() == bytes.len() { T::unchanged(vm, this) } else { T::make(vm, part) }
}

pub(crate) fn translate<T: ByteString>(vm: &Vm, this: Gc<T>, table: Value, delete: Option<Value>) -> PyResult {
    let table = table.not_none().map(|table| BytesArgument::buffer(vm, table)).transpose()?;
    let table: Option<&[u8; 256]> = match &table {
        None => None,
        Some(table) => match table.as_slice().try_into() {
            Ok(table) => Some(table),
            Err(_) => return Err(vm.value_error("translation table must be 256 characters long")),
        },
    };
    let delete = delete.map(|delete| BytesArgument::buffer(vm, delete)).transpose()?;
    let mut deleted = [false; 256];
    delete.iter().flat_map(|delete| delete.as_slice()).for_each(|&byte| deleted[usize::from(byte)] = true);
    let bytes = this.bytes();
    if table.is_none_or(|table| bytes.iter().all(|&b| table[usize::from(b)] == b))
        && !bytes.iter().any(|&b| deleted[usize::from(b)])
    {
        return T::unchanged(vm, this);
    }
    let kept = || bytes.iter().filter(|&&byte| !deleted[usize::from(byte)]);
    T::make_with(vm, kept().count(), |out| {
        for (to, &byte) in out.iter_mut().zip(kept()) {
            *to = table.map_or(byte, |table| table[usize::from(byte)]);
        }
    })
}

pub(crate) fn maketrans(vm: &Vm, from: Value, to: Value) -> PyResult<Gc<PyBytes>> {
    let (from, to) = (BytesArgument::buffer(vm, from)?, BytesArgument::buffer(vm, to)?);
    let (from, to) = (from.as_slice(), to.as_slice());
    if from.len() != to.len() {
        return Err(vm.value_error("maketrans arguments must have same length"));
    }
    vm.new_bytes_with(256, |table| {
        table.iter_mut().enumerate().for_each(|(index, byte)| *byte = index as u8);
        from.iter().zip(to).for_each(|(&from, &to)| table[usize::from(from)] = to);
    })
}

// Case and padding.

pub(crate) fn map<T: ByteString>(vm: &Vm, this: Gc<T>, map: impl Fn(u8) -> u8) -> PyResult {
    let bytes = this.bytes();
    T::make_with(vm, bytes.len(), |out| out.iter_mut().zip(bytes).for_each(|(to, &from)| *to = map(from)))
}

pub(crate) fn title<T: ByteString>(vm: &Vm, this: Gc<T>) -> PyResult {
    let bytes = this.bytes();
    T::make_with(vm, bytes.len(), |out| {
        let mut in_word = false;
        for (to, &from) in out.iter_mut().zip(bytes) {
            *to = if in_word { from.to_ascii_lowercase() } else { from.to_ascii_uppercase() };
            in_word = from.is_ascii_alphabetic();
        }
    })
}

pub(crate) fn capitalize<T: ByteString>(vm: &Vm, this: Gc<T>) -> PyResult {
    let bytes = this.bytes();
    T::make_with(vm, bytes.len(), |out| {
        for (index, (to, &from)) in out.iter_mut().zip(bytes).enumerate() {
            *to = if index == 0 { from.to_ascii_uppercase() } else { from.to_ascii_lowercase() };
        }
    })
}

pub(crate) fn is_title(bytes: &[u8]) -> bool {
    let (mut any, mut in_word) = (false, false);
    for byte in bytes {
        if byte.is_ascii_uppercase() && in_word || byte.is_ascii_lowercase() && !in_word {
            return false;
        }
        in_word = byte.is_ascii_alphabetic();
        any |= in_word;
    }
    any
}

/// The byte that fills: one byte as bytes.
pub(crate) struct FillByte(u8);

impl crate::args::FromValue for FillByte {
    fn from_value(vm: &Vm, value: Value, argument: crate::args::Argument) -> PyResult<FillByte> {
        let first = |bytes: &[u8], what| (bytes.first().copied(), bytes.len(), what);
        let given = match (vm.cast::<PyBytes>(value), vm.cast::<PyByteArray>(value)) {
            (Some(bytes), _) => Some(first(bytes.as_slice(), "bytes")),
            (_, Some(array)) => Some(first(array.as_slice(), "bytearray")),
            _ => None,
        };
        match given {
            Some((Some(byte), 1, _)) => Ok(FillByte(byte)),
            Some((_, len, what)) => {
                let function = argument.function();
                Err(vm.type_error(format_args!(
                    "{function}(): argument 2 must be a byte string of length 1, not a {what} object of length {len}"
                )))
            }
            None => Err(argument.bad_type(vm, "a byte string of length 1", value)),
        }
    }
}

/// Which side is padded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
    Both,
}

pub(crate) fn pad<T: ByteString>(vm: &Vm, this: Gc<T>, width: isize, fill: Option<FillByte>, side: Side) -> PyResult {
    let bytes = this.bytes();
    let lack = usize::try_from(width).unwrap_or(0).saturating_sub(bytes.len());
    if lack == 0 {
        return T::unchanged(vm, this);
    }
    let left = match side {
        Side::Left => lack,
        Side::Right => 0,
        Side::Both => lack / 2 + (lack & width as usize & 1),
    };
    T::make_with(vm, bytes.len() + lack, |out| {
        out.fill(fill.map_or(b' ', |fill| fill.0));
        out[left..left + bytes.len()].copy_from_slice(bytes);
    })
}

pub(crate) fn zfill<T: ByteString>(vm: &Vm, this: Gc<T>, width: isize) -> PyResult {
    let bytes = this.bytes();
    let lack = usize::try_from(width).unwrap_or(0).saturating_sub(bytes.len());
    if lack == 0 {
        return T::unchanged(vm, this);
    }
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    T::make_with(vm, bytes.len() + lack, |out| {
        out.fill(b'0');
        out[..sign].copy_from_slice(&bytes[..sign]);
        out[lack + sign..].copy_from_slice(&bytes[sign..]);
    })
}

pub(crate) fn expandtabs<T: ByteString>(vm: &Vm, this: Gc<T>, size: i32) -> PyResult {
    let data = StrData::Latin1(this.bytes());
    let mut len = 0usize;
    expand_tabs(data, size, |_, count| len = len.saturating_add(count));
    if len > isize::MAX as usize {
        return Err(vm.overflow_error("result too long"));
    }
    T::make_with(vm, len, |out| {
        let mut at = 0;
        expand_tabs(data, size, |byte, count| {
            out[at..at + count].fill(byte as u8);
            at += count;
        });
    })
}

/// `data * count`.
pub(crate) fn repeat<T: ByteString>(vm: &Vm, this: Gc<T>, count: isize) -> PyResult {
    let bytes = this.bytes();
    let count = usize::try_from(count).unwrap_or(0);
    if count == 1 {
        return T::unchanged(vm, this);
    }
    let len = bytes.len().checked_mul(count).filter(|&len| len <= isize::MAX as usize);
    let len = len.ok_or_else(|| match T::NAME {
        "bytes" => vm.overflow_error("repeated bytes are too long"),
        _ => vm.no_memory(),
    })?;
    T::make_with(vm, len, |out| fill_repeated(out, bytes))
}

/// Fills with copies of some bytes.
pub(crate) fn fill_repeated(out: &mut [u8], bytes: &[u8]) {
    match *bytes {
        [] => {}
        [byte] => out.fill(byte),
        _ => out.chunks_mut(bytes.len()).for_each(|chunk| chunk.copy_from_slice(&bytes[..chunk.len()])),
    }
}

/// `a + b`.
pub(crate) fn concat<T: ByteString>(vm: &Vm, this: Gc<T>, other: Value) -> PyResult {
    if !vm.is_bytes_like(other) {
        let class = vm.class_name(other);
        return Err(vm.type_error(format_args!("can't concat {class} to {}", T::NAME)));
    }
    let other = BytesArgument::buffer(vm, other)?;
    let (a, b) = (this.bytes(), other.as_slice());
    T::make_with(vm, a.len() + b.len(), |out| {
        let (left, right) = out.split_at_mut(a.len());
        left.copy_from_slice(a);
        right.copy_from_slice(b);
    })
}

/// Whether there are bytes and all have a property.
pub(crate) fn all(bytes: &[u8], property: fn(&u8) -> bool) -> bool {
    !bytes.is_empty() && bytes.iter().all(property)
}

/// `repr`: `b'...'`. That of `bytearray` escapes single quotes within double ones, too.
pub(crate) fn repr(bytes: &[u8], escape_single: bool) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(quote as char);
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            _ if byte == quote || byte == b'\'' && escape_single => {
                out.push('\\');
                out.push(byte as char);
            }
            b' '..=b'~' => out.push(byte as char),
            _ => {
                out.push_str("\\x");
                out.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
                out.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
            }
        }
    }
    out.push(quote as char);
    out
}

pub(crate) fn decode<T: ByteString>(
    vm: &Vm,
    this: Gc<T>,
    encoding: Option<Gc<PyStr>>,
    errors: Option<Gc<PyStr>>,
) -> PyResult<Gc<PyStr>> {
    crate::types::str::check_no_null(vm, encoding)?;
    crate::types::str::check_no_null(vm, errors)?;
    vm.decode(this.value(), this.bytes(), encoding, errors)
}

/// Gives a type the methods that `bytes` and `bytearray` share, as the part `METHODS`.
macro_rules! byte_methods {
    ($type:ty, $name:literal) => {
        #[$crate::py_methods(METHODS, of = $name)]
        impl $type {
            #[method("find", raw, signature = "($self, sub[, start[, end]], /)", doc = "Return the lowest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].

  start
    Optional start position. Default: start of the bytes.
  end
    Optional stop position. Default: end of the bytes.

Return -1 on failure.")]
            fn find(vm: &Vm, this: Gc<$type>, args: Args<'_>) -> PyResult<isize> {
                Ok(shared::position(vm, this, args, "find", memchr::memmem::find)?.map_or(-1, |at| at as isize))
            }

            #[method("rfind", raw, signature = "($self, sub[, start[, end]], /)", doc = "Return the highest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].

  start
    Optional start position. Default: start of the bytes.
  end
    Optional stop position. Default: end of the bytes.

Return -1 on failure.")]
            fn rfind(vm: &Vm, this: Gc<$type>, args: Args<'_>) -> PyResult<isize> {
                Ok(shared::position(vm, this, args, "rfind", memchr::memmem::rfind)?.map_or(-1, |at| at as isize))
            }

            #[method("index", raw, signature = "($self, sub[, start[, end]], /)", doc = "Return the lowest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].

  start
    Optional start position. Default: start of the bytes.
  end
    Optional stop position. Default: end of the bytes.

Raise ValueError if the subsection is not found.")]
            fn index(vm: &Vm, this: Gc<$type>, args: Args<'_>) -> PyResult<usize> {
                shared::index(vm, this, args, "index", memchr::memmem::find)
            }

            #[method("rindex", raw, signature = "($self, sub[, start[, end]], /)", doc = "Return the highest index in B where subsection 'sub' is found, such that 'sub' is contained within B[start,end].

  start
    Optional start position. Default: start of the bytes.
  end
    Optional stop position. Default: end of the bytes.

Raise ValueError if the subsection is not found.")]
            fn rindex(vm: &Vm, this: Gc<$type>, args: Args<'_>) -> PyResult<usize> {
                shared::index(vm, this, args, "rindex", memchr::memmem::rfind)
            }

            #[method("count", raw, signature = "($self, sub[, start[, end]], /)", doc = "Return the number of non-overlapping occurrences of subsection 'sub' in bytes B[start:end].

  start
    Optional start position. Default: start of the bytes.
  end
    Optional stop position. Default: end of the bytes.")]
            fn count(vm: &Vm, this: Gc<$type>, args: Args<'_>) -> PyResult<usize> {
                shared::count(vm, this, args)
            }

            #[method("startswith", raw, signature = "($self, prefix[, start[, end]], /)", doc = "Return True if the bytes starts with the specified prefix, False otherwise.

  prefix
    A bytes or a tuple of bytes to try.
  start
    Optional start position. Default: start of the bytes.
  end
    Optional stop position. Default: end of the bytes.")]
            fn startswith(vm: &Vm, this: Gc<$type>, args: Args<'_>) -> PyResult<bool> {
                shared::has_affix(vm, this, args, "startswith", |bytes, affix| bytes.starts_with(affix))
            }

            #[method("endswith", raw, signature = "($self, suffix[, start[, end]], /)", doc = "Return True if the bytes ends with the specified suffix, False otherwise.

  suffix
    A bytes or a tuple of bytes to try.
  start
    Optional start position. Default: start of the bytes.
  end
    Optional stop position. Default: end of the bytes.")]
            fn endswith(vm: &Vm, this: Gc<$type>, args: Args<'_>) -> PyResult<bool> {
                shared::has_affix(vm, this, args, "endswith", |bytes, affix| bytes.ends_with(affix))
            }

            #[method("removeprefix($self, prefix, /)", doc = "Return a bytes object with the given prefix string removed if present.

If the bytes starts with the prefix string, return
bytes[len(prefix):].  Otherwise, return a copy of the original
bytes.")]
            fn removeprefix(vm: &Vm, this: Gc<$type>, prefix: Value) -> PyResult {
                shared::remove_affix(vm, this, prefix, false)
            }

            #[method("removesuffix($self, suffix, /)", doc = "Return a bytes object with the given suffix string removed if present.

If the bytes ends with the suffix string and that suffix is not
empty, return bytes[:-len(prefix)].  Otherwise, return a copy of the
original bytes.")]
            fn removesuffix(vm: &Vm, this: Gc<$type>, suffix: Value) -> PyResult {
                shared::remove_affix(vm, this, suffix, true)
            }

            #[method("split($self, /, sep=None, maxsplit=-1)", doc = "Return a list of the sections in the bytes, using sep as the delimiter.

  sep
    The delimiter according which to split the bytes.
    None (the default value) means split on ASCII whitespace
    characters (space, tab, return, newline, formfeed, vertical tab).
  maxsplit
    Maximum number of splits to do.
    -1 (the default value) means no limit.")]
            fn split(vm: &Vm, this: Gc<$type>, sep: Value, maxsplit: isize) -> PyResult<Gc<PyList>> {
                shared::split(vm, this, sep, maxsplit, false)
            }

            #[method("rsplit($self, /, sep=None, maxsplit=-1)", doc = "Return a list of the sections in the bytes, using sep as the delimiter.

  sep
    The delimiter according which to split the bytes.
    None (the default value) means split on ASCII whitespace
    characters (space, tab, return, newline, formfeed, vertical tab).
  maxsplit
    Maximum number of splits to do.
    -1 (the default value) means no limit.

Splitting is done starting at the end of the bytes and working to
the front.")]
            fn rsplit(vm: &Vm, this: Gc<$type>, sep: Value, maxsplit: isize) -> PyResult<Gc<PyList>> {
                shared::split(vm, this, sep, maxsplit, true)
            }

            #[method("splitlines($self, /, keepends=False)", doc = "Return a list of the lines in the bytes, breaking at line boundaries.

Line breaks are not included in the resulting list unless keepends
is given and true.")]
            fn splitlines(vm: &Vm, this: Gc<$type>, keepends: bool) -> PyResult<Gc<PyList>> {
                shared::splitlines(vm, this, keepends)
            }

            #[method("partition($self, sep, /)", doc = "Partition the bytes into three parts using the given separator.

This will search for the separator sep in the bytes.  If the
separator is found, returns a 3-tuple containing the part before the
separator, the separator itself, and the part after it.

If the separator is not found, returns a 3-tuple containing the
original bytes object and two empty bytes objects.")]
            fn partition(vm: &Vm, this: Gc<$type>, sep: Value) -> PyResult<Gc<PyTuple>> {
                shared::partition(vm, this, sep, false)
            }

            #[method("rpartition($self, sep, /)", doc = "Partition the bytes into three parts using the given separator.

This will search for the separator sep in the bytes, starting at the
end.  If the separator is found, returns a 3-tuple containing the
part before the separator, the separator itself, and the part after
it.

If the separator is not found, returns a 3-tuple containing two
empty bytes objects and the original bytes object.")]
            fn rpartition(vm: &Vm, this: Gc<$type>, sep: Value) -> PyResult<Gc<PyTuple>> {
                shared::partition(vm, this, sep, true)
            }

            #[method("join($self, iterable_of_bytes, /)", doc = "Concatenate any number of bytes objects.

The bytes whose method is called is inserted in between each pair.

The result is returned as a new bytes object.

Example: b'.'.join([b'ab', b'pq', b'rs']) -> b'ab.pq.rs'.")]
            fn join(vm: &Vm, this: Gc<$type>, iterable_of_bytes: Value) -> PyResult {
                shared::join(vm, this, iterable_of_bytes)
            }

            #[method("replace($self, old, new, count=-1, /)", doc = "Return a copy with all occurrences of substring old replaced by new.

  count
    Maximum number of occurrences to replace.
    -1 (the default value) means replace all occurrences.

If the optional argument count is given, only the first count occurrences are
replaced.")]
            fn replace(vm: &Vm, this: Gc<$type>, old: Value, new: Value, count: isize) -> PyResult {
                shared::replace(vm, this, old, new, count)
            }

            #[method("strip($self, bytes=None, /)", doc = "Strip leading and trailing bytes contained in the argument.

If the argument is omitted or None, strip leading and trailing ASCII
whitespace.")]
            fn strip(vm: &Vm, this: Gc<$type>, bytes: Value) -> PyResult {
                shared::strip(vm, this, bytes, true, true)
            }

            #[method("lstrip($self, bytes=None, /)", doc = "Strip leading bytes contained in the argument.

If the argument is omitted or None, strip leading  ASCII whitespace.")]
            fn lstrip(vm: &Vm, this: Gc<$type>, bytes: Value) -> PyResult {
                shared::strip(vm, this, bytes, true, false)
            }

            #[method("rstrip($self, bytes=None, /)", doc = "Strip trailing bytes contained in the argument.

If the argument is omitted or None, strip trailing ASCII whitespace.")]
            fn rstrip(vm: &Vm, this: Gc<$type>, bytes: Value) -> PyResult {
                shared::strip(vm, this, bytes, false, true)
            }

            #[method("translate($self, table, /, delete=b'')", doc = "Return a copy with each character mapped by the given translation table.

  table
    Translation table, which must be a bytes object of length 256.

All characters occurring in the optional argument delete are
removed.  The remaining characters are mapped through the given
translation table.")]
            fn translate(vm: &Vm, this: Gc<$type>, table: Value, delete: Option<Value>) -> PyResult {
                shared::translate(vm, this, table, delete)
            }

            #[staticmethod("maketrans(frm, to, /)", doc = "Return a translation table usable for the bytes or bytearray translate method.

The returned table will be one where each byte in frm is mapped to
the byte at the same position in to.

The bytes objects frm and to must be of the same length.")]
            fn maketrans(vm: &Vm, frm: Value, to: Value) -> PyResult<Gc<PyBytes>> {
                shared::maketrans(vm, frm, to)
            }

            #[method("lower($self, /)", doc = "B.lower() -> copy of B

Return a copy of B with all ASCII characters converted to lowercase.")]
            fn lower(vm: &Vm, this: Gc<$type>) -> PyResult {
                shared::map(vm, this, |byte| byte.to_ascii_lowercase())
            }

            #[method("upper($self, /)", doc = "B.upper() -> copy of B

Return a copy of B with all ASCII characters converted to uppercase.")]
            fn upper(vm: &Vm, this: Gc<$type>) -> PyResult {
                shared::map(vm, this, |byte| byte.to_ascii_uppercase())
            }

            #[method("swapcase($self, /)", doc = "B.swapcase() -> copy of B

Return a copy of B with uppercase ASCII characters converted
to lowercase ASCII and vice versa.")]
            fn swapcase(vm: &Vm, this: Gc<$type>) -> PyResult {
                shared::map(vm, this, |byte| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte })
            }

            #[method("title($self, /)", doc = "B.title() -> copy of B

Return a titlecased version of B, i.e. ASCII words start with
uppercase characters, all remaining cased characters have lowercase.")]
            fn title(vm: &Vm, this: Gc<$type>) -> PyResult {
                shared::title(vm, this)
            }

            #[method("capitalize($self, /)", doc = "B.capitalize() -> copy of B

Return a copy of B with only its first character capitalized (ASCII)
and the rest lower-cased.")]
            fn capitalize(vm: &Vm, this: Gc<$type>) -> PyResult {
                shared::capitalize(vm, this)
            }

            #[method("center($self, width, fillchar=b' ', /)", doc = "Return a centered string of length width.

Padding is done using the specified fill character.")]
            fn center(vm: &Vm, this: Gc<$type>, width: isize, fillchar: Option<FillByte>) -> PyResult {
                shared::pad(vm, this, width, fillchar, Side::Both)
            }

            #[method("ljust($self, width, fillchar=b' ', /)", doc = "Return a left-justified string of length width.

Padding is done using the specified fill character.")]
            fn ljust(vm: &Vm, this: Gc<$type>, width: isize, fillchar: Option<FillByte>) -> PyResult {
                shared::pad(vm, this, width, fillchar, Side::Right)
            }

            #[method("rjust($self, width, fillchar=b' ', /)", doc = "Return a right-justified string of length width.

Padding is done using the specified fill character.")]
            fn rjust(vm: &Vm, this: Gc<$type>, width: isize, fillchar: Option<FillByte>) -> PyResult {
                shared::pad(vm, this, width, fillchar, Side::Left)
            }

            #[method("zfill($self, width, /)", doc = "Pad a numeric string with zeros on the left, to fill a field of the given width.

The original string is never truncated.")]
            fn zfill(vm: &Vm, this: Gc<$type>, width: isize) -> PyResult {
                shared::zfill(vm, this, width)
            }

            #[method("expandtabs($self, /, tabsize=8)", doc = "Return a copy where all tab characters are expanded using spaces.

If tabsize is not given, a tab size of 8 characters is assumed.")]
            fn expandtabs(vm: &Vm, this: Gc<$type>, tabsize: i32) -> PyResult {
                shared::expandtabs(vm, this, tabsize)
            }

            #[method("isascii($self, /)", doc = "B.isascii() -> bool

Return True if B is empty or all characters in B are ASCII,
False otherwise.")]
            fn isascii(&self) -> bool {
                self.as_slice().is_ascii()
            }

            #[method("isalnum($self, /)", doc = "B.isalnum() -> bool

Return True if all characters in B are alphanumeric
and there is at least one character in B, False otherwise.")]
            fn isalnum(&self) -> bool {
                shared::all(self.as_slice(), u8::is_ascii_alphanumeric)
            }

            #[method("isalpha($self, /)", doc = "B.isalpha() -> bool

Return True if all characters in B are alphabetic
and there is at least one character in B, False otherwise.")]
            fn isalpha(&self) -> bool {
                shared::all(self.as_slice(), u8::is_ascii_alphabetic)
            }

            #[method("isdigit($self, /)", doc = "B.isdigit() -> bool

Return True if all characters in B are digits
and there is at least one character in B, False otherwise.")]
            fn isdigit(&self) -> bool {
                shared::all(self.as_slice(), u8::is_ascii_digit)
            }

            #[method("isspace($self, /)", doc = "B.isspace() -> bool

Return True if all characters in B are whitespace
and there is at least one character in B, False otherwise.")]
            fn isspace(&self) -> bool {
                shared::all(self.as_slice(), shared::is_space)
            }

            #[method("islower($self, /)", doc = "B.islower() -> bool

Return True if all cased characters in B are lowercase and there is
at least one cased character in B, False otherwise.")]
            fn islower(&self) -> bool {
                let bytes = self.as_slice();
                bytes.iter().any(u8::is_ascii_lowercase) && !bytes.iter().any(u8::is_ascii_uppercase)
            }

            #[method("isupper($self, /)", doc = "B.isupper() -> bool

Return True if all cased characters in B are uppercase and there is
at least one cased character in B, False otherwise.")]
            fn isupper(&self) -> bool {
                let bytes = self.as_slice();
                bytes.iter().any(u8::is_ascii_uppercase) && !bytes.iter().any(u8::is_ascii_lowercase)
            }

            #[method("istitle($self, /)", doc = "B.istitle() -> bool

Return True if B is a titlecased string and there is at least one
character in B, i.e. uppercase characters may only follow uncased
characters and lowercase characters only cased ones. Return False
otherwise.")]
            fn istitle(&self) -> bool {
                shared::is_title(self.as_slice())
            }

            #[method("hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)", doc = "Create a string of hexadecimal numbers from a bytes object.

  sep
    An optional single character or byte to separate hex bytes.
  bytes_per_sep
    How many bytes between separators.  Positive values count from
    the right, negative values count from the left.

Example:
>>> value = b'\\xb9\\x01\\xef'
>>> value.hex()
'b901ef'
>>> value.hex(':')
'b9:01:ef'
>>> value.hex(':', 2)
'b9:01ef'
>>> value.hex(':', -2)
'b901:ef'")]
            fn hex(vm: &Vm, this: Gc<$type>, sep: Option<Value>, bytes_per_sep: i32) -> PyResult<Gc<PyStr>> {
                let _held = shared::ByteString::hold(&*this);
                hex::hex(vm, this.as_slice(), sep, bytes_per_sep)
            }

            #[method("decode($self, /, encoding='utf-8', errors='strict')", doc = "Decode the bytes using the codec registered for encoding.

  encoding
    The encoding with which to decode the bytes.
  errors
    The error handling scheme to use for the handling of decoding
    errors.  The default is 'strict' meaning that decoding errors
    raise a UnicodeDecodeError.  Other possible values are 'ignore'
    and 'replace' as well as any other name registered with
    codecs.register_error that can handle UnicodeDecodeErrors.")]
            fn decode(
                vm: &Vm,
                this: Gc<$type>,
                encoding: Option<Gc<PyStr>>,
                errors: Option<Gc<PyStr>>,
            ) -> PyResult<Gc<PyStr>> {
                shared::decode(vm, this, encoding, errors)
            }
        }
    };
}
pub(crate) use byte_methods;
