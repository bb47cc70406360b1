//! `bool`, `repr`, `str`, `ascii`, `format`, `bytes`-free conversions of any value.

use crate::types::str::{PyStr, StrBuilder};
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    /// `bool(value)`.
    #[inline(always)]
    pub fn truth(&self, value: Value) -> PyResult<bool> {
        match value {
            Value::TRUE => Ok(true),
            Value::FALSE | Value::NONE => Ok(false),
            _ => match value.as_small_int() {
                Some(i) => Ok(i != 0),
                None => self.truth_slow(value),
            },
        }
    }

    fn truth_slow(&self, value: Value) -> PyResult<bool> {
        let slots = self.slots_of(value);
        if let Some(nb_bool) = slots.nb_bool {
            return nb_bool(self, value);
        }
        if let Some(len) = slots.mp_length.or(slots.sq_length) {
            return Ok(len(self, value)? != 0);
        }
        Ok(true)
    }

    /// `repr(value)`.
    pub fn repr(&self, value: Value) -> PyResult<Gc<PyStr>> {
        self.check_stack(" while getting the repr of an object")?;
        let class = self.class_of(value);
        let Some(repr) = class.slots().repr else {
            let address = value.as_object().map_or(0, |object| self.pin(object));
            return self.new_str(&format!("<{} object at {address:#x}>", class.name_text()));
        };
        self.must_be_str(repr(self, value)?, "__repr__")
    }

    /// `str(value)`.
    pub fn str(&self, value: Value) -> PyResult<Gc<PyStr>> {
        if let Some(string) = self.cast_exact::<PyStr>(value) {
            return Ok(string);
        }
        self.check_stack(" while getting the str of an object")?;
        match self.slots_of(value).str {
            Some(str) => self.must_be_str(str(self, value)?, "__str__"),
            None => self.repr(value),
        }
    }

    fn must_be_str(&self, result: Value, method: &str) -> PyResult<Gc<PyStr>> {
        self.cast::<PyStr>(result).ok_or_else(|| {
            let class = self.class_name(result);
            self.type_error(format_args!("{method} returned non-string (type {class})"))
        })
    }

    /// `ascii(value)`.
    pub fn ascii(&self, value: Value) -> PyResult<Gc<PyStr>> {
        let repr = self.repr(value)?;
        if repr.is_ascii() {
            return Ok(repr);
        }
        let mut out = StrBuilder::with_capacity(repr.len() * 2);
        for code_point in repr.data().iter() {
            match code_point {
                0..0x80 => out.push(code_point),
                0x80..0x100 => out.push_str(&format!("\\x{code_point:02x}")),
                0x100..0x1_0000 => out.push_str(&format!("\\u{code_point:04x}")),
                _ => out.push_str(&format!("\\U{code_point:08x}")),
            }
        }
        out.finish(self)
    }

    /// The text of `str(value)` for messages; errors while making it give a placeholder.
    pub fn str_lossy(&self, value: Value) -> String {
        match self.str(value) {
            Ok(text) => text.to_string_lossy(),
            Err(raised) => {
                self.take_exception(raised);
                format!("<unprintable {} object>", self.class_name(value))
            }
        }
    }

    /// The text of `repr(value)` for messages; errors while making it give a placeholder.
    pub fn repr_lossy(&self, value: Value) -> String {
        match self.repr(value) {
            Ok(text) => text.to_string_lossy(),
            Err(raised) => {
                self.take_exception(raised);
                format!("<unprintable {} object>", self.class_name(value))
            }
        }
    }

    /// `format(value, spec)`.
    pub fn format(&self, value: Value, spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if spec.is_empty() {
            if let Some(string) = self.cast_exact::<PyStr>(value) {
                return Ok(string);
            }
            if value.is_small_int() {
                return self.str(value);
            }
        }
        let Some(result) = self.call_special(value, self.names().__format__, &[spec.value()])? else {
            let class = self.class_name(value);
            return Err(self.type_error(format_args!("Type {class} doesn't define __format__")));
        };
        self.cast::<PyStr>(result).ok_or_else(|| {
            let class = self.class_name(result);
            self.type_error(format_args!("__format__ must return a str, not {class}"))
        })
    }
}
