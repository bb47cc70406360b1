//! The stages of the compiler one by one: `_testinternalcapi.compiler_codegen`, `optimize_cfg` and
//! `assemble_code_object`, and the instructions that they hand on, as objects.

use std::cell::RefCell;

use kaa_ast::{Arena, Interner, Name, Span};
use kaa_bytecode::{Constant, Opcode, TextBytes};
use kaa_compiler::{CodeUnit, ConstantTable, Instruction, InstructionSequence, Label, NameTable, UnitMetadata};
use kaa_macros::{py_functions, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Native, Slot};
use kaa_objects::types::code::Origin;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm};
use kaa_runtime::compile::{code_units, constant_from, raise_compile_error};
use kaa_runtime::{Mode, Request};

use crate::internal::TestInternals;

/// Instructions with labels, of one code unit.
#[repr(C)]
#[derive(Trace)]
pub struct PyInstructionSequence {
    header: Header,
    #[trace(skip)]
    content: RefCell<Content>,
    nested: Slot<Gc<PyList>>,
}

/// What a sequence has besides the ones in it.
#[derive(Default)]
struct Content {
    instructions: Vec<Instruction>,
    /// The instruction behind each label; `None` when jumps name instructions instead of labels.
    labels: Option<Vec<u32>>,
    last_label: i32,
    /// Stands in place of the placeholder for the annotations of a module.
    annotations: Option<Vec<Instruction>>,
}

/// So many locals are followed from block to block.
const FEW_LOCALS: usize = 64;

/// A label that has no place.
const NOWHERE: u32 = u32::MAX;

impl Content {
    /// Lets jumps name the instructions that their labels stand before.
    fn resolve_labels(&mut self) {
        let Some(labels) = self.labels.take() else { return };
        for instruction in self.instructions.iter_mut().filter(|each| each.opcode.has_target()) {
            instruction.arg = labels.get(instruction.arg as usize).copied().unwrap_or(NOWHERE);
        }
    }

    /// The instructions for the compiler, which trusts that arguments are in range.
    fn sequence(&mut self, vm: &Vm, consts: usize, locals: usize, cells: usize) -> PyResult<InstructionSequence> {
        self.resolve_labels();
        let count = self.instructions.len();
        let mut sequence = InstructionSequence::with_numbered_labels(count);
        sequence.annotations = self.annotations.clone();
        for &Instruction { opcode, arg, span } in &self.instructions {
            if opcode.has_target() {
                if arg as usize >= count {
                    let name = opcode.name();
                    return Err(vm.value_error(format_args!("{name} jumps out of range (instructions: {count})")));
                }
                sequence.add_jump(opcode, Label(arg), span);
            } else {
                let (what, len) = match opcode {
                    _ if opcode.has_const() => ("consts", consts),
                    _ if opcode.has_free() || opcode == Opcode::LoadClosure => ("cells", cells),
                    _ if opcode.has_local() && !is_pair(opcode) => ("locals", locals),
                    _ => ("", usize::MAX),
                };
                if arg as usize >= len {
                    let name = opcode.name();
                    return Err(
                        vm.value_error(format_args!("{name} index {arg} is out of range for {what} (len={len})"))
                    );
                }
                sequence.add(opcode, arg, span);
            }
        }
        Ok(sequence)
    }
}

/// Instructions whose argument is the numbers of two locals.
fn is_pair(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(opcode, LoadFastLoadFast | LoadFastBorrowLoadFastBorrow | StoreFastLoadFast | StoreFastStoreFast)
}

fn new_sequence(vm: &Vm, class: Gc<PyType>, content: Content) -> PyResult<Gc<PyInstructionSequence>> {
    let nested = Slot::new(vm.new_list(&[])?);
    vm.alloc_instance(class, PyInstructionSequence { header: Header::EMPTY, content: RefCell::new(content), nested })
}

#[py_type(name = "InstructionSequence", drop, doc = "Create a new InstructionSequence object.")]
impl PyInstructionSequence {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyInstructionSequence>> {
        if !args.is_empty() {
            return Err(vm.type_error("InstructionSequenceType() takes no arguments"));
        }
        new_sequence(vm, class, Content::default())
    }

    #[method(
        "addop($self, /, opcode, oparg, lineno, col_offset, end_lineno, end_col_offset)",
        doc = "Append an instruction."
    )]
    #[allow(clippy::too_many_arguments, reason = "the signature of addop()")]
    fn add(
        &self,
        vm: &Vm,
        opcode: i32,
        oparg: i32,
        lineno: i32,
        col_offset: i32,
        end_lineno: i32,
        end_col_offset: i32,
    ) -> PyResult<()> {
        let Some(opcode) = u16::try_from(opcode).ok().and_then(Opcode::from_number) else {
            return Err(vm.value_error(format_args!("there is no instruction {opcode}")));
        };
        let arg = u32::try_from(oparg).ok().filter(|&arg| arg < 1 << 30);
        let Some(arg) = arg.filter(|&arg| arg == 0 || opcode.has_arg() || opcode.has_target()) else {
            let name = opcode.name();
            return Err(vm.value_error(format_args!("{name} cannot have the argument {oparg}")));
        };
        // As in CPython, where the columns of this one method go by another order than its names say.
        let span = Span { line: lineno, end_line: col_offset, col: end_lineno, end_col: end_col_offset };
        self.content.borrow_mut().instructions.push(Instruction { opcode, arg, span });
        Ok(())
    }

    #[method("new_label($self, /)", doc = "Return a new label.")]
    fn new_label(&self) -> i32 {
        let mut content = self.content.borrow_mut();
        content.last_label += 1;
        content.last_label
    }

    #[method("use_label($self, /, label)", doc = "Place label at current location.")]
    fn use_label(&self, vm: &Vm, label: i32) -> PyResult<()> {
        let mut content = self.content.borrow_mut();
        let place = content.instructions.len() as u32;
        // Every label comes from `new_label`, or from a test that numbers its own.
        let Some(index) = usize::try_from(label).ok().filter(|&index| index < 1 << 20) else {
            return Err(vm.value_error(format_args!("there is no label {label}")));
        };
        let labels = content.labels.get_or_insert_default();
        if labels.len() <= index {
            labels.resize(index + 1, NOWHERE);
        }
        labels[index] = place;
        Ok(())
    }

    #[method("add_nested($self, /, nested)", doc = "Add a nested sequence.")]
    fn add_nested(&self, vm: &Vm, nested: Value) -> PyResult<()> {
        if vm.cast::<PyInstructionSequence>(nested).is_none() {
            let class = vm.class_name(nested);
            return Err(vm.type_error(format_args!("expected an instruction sequence, not {class}")));
        }
        self.nested.get_set().push(vm, nested)
    }

    #[method("get_nested($self, /)", doc = "Return the nested sequences.")]
    fn nested(&self) -> Value {
        self.nested.get_set().value()
    }

    #[method("get_instructions($self, /)", doc = "Return the instructions as a list of tuples or labels.")]
    fn instructions(vm: &Vm, this: Gc<PyInstructionSequence>) -> PyResult {
        let mut content = this.content.borrow_mut();
        content.resolve_labels();
        let list = vm.new_list(&[])?;
        for &Instruction { opcode, arg, span } in &content.instructions {
            let number = |number: i32| Value::small_int(number.into());
            let has_arg = opcode.has_arg() || opcode.has_target();
            let arg = if has_arg { Value::small_int(arg.into()) } else { Value::NONE };
            let opcode = Value::small_int(opcode.number().into());
            let Span { line, col, end_line, end_col } = span;
            let row = [opcode, arg, number(line), number(end_line), number(col), number(end_col)];
            list.push(vm, vm.new_tuple(&row)?.value())?;
        }
        Ok(list.value())
    }
}

/// The sequence of a code unit, with those of the units in it.
fn unit_sequence(vm: &Vm, unit: &CodeUnit) -> PyResult<Gc<PyInstructionSequence>> {
    vm.check_stack("")?;
    let mut content = Content {
        instructions: unit.sequence.instructions.clone(),
        labels: Some(unit.sequence.labels.clone()),
        last_label: unit.sequence.labels.len() as i32,
        annotations: unit.sequence.annotations.clone(),
    };
    content.resolve_labels();
    let sequence = new_sequence(vm, vm.native_class(PyInstructionSequence::def()), content)?;
    for nested in &unit.nested {
        sequence.nested.get_set().push(vm, unit_sequence(vm, nested)?.value())?;
    }
    Ok(sequence)
}

fn sequence_of(vm: &Vm, value: Value) -> PyResult<Gc<PyInstructionSequence>> {
    vm.cast::<PyInstructionSequence>(value).ok_or_else(|| vm.value_error("expected an instruction sequence"))
}

fn constant_values(vm: &Vm, constants: &[Constant], filename: &str) -> PyResult<Gc<PyList>> {
    let filename = vm.new_str(filename)?;
    let list = vm.new_list(&[])?;
    for constant in constants {
        list.push(vm, vm.constant(constant, filename, Origin::Compiler)?)?;
    }
    Ok(list)
}

/// What `assemble_code_object` is told of the code unit.
struct Metadata<'v> {
    vm: &'v Vm,
    dict: Gc<PyDict>,
}

impl Metadata<'_> {
    fn get(&self, key: &str) -> PyResult {
        let key = self.vm.intern(key);
        self.dict.get_str(self.vm, key).ok_or_else(|| self.vm.key_error(key.value()))
    }

    fn wrong(&self, key: &str, wanted: &str) -> Raised {
        self.vm.type_error(format_args!("metadata['{key}'] must be {wanted}"))
    }

    fn text(&self, key: &str) -> PyResult<String> {
        let text = self.vm.cast::<PyStr>(self.get(key)?).and_then(|text| text.to_utf8());
        text.ok_or_else(|| self.wrong(key, "a str"))
    }

    fn number(&self, key: &str) -> PyResult<u32> {
        let value = self.get(key)?;
        let number = self.vm.is_int(value).then(|| self.vm.int_to_i64(value)).flatten();
        let number = number.and_then(|number| i32::try_from(number).ok()).and_then(|number| number.try_into().ok());
        number.ok_or_else(|| self.wrong(key, "an int that is not negative"))
    }

    /// Calls `take` with the keys of a dict in the order of its values, which count from `first`.
    fn keys(&self, key: &str, first: usize, mut take: impl FnMut(Value) -> PyResult<()>) -> PyResult<()> {
        let dict = self.vm.cast::<PyDict>(self.get(key)?).ok_or_else(|| self.wrong(key, "a dict"))?;
        let mut order = Vec::new();
        for position in 0..dict.filled() {
            let Some(entry) = dict.entry(position) else { continue };
            let number = self.vm.int_to_i64(entry.value).filter(|_| self.vm.is_int(entry.value));
            order.push((number.ok_or_else(|| self.wrong(key, "a dict with numbers"))?, position));
        }
        order.sort_unstable();
        if order.iter().zip(first..).any(|(&(number, _), wanted)| number != wanted as i64) {
            return Err(self.wrong(key, &format!("a dict that counts from {first}")));
        }
        order.iter().filter_map(|&(_, position)| dict.entry(position)).try_for_each(|entry| take(entry.key))
    }

    fn names<'a>(&self, key: &str, first: usize, names: &mut Interner<'a>, arena: &'a Arena) -> PyResult<Vec<Name>> {
        let mut row = Vec::new();
        self.keys(key, first, |name| {
            let name = self.vm.cast::<PyStr>(name).and_then(|name| name.to_utf8());
            let name = name.ok_or_else(|| self.wrong(key, "a dict with names"))?;
            row.push(names.intern(arena.alloc_str(&name)));
            Ok(())
        })?;
        Ok(row)
    }

    fn unit<'a>(&self, names: &mut Interner<'a>, arena: &'a Arena) -> PyResult<UnitMetadata> {
        let mut consts = Vec::new();
        self.keys("consts", 0, |key| {
            // The compiler's own tables name the type of a constant, too.
            let constant = match self.vm.cast_exact::<PyTuple>(key) {
                Some(pair) if pair.len() > 1 => pair.as_slice()[1],
                _ => key,
            };
            consts.push(constant_from(self.vm, constant)?);
            Ok(())
        })?;
        let table = |row: Vec<Name>| {
            let mut table = NameTable::default();
            row.into_iter().for_each(|name| {
                table.insert(name);
            });
            table
        };
        let name = self.text("name")?;
        let varnames = table(self.names("varnames", 0, names, arena)?);
        let cellvars = self.names("cellvars", 0, names, arena)?;
        let (argcount, posonlyargcount) = (self.number("argcount")?, self.number("posonlyargcount")?);
        let kwonlyargcount = self.number("kwonlyargcount")?;
        let parameters = argcount.saturating_add(posonlyargcount).saturating_add(kwonlyargcount);
        if parameters as usize > varnames.len() {
            return Err(self.vm.value_error("code: varnames is too small"));
        }
        Ok(UnitMetadata {
            name: Some(names.intern(arena.alloc_str(&name))),
            qualname: self.text("qualname")?,
            consts: ConstantTable::from_vec(consts),
            names: table(self.names("names", 0, names, arena)?),
            freevars: self.names("freevars", cellvars.len(), names, arena)?,
            fasthidden: self.names("fasthidden", 0, names, arena)?,
            varnames,
            cellvars,
            parameters,
            argcount,
            posonlyargcount,
            kwonlyargcount,
            firstlineno: self.number("firstlineno")? as i32,
            flags: 0,
        })
    }
}

#[py_functions(FUNCTIONS, of = "_testinternalcapi")]
impl TestInternals {
    #[function("new_instruction_sequence()", doc = "Return a new, empty InstructionSequence.")]
    fn new_instruction_sequence(vm: &Vm) -> PyResult<Gc<PyInstructionSequence>> {
        new_sequence(vm, vm.native_class(PyInstructionSequence::def()), Content::default())
    }

    #[function(
        "compiler_codegen(ast, filename, optimize, compile_mode=0)",
        doc = "Apply compiler code generation to an AST: a pair of its instructions and what is known of its code."
    )]
    fn compiler_codegen(vm: &Vm, ast: Value, filename: Gc<PyStr>, optimize: i32, compile_mode: i32) -> PyResult {
        let filename = filename.to_string_lossy();
        let mode = match compile_mode {
            0 => Mode::Exec,
            1 => Mode::Eval,
            2 => Mode::Single,
            _ => return Err(vm.value_error(format_args!("there is no mode {compile_mode}"))),
        };
        let default = Request::new(vm, mode);
        let request = Request { optimize: u8::try_from(optimize).unwrap_or(default.optimize).min(2), ..default };
        code_units(vm, ast, &filename, request, |unit, _| {
            let sequence = unit_sequence(vm, unit)?;
            let metadata = vm.new_dict()?;
            let known = &unit.metadata;
            let numbers = [
                ("argcount", known.argcount),
                ("posonlyargcount", known.posonlyargcount),
                ("kwonlyargcount", known.kwonlyargcount),
            ];
            for (key, number) in numbers {
                metadata.set_str(vm, vm.intern(key), Value::small_int(number.into()))?;
            }
            let consts = constant_values(vm, known.consts.as_slice(), &filename)?;
            metadata.set_str(vm, vm.intern("consts"), consts.value())?;
            Ok(vm.new_tuple(&[sequence.value(), metadata.value()])?.value())
        })
    }

    #[function(
        "optimize_cfg(instructions, consts, nlocals)",
        doc = "Apply compiler optimizations to instructions; consts, a list, becomes what they then use."
    )]
    fn optimize_cfg(vm: &Vm, instructions: Value, consts: Value, nlocals: i32) -> PyResult {
        let instructions = sequence_of(vm, instructions)?;
        let Some(list) = vm.cast::<PyList>(consts) else { return Err(vm.type_error("consts must be a list")) };
        let Some(locals) = usize::try_from(nlocals).ok().filter(|&locals| locals < 1 << 20) else {
            return Err(vm.value_error(format_args!("there cannot be {nlocals} locals")));
        };
        let mut before = Vec::new();
        for index in 0..list.len() {
            before.push(constant_from(vm, list.get(index).unwrap_or(Value::NONE))?);
        }
        // Beyond so many locals the compiler has a table of them.
        let checked = if locals <= FEW_LOCALS { usize::MAX } else { locals };
        let sequence = instructions.content.borrow_mut().sequence(vm, before.len(), checked, usize::MAX)?;
        let mut consts = ConstantTable::from_vec(before.clone());
        let (arena, mut names) = (Arena::new(), Interner::new());
        let locals = kaa_compiler::numbered_names(locals, &mut names, &arena);
        let optimized = kaa_compiler::optimize(&sequence, &mut consts, locals)
            .map_err(|error| raise_compile_error(vm, &error, "<unknown>"))?;
        // The list keeps the objects that are still needed.
        let filename = vm.intern("<unknown>");
        let after = vm.new_list(&[])?;
        for constant in consts.as_slice() {
            let value = match before.iter().position(|other| other == constant).and_then(|index| list.get(index)) {
                Some(value) => value,
                None => vm.constant(constant, filename, Origin::Compiler)?,
            };
            after.push(vm, value)?;
        }
        vm.call_method(list.value(), vm.intern("clear"), &[])?;
        vm.call_method(list.value(), vm.intern("extend"), &[after.value()])?;
        let content = Content { instructions: optimized.instructions, ..Content::default() };
        Ok(new_sequence(vm, vm.native_class(PyInstructionSequence::def()), content)?.value())
    }

    #[function(
        "assemble_code_object(filename, instructions, metadata)",
        doc = "Create a code object for the given instructions, which optimize_cfg has gone over."
    )]
    fn assemble_code_object(vm: &Vm, filename: Gc<PyStr>, instructions: Value, metadata: Gc<PyDict>) -> PyResult {
        let instructions = sequence_of(vm, instructions)?;
        let (arena, mut names) = (Arena::new(), Interner::new());
        let unit = Metadata { vm, dict: metadata }.unit(&mut names, &arena)?;
        let cells = unit.cellvars.len() + unit.freevars.len();
        let sequence = instructions.content.borrow_mut().sequence(vm, unit.consts.len(), usize::MAX, cells)?;
        let filename: TextBytes = filename.to_generalized_utf8().into();
        let code = kaa_compiler::assemble_optimized(unit, &sequence, &names, &filename)
            .map_err(|error| raise_compile_error(vm, &error, "<unknown>"))?;
        Ok(vm.new_code(&code, Origin::Outside)?.value())
    }
}
