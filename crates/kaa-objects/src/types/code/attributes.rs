//! What Python code sees of code objects.

use kaa_bytecode::{CodeObject, LocationTable, NameList, Opcode, TextBytes, flags, kind};
use kaa_macros::py_methods;

use super::{CodeParts, Made, Origin, PyCode};
use crate::args::Args;
use crate::object::Slot;
use crate::types::bytes::PyBytes;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

impl Gc<PyCode> {
    /// An attribute that is made when first asked for, and stays the same object.
    fn made(self, vm: &Vm, which: Made, make: impl FnOnce() -> PyResult<Value>) -> PyResult {
        if let Some(value) = self.rare.get().and_then(|rare| rare.made[which as usize].get()) {
            return Ok(value);
        }
        let value = make()?;
        self.keep_made(vm, which, value);
        Ok(value)
    }

    /// The names of locals of some kinds, as a tuple.
    fn names_of_kind(self, vm: &Vm, bits: u8) -> PyResult<Value> {
        self.load(vm)?;
        let names: Vec<Gc<PyStr>> = self
            .localsplusnames(vm)
            .iter()
            .zip(self.localspluskinds())
            .filter(|(_, kind)| **kind & bits != 0)
            .map(|(name, _)| *name)
            .collect();
        // Interned names never die or move.
        Ok(vm.new_tuple_from(names.len(), names.iter().map(|name| name.value()))?.value())
    }
}

fn interned_tuple(vm: &Vm, names: &[Gc<PyStr>]) -> PyResult<Value> {
    Ok(vm.new_tuple_from(names.len(), names.iter().map(|name| name.value()))?.value())
}

#[py_methods(ATTRIBUTES, of = "code")]
impl PyCode {
    #[getter("co_argcount", member)]
    fn argcount(&self) -> u32 {
        self.argcount
    }

    #[getter("co_posonlyargcount", member)]
    fn posonlyargcount(&self) -> u32 {
        self.posonlyargcount
    }

    #[getter("co_kwonlyargcount", member)]
    fn kwonlyargcount(&self) -> u32 {
        self.kwonlyargcount
    }

    #[getter("co_nlocals", member)]
    fn nlocals(&self) -> u32 {
        self.nlocals
    }

    #[getter("co_stacksize", member)]
    fn stacksize(&self) -> u32 {
        self.stacksize
    }

    #[getter("co_flags", member)]
    fn flags(&self) -> u32 {
        self.flags
    }

    #[getter("co_firstlineno", member)]
    fn firstlineno(&self) -> i32 {
        self.firstlineno
    }

    #[getter("co_name", member)]
    fn get_name(vm: &Vm, this: Gc<PyCode>) -> Gc<PyStr> {
        this.name(vm)
    }

    #[getter("co_qualname", member)]
    fn get_qualname(vm: &Vm, this: Gc<PyCode>) -> Gc<PyStr> {
        this.qualname(vm)
    }

    #[getter("co_filename", member)]
    fn filename(&self) -> Gc<PyStr> {
        self.filename.get_set()
    }

    #[getter("co_consts", member)]
    fn consts(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.load(vm)?;
        let consts = || {
            let values = this.consts.iter().filter_map(Slot::get);
            Ok(vm.new_tuple_from(this.consts.len(), values)?.value())
        };
        this.made(vm, Made::Consts, consts)
    }

    #[getter("co_names", member)]
    fn names(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.load(vm)?;
        this.made(vm, Made::Names, || interned_tuple(vm, &this.names))
    }

    #[getter("co_varnames")]
    fn varnames(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.made(vm, Made::Varnames, || this.names_of_kind(vm, kind::LOCAL))
    }

    #[getter("co_cellvars")]
    fn cellvars(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.made(vm, Made::Cellvars, || this.names_of_kind(vm, kind::CELL))
    }

    #[getter("co_freevars")]
    fn freevars(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.made(vm, Made::Freevars, || this.names_of_kind(vm, kind::FREE))
    }

    #[getter("co_code")]
    fn code_bytes(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.load(vm)?;
        this.made(vm, Made::Code, || Ok(vm.new_bytes(this.code())?.value()))
    }

    #[getter("_co_code_adaptive")]
    fn code_adaptive(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.load(vm)?;
        this.made(vm, Made::Code, || Ok(vm.new_bytes(this.code())?.value()))
    }

    #[getter("co_linetable", member)]
    fn linetable_bytes(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.made(vm, Made::Linetable, || Ok(vm.new_bytes(this.linetable())?.value()))
    }

    #[getter("co_exceptiontable", member)]
    fn exceptiontable_bytes(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.made(vm, Made::Exceptiontable, || Ok(vm.new_bytes(this.exceptiontable())?.value()))
    }

    #[method("co_lines($self, /)")]
    fn lines(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        let rows = vm.new_list(&[])?;
        for range in LocationTable::new(this.linetable(), this.firstlineno).lines() {
            let line = range.line.map_or(Value::NONE, |line| Value::small_int(line.into()));
            let bounds = [range.start, range.end].map(|offset| Value::small_int(offset.into()));
            rows.push(vm, vm.new_tuple(&[bounds[0], bounds[1], line])?.value())?;
        }
        vm.iter(rows.value())
    }

    #[method("co_positions($self, /)")]
    fn positions(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        let rows = vm.new_list(&[])?;
        let known = |number: i32, absent: i32| {
            if number == absent { Value::NONE } else { Value::small_int(number.into()) }
        };
        for place in LocationTable::new(this.linetable(), this.firstlineno).positions() {
            let row = [
                known(place.line, -1),
                known(place.end_line, -1),
                known(place.column, -1),
                known(place.end_column, -1),
            ];
            rows.push(vm, vm.new_tuple(&row)?.value())?;
        }
        vm.iter(rows.value())
    }

    #[method("co_branches($self, /)")]
    fn branches(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        this.load(vm)?;
        let rows = vm.new_list(&[])?;
        for (source, not_taken, taken) in branches(this.code()) {
            let row = [source, not_taken, taken].map(|offset| Value::small_int(offset as i64));
            rows.push(vm, vm.new_tuple(&row)?.value())?;
        }
        vm.iter(rows.value())
    }

    #[method(
        "_varname_from_oparg($self, /, oparg)",
        doc = "(internal-only) Return the local variable name for the given oparg.\n\nWARNING: this method is for internal use \
               only and may change or go\naway."
    )]
    fn varname_from_oparg(vm: &Vm, this: Gc<PyCode>, oparg: isize) -> PyResult<Gc<PyStr>> {
        this.load(vm)?;
        let name = usize::try_from(oparg).ok().and_then(|index| this.localsplusnames(vm).get(index));
        name.copied().ok_or_else(|| vm.index_error("tuple index out of range"))
    }

    #[getter("co_lnotab")]
    fn lnotab(vm: &Vm, this: Gc<PyCode>) -> PyResult {
        if let Some(warn) = vm.hooks.warn.get() {
            let text = "co_lnotab is deprecated, use co_lines instead.";
            warn(vm, vm.exceptions().DeprecationWarning.value(), text, 1)?;
        }
        Ok(vm.new_bytes(&lnotab(&this))?.value())
    }

    #[method("__replace__", raw, signature = "($self, /, **changes)", doc = "The same as replace().")]
    #[method(
        "replace",
        raw,
        signature = "($self, /, **changes)",
        doc = "Return a copy of the code object with new values for the specified fields."
    )]
    fn replace(vm: &Vm, this: Gc<PyCode>, args: Args<'_>) -> PyResult<Gc<PyCode>> {
        if !args.positionals().is_empty() {
            let count = args.positionals().len();
            return Err(vm.type_error(format_args!("replace() takes 0 positional arguments but {count} were given")));
        }
        let fields = vm.new_dict()?;
        for name in FIELDS {
            let name = vm.intern(name);
            fields.set_str(vm, name, vm.get_attr(this.value(), name)?)?;
        }
        for (name, value) in args.keywords() {
            if fields.get_str(vm, name).is_none() {
                return Err(vm.unexpected_keyword("replace()", &FIELDS, args));
            }
            let text = name.to_string_lossy();
            if COUNTS.contains(&text.as_str()) && value.as_small_int().is_some_and(|count| count < 0) {
                return Err(vm.value_error(format_args!("{text} must be a positive integer")));
            }
            fields.set_str(vm, name, value)?;
        }
        let row = vm.new_list(&[])?;
        for name in FIELDS {
            row.push(vm, fields.get_str(vm, vm.intern(name)).unwrap_or(Value::NONE))?;
        }
        from_fields(vm, row)
    }
}

/// The attributes that a code object is made of, in the order of `CodeType`'s parameters.
const FIELDS: [&str; 18] = [
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_stacksize",
    "co_flags",
    "co_code",
    "co_consts",
    "co_names",
    "co_varnames",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_firstlineno",
    "co_linetable",
    "co_exceptiontable",
    "co_freevars",
    "co_cellvars",
];

const COUNTS: [&str; 7] = [
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_stacksize",
    "co_flags",
    "co_firstlineno",
];

/// `CodeType(...)`.
pub(super) fn new(vm: &Vm, args: Args<'_>) -> PyResult<Gc<PyCode>> {
    args.no_keywords(vm, "code")?;
    let count = args.positionals().len();
    if count < 16 {
        return Err(vm.type_error(format_args!("code expected at least 16 arguments, got {count}")));
    }
    if count > 18 {
        return Err(vm.type_error(format_args!("code expected at most 18 arguments, got {count}")));
    }
    let row = vm.new_list(args.positionals())?;
    while row.len() < 18 {
        row.push(vm, vm.new_tuple(&[])?.value())?;
    }
    from_fields(vm, row)
}

/// A code object from the values of [`FIELDS`].
fn from_fields(vm: &Vm, row: Gc<PyList>) -> PyResult<Gc<PyCode>> {
    let wrong = |index: usize, expected: &str| {
        let kind = vm.class_name(row.as_slice()[index]);
        vm.type_error(format_args!("code() argument {} must be {expected}, not {kind}", index + 1))
    };
    let number = |index: usize| -> PyResult<u32> {
        let value = vm.index_to_isize(row.as_slice()[index], vm.exceptions().OverflowError)?;
        let name = FIELDS[index].trim_start_matches("co_");
        u32::try_from(value).map_err(|_| vm.value_error(format_args!("code: {name} must not be negative")))
    };
    let bytes = |index: usize| -> PyResult<Box<[u8]>> {
        let bytes = vm.cast::<PyBytes>(row.as_slice()[index]).ok_or_else(|| wrong(index, "bytes"))?;
        Ok(bytes.as_slice().into())
    };
    let text = |index: usize| vm.cast::<PyStr>(row.as_slice()[index]).ok_or_else(|| wrong(index, "str"));
    let tuple = |index: usize| vm.cast::<PyTuple>(row.as_slice()[index]).ok_or_else(|| wrong(index, "tuple"));
    let names = |index: usize| -> PyResult<Vec<TextBytes>> {
        let mut names = Vec::new();
        for &name in tuple(index)?.as_slice() {
            let Some(name) = vm.cast::<PyStr>(name) else {
                let kind = vm.class_name(name);
                return Err(vm.type_error(format_args!("name tuples must contain only strings, not '{kind}'")));
            };
            names.push(TextBytes::from(name.to_generalized_utf8()));
        }
        Ok(names)
    };
    let (varnames, freevars, cellvars) = (names(9)?, names(16)?, names(17)?);
    let firstlineno = vm.index_to_isize(row.as_slice()[13], vm.exceptions().OverflowError)? as i32;
    let mut data = CodeObject {
        argcount: number(0)?,
        posonlyargcount: number(1)?,
        kwonlyargcount: number(2)?,
        stacksize: number(4)?,
        flags: number(5)?,
        code: bytes(6)?,
        consts: Box::default(),
        names: names(8)?.into(),
        localsplusnames: NameList::default(),
        localspluskinds: Box::default(),
        filename: TextBytes::from(text(10)?.to_generalized_utf8()),
        name: TextBytes::from(text(11)?.to_generalized_utf8()),
        qualname: TextBytes::from(text(12)?.to_generalized_utf8()),
        firstlineno,
        linetable: bytes(14)?,
        exceptiontable: bytes(15)?,
    };
    if number(3)? as usize != varnames.len() {
        return Err(vm.value_error("code: co_nlocals != len(co_varnames)"));
    }
    set_locals(vm, &mut data, varnames, &cellvars, &freevars)?;
    if !data.code.len().is_multiple_of(2) || data.code.is_empty() {
        return Err(vm.value_error("code: co_code is malformed"));
    }
    let origin = Origin::Outside;
    let parts =
        CodeParts { data: &data, origin, consts: tuple(7)?, filename: text(10)?, name: text(11)?, qualname: text(12)? };
    vm.new_code_from_parts(&parts)
}

/// Joins the names of locals, cells and free variables, with their kinds.
fn set_locals(
    vm: &Vm,
    data: &mut CodeObject,
    varnames: Vec<TextBytes>,
    cellvars: &[TextBytes],
    freevars: &[TextBytes],
) -> PyResult<()> {
    let (argcount, kwonly) = (data.argcount as usize, data.kwonlyargcount as usize);
    let varargs = usize::from(data.flags & flags::VARARGS != 0);
    let total = argcount + kwonly + varargs + usize::from(data.flags & flags::VARKEYWORDS != 0);
    if total > varnames.len() {
        return Err(vm.value_error("code: co_varnames is too small"));
    }
    let kind_of = |index: usize| match index {
        _ if index < data.posonlyargcount as usize => kind::ARG_POS,
        _ if index < argcount => kind::ARG_POS | kind::ARG_KW,
        _ if index < argcount + kwonly => kind::ARG_KW,
        _ if index < argcount + kwonly + varargs => kind::ARG_VAR | kind::ARG_POS,
        _ if index < total => kind::ARG_VAR | kind::ARG_KW,
        _ => 0,
    };
    let mut kinds: Vec<u8> = (0..varnames.len()).map(|index| kind::LOCAL | kind_of(index)).collect();
    let mut all = varnames;
    for name in cellvars {
        match all.iter().position(|local| local == name) {
            Some(index) => kinds[index] |= kind::CELL,
            None => {
                all.push(name.clone());
                kinds.push(kind::CELL);
            }
        }
    }
    all.extend(freevars.iter().cloned());
    kinds.resize(all.len(), kind::FREE);
    data.localsplusnames = all.into();
    data.localspluskinds = kinds.into();
    Ok(())
}

/// The lines as they were kept before Python 3.10: pairs of the differences in offset and line.
fn lnotab(code: &PyCode) -> Vec<u8> {
    let mut table = Vec::new();
    let (mut offset, mut line) = (0, code.firstlineno);
    for range in LocationTable::new(code.linetable(), code.firstlineno) {
        let next = range.location.line;
        if next < 0 || next == line {
            continue;
        }
        let (mut bytes, mut lines) = (range.start - offset, next - line);
        while bytes > 255 {
            table.extend([255, 0]);
            bytes -= 255;
        }
        while !(-128..=127).contains(&lines) {
            let step: i8 = if lines > 0 { 127 } else { -128 };
            table.extend([bytes as u8, step as u8]);
            (bytes, lines) = (0, lines - i32::from(step));
        }
        table.extend([bytes as u8, lines as i8 as u8]);
        (offset, line) = (range.start, next);
    }
    table
}

/// Source, target when not taken and target when taken of each conditional jump.
fn branches(code: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    let (mut at, mut extended) = (0, 0usize);
    while at + 1 < code.len() {
        let opcode = Opcode::from_number(code[at].into());
        let arg = extended << 8 | usize::from(code[at + 1]);
        let next = at + 2 * (1 + opcode.map_or(0, Opcode::caches));
        extended = if opcode == Some(Opcode::ExtendedArg) { arg } else { 0 };
        match opcode {
            Some(opcode) if opcode.is_conditional_jump() => found.push((at, next + 2, next + 2 * arg)),
            Some(Opcode::ForIter) => found.push((at, next, next + 2 * arg + 4)),
            Some(Opcode::EndAsyncFor) => {
                let source = next.saturating_sub(2 * arg);
                found.push((source, source + 4, next));
            }
            _ => {}
        }
        at = next;
    }
    found
}

/// Whether two loaded code objects are equal: `==`.
pub(super) fn equal(vm: &Vm, a: Gc<PyCode>, b: Gc<PyCode>) -> PyResult<bool> {
    let same = a.name(vm).equals(&b.name(vm))
        && a.argcount == b.argcount
        && a.posonlyargcount == b.posonlyargcount
        && a.kwonlyargcount == b.kwonlyargcount
        && a.flags == b.flags
        && a.firstlineno == b.firstlineno
        && a.code() == b.code()
        && *a.names == *b.names
        && a.localsplusnames(vm) == b.localsplusnames(vm)
        && a.localspluskinds() == b.localspluskinds()
        && a.linetable() == b.linetable()
        && a.exceptiontable() == b.exceptiontable()
        && a.consts.len() == b.consts.len();
    if !same {
        return Ok(false);
    }
    for (a, b) in a.consts.iter().zip(&*b.consts) {
        if !constants_equal(vm, a.get_set(), b.get_set())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two constants are one and the same: equal type and value, floats by their bits.
fn constants_equal(vm: &Vm, a: Value, b: Value) -> PyResult<bool> {
    if a == b {
        return Ok(true);
    }
    if vm.class_of(a) != vm.class_of(b) {
        return Ok(false);
    }
    if let (Some(a), Some(b)) = (vm.as_float(a), vm.as_float(b)) {
        return Ok(a.to_bits() == b.to_bits());
    }
    if let (Some(a), Some(b)) = (vm.cast_exact::<PyTuple>(a), vm.cast_exact::<PyTuple>(b)) {
        vm.check_stack(" in comparison")?;
        if a.len() != b.len() {
            return Ok(false);
        }
        for (&a, &b) in a.as_slice().iter().zip(b.as_slice()) {
            if !constants_equal(vm, a, b)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    vm.equal(a, b)
}
