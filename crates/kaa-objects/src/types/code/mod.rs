//! `code`: a code object as it runs.
//!
//! Made from the data of `kaa_bytecode` by [`Vm::new_code`]. What Python sees (`co_code` and the
//! like) stays as compiled; [`PyCode::adaptive`] is a copy of the instructions with the same
//! offsets, which the interpreter specializes and whose cache units it uses.
//!
//! Code of the embedded library is made with what a function needs before its first call; the
//! rest stays packed until it is called or looked at ([`Gc::load`](PyCode)). Who reads anything
//! else than the counts, flags and names of code that need not have run calls `load` first.
//!
//! Invariant: code objects never move, so the interpreter keeps plain addresses into their
//! tables while a frame (which refers to the code) runs.

mod attributes;
mod constants;
mod late;
pub mod monitoring;
mod packed;
mod read;
mod starts;
mod tables;

use std::cell::{Cell, OnceCell};

use kaa_bytecode::packed::Packed;
use kaa_bytecode::verify::{self, Facts, Malformed};
use kaa_bytecode::{CodeObject, Location, LocationTable, LocationTableWriter, Opcode, flags, kind};

use self::late::Late;
use self::monitoring::{CodeMonitoring, Place};
use self::starts::Starts;
use self::tables::Tables;
use crate::args::Args;
use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot, Trace, Visitor};
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

/// Words of a frame before its locals; the interpreter's frame header has this size.
pub const FRAME_HEADER_WORDS: usize = 12;

/// [`PyCode::simple_argcount`] of code whose calls need more than copying positional arguments.
pub const NOT_SIMPLE: u32 = u32::MAX;

/// The first opcode of [`PyCode::adaptive`] while nobody knows whether the code can be run: the
/// interpreter has it verified first.
pub const UNVERIFIED: u8 = 200;

/// The opcode that code has in place of its instructions while they are packed: the interpreter
/// has it loaded first.
pub const PACKED: u8 = 201;

/// Where a code object's instructions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Kaa's compiler: they can be run.
    Compiler,
    /// A file, or Python code that put them together: they must be verified before they run.
    Outside,
}

/// A code object.
#[repr(C)]
pub struct PyCode {
    header: Header,
    /// The instructions that run: those of `code` as 16-bit units (opcode in the low byte), with
    /// specialized opcodes and inline caches in place of the cache units.
    pub adaptive: Late<Cell<u16>>,
    /// `co_consts`.
    pub consts: Late<Slot>,
    /// `co_names`, interned.
    pub names: Late<Gc<PyStr>>,
    /// How many words a frame takes: header, locals, stack.
    pub frame_words: u32,
    /// The number of parameters, when a call with just as many positional arguments needs
    /// nothing but their values copied; else [`NOT_SIMPLE`].
    pub simple_argcount: u32,
    /// `len(localsplusnames)`.
    pub nlocalsplus: u32,
    /// `co_nlocals`.
    pub nlocals: u32,
    /// Cells, those that are parameters included.
    pub ncells: u32,
    /// Free variables: the last ones of the locals.
    pub nfree: u32,
    /// `co_argcount`.
    pub argcount: u32,
    /// `co_posonlyargcount`.
    pub posonlyargcount: u32,
    /// `co_kwonlyargcount`.
    pub kwonlyargcount: u32,
    /// `co_stacksize`.
    pub stacksize: u32,
    /// `co_flags`: bits of [`kaa_bytecode::flags`].
    pub flags: u32,
    /// `co_firstlineno`.
    pub firstlineno: i32,
    /// The number of the builtins' keys that inline caches of this code rely on; 0: none yet.
    pub builtins_version: Cell<u32>,
    /// Whether inline caches of its attribute instructions rely on shapes.
    pub attributes_cached: Cell<bool>,
    /// How often the code was entered or jumped back: what compiling it is decided by.
    pub heat: Cell<u32>,
    /// `co_name`; empty in packed code until somebody asks for it.
    name: Slot<Gc<PyStr>>,
    /// `co_qualname`; empty in packed code until somebody asks for it.
    qualname: Slot<Gc<PyStr>>,
    /// `co_filename`.
    pub filename: Slot<Gc<PyStr>>,
    /// Names of locals, then cells that are not locals, then free variables; interned. Empty in
    /// packed code until somebody asks for them.
    localsplusnames: Late<Gc<PyStr>>,
    tables: Tables,
    /// Where `adaptive` may hold values: indices of four units each, which hold a value's word or 0
    /// and never anything else. They keep nothing alive ([`crate::vm::Hooks::sweep_code`]).
    pub pointers: Late<u32>,
    /// What little code needs; made when first asked for.
    rare: OnceCell<Box<Rare>>,
    verified: Cell<bool>,
    /// Whether the units of inline caches are 0 in `code`, as the compiler leaves them.
    has_empty_caches: bool,
    /// Whether what is needed to run it is still there alone.
    is_packed: Cell<bool>,
    place: Place,
    /// Where it is packed.
    packed: Option<Packed>,
}

/// The parts of a code object that running it does not need.
#[derive(Default)]
struct Rare {
    /// `co_code`; empty in packed code until somebody asks for it.
    bytecode: Late<u8>,
    /// Attributes that are objects made when first asked for: `co_consts` and others.
    made: [Slot; MADE_COUNT],
    starts: OnceCell<Starts>,
    /// What tools watch in it, once one did.
    monitoring: OnceCell<Box<CodeMonitoring>>,
}

impl Gc<PyCode> {
    /// Keeps the object that is an attribute from now on.
    fn keep_made(self, vm: &Vm, which: Made, value: Value) {
        self.rare().made[which as usize].set(vm, self, value);
    }
}

/// Which attribute [`PyCode::made`] holds.
#[derive(Clone, Copy)]
#[repr(usize)]
#[allow(missing_docs, reason = "named for the attribute")]
pub enum Made {
    Consts,
    Names,
    Varnames,
    Cellvars,
    Freevars,
    Code,
    Linetable,
    Exceptiontable,
}

const MADE_COUNT: usize = 8;

impl Trace for PyCode {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.name.trace(visitor);
        self.qualname.trace(visitor);
        self.filename.trace(visitor);
        let made = self.rare.get_mut().into_iter().flat_map(|rare| rare.made.iter_mut());
        for slot in self.consts.get_mut().iter_mut().chain(made) {
            slot.trace(visitor);
        }
        for &at in &*self.pointers {
            let units = self.adaptive[at as usize..at as usize + 4].as_ptr().cast_mut().cast::<u64>();
            // SAFETY: four units are as large as a word; nobody else reads or writes them meanwhile.
            unsafe {
                let before = units.read_unaligned();
                let mut word = before;
                if word != 0 {
                    visitor.weak_slot(&mut word);
                }
                if word != before {
                    units.write_unaligned(word);
                }
            }
        }
    }
}

#[py_type(
    name = "code",
    id = ids::CODE,
    layout = custom,
    flags(MANAGED_WEAKREF),
    drop,
    parts(attributes::ATTRIBUTES),
    doc = "code(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize,\n     flags, codestring, constants, n\
           ames, varnames, filename, name,\n     qualname, firstlineno, linetable, exceptiontable, freevars=(),\
           \n     cellvars=(), /)\n--\n\nCreate a code object.  Not for the faint of heart."
)]
impl PyCode {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyCode>> {
        attributes::new(vm, args)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyCode>) -> String {
        let (name, file) = (this.name(vm).to_string_lossy(), this.filename.get_set().to_string_lossy());
        let line = if this.firstlineno == 0 { -1 } else { this.firstlineno };
        format!("<code object {name} at {:#x}, file \"{file}\", line {line}>", vm.pin(this))
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyCode>) -> PyResult<i64> {
        this.load(vm)?;
        let name = this.name(vm).hash(vm);
        let mut code = crate::hash::hash_bytes(vm, this.code());
        let names = this.names.iter().chain(this.localsplusnames(vm)).map(|name| name.hash(vm));
        let tables = [this.linetable(), this.exceptiontable()].map(|table| crate::hash::hash_bytes(vm, table));
        for part in names.chain(tables) {
            code = code.rotate_left(7).wrapping_mul(0x1_0000_01b3) ^ part;
        }
        let numbers = i64::from(this.argcount) ^ i64::from(this.flags) << 8 ^ i64::from(this.firstlineno) << 24;
        let parameters = i64::from(this.posonlyargcount) << 40 ^ i64::from(this.kwonlyargcount) << 52;
        Ok(match name ^ code.rotate_left(21) ^ numbers ^ parameters {
            -1 => -2,
            hash => hash,
        })
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyCode>, other: Value, op: CompareOp) -> PyResult {
        let (Some(other), CompareOp::Eq | CompareOp::Ne) = (vm.cast::<PyCode>(other), op) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        this.load(vm)?;
        other.load(vm)?;
        Ok(Value::bool(attributes::equal(vm, this, other)? == (op == CompareOp::Eq)))
    }
}

impl PyCode {
    /// Bytes of Rust memory that a code object owns and that do not change.
    ///
    /// # Safety
    /// `object` is a code object whose memory is intact.
    pub(crate) unsafe fn external_bytes(object: *const u8) -> usize {
        // SAFETY: the caller's promise.
        let code = unsafe { &*object.cast::<PyCode>() };
        let references = code.consts.len() + code.names.len() + code.localsplusnames.len();
        let bytecode = code.rare.get().map_or(0, |rare| rare.bytecode.len());
        bytecode + code.tables.len() + 8 * references + 4 * code.pointers.len() + 2 * code.adaptive.len()
    }

    /// Bits of [`kind`], one byte for each of `localsplusnames`.
    #[inline]
    pub fn localspluskinds(&self) -> &[u8] {
        self.tables.kinds()
    }

    /// `co_linetable`.
    #[inline]
    pub fn linetable(&self) -> &[u8] {
        self.tables.lines()
    }

    /// `co_exceptiontable`.
    #[inline]
    pub fn exceptiontable(&self) -> &[u8] {
        self.tables.exceptions()
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    /// Whether a bit of `co_flags` is set.
    #[inline(always)]
    pub fn has_flag(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// The number of parameters of all kinds, `*args` and `**kwargs` included: so many locals
    /// are filled by a call.
    pub fn total_args(&self) -> usize {
        let stars = u32::from(self.has_flag(flags::VARARGS)) + u32::from(self.has_flag(flags::VARKEYWORDS));
        (self.argcount + self.kwonlyargcount + stars) as usize
    }

    /// The index of the instruction that a unit belongs to (as opcode or as one of its caches).
    pub fn instruction_start(&self, unit: usize) -> usize {
        let starts = self.starts();
        (0..=unit).rev().find(|&at| starts.is_start(at)).unwrap_or(0)
    }

    /// Whether an instruction, or a prefix of one, is at a unit.
    #[inline]
    pub fn is_instruction_start(&self, unit: usize) -> bool {
        self.starts().is_start(unit)
    }

    /// The instructions and their prefixes: the units that are no inline caches.
    pub fn instruction_starts(&self) -> impl Iterator<Item = usize> {
        let starts = self.starts();
        (0..self.adaptive.len()).filter(|&at| starts.is_start(at))
    }

    fn starts(&self) -> &Starts {
        self.rare().starts.get_or_init(|| match self.packed {
            Some(packed) => {
                let body = packed.head().body();
                Starts::new(body.stored_code, body.code_length / 2, !body.with_caches)
            }
            None => Starts::new(self.code(), self.adaptive.len(), false),
        })
    }

    /// The instruction at a unit where one starts, as compiled.
    pub fn original_opcode(&self, start: usize) -> Option<Opcode> {
        // The numbers of what stands in place of instructions are those of none.
        let current = self.adaptive.get(start)?.get() as u8;
        Opcode::from_number(current.into()).or_else(|| Opcode::from_number(self.code()[start * 2].into()))
    }

    /// Whether the instructions can be run.
    pub fn is_verified(&self) -> bool {
        self.verified.get()
    }

    /// Proves that the instructions can be run, so that they are from now on.
    pub fn verify(&self) -> Result<(), Malformed> {
        if !self.verified.get() {
            verify::verify(&Facts {
                code: self.code(),
                exceptiontable: self.exceptiontable(),
                consts: self.consts.len(),
                names: self.names.len(),
                localspluskinds: self.localspluskinds(),
                parameters: self.total_args(),
                stacksize: self.stacksize as usize,
                flags: self.flags,
            })?;
            self.verified.set(true);
            self.adaptive[0].set(u16::from_le_bytes([self.code()[0], self.code()[1]]));
        }
        Ok(())
    }

    /// What tools watch in it, if one ever did.
    #[inline]
    pub fn monitoring(&self) -> Option<&CodeMonitoring> {
        self.rare.get()?.monitoring.get().map(|monitoring| &**monitoring)
    }

    /// What tools watch in it; made when first asked for.
    pub fn monitoring_or_new(&self) -> &CodeMonitoring {
        self.rare().monitoring.get_or_init(|| CodeMonitoring::new(self.code().len() / 2))
    }

    /// The index of a local's name among the locals, cells and free variables.
    pub fn local_index(&self, vm: &Vm, name: Gc<PyStr>) -> Option<usize> {
        self.localsplusnames(vm).iter().position(|&n| n == name)
    }
}

/// What a code object is made of, when not from compiled data: `CodeType(...)`, `replace`.
pub struct CodeParts<'a> {
    /// The data; its constants are not looked at.
    pub data: &'a CodeObject,
    /// Who made the data.
    pub origin: Origin,
    /// The constants.
    pub consts: Gc<PyTuple>,
    /// `co_filename`, `co_name`, `co_qualname`.
    pub filename: Gc<PyStr>,
    #[allow(missing_docs)]
    pub name: Gc<PyStr>,
    #[allow(missing_docs)]
    pub qualname: Gc<PyStr>,
}

impl Vm {
    /// A code object from data, with those nested in its constants. `ValueError` when calls of
    /// it could not even be prepared.
    pub fn new_code(&self, data: &CodeObject, origin: Origin) -> PyResult<Gc<PyCode>> {
        let filename = self.intern_generalized(&data.filename);
        self.new_code_in(data, filename, origin)
    }

    /// A code object as Python code sees it, with a file name of its own.
    pub fn new_code_in(&self, data: &CodeObject, filename: Gc<PyStr>, origin: Origin) -> PyResult<Gc<PyCode>> {
        let consts = self.check_stack("").and_then(|()| self.code_constants(data, filename, origin))?;
        let name = self.intern_generalized(&data.name);
        let qualname = self.intern_generalized(&data.qualname);
        self.new_code_from_parts(&CodeParts { data, origin, consts, filename, name, qualname })
    }

    /// A code object from its parts.
    pub fn new_code_from_parts(&self, parts: &CodeParts<'_>) -> PyResult<Gc<PyCode>> {
        let CodeParts { data, origin, consts, .. } = *parts;
        if origin == Origin::Outside {
            verify::verify_layout(data).map_err(|error| self.value_error(format_args!("code: {}", error.what)))?;
            if data.code.is_empty() || !data.code.len().is_multiple_of(2) {
                return Err(self.value_error("code: co_code is malformed"));
            }
        }
        let intern = |texts: &kaa_bytecode::NameList| texts.iter().map(|text| self.intern_generalized(text)).collect();
        let adaptive = adaptive_copy(&data.code);
        if origin == Origin::Outside {
            clear_caches(&adaptive);
            adaptive[0].set(UNVERIFIED.into());
        }
        // Nothing is allocated on the heap from here until the constants are in place.
        let code = PyCode {
            adaptive: Late::new(adaptive),
            consts: Late::new(consts.as_slice().iter().map(|&value| Slot::new(value)).collect()),
            names: Late::new(intern(&data.names)),
            localsplusnames: Late::new(intern(&data.localsplusnames)),
            pointers: Late::new(pointer_units(&data.code)),
            tables: match self.no_debug_ranges.get() {
                true => {
                    let lines = without_columns(data.firstlineno, &data.linetable);
                    Tables::new(&data.localspluskinds, &lines, &data.exceptiontable)
                }
                false => Tables::new(&data.localspluskinds, &data.linetable, &data.exceptiontable),
            },
            rare: OnceCell::from(Box::new(Rare { bytecode: Late::new(data.code.clone()), ..Rare::default() })),
            verified: Cell::new(origin == Origin::Compiler),
            has_empty_caches: origin == Origin::Compiler,
            name: Slot::new(parts.name),
            qualname: Slot::new(parts.qualname),
            ..PyCode::empty(&Counts::of(data), parts.filename)
        };
        let consts_value = consts.value();
        let code = self.alloc_immovable(code)?;
        // SAFETY: a code object.
        let external = unsafe { PyCode::external_bytes(code.as_ptr().cast()) };
        self.heap().report_external(external as isize);
        // The allocation may have moved constants before the code could be seen: they are read
        // again from the tuple, which the stack holds.
        for (slot, value) in code.consts.iter().zip(consts.as_slice()) {
            slot.set(self, code, *value);
        }
        code.keep_made(self, Made::Consts, consts_value);
        self.codes.add(code);
        if let Some(made) = self.hooks.code_made.get() {
            made(self, code);
        }
        Ok(code)
    }
}

/// The numbers of a code object.
struct Counts<'a> {
    argcount: u32,
    posonlyargcount: u32,
    kwonlyargcount: u32,
    stacksize: u32,
    flags: u32,
    firstlineno: i32,
    localspluskinds: &'a [u8],
}

impl Counts<'_> {
    fn of(data: &CodeObject) -> Counts<'_> {
        Counts {
            argcount: data.argcount,
            posonlyargcount: data.posonlyargcount,
            kwonlyargcount: data.kwonlyargcount,
            stacksize: data.stacksize,
            flags: data.flags,
            firstlineno: data.firstlineno,
            localspluskinds: &data.localspluskinds,
        }
    }
}

impl PyCode {
    /// A code object of nothing but its numbers and its file name.
    fn empty(counts: &Counts<'_>, filename: Gc<PyStr>) -> PyCode {
        let (mut nlocals, mut ncells, mut nfree) = (0, 0, 0);
        for &bits in counts.localspluskinds {
            nlocals += u32::from(bits & kind::LOCAL != 0);
            ncells += u32::from(bits & kind::CELL != 0);
            nfree += u32::from(bits & kind::FREE != 0);
        }
        let nlocalsplus = counts.localspluskinds.len() as u32;
        PyCode {
            header: Header::EMPTY,
            adaptive: Late::empty(),
            consts: Late::empty(),
            names: Late::empty(),
            frame_words: FRAME_HEADER_WORDS as u32 + nlocalsplus + counts.stacksize,
            simple_argcount: if is_simple(counts) { counts.argcount } else { NOT_SIMPLE },
            nlocalsplus,
            nlocals,
            ncells,
            nfree,
            argcount: counts.argcount,
            posonlyargcount: counts.posonlyargcount,
            kwonlyargcount: counts.kwonlyargcount,
            stacksize: counts.stacksize,
            flags: counts.flags,
            firstlineno: counts.firstlineno,
            builtins_version: Cell::new(0),
            attributes_cached: Cell::new(false),
            heat: Cell::new(0),
            name: Slot::empty(),
            qualname: Slot::empty(),
            filename: Slot::new(filename),
            localsplusnames: Late::empty(),
            tables: Tables::EMPTY,
            pointers: Late::empty(),
            rare: OnceCell::new(),
            verified: Cell::new(false),
            has_empty_caches: false,
            is_packed: Cell::new(false),
            place: Place::default(),
            packed: None,
        }
    }
}

/// A copy of the instructions for the interpreter to change.
fn adaptive_copy(code: &[u8]) -> Box<[Cell<u16>]> {
    code.as_chunks().0.iter().map(|unit| Cell::new(u16::from_le_bytes(*unit))).collect()
}

/// The location table with lines alone.
fn without_columns(firstlineno: i32, linetable: &[u8]) -> Vec<u8> {
    let mut table = LocationTableWriter::new(firstlineno);
    for range in LocationTable::new(linetable, firstlineno) {
        let line = range.location.line;
        let location = Location { line, end_line: line, column: -1, end_column: -1 };
        table.push(location, (range.end - range.start) as usize / 2);
    }
    table.finish().into_vec()
}

/// Whether a call with `argcount` positional arguments needs only their values in the first
/// locals.
fn is_simple(data: &Counts<'_>) -> bool {
    let special = flags::VARARGS | flags::VARKEYWORDS;
    let function = flags::OPTIMIZED | flags::NEWLOCALS;
    data.kwonlyargcount == 0 && data.flags & special == 0 && data.flags & function == function
}

/// Empties all units behind instructions that are not such themselves: bytes from outside may
/// hold anything there.
fn clear_caches(units: &[Cell<u16>]) {
    let mut at = 0;
    while at < units.len() {
        let caches = Opcode::caches_of_number(units[at].get() as u8);
        let end = (at + 1 + caches).min(units.len());
        units[at + 1..end].iter().for_each(|unit| unit.set(0));
        at = end;
    }
}

/// The units in which the interpreter may keep pointers: the last four of each `LOAD_ATTR`, and
/// those of `BINARY_OP` after its counter.
fn pointer_units(code: &[u8]) -> Box<[u32]> {
    let units = code.as_chunks::<2>().0;
    let mut found = Vec::with_capacity(units.len() / 12 + 1);
    let mut at = 0;
    while let Some(&[opcode, _]) = units.get(at) {
        found.extend(pointer_unit(opcode, at));
        at += 1 + Opcode::caches_of_number(opcode);
    }
    if at > units.len() {
        // The last instruction's caches are cut off: such code never runs.
        found.pop();
    }
    found.into()
}

/// Where the instruction at a unit may keep a pointer.
fn pointer_unit(opcode: u8, at: usize) -> Option<u32> {
    const LOAD_ATTR: u8 = Opcode::LoadAttr as u8;
    const BINARY_OP: u8 = Opcode::BinaryOp as u8;
    match opcode {
        LOAD_ATTR => Some(at as u32 + 6),
        BINARY_OP => Some(at as u32 + 2),
        _ => None,
    }
}
