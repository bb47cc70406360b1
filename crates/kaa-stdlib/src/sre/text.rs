//! The texts that patterns are matched against, and the results that are parts of them.

use std::sync::atomic::AtomicU32;

use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::{PyStr, StrBuilder, StrData};
use kaa_objects::vm::poll;
use kaa_objects::{PyResult, Raised, Value, Vm};

use super::engine::{Machine, Subject};

/// A text: characters or bytes.
#[derive(Clone, Copy)]
pub enum Text<'a> {
    /// Of a `str`.
    Str(StrData<'a>),
    /// Of a bytes-like object.
    Bytes(&'a [u8]),
}

/// How a pattern is applied.
#[derive(Clone, Copy, PartialEq)]
pub enum Mode {
    /// At the start.
    Match,
    /// At the start, up to the end.
    FullMatch,
    /// At the first place from the start on.
    Search,
}

/// Calls a function with the text of a string or a bytes-like object; `is_bytes` is what the
/// pattern wants, if it wants either.
pub fn with_text<R>(
    vm: &Vm,
    string: Value,
    is_bytes: Option<bool>,
    with: impl FnOnce(Text<'_>) -> PyResult<R>,
) -> PyResult<R> {
    if let Some(string) = vm.cast::<PyStr>(string) {
        if is_bytes == Some(true) {
            return Err(vm.type_error("cannot use a bytes pattern on a string-like object"));
        }
        return with(Text::Str(string.data()));
    }
    if !vm.is_bytes_like(string) {
        return Err(not_a_text(vm, string));
    }
    if is_bytes == Some(false) {
        return Err(vm.type_error("cannot use a string pattern on a bytes-like object"));
    }
    vm.with_bytes(string, |bytes| with(Text::Bytes(bytes)))
}

#[cold]
pub fn not_a_text(vm: &Vm, value: Value) -> Raised {
    let class = vm.class_name(value);
    vm.type_error(format_args!("expected string or bytes-like object, got '{class}'"))
}

impl<'a> Text<'a> {
    /// The number of characters.
    pub fn len(self) -> usize {
        match self {
            Text::Str(data) => data.len(),
            Text::Bytes(bytes) => bytes.len(),
        }
    }

    /// The object for a part of the text, which is that of `string`.
    pub fn slice(self, vm: &Vm, string: Value, start: usize, end: usize) -> PyResult {
        let whole = start == 0 && end == self.len();
        match self {
            Text::Str(_) if whole && vm.cast_exact::<PyStr>(string).is_some() => Ok(string),
            Text::Str(data) => Ok(vm.new_str_from_data(data.slice(start..end))?.value()),
            Text::Bytes(_) if whole && vm.cast_exact::<PyBytes>(string).is_some() => Ok(string),
            Text::Bytes(bytes) => Ok(vm.new_bytes(&bytes[start..end])?.value()),
        }
    }

    /// The text of a group that matched last, or `default`.
    pub fn group(self, vm: &Vm, string: Value, machine: &Machine, group: usize, default: Value) -> PyResult {
        match machine.span(group) {
            Some((start, end)) => self.slice(vm, string, start, end),
            None => Ok(default),
        }
    }

    /// An empty object of the text's kind.
    pub fn empty(self, vm: &Vm) -> PyResult {
        match self {
            Text::Str(_) => Ok(vm.new_str("")?.value()),
            Text::Bytes(_) => Ok(vm.new_bytes(b"")?.value()),
        }
    }

    /// Applies the code of a pattern between two places, and calls a function with the machine when
    /// it matches. Signals are handled meanwhile; then matching starts again.
    pub fn run<R>(
        self,
        vm: &Vm,
        program: (&[u32], usize),
        range: (usize, usize),
        mode: Mode,
        must_advance: bool,
        then: impl FnOnce(&Machine) -> PyResult<R>,
    ) -> PyResult<Option<R>> {
        // Only the main thread handles signals.
        let stop = (&vm.poll, if vm.is_main_thread() { poll::SIGNAL } else { 0 });
        loop {
            {
                let machine = &mut *super::machine(vm).borrow_mut();
                machine.interrupted = false;
                if self.run_once(machine, program, range, mode, must_advance, stop) {
                    return then(machine).map(Some);
                }
                if !machine.interrupted {
                    return Ok(None);
                }
            }
            vm.check_signals()?;
        }
    }

    fn run_once(
        self,
        machine: &mut Machine,
        (code, groups): (&[u32], usize),
        (start, end): (usize, usize),
        mode: Mode,
        must_advance: bool,
        stop: (&AtomicU32, u32),
    ) -> bool {
        if start > end && mode != Mode::Match {
            return false;
        }
        let end = end.max(start);
        macro_rules! apply {
            ($text:expr) => {{
                let subject = Subject { text: &$text[..end], start, full: mode == Mode::FullMatch, must_advance, stop };
                match mode {
                    Mode::Search => machine.search(code, groups, subject),
                    _ => machine.match_at(code, groups, subject),
                }
            }};
        }
        match self {
            Text::Str(StrData::Latin1(text)) | Text::Bytes(text) => apply!(text),
            Text::Str(StrData::Ucs2(text)) => apply!(text),
            Text::Str(StrData::Ucs4(text)) => apply!(text),
        }
    }
}

/// A text that is being put together.
pub enum Output {
    /// Of characters.
    Str(StrBuilder),
    /// Of bytes.
    Bytes(Vec<u8>),
}

impl Output {
    /// An empty one of the kind of a text.
    pub fn like(text: Text<'_>) -> Output {
        match text {
            Text::Str(_) => Output::Str(StrBuilder::default()),
            Text::Bytes(_) => Output::Bytes(Vec::new()),
        }
    }

    /// Appends a part of a text of the same kind.
    pub fn push_part(&mut self, text: Text<'_>, start: usize, end: usize) {
        match (self, text) {
            (Output::Str(out), Text::Str(data)) => out.push_data(data.slice(start..end)),
            (Output::Bytes(out), Text::Bytes(bytes)) => out.extend_from_slice(&bytes[start..end]),
            _ => unreachable!("the output was made for the text"),
        }
    }

    /// Appends an object, the item of this number in what CPython would join.
    pub fn push_value(&mut self, vm: &Vm, value: Value, number: usize) -> PyResult<()> {
        match self {
            Output::Str(out) => match vm.cast::<PyStr>(value) {
                Some(string) => out.push_py(&string),
                None => {
                    let class = vm.class_name(value);
                    return Err(
                        vm.type_error(format_args!("sequence item {number}: expected str instance, {class} found"))
                    );
                }
            },
            Output::Bytes(out) => {
                if !vm.is_bytes_like(value) {
                    let class = vm.class_name(value);
                    return Err(vm.type_error(format_args!(
                        "sequence item {number}: expected a bytes-like object, {class} found"
                    )));
                }
                vm.with_bytes(value, |bytes| {
                    out.extend_from_slice(bytes);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// The object.
    pub fn finish(self, vm: &Vm) -> PyResult {
        match self {
            Output::Str(out) => Ok(out.finish(vm)?.value()),
            Output::Bytes(out) => Ok(vm.new_bytes(&out)?.value()),
        }
    }
}
