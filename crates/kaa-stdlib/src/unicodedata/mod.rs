//! `unicodedata`: properties, names and normal forms of characters; `kaa-text` has the data.

mod functions;

use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_module, py_type};
use kaa_text::normal_forms::Version;

use functions::{CodePoint, Default};

/// The module.
pub struct UnicodeData;

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let old = vm.alloc(Ucd { header: Header::EMPTY, version: Slot::new(vm.intern("3.2.0").value()) })?;
    let dict = module.dict.get_set();
    dict.set_str(vm, vm.intern("UCD"), vm.class::<Ucd>().value())?;
    dict.set_str(vm, vm.intern("ucd_3_2_0"), old.value())
}

#[py_module(
    name = "unicodedata",
    doc = "This module provides access to the Unicode Character Database which\ndefines character properties for all Unicode characters. The data in\nthis database is based on the UnicodeData.txt file version\n16.0.0 which is publicly available from ftp://ftp.unicode.org/.\n\nThe module uses the same names and symbols as defined by the\nUnicodeData File Format 16.0.0.",
    setup = set_up
)]
impl UnicodeData {
    #[constant("unidata_version")]
    const UNIDATA_VERSION: &str = kaa_text::characters::UNICODE_VERSION;

    #[function(
        "decimal(chr, default=<unrepresentable>, /)",
        doc = "Converts a Unicode character into its equivalent decimal value.\n\nReturns the decimal value assigned to the character chr as integer.\nIf no such value is defined, default is returned, or, if not given,\nValueError is raised."
    )]
    fn decimal(vm: &Vm, chr: CodePoint, default: Option<Default>) -> PyResult {
        functions::decimal(vm, Version::Current, chr, default)
    }

    #[function(
        "digit(chr, default=<unrepresentable>, /)",
        doc = "Converts a Unicode character into its equivalent digit value.\n\nReturns the digit value assigned to the character chr as integer.\nIf no such value is defined, default is returned, or, if not given,\nValueError is raised."
    )]
    fn digit(vm: &Vm, chr: CodePoint, default: Option<Default>) -> PyResult {
        functions::digit(vm, Version::Current, chr, default)
    }

    #[function(
        "numeric(chr, default=<unrepresentable>, /)",
        doc = "Converts a Unicode character into its equivalent numeric value.\n\nReturns the numeric value assigned to the character chr as float.\nIf no such value is defined, default is returned, or, if not given,\nValueError is raised."
    )]
    fn numeric(vm: &Vm, chr: CodePoint, default: Option<Default>) -> PyResult {
        functions::numeric(vm, Version::Current, chr, default)
    }

    #[function(
        "name(chr, default=<unrepresentable>, /)",
        doc = "Returns the name assigned to the character chr as a string.\n\nIf no name is defined, default is returned, or, if not given,\nValueError is raised."
    )]
    fn name(vm: &Vm, chr: CodePoint, default: Option<Default>) -> PyResult {
        functions::name(vm, Version::Current, chr, default)
    }

    #[function("category(chr, /)", doc = "Returns the general category assigned to the character chr as string.")]
    fn category(chr: CodePoint) -> &'static str {
        functions::category(Version::Current, chr)
    }

    #[function(
        "bidirectional(chr, /)",
        doc = "Returns the bidirectional class assigned to the character chr as string.\n\nIf no such value is defined, an empty string is returned."
    )]
    fn bidirectional(chr: CodePoint) -> &'static str {
        functions::bidirectional(Version::Current, chr)
    }

    #[function(
        "combining(chr, /)",
        doc = "Returns the canonical combining class assigned to the character chr as integer.\n\nReturns 0 if no combining class is defined."
    )]
    fn combining(chr: CodePoint) -> u8 {
        functions::combining(Version::Current, chr)
    }

    #[function(
        "mirrored(chr, /)",
        doc = "Returns the mirrored property assigned to the character chr as integer.\n\nReturns 1 if the character has been identified as a \"mirrored\"\ncharacter in bidirectional text, 0 otherwise."
    )]
    fn mirrored(chr: CodePoint) -> i32 {
        functions::mirrored(Version::Current, chr)
    }

    #[function(
        "east_asian_width(chr, /)",
        doc = "Returns the east asian width assigned to the character chr as string."
    )]
    fn east_asian_width(chr: CodePoint) -> &'static str {
        functions::east_asian_width(Version::Current, chr)
    }

    #[function(
        "decomposition(chr, /)",
        doc = "Returns the character decomposition mapping assigned to the character chr as string.\n\nAn empty string is returned in case no such mapping is defined."
    )]
    fn decomposition(chr: CodePoint) -> String {
        functions::decomposition(Version::Current, chr)
    }

    #[function(
        "lookup(name, /)",
        doc = "Look up character by name.\n\nIf a character with the given name is found, return the\ncorresponding character.  If not found, KeyError is raised."
    )]
    fn lookup(vm: &Vm, name: Value) -> PyResult<Gc<PyStr>> {
        functions::lookup(vm, Version::Current, name)
    }

    #[function(
        "normalize(form, unistr, /)",
        doc = "Return the normal form 'form' for the Unicode string unistr.\n\nValid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'."
    )]
    fn normalize(vm: &Vm, form: Gc<PyStr>, unistr: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        functions::normalize(vm, Version::Current, form, unistr)
    }

    #[function(
        "is_normalized(form, unistr, /)",
        doc = "Return whether the Unicode string unistr is in the normal form 'form'.\n\nValid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'."
    )]
    fn is_normalized(vm: &Vm, form: Gc<PyStr>, unistr: Gc<PyStr>) -> PyResult<bool> {
        functions::is_normalized(vm, Version::Current, form, unistr)
    }
}

/// The data of Unicode 3.2, which names of internet domains are defined by.
#[repr(C)]
#[derive(Trace)]
pub struct Ucd {
    header: Header,
    version: Slot,
}

fn add_members(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("unidata_version", offset_of!(Ucd, version), ReadOnly, "")])
}

#[py_type(name = "UCD", module = "unicodedata", flags(DISALLOW_INSTANTIATION), setup = add_members)]
impl Ucd {
    #[method(
        "decimal($self, chr, default=<unrepresentable>, /)",
        doc = "Converts a Unicode character into its equivalent decimal value.\n\nReturns the decimal value assigned to the character chr as integer.\nIf no such value is defined, default is returned, or, if not given,\nValueError is raised."
    )]
    fn decimal(vm: &Vm, _this: Gc<Ucd>, chr: CodePoint, default: Option<Default>) -> PyResult {
        functions::decimal(vm, Version::Unicode3_2, chr, default)
    }

    #[method(
        "digit($self, chr, default=<unrepresentable>, /)",
        doc = "Converts a Unicode character into its equivalent digit value.\n\nReturns the digit value assigned to the character chr as integer.\nIf no such value is defined, default is returned, or, if not given,\nValueError is raised."
    )]
    fn digit(vm: &Vm, _this: Gc<Ucd>, chr: CodePoint, default: Option<Default>) -> PyResult {
        functions::digit(vm, Version::Unicode3_2, chr, default)
    }

    #[method(
        "numeric($self, chr, default=<unrepresentable>, /)",
        doc = "Converts a Unicode character into its equivalent numeric value.\n\nReturns the numeric value assigned to the character chr as float.\nIf no such value is defined, default is returned, or, if not given,\nValueError is raised."
    )]
    fn numeric(vm: &Vm, _this: Gc<Ucd>, chr: CodePoint, default: Option<Default>) -> PyResult {
        functions::numeric(vm, Version::Unicode3_2, chr, default)
    }

    #[method(
        "name($self, chr, default=<unrepresentable>, /)",
        doc = "Returns the name assigned to the character chr as a string.\n\nIf no name is defined, default is returned, or, if not given,\nValueError is raised."
    )]
    fn name(vm: &Vm, _this: Gc<Ucd>, chr: CodePoint, default: Option<Default>) -> PyResult {
        functions::name(vm, Version::Unicode3_2, chr, default)
    }

    #[method("category($self, chr, /)", doc = "Returns the general category assigned to the character chr as string.")]
    fn category(_this: Gc<Ucd>, chr: CodePoint) -> &'static str {
        functions::category(Version::Unicode3_2, chr)
    }

    #[method(
        "bidirectional($self, chr, /)",
        doc = "Returns the bidirectional class assigned to the character chr as string.\n\nIf no such value is defined, an empty string is returned."
    )]
    fn bidirectional(_this: Gc<Ucd>, chr: CodePoint) -> &'static str {
        functions::bidirectional(Version::Unicode3_2, chr)
    }

    #[method(
        "combining($self, chr, /)",
        doc = "Returns the canonical combining class assigned to the character chr as integer.\n\nReturns 0 if no combining class is defined."
    )]
    fn combining(_this: Gc<Ucd>, chr: CodePoint) -> u8 {
        functions::combining(Version::Unicode3_2, chr)
    }

    #[method(
        "mirrored($self, chr, /)",
        doc = "Returns the mirrored property assigned to the character chr as integer.\n\nReturns 1 if the character has been identified as a \"mirrored\"\ncharacter in bidirectional text, 0 otherwise."
    )]
    fn mirrored(_this: Gc<Ucd>, chr: CodePoint) -> i32 {
        functions::mirrored(Version::Unicode3_2, chr)
    }

    #[method(
        "east_asian_width($self, chr, /)",
        doc = "Returns the east asian width assigned to the character chr as string."
    )]
    fn east_asian_width(_this: Gc<Ucd>, chr: CodePoint) -> &'static str {
        functions::east_asian_width(Version::Unicode3_2, chr)
    }

    #[method(
        "decomposition($self, chr, /)",
        doc = "Returns the character decomposition mapping assigned to the character chr as string.\n\nAn empty string is returned in case no such mapping is defined."
    )]
    fn decomposition(_this: Gc<Ucd>, chr: CodePoint) -> String {
        functions::decomposition(Version::Unicode3_2, chr)
    }

    #[method(
        "lookup($self, name, /)",
        doc = "Look up character by name.\n\nIf a character with the given name is found, return the\ncorresponding character.  If not found, KeyError is raised."
    )]
    fn lookup(vm: &Vm, _this: Gc<Ucd>, name: Value) -> PyResult<Gc<PyStr>> {
        functions::lookup(vm, Version::Unicode3_2, name)
    }

    #[method(
        "normalize($self, form, unistr, /)",
        doc = "Return the normal form 'form' for the Unicode string unistr.\n\nValid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'."
    )]
    fn normalize(vm: &Vm, _this: Gc<Ucd>, form: Gc<PyStr>, unistr: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        functions::normalize(vm, Version::Unicode3_2, form, unistr)
    }

    #[method(
        "is_normalized($self, form, unistr, /)",
        doc = "Return whether the Unicode string unistr is in the normal form 'form'.\n\nValid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'."
    )]
    fn is_normalized(vm: &Vm, _this: Gc<Ucd>, form: Gc<PyStr>, unistr: Gc<PyStr>) -> PyResult<bool> {
        functions::is_normalized(vm, Version::Unicode3_2, form, unistr)
    }
}
