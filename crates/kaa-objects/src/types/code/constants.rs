//! The constants of a code object as values.

use kaa_bytecode::{CodeObject, Constant};

use super::Origin;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    /// `co_consts` of compiled data; nested code gets the same file name.
    pub(super) fn code_constants(
        &self,
        data: &CodeObject,
        filename: Gc<PyStr>,
        origin: Origin,
    ) -> PyResult<Gc<PyTuple>> {
        self.constant_row(&data.consts, filename, origin)
    }

    /// A tuple of constants.
    fn constant_row(&self, constants: &[Constant], filename: Gc<PyStr>, origin: Origin) -> PyResult<Gc<PyTuple>> {
        let row = self.new_list(&[])?;
        for constant in constants {
            row.push(self, self.constant(constant, filename, origin)?)?;
        }
        self.new_tuple(row.as_slice())
    }

    /// A constant as a value; `origin` is that of code objects in it.
    pub fn constant(&self, constant: &Constant, filename: Gc<PyStr>, origin: Origin) -> PyResult {
        self.check_stack("")?;
        Ok(match constant {
            Constant::None => Value::NONE,
            Constant::Bool(b) => Value::bool(*b),
            Constant::Ellipsis => Value::ELLIPSIS,
            Constant::StopIteration => self.exceptions().StopIteration.value(),
            Constant::Int(i) => self.new_int(*i)?,
            Constant::BigInt(big) => {
                let words: Vec<u64> = big
                    .digits
                    .chunks(2)
                    .map(|pair| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32)
                    .collect();
                self.new_int_from_words(big.negative, &words)?
            }
            Constant::Float(f) => self.new_float(*f)?,
            Constant::Str(text) => {
                // As CPython: what could be a name is interned.
                if text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
                    self.intern_generalized(text).value()
                } else {
                    self.new_str_generalized(text)?.value()
                }
            }
            Constant::Tuple(items) => self.constant_row(items, filename, origin)?.value(),
            Constant::List(items) => {
                let items = self.constant_row(items, filename, origin)?;
                self.new_list(items.as_slice())?.value()
            }
            Constant::Dict(pairs) => {
                let dict = self.new_dict()?;
                for (key, value) in pairs.iter() {
                    let key = self.constant(key, filename, origin)?;
                    dict.set(self, key, self.constant(value, filename, origin)?)?;
                }
                dict.value()
            }
            Constant::Code(code) => self.new_code_in(code, filename, origin)?.value(),
            Constant::Complex { real, imag } => self.new_complex(*real, *imag)?,
            Constant::Bytes(bytes) => self.new_bytes(bytes)?.value(),
            Constant::Set(items) => {
                let items = self.constant_row(items, filename, origin)?;
                self.new_set_from(items.value())?
            }
            Constant::FrozenSet(items) => {
                let items = self.constant_row(items, filename, origin)?;
                self.new_frozenset_from(items.value())?
            }
            Constant::Slice(parts) => {
                let [start, stop, step] = &**parts;
                let row = [
                    self.constant(start, filename, origin)?,
                    self.constant(stop, filename, origin)?,
                    self.constant(step, filename, origin)?,
                ];
                self.new_slice(row[0], row[1], row[2])?.value()
            }
        })
    }
}
