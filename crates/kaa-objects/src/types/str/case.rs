//! `lower`, `upper`, `title`, `capitalize`, `swapcase`, `casefold`.

use kaa_text::characters::{self as characters, Cased};

use super::core::{Kind, PyStr, StrBuilder, StrData};
use super::units::{Extent, StrWriter};
use crate::{Gc, PyResult, Vm, py_methods};

const CAPITAL_SIGMA: u32 = 0x3a3;

/// The lower case of the code point at an index: a capital sigma at the end of a word has a form of
/// its own.
fn lower_at(data: StrData<'_>, at: usize) -> Cased {
    let code_point = data.at(at);
    if code_point != CAPITAL_SIGMA {
        return characters::to_lower(code_point);
    }
    let significant = |c: &u32| !characters::is_case_ignorable(*c);
    let before = data.slice(0..at).iter().rfind(significant);
    let after = data.slice(at + 1..data.len()).iter().find(significant);
    let is_final = before.is_some_and(characters::is_cased) && !after.is_some_and(characters::is_cased);
    ([if is_final { 0x3c2 } else { 0x3c3 }, 0, 0], 1)
}

/// An ASCII text with each byte mapped.
fn map_ascii(vm: &Vm, text: &str, map: impl Fn(u8) -> u8) -> PyResult<Gc<PyStr>> {
    let extent = Extent { kind: Kind::Latin1, ascii: true, len: text.len() };
    let string = vm.alloc_str(extent.len, extent.kind, extent.ascii)?;
    let (from, to) = (text.as_bytes(), string.data_ptr());
    for (index, &byte) in from.iter().enumerate() {
        // SAFETY: the string was made with the length of the text.
        unsafe { *to.add(index) = map(byte) };
    }
    Ok(string)
}

/// A text with each code point mapped by its position.
fn map_full(vm: &Vm, this: Gc<PyStr>, map: impl Fn(StrData<'_>, usize) -> Cased) -> PyResult<Gc<PyStr>> {
    let data = this.data();
    let mut out = StrBuilder::with_capacity(data.len());
    for at in 0..data.len() {
        let (codes, len) = map(data, at);
        codes[..len].iter().for_each(|&code| out.push(code));
    }
    out.finish(vm)
}

/// `title()` of ASCII text: the first letter of each run of letters is upper case.
fn title_ascii(vm: &Vm, text: &str) -> PyResult<Gc<PyStr>> {
    let mut out = StrWriter::new(vm, Extent { kind: Kind::Latin1, ascii: true, len: text.len() })?;
    let mut in_word = false;
    for byte in text.bytes() {
        out.push(if in_word { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() }.into());
        in_word = byte.is_ascii_alphabetic();
    }
    Ok(out.finish())
}

impl Vm {
    /// `text.lower()`.
    pub fn str_lower(&self, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        match this.as_ascii() {
            Some(text) => map_ascii(self, text, |byte| byte.to_ascii_lowercase()),
            None => map_full(self, this, lower_at),
        }
    }
}

#[py_methods(CASE, of = "str")]
impl PyStr {
    #[method("lower($self, /)", doc = "Return a copy of the string converted to lowercase.")]
    fn lower(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        vm.str_lower(this)
    }

    #[method("upper($self, /)", doc = "Return a copy of the string converted to uppercase.")]
    fn upper(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        match this.as_ascii() {
            Some(text) => map_ascii(vm, text, |byte| byte.to_ascii_uppercase()),
            None => map_full(vm, this, |data, at| characters::to_upper(data.at(at))),
        }
    }

    #[method("casefold($self, /)", doc = "Return a version of the string suitable for caseless comparisons.")]
    fn casefold(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        match this.as_ascii() {
            Some(text) => map_ascii(vm, text, |byte| byte.to_ascii_lowercase()),
            None => map_full(vm, this, |data, at| characters::to_fold(data.at(at))),
        }
    }

    #[method(
        "swapcase($self, /)",
        doc = "Convert uppercase characters to lowercase and lowercase characters to uppercase."
    )]
    fn swapcase(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        let swap = |byte: u8| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte };
        match this.as_ascii() {
            Some(text) => map_ascii(vm, text, swap),
            None => map_full(vm, this, |data, at| match data.at(at) {
                code if characters::is_upper(code) => lower_at(data, at),
                code if characters::is_lower(code) => characters::to_upper(code),
                code => ([code, 0, 0], 1),
            }),
        }
    }

    #[method(
        "title($self, /)",
        doc = "Return a version of the string where each word is titlecased.

More specifically, words start with uppercased characters and all
remaining cased characters have lower case."
    )]
    fn title(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        match this.as_ascii() {
            Some(text) => title_ascii(vm, text),
            None => map_full(vm, this, |data, at| {
                let in_word = at > 0 && characters::is_cased(data.at(at - 1));
                if in_word { lower_at(data, at) } else { characters::to_title(data.at(at)) }
            }),
        }
    }

    #[method(
        "capitalize($self, /)",
        doc = "Return a capitalized version of the string.

More specifically, make the first character have upper case and the
rest lower case."
    )]
    fn capitalize(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if this.is_empty() {
            return vm.exact_str(this);
        }
        let Some(text) = this.as_ascii() else {
            return map_full(vm, this, |data, at| match at {
                0 => characters::to_title(data.at(0)),
                _ => lower_at(data, at),
            });
        };
        let mut out = StrWriter::new(vm, Extent::of(&this))?;
        for (index, byte) in text.bytes().enumerate() {
            out.push(if index == 0 { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() }.into());
        }
        Ok(out.finish())
    }
}
