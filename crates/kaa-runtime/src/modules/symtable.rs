//! `_symtable`: the compiler's symbol tables as objects.

use std::mem::offset_of;

use kaa_ast::Interner;
use kaa_compiler::{SCOPE_OFFSET, SymbolBlock};
use kaa_macros::{Trace, py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};
use kaa_parser::Mode;

use crate::builtins::execution::{Given, filename_text};
use crate::compile::{Request, symbols};

/// The module.
pub struct Symtable;

#[py_module(name = "_symtable")]
impl Symtable {
    #[constant]
    const USE: i64 = 0x10;
    #[constant]
    const DEF_GLOBAL: i64 = 1;
    #[constant]
    const DEF_NONLOCAL: i64 = 8;
    #[constant]
    const DEF_LOCAL: i64 = 2;
    #[constant]
    const DEF_PARAM: i64 = 4;
    #[constant]
    const DEF_TYPE_PARAM: i64 = 0x400;
    #[constant]
    const DEF_FREE_CLASS: i64 = 0x40;
    #[constant]
    const DEF_IMPORT: i64 = 0x80;
    #[constant]
    const DEF_BOUND: i64 = 0x86;
    #[constant]
    const DEF_ANNOT: i64 = 0x100;
    #[constant]
    const DEF_COMP_ITER: i64 = 0x200;
    #[constant]
    const DEF_COMP_CELL: i64 = 0x800;
    #[constant]
    const TYPE_FUNCTION: i64 = 0;
    #[constant]
    const TYPE_CLASS: i64 = 1;
    #[constant]
    const TYPE_MODULE: i64 = 2;
    #[constant]
    const TYPE_ANNOTATION: i64 = 3;
    #[constant]
    const TYPE_TYPE_ALIAS: i64 = 4;
    #[constant]
    const TYPE_TYPE_PARAMETERS: i64 = 5;
    #[constant]
    const TYPE_TYPE_VARIABLE: i64 = 6;
    #[constant]
    const LOCAL: i64 = 1;
    #[constant]
    const GLOBAL_EXPLICIT: i64 = 2;
    #[constant]
    const GLOBAL_IMPLICIT: i64 = 3;
    #[constant]
    const FREE: i64 = 4;
    #[constant]
    const CELL: i64 = 5;
    #[constant]
    const SCOPE_OFF: i64 = SCOPE_OFFSET as i64;
    #[constant]
    const SCOPE_MASK: i64 = 0xf;

    #[function(
        "symtable(source, filename, startstr, /)",
        doc = "Return symbol and scope dictionaries used internally by compiler."
    )]
    fn symtable(vm: &Vm, source: Value, filename: Value, startstr: Gc<PyStr>) -> PyResult {
        let filename = filename_text(vm, filename)?;
        let source = Given::new(vm, source, "symtable", "string or bytes object")?;
        let mode = match startstr.as_ascii() {
            Some("exec") => Mode::Exec,
            Some("eval") => Mode::Eval,
            Some("single") => Mode::Single,
            _ => return Err(vm.value_error("symtable() arg 3 must be 'exec' or 'eval' or 'single'")),
        };
        symbols(vm, source.source(), &filename, Request::new(vm, mode), |blocks, names| entries(vm, blocks, names))
    }
}

/// One block.
#[repr(C)]
#[derive(Trace)]
pub struct PySymtableEntry {
    header: Header,
    id: Slot,
    name: Slot,
    symbols: Slot,
    varnames: Slot,
    children: Slot<Gc<PyList>>,
    nested: Slot,
    kind: Slot,
    lineno: Slot,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("id", offset_of!(PySymtableEntry, id), ReadOnly, ""),
            ("name", offset_of!(PySymtableEntry, name), ReadOnly, ""),
            ("symbols", offset_of!(PySymtableEntry, symbols), ReadOnly, ""),
            ("varnames", offset_of!(PySymtableEntry, varnames), ReadOnly, ""),
            ("children", offset_of!(PySymtableEntry, children), ReadOnly, ""),
            ("nested", offset_of!(PySymtableEntry, nested), ReadOnly, ""),
            ("type", offset_of!(PySymtableEntry, kind), ReadOnly, ""),
            ("lineno", offset_of!(PySymtableEntry, lineno), ReadOnly, ""),
        ],
    )
}

#[py_type(name = "symtable entry", setup = set_up)]
impl PySymtableEntry {
    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> String {
        let text = |slot: &Slot| vm.str_lossy(slot.get_set());
        format!("<symtable entry {}({}), line {}>", text(&self.name), text(&self.id), text(&self.lineno))
    }
}

/// The objects of all blocks; gives that of the module.
fn entries(vm: &Vm, blocks: &[SymbolBlock], names: &Interner<'_>) -> PyResult {
    let list = |texts: &mut dyn Iterator<Item = &kaa_ast::Name>| {
        let list = vm.new_list(&[])?;
        for &name in texts {
            list.push(vm, vm.intern(names.text(name)).value())?;
        }
        PyResult::Ok(list)
    };
    let made = vm.new_list(&[])?;
    for block in blocks {
        let symbols = vm.new_dict()?;
        for &(name, number) in &block.symbols {
            symbols.set_str(vm, vm.intern(names.text(name)), Value::small_int(number.into()))?;
        }
        let varnames = list(&mut block.parameters.iter())?;
        let children = vm.new_list(&[])?;
        let entry = vm.alloc(PySymtableEntry {
            header: Header::EMPTY,
            id: Slot::empty(),
            name: Slot::new(vm.intern(names.text(block.name)).value()),
            symbols: Slot::new(symbols.value()),
            varnames: Slot::new(varnames.value()),
            children: Slot::new(children),
            nested: Slot::new(Value::small_int(block.nested.into())),
            kind: Slot::new(Value::small_int(block.kind.into())),
            lineno: Slot::new(Value::small_int(block.line.into())),
        })?;
        let id = vm.new_int(vm.pin(entry) as i64)?;
        entry.id.set(vm, entry, id);
        made.push(vm, entry.value())?;
    }
    for (index, block) in blocks.iter().enumerate() {
        let Some(entry) = vm.cast::<PySymtableEntry>(made.as_slice()[index]) else { continue };
        for &child in &block.children {
            entry.children.get_set().push(vm, made.as_slice()[child])?;
        }
    }
    Ok(made.as_slice()[0])
}
