//! Error handlers: what becomes of text that an encoding does not have, and of bytes that are no
//! text.

use crate::types::bytes::PyBytes;
use crate::types::exceptions::{PyBaseException, PyUnicodeError};
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Raised, Value, Vm};

/// An error handler by its name. It lives on the native stack only.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the handlers")]
pub enum Errors {
    Strict,
    Ignore,
    Replace,
    BackslashReplace,
    XmlCharRefReplace,
    NameReplace,
    SurrogateEscape,
    SurrogatePass,
    /// One that has to be registered.
    Registered(Gc<PyStr>),
}

impl Errors {
    /// The handler of a name; `strict` without one.
    pub fn by_name(name: Option<Gc<PyStr>>) -> Errors {
        let Some(name) = name else { return Errors::Strict };
        name.as_ascii().and_then(Errors::built_in).unwrap_or(Errors::Registered(name))
    }

    /// The handler of a name that needs no registry.
    pub fn built_in(name: &str) -> Option<Errors> {
        Some(match name {
            "strict" => Errors::Strict,
            "ignore" => Errors::Ignore,
            "replace" => Errors::Replace,
            "backslashreplace" => Errors::BackslashReplace,
            "xmlcharrefreplace" => Errors::XmlCharRefReplace,
            "namereplace" => Errors::NameReplace,
            "surrogateescape" => Errors::SurrogateEscape,
            "surrogatepass" => Errors::SurrogatePass,
            _ => return None,
        })
    }
}

/// What one run of a codec keeps for its mistakes: a registered handler is looked up once, and gets
/// the same exception each time. It stands on the native stack only.
pub struct Handler {
    errors: Errors,
    function: Option<Value>,
    exception: Option<Gc<PyUnicodeError>>,
}

impl Handler {
    /// For a new run.
    pub fn new(errors: &Errors) -> Handler {
        Handler { errors: *errors, function: None, exception: None }
    }

    /// Calls a registered handler. Gives what it returned, if that is a tuple of a value and an
    /// integer.
    fn call(&mut self, vm: &Vm, name: Gc<PyStr>) -> PyResult<Option<(Value, Value)>> {
        let function = match self.function {
            Some(function) => function,
            None => *self.function.insert(vm.error_handler(name)?),
        };
        let exception = self.exception.map_or(Value::NONE, |exception| exception.value());
        let result = vm.call(function, &[exception])?;
        let tuple = vm.cast::<PyTuple>(result);
        Ok(tuple.and_then(|tuple| match *tuple.as_slice() {
            [replacement, position] if vm.is_int(position) => Some((replacement, position)),
            _ => None,
        }))
    }

    /// Brings the exception up to date, or makes it.
    fn set_exception(
        &mut self,
        vm: &Vm,
        (start, end): (usize, usize),
        reason: &str,
        make: impl FnOnce() -> PyResult<Gc<PyBaseException>>,
    ) -> PyResult<()> {
        match self.exception {
            Some(exception) => {
                exception.start.set(start as isize);
                exception.end.set(end as isize);
                exception.reason.set(vm, exception, vm.new_str(reason)?.value());
            }
            None => self.exception = vm.cast::<PyUnicodeError>(make()?.value()),
        }
        Ok(())
    }
}

/// Code points that an encoding does not have.
pub struct EncodeFailure<'a> {
    /// The name of the encoding.
    pub encoding: &'a str,
    /// The text.
    pub text: Gc<PyStr>,
    /// The first of them.
    pub start: usize,
    /// Behind the last.
    pub end: usize,
    /// Why.
    pub reason: &'a str,
}

/// What stands for code points that an encoding does not have.
pub enum EncodeReplacement {
    /// Characters, to be encoded in turn.
    Characters(Vec<u32>),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`.
fn push_backslash(out: &mut Vec<u32>, code_point: u32) {
    let text = match code_point {
        0..0x100 => format!("\\x{code_point:02x}"),
        0x100..0x1_0000 => format!("\\u{code_point:04x}"),
        _ => format!("\\U{code_point:08x}"),
    };
    out.extend(text.chars().map(u32::from));
}

fn is_surrogate(code_point: u32) -> bool {
    (0xd800..0xe000).contains(&code_point)
}

impl EncodeFailure<'_> {
    /// The `UnicodeEncodeError`.
    pub fn exception(&self, vm: &Vm) -> PyResult<Gc<PyBaseException>> {
        let (encoding, reason) = (vm.new_str(self.encoding)?, vm.new_str(self.reason)?);
        let (start, end) = (Value::small_int(self.start as i64), Value::small_int(self.end as i64));
        let args = [encoding.value(), self.text.value(), start, end, reason.value()];
        vm.new_exception(vm.exceptions().UnicodeEncodeError, &args)
    }

    /// Raises the `UnicodeEncodeError`.
    #[cold]
    pub fn raise(&self, vm: &Vm) -> Raised {
        match self.exception(vm) {
            Ok(exception) => vm.raise(exception),
            Err(raised) => raised,
        }
    }

    /// What stands for the code points, and where to go on in the text.
    pub fn handle(&self, vm: &Vm, handler: &mut Handler) -> PyResult<(EncodeReplacement, usize)> {
        if let Errors::Registered(name) = handler.errors {
            return self.call_handler(vm, handler, name);
        }
        // A surrogate that stands for a byte may be followed by others that do not.
        let part = match handler.errors {
            Errors::SurrogateEscape => EncodeFailure { end: self.end_of_escapes(), ..*self },
            _ => EncodeFailure { ..*self },
        };
        match part.replacement(handler.errors) {
            Some(replacement) => Ok((replacement, part.end)),
            None => Err(part.raise(vm)),
        }
    }

    /// Where the surrogates that stand for bytes end, when it begins with some.
    fn end_of_escapes(&self) -> usize {
        let codes = self.text.data().slice(self.start..self.end);
        let escapes = codes.iter().take_while(|c| (0xdc80..0xdd00).contains(c)).count();
        if escapes == 0 { self.end } else { self.start + escapes }
    }

    /// What stands for the code points by a handler that is built in; `None` when it raises.
    pub fn replacement(&self, errors: Errors) -> Option<EncodeReplacement> {
        let failed = self.text.data().slice(self.start..self.end);
        let mut out = Vec::new();
        match errors {
            Errors::Strict | Errors::Registered(_) => return None,
            Errors::Ignore => {}
            Errors::Replace => out.resize(failed.len(), b'?'.into()),
            Errors::BackslashReplace => failed.iter().for_each(|c| push_backslash(&mut out, c)),
            Errors::XmlCharRefReplace => {
                failed.iter().for_each(|c| out.extend(format!("&#{c};").chars().map(u32::from)));
            }
            Errors::NameReplace => {
                for code_point in failed.iter() {
                    match char::from_u32(code_point).and_then(kaa_text::names::character_name) {
                        Some(name) => out.extend(format!("\\N{{{name}}}").chars().map(u32::from)),
                        None => push_backslash(&mut out, code_point),
                    }
                }
            }
            Errors::SurrogateEscape => {
                if !failed.iter().all(|c| (0xdc80..0xdd00).contains(&c)) {
                    return None;
                }
                return Some(EncodeReplacement::Bytes(failed.iter().map(|c| (c - 0xdc00) as u8).collect()));
            }
            Errors::SurrogatePass => {
                let form = unit_of(self.encoding).filter(|_| failed.iter().all(is_surrogate))?;
                let mut bytes = Vec::new();
                for code_point in failed.iter() {
                    match form {
                        Form::Utf8 => kaa_text::wtf8::push_code_point(&mut bytes, code_point),
                        Form::Utf16(false) => bytes.extend_from_slice(&(code_point as u16).to_le_bytes()),
                        Form::Utf16(true) => bytes.extend_from_slice(&(code_point as u16).to_be_bytes()),
                        Form::Utf32(false) => bytes.extend_from_slice(&code_point.to_le_bytes()),
                        Form::Utf32(true) => bytes.extend_from_slice(&code_point.to_be_bytes()),
                    }
                }
                return Some(EncodeReplacement::Bytes(bytes));
            }
        }
        Some(EncodeReplacement::Characters(out))
    }

    fn call_handler(&self, vm: &Vm, handler: &mut Handler, name: Gc<PyStr>) -> PyResult<(EncodeReplacement, usize)> {
        handler.set_exception(vm, (self.start, self.end), self.reason, || self.exception(vm))?;
        let bad = || vm.type_error("encoding error handler must return (str/bytes, int) tuple");
        let (replacement, position) = handler.call(vm, name)?.ok_or_else(bad)?;
        let text = vm.cast::<PyStr>(replacement);
        let replacement = match (text, vm.cast::<PyBytes>(replacement)) {
            (Some(text), _) => EncodeReplacement::Characters(text.data().iter().collect()),
            (None, Some(bytes)) => EncodeReplacement::Bytes(bytes.as_slice().to_vec()),
            (None, None) => return Err(bad()),
        };
        Ok((replacement, vm.handler_position(position, self.text.len())?))
    }
}

/// How an encoding writes a surrogate.
enum Form {
    Utf8,
    /// Whether big-endian.
    Utf16(bool),
    Utf32(bool),
}

fn unit_of(encoding: &str) -> Option<Form> {
    let name = encoding.to_ascii_lowercase().replace('_', "-");
    Some(match name.strip_prefix("utf")?.trim_start_matches('-') {
        "8" => Form::Utf8,
        "16" => Form::Utf16(cfg!(target_endian = "big")),
        "16-le" | "16le" => Form::Utf16(false),
        "16-be" | "16be" => Form::Utf16(true),
        "32" => Form::Utf32(cfg!(target_endian = "big")),
        "32-le" | "32le" => Form::Utf32(false),
        "32-be" | "32be" => Form::Utf32(true),
        _ => return None,
    })
}

/// Bytes that are no text in an encoding.
pub struct DecodeFailure<'a> {
    /// The name of the encoding.
    pub encoding: &'a str,
    /// All bytes.
    pub bytes: &'a [u8],
    /// The first of those that are wrong.
    pub start: usize,
    /// Behind the last.
    pub end: usize,
    /// Why.
    pub reason: &'a str,
}

/// How decoding goes on behind a mistake.
pub struct Resumed<'a> {
    /// What stands for the mistake.
    pub replacement: DecodeReplacement,
    /// The bytes from now on: a handler may have put others in place.
    pub bytes: &'a [u8],
    /// Where to go on in them.
    pub next: usize,
}

/// What stands for bytes that are no text.
pub enum DecodeReplacement {
    /// These code points.
    Characters(Vec<u32>),
    /// What a registered handler gave.
    Text(Gc<PyStr>),
}

impl<'a> DecodeFailure<'a> {
    /// The `UnicodeDecodeError`.
    pub fn exception(&self, vm: &Vm) -> PyResult<Gc<PyBaseException>> {
        let (encoding, reason) = (vm.new_str(self.encoding)?, vm.new_str(self.reason)?);
        let bytes = vm.new_bytes(self.bytes)?;
        let (start, end) = (Value::small_int(self.start as i64), Value::small_int(self.end as i64));
        let args = [encoding.value(), bytes.value(), start, end, reason.value()];
        vm.new_exception(vm.exceptions().UnicodeDecodeError, &args)
    }

    /// Raises the `UnicodeDecodeError`.
    #[cold]
    pub fn raise(&self, vm: &Vm) -> Raised {
        match self.exception(vm) {
            Ok(exception) => vm.raise(exception),
            Err(raised) => raised,
        }
    }

    /// What stands for the bytes, and where to go on.
    pub fn handle(&self, vm: &Vm, handler: &mut Handler) -> PyResult<Resumed<'a>> {
        let (replacement, next) = match handler.errors {
            Errors::Registered(name) => return self.call_handler(vm, handler, name),
            Errors::XmlCharRefReplace | Errors::NameReplace => {
                return Err(vm.type_error("don't know how to handle UnicodeDecodeError in error callback"));
            }
            errors => self.replacement(errors).ok_or_else(|| self.raise(vm))?,
        };
        Ok(Resumed { replacement: DecodeReplacement::Characters(replacement), bytes: self.bytes, next })
    }

    /// What stands for the bytes by a handler that is built in, and where to go on; `None` when it
    /// raises.
    pub fn replacement(&self, errors: Errors) -> Option<(Vec<u32>, usize)> {
        let failed = &self.bytes[self.start..self.end];
        let mut out = Vec::new();
        match errors {
            Errors::Strict | Errors::XmlCharRefReplace | Errors::NameReplace | Errors::Registered(_) => return None,
            Errors::Ignore => {}
            Errors::Replace => out.push(0xfffd),
            Errors::BackslashReplace => failed.iter().for_each(|&b| push_backslash(&mut out, b.into())),
            Errors::SurrogateEscape => {
                // ASCII is never escaped, nor are more than four bytes at once.
                out.extend(failed.iter().take(4).take_while(|&&b| b >= 0x80).map(|&b| 0xdc00 + u32::from(b)));
                let end = self.start + out.len();
                return (!out.is_empty()).then_some((out, end));
            }
            Errors::SurrogatePass => {
                let (code_point, len) = self.passed_surrogate()?;
                return Some((vec![code_point], self.start + len));
            }
        }
        Some((out, self.end))
    }

    /// The surrogate that stands at the start, and its length in bytes.
    fn passed_surrogate(&self) -> Option<(u32, usize)> {
        let rest = &self.bytes[self.start..];
        let word = |bytes: &[u8]| bytes.iter().fold(0, |word, &b| word << 8 | u32::from(b));
        let reversed = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &b| word << 8 | u32::from(b));
        let (code_point, len) = match unit_of(self.encoding)? {
            Form::Utf8 => match *rest.get(..3)? {
                [0xed, second, third] if second & 0xe0 == 0xa0 && third & 0xc0 == 0x80 => {
                    (0xd000 | u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f), 3)
                }
                _ => return None,
            },
            Form::Utf16(false) => (reversed(rest.get(..2)?), 2),
            Form::Utf16(true) => (word(rest.get(..2)?), 2),
            Form::Utf32(false) => (reversed(rest.get(..4)?), 4),
            Form::Utf32(true) => (word(rest.get(..4)?), 4),
        };
        is_surrogate(code_point).then_some((code_point, len))
    }

    fn call_handler(&self, vm: &Vm, handler: &mut Handler, name: Gc<PyStr>) -> PyResult<Resumed<'a>> {
        handler.set_exception(vm, (self.start, self.end), self.reason, || self.exception(vm))?;
        let bad = || vm.type_error("decoding error handler must return (str, int) tuple");
        let (replacement, position) = handler.call(vm, name)?.ok_or_else(bad)?;
        let Some(text) = vm.cast::<PyStr>(replacement) else { return Err(bad()) };
        // Handlers may put other bytes in place of those that are decoded.
        let object = handler.exception.and_then(|exception| exception.object.get());
        let Some(object) = object.and_then(|object| vm.cast::<PyBytes>(object)) else {
            return Err(vm.type_error("UnicodeError 'object' attribute must be a bytes"));
        };
        // SAFETY: an address within an object on the native stack keeps the object alive and in
        // place, and bytes never change.
        let bytes: &'a [u8] = unsafe { &*std::ptr::from_ref(object.as_slice()) };
        let next = vm.handler_position(position, bytes.len())?;
        Ok(Resumed { replacement: DecodeReplacement::Text(text), bytes, next })
    }
}

impl DecodeReplacement {
    /// Appends it to a text.
    pub fn push_to(&self, out: &mut crate::types::str::StrBuilder) {
        match self {
            DecodeReplacement::Characters(codes) => codes.iter().for_each(|&code| out.push(code)),
            DecodeReplacement::Text(text) => out.push_py(text),
        }
    }
}

impl Vm {
    fn error_handler(&self, name: Gc<PyStr>) -> PyResult {
        match self.hooks.codec_error_handler.get() {
            Some(lookup) => lookup(self, name),
            None => {
                let name = name.to_string_lossy();
                Err(self.lookup_error(format_args!("unknown error handler name '{name}'")))
            }
        }
    }

    /// Where to go on, as a handler said it.
    fn handler_position(&self, position: Value, len: usize) -> PyResult<usize> {
        let given = self.index_to_isize(position, self.exceptions().OverflowError)?;
        let position = if given < 0 { given + len as isize } else { given };
        match usize::try_from(position) {
            Ok(position) if position <= len => Ok(position),
            _ => Err(self.index_error(format_args!("position {position} from error handler out of bounds"))),
        }
    }
}
