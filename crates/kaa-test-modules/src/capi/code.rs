//! Code objects, as native code makes and reads them.

use kaa_bytecode::{CodeObject, LocationTable, LocationTableWriter, NameList, Opcode};
use kaa_macros::py_functions;
use kaa_objects::types::code::{Origin, PyCode};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::TestCapi;

#[py_functions(FUNCTIONS, of = "_testcapi")]
impl TestCapi {
    #[function("code_newempty(filename, funcname, firstlineno, /)")]
    fn new_empty_code(vm: &Vm, filename: Gc<PyStr>, funcname: Gc<PyStr>, firstlineno: i32) -> PyResult<Gc<PyCode>> {
        // The constant 0 is `AssertionError`.
        let instructions = [(Opcode::Resume, 0), (Opcode::LoadCommonConstant, 0), (Opcode::RaiseVarargs, 1)];
        let bytes = instructions.iter().flat_map(|&(opcode, arg)| [opcode.number() as u8, arg as u8]);
        let place = kaa_bytecode::Location { line: firstlineno, end_line: firstlineno, column: -1, end_column: -1 };
        let mut locations = LocationTableWriter::new(firstlineno);
        locations.push(place, instructions.len());
        let code = CodeObject {
            code: bytes.collect(),
            filename: filename.to_generalized_utf8().into(),
            name: funcname.to_generalized_utf8().into(),
            qualname: funcname.to_generalized_utf8().into(),
            firstlineno,
            linetable: locations.finish(),
            stacksize: 1,
            argcount: 0,
            posonlyargcount: 0,
            kwonlyargcount: 0,
            flags: 0,
            consts: [].into(),
            names: NameList::default(),
            localsplusnames: NameList::default(),
            localspluskinds: [].into(),
            exceptiontable: [].into(),
        };
        vm.new_code(&code, Origin::Outside)
    }

    #[function("code_offset_to_line(code, offset, /)")]
    fn offset_to_line(vm: &Vm, code: Value, offset: i32) -> PyResult<i32> {
        let Some(code) = vm.cast::<PyCode>(code) else {
            return Err(vm.type_error("first arg must be a code object"));
        };
        code.load(vm)?;
        let Ok(offset) = u32::try_from(offset) else { return Ok(code.firstlineno) };
        Ok(LocationTable::new(code.linetable(), code.firstlineno).line_at(offset).unwrap_or(-1))
    }
}
