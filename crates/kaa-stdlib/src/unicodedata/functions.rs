//! What the functions of `unicodedata` do, for each version of Unicode.

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::codecs::{Encoding, Errors};
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::{Gc, PyResult, Value, Vm};
use kaa_text::names;
use kaa_text::normal_forms::{Form, Version, decomposition as step, hangul_parts, is_surely_normalized};
use kaa_text::properties::{Properties, of, of_unicode_3_2};

/// The longest name that is looked for.
const LONGEST_NAME: usize = 256;

/// A string of one code point, which may be a surrogate.
pub struct CodePoint(u32);

impl FromValue for CodePoint {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<CodePoint> {
        match vm.cast::<PyStr>(value) {
            Some(text) if text.len() == 1 => Ok(CodePoint(text.data().at(0))),
            // Words the error.
            _ => char::from_value(vm, value, argument).map(|c| CodePoint(c.into())),
        }
    }
}

/// What is given back instead of an error; `None` can be, too.
pub struct Default(Value);

impl FromValue for Default {
    fn from_value(_: &Vm, value: Value, _: Argument) -> PyResult<Default> {
        Ok(Default(value))
    }
}

fn properties(version: Version, CodePoint(code): CodePoint) -> &'static Properties {
    match version {
        Version::Current => of(code),
        Version::Unicode3_2 => of_unicode_3_2(code),
    }
}

/// A value, or the default, or else an error.
fn or_default(vm: &Vm, value: Option<Value>, default: Option<Default>, message: &str) -> PyResult {
    match (value, default) {
        (Some(value), _) | (None, Some(Default(value))) => Ok(value),
        (None, None) => Err(vm.value_error(message)),
    }
}

fn small(digit: u8) -> Value {
    Value::small_int(digit.into())
}

pub fn decimal(vm: &Vm, version: Version, chr: CodePoint, default: Option<Default>) -> PyResult {
    or_default(vm, properties(version, chr).decimal().map(small), default, "not a decimal")
}

pub fn digit(vm: &Vm, version: Version, chr: CodePoint, default: Option<Default>) -> PyResult {
    or_default(vm, properties(version, chr).digit().map(small), default, "not a digit")
}

pub fn numeric(vm: &Vm, version: Version, chr: CodePoint, default: Option<Default>) -> PyResult {
    let number = properties(version, chr).numeric().map(|number| vm.new_float(number)).transpose()?;
    or_default(vm, number, default, "not a numeric character")
}

pub fn category(version: Version, chr: CodePoint) -> &'static str {
    properties(version, chr).category()
}

pub fn bidirectional(version: Version, chr: CodePoint) -> &'static str {
    properties(version, chr).bidirectional()
}

pub fn combining(version: Version, chr: CodePoint) -> u8 {
    properties(version, chr).combining()
}

pub fn mirrored(version: Version, chr: CodePoint) -> i32 {
    properties(version, chr).is_mirrored().into()
}

pub fn east_asian_width(version: Version, chr: CodePoint) -> &'static str {
    properties(version, chr).east_asian_width()
}

pub fn decomposition(version: Version, CodePoint(code): CodePoint) -> String {
    if version == Version::Unicode3_2 && !of_unicode_3_2(code).is_assigned() {
        return String::new();
    }
    let codes = |codes: &mut dyn Iterator<Item = u32>| codes.map(|code| format!("{code:04X}")).collect::<Vec<_>>();
    if let Some(parts) = hangul_parts(code) {
        return codes(&mut parts.into_iter().filter(|&part| part != 0)).join(" ");
    }
    let Some(step) = step(code) else { return String::new() };
    let parts = codes(&mut step.parts()).join(" ");
    if step.tag.is_empty() { parts } else { format!("<{}> {parts}", step.tag) }
}

pub fn name(vm: &Vm, version: Version, CodePoint(code): CodePoint, default: Option<Default>) -> PyResult {
    let is_known = version == Version::Current || of_unicode_3_2(code).is_assigned();
    let name = char::from_u32(code).filter(|_| is_known).and_then(names::character_name);
    let name = name.map(|name| vm.new_str(&name)).transpose()?;
    or_default(vm, name.map(Value::from), default, "no such name")
}

pub fn lookup(vm: &Vm, version: Version, name: Value) -> PyResult<Gc<PyStr>> {
    match vm.cast::<PyStr>(name) {
        Some(text) => look_up(vm, version, vm.encode_as(text, Encoding::Utf8, &Errors::Strict)?.as_slice()),
        None => vm.with_bytes(name, |bytes| look_up(vm, version, bytes)),
    }
}

fn look_up(vm: &Vm, version: Version, name: &[u8]) -> PyResult<Gc<PyStr>> {
    let key_error = |message: &str| vm.raise_new(vm.exceptions().KeyError, message);
    if name.len() > LONGEST_NAME {
        return Err(key_error("name too long"));
    }
    let text = String::from_utf8_lossy(name);
    if let Some(character) = names::character_by_name(&text)
        && (version == Version::Current || !names::is_alias(&text, character))
    {
        return vm.new_str_char(character.into());
    }
    match names::named_sequence(&text).filter(|_| version == Version::Current) {
        Some(codes) => {
            let mut out = StrBuilder::default();
            codes.for_each(|code| out.push(code));
            out.finish(vm)
        }
        None => {
            // As a C string.
            let shown = text.split('\0').next().unwrap_or("");
            Err(key_error(&format!("undefined character name '{shown}'")))
        }
    }
}

fn form_of(vm: &Vm, name: Gc<PyStr>) -> PyResult<Form> {
    Ok(match name.as_ascii() {
        Some("NFD") => Form::Nfd,
        Some("NFC") => Form::Nfc,
        Some("NFKD") => Form::Nfkd,
        Some("NFKC") => Form::Nfkc,
        _ => return Err(vm.value_error("invalid normalization form")),
    })
}

/// Whether a text has a form so clearly that nothing needs to be made.
fn is_clear(version: Version, form: Form, text: Gc<PyStr>) -> bool {
    text.is_ascii() || version == Version::Current && is_surely_normalized(form, text.data().iter())
}

fn normal_form(vm: &Vm, version: Version, form: Form, text: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    let codes = kaa_text::normal_forms::normalize(form, text.data().iter(), version);
    vm.new_str_from_data(kaa_objects::types::str::StrData::Ucs4(&codes))
}

pub fn normalize(vm: &Vm, version: Version, form: Gc<PyStr>, unistr: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    if unistr.is_empty() {
        return vm.exact_str(unistr);
    }
    let form = form_of(vm, form)?;
    if is_clear(version, form, unistr) {
        return vm.exact_str(unistr);
    }
    normal_form(vm, version, form, unistr)
}

pub fn is_normalized(vm: &Vm, version: Version, form: Gc<PyStr>, unistr: Gc<PyStr>) -> PyResult<bool> {
    if unistr.is_empty() {
        return Ok(true);
    }
    let form = form_of(vm, form)?;
    Ok(is_clear(version, form, unistr) || normal_form(vm, version, form, unistr)?.equals(&unistr))
}
