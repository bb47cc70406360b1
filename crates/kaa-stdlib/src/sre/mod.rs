//! `_sre`: what `re` stands on. `compile` makes the code of plain patterns, `re._compiler` that of
//! others and the errors; the rest of this module runs it. CPython: Modules/_sre.

mod chars;
mod codes;
mod compile;
mod engine;
mod match_object;
mod pattern;
mod scanner;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod validate;

use std::any::Any;
use std::cell::RefCell;
use std::iter;

use kaa_macros::py_module;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::{PyStr, StrData};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Value, Vm};

use self::compile::StackFloor;
use self::engine::Machine;
use self::pattern::{Parts, PyPattern};
use self::template::PyTemplate;
use self::text::{Text, with_text};
use self::validate::Fault;

/// The module.
pub struct Sre;

/// The memory of the matcher, which all patterns of an isolate share.
#[derive(Default)]
struct SharedMachine(RefCell<Machine>);

impl Extension for SharedMachine {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The matcher. Borrowed only while no Python code can run.
fn machine(vm: &Vm) -> &RefCell<Machine> {
    &vm.extension(|_| SharedMachine::default()).0
}

/// What `re` makes of a replacement text.
fn compile_template(vm: &Vm, pattern: Gc<PyPattern>, template: Value) -> PyResult {
    let Some(import) = vm.hooks.import.get() else { return Err(vm.import_error("the import system is not there")) };
    let re = import(vm, "re")?;
    vm.call_method_str(re, "_compile_template", &[pattern.value(), template])
}

/// The code in a list of integers.
fn read_code(vm: &Vm, code: Gc<PyList>) -> PyResult<Box<[u32]>> {
    let mut words = Vec::with_capacity(code.len());
    for index in 0..code.len() {
        let Some(word) = code.get(index).filter(|&word| vm.is_int(word)) else {
            return Err(vm.type_error("an integer is required"));
        };
        match vm.int_to_i64(word).map(u32::try_from) {
            Some(Ok(word)) => words.push(word),
            _ => return Err(vm.overflow_error("regular expression code size limit exceeded")),
        }
    }
    Ok(words.into())
}

/// The pattern of a text; `None` when it is for the Python code.
fn compile_text(vm: &Vm, pattern: Value, flags: i32) -> PyResult<Option<Gc<PyPattern>>> {
    let (string, bytes) = (vm.cast_exact::<PyStr>(pattern), vm.cast_exact::<PyBytes>(pattern));
    let (text, is_bytes) = match (&string, &bytes) {
        (Some(string), _) => (string.data(), false),
        (None, Some(bytes)) => (StrData::Latin1(bytes.as_slice()), true),
        (None, None) => return Ok(None),
    };
    let floor = StackFloor(vm.thread().stack_limit.get());
    let Ok(compiled) = compile::compile(text, is_bytes, flags, floor) else { return Ok(None) };
    let groups = compiled.groups;
    debug_assert!(validate::check(&compiled.code, groups, floor) != Err(Fault::Malformed));
    let group_index = vm.new_dict()?;
    let index_group = vm.new_tuple_from(groups + 1, iter::repeat_n(Value::NONE, groups + 1))?;
    for (place, number) in compiled.names {
        let name = vm.new_str_from_data(text.slice(place))?;
        group_index.set_str(vm, name, Value::small_int(number.into()))?;
        index_group.fill(vm, number as usize, name.value());
    }
    let parts = Parts {
        pattern,
        flags: compiled.flags,
        code: compiled.code.into(),
        groups,
        group_index,
        index_group,
        is_bytes: Some(is_bytes),
    };
    PyPattern::new(vm, parts).map(Some)
}

#[py_module(name = "_sre")]
impl Sre {
    #[constant("MAGIC")]
    const MAGIC: u32 = codes::MAGIC;
    #[constant("CODESIZE")]
    const CODESIZE: u32 = 4;
    #[constant("MAXREPEAT")]
    const MAXREPEAT: u32 = codes::MAXREPEAT;
    #[constant("MAXGROUPS")]
    const MAXGROUPS: u32 = codes::MAXGROUPS;
    #[constant("copyright")]
    const COPYRIGHT: &str = " SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB ";

    #[function("getcodesize()")]
    fn getcodesize() -> u32 {
        4
    }

    #[function("ascii_iscased(character, /)")]
    fn ascii_iscased(character: i32) -> bool {
        u8::try_from(character).is_ok_and(|b| b.is_ascii_alphabetic())
    }

    #[function("unicode_iscased(character, /)")]
    fn unicode_iscased(character: i32) -> bool {
        let code = character as u32;
        chars::lower_unicode(code) != code || chars::upper_unicode(code) != code
    }

    #[function("ascii_tolower(character, /)")]
    fn ascii_tolower(character: i32) -> u32 {
        chars::lower_ascii(character as u32)
    }

    #[function("unicode_tolower(character, /)")]
    fn unicode_tolower(character: i32) -> u32 {
        chars::lower_unicode(character as u32)
    }

    #[function(
        "template(pattern, template, /)",
        doc = "\n\n  template\n    A list containing interleaved literal strings (str or bytes) and group\n    indices (int), as returned by re._parser.parse_template():\n        [literal1, group1, ..., literalN, groupN]"
    )]
    fn template(vm: &Vm, _pattern: Value, template: Gc<PyList>) -> PyResult<Gc<PyTemplate>> {
        PyTemplate::from_list(vm, template)
    }

    // Kaa's own, for `re._compiler.compile`.
    #[function(
        "_compile_text(pattern, flags, /)",
        doc = "The pattern of a str or bytes object; None when re._parser and re._compiler must make it."
    )]
    fn compile_text(vm: &Vm, pattern: Value, flags: Value) -> PyResult<Option<Gc<PyPattern>>> {
        let flags = vm.int_to_i64(flags).filter(|_| vm.is_exact_int(flags));
        match flags.map(i32::try_from) {
            Some(Ok(flags)) => compile_text(vm, pattern, flags),
            _ => Ok(None),
        }
    }

    #[function(
        "compile(pattern, flags, code, groups, groupindex,
        indexgroup)"
    )]
    fn compile(
        vm: &Vm,
        pattern: Value,
        flags: i32,
        code: Gc<PyList>,
        groups: isize,
        groupindex: Gc<PyDict>,
        indexgroup: Gc<PyTuple>,
    ) -> PyResult<Gc<PyPattern>> {
        let is_bytes = if pattern.is_none() {
            None
        } else {
            Some(with_text(vm, pattern, None, |text| Ok(matches!(text, Text::Bytes(_))))?)
        };
        let code = read_code(vm, code)?;
        let floor = StackFloor(vm.thread().stack_limit.get());
        let checked = usize::try_from(groups).map_err(|_| Fault::Malformed);
        let groups = match checked.and_then(|groups| validate::check(&code, groups, floor).map(|()| groups)) {
            Ok(groups) => groups,
            Err(Fault::Malformed) => return Err(vm.runtime_error("invalid SRE code")),
            Err(Fault::Deep) => {
                return Err(vm.recursion_error(format_args!("maximum recursion depth exceeded in a pattern's code")));
            }
        };
        let parts = Parts { pattern, flags, code, groups, group_index: groupindex, index_group: indexgroup, is_bytes };
        PyPattern::new(vm, parts)
    }
}
