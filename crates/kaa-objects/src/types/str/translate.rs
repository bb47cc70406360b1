//! `translate` and `maketrans`.

use super::core::{PyStr, StrBuilder};
use crate::types::dict::PyDict;
use crate::{Gc, PyResult, Value, Vm, py_methods};

/// What a code point becomes.
enum Replacement {
    Same,
    Gone,
    Character(u32),
    Text(Gc<PyStr>),
}

fn look_up(vm: &Vm, table: Value, code_point: u32) -> PyResult<Replacement> {
    let result = vm.get_item(table, Value::small_int(code_point.into()));
    let Ok(found) = vm.catch(result, vm.exceptions().LookupError)? else { return Ok(Replacement::Same) };
    if found.is_none() {
        return Ok(Replacement::Gone);
    }
    if vm.is_int(found) {
        return match vm.int_to_i64(found) {
            Some(code @ 0..=0x10ffff) => Ok(Replacement::Character(code as u32)),
            _ => Err(vm.value_error("character mapping must be in range(0x110000)")),
        };
    }
    match vm.cast::<PyStr>(found) {
        Some(text) => Ok(Replacement::Text(text)),
        None => Err(vm.type_error("character mapping must return integer, None or str")),
    }
}

fn append(out: &mut StrBuilder, code_point: u32, replacement: &Replacement) {
    match *replacement {
        Replacement::Same => out.push(code_point),
        Replacement::Gone => {}
        Replacement::Character(code) => out.push(code),
        Replacement::Text(text) => out.push_py(&text),
    }
}

fn translate(vm: &Vm, this: Gc<PyStr>, table: Value) -> PyResult<Gc<PyStr>> {
    // What ASCII characters became is asked for once, when it is one character or none: beyond
    // 0x10ffff stand «not asked yet», «gone» and «more than that».
    const UNKNOWN: u32 = u32::MAX;
    const GONE: u32 = u32::MAX - 1;
    const MORE: u32 = u32::MAX - 2;
    let mut known = [UNKNOWN; 128];
    let mut out = StrBuilder::with_capacity(this.len());
    for at in 0..this.len() {
        let code_point = this.data().at(at);
        match known.get(code_point as usize).copied().unwrap_or(MORE) {
            GONE => {}
            MORE => append(&mut out, code_point, &look_up(vm, table, code_point)?),
            UNKNOWN => {
                let replacement = look_up(vm, table, code_point)?;
                known[code_point as usize] = match replacement {
                    Replacement::Same => code_point,
                    Replacement::Gone => GONE,
                    Replacement::Character(code) => code,
                    Replacement::Text(text) if text.len() == 1 => text.data().at(0),
                    Replacement::Text(_) => MORE,
                };
                append(&mut out, code_point, &replacement);
            }
            code => out.push(code),
        }
    }
    out.finish(vm)
}

fn table_of_dict(vm: &Vm, source: Value) -> PyResult<Gc<PyDict>> {
    let Some(source) = vm.cast_exact::<PyDict>(source) else {
        return Err(vm.type_error("if you give only one argument to maketrans it must be a dict"));
    };
    let table = vm.new_dict()?;
    for position in 0..source.filled() {
        let Some(entry) = source.entry(position) else { continue };
        let key = match vm.cast::<PyStr>(entry.key) {
            Some(text) if text.len() == 1 => Value::small_int(text.data().at(0).into()),
            // The missing spaces are those of CPython.
            Some(_) => return Err(vm.value_error("string keys in translatetable must be of length 1")),
            None if vm.is_int(entry.key) => entry.key,
            None => return Err(vm.type_error("keys in translate table mustbe strings or integers")),
        };
        table.set(vm, key, entry.value)?;
    }
    Ok(table)
}

#[py_methods(TRANSLATE, of = "str")]
impl PyStr {
    #[method(
        "translate($self, table, /)",
        doc = "Replace each character in the string using the given translation table.

  table
    Translation table, which must be a mapping of Unicode ordinals
    to Unicode ordinals, strings, or None.

The table must implement lookup/indexing via __getitem__, for
instance a dictionary or list.  If this operation raises
LookupError, the character is left untouched.  Characters mapped to
None are deleted."
    )]
    fn translate(vm: &Vm, this: Gc<PyStr>, table: Value) -> PyResult<Gc<PyStr>> {
        translate(vm, this, table)
    }

    #[staticmethod(
        "maketrans(x, y=<unrepresentable>, z=<unrepresentable>, /)",
        doc = "Return a translation table usable for str.translate().

If there is only one argument, it must be a dictionary mapping
Unicode ordinals (integers) or characters to Unicode ordinals,
strings or None.  Character keys will be then converted to ordinals.
If there are two arguments, they must be strings of equal length,
and in the resulting dictionary, each character in x will be mapped
to the character at the same position in y.  If there is a third
argument, it must be a string, whose characters will be mapped to
None in the result."
    )]
    fn maketrans(vm: &Vm, x: Value, y: Option<Gc<PyStr>>, z: Option<Gc<PyStr>>) -> PyResult<Gc<PyDict>> {
        let Some(y) = y else { return table_of_dict(vm, x) };
        let Some(x) = vm.cast::<PyStr>(x) else {
            return Err(vm.type_error("first maketrans argument must be a string if there is a second argument"));
        };
        if x.len() != y.len() {
            return Err(vm.value_error("the first two maketrans arguments must have equal length"));
        }
        let table = vm.new_dict()?;
        let int = |code_point: u32| Value::small_int(code_point.into());
        for at in 0..x.len() {
            table.set(vm, int(x.data().at(at)), int(y.data().at(at)))?;
        }
        for at in 0..z.map_or(0, |z| z.len()) {
            table.set(vm, int(z.expect("it has code points").data().at(at)), Value::NONE)?;
        }
        Ok(table)
    }
}
