//! Code whose rest stays packed until it is needed.

use std::cell::Cell;

use kaa_bytecode::Opcode;
use kaa_bytecode::packed::{Body, Packed};

use super::late::Late;
use super::tables::Tables;
use super::{Counts, PACKED, PyCode, adaptive_copy, pointer_unit, pointer_units, without_columns};
use crate::object::Slot;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Vm};

/// What stands in place of the instructions of all packed code.
struct PackedUnit(Cell<u16>);

// SAFETY: nobody writes it: rows that point at it are empty.
unsafe impl Sync for PackedUnit {}

static PACKED_UNIT: PackedUnit = PackedUnit(Cell::new(PACKED as u16));

impl Vm {
    /// A code object of the compiler's that stays packed until it is called or looked at.
    pub fn new_packed_code(&self, packed: Packed, filename: Gc<PyStr>) -> PyResult<Gc<PyCode>> {
        let head = packed.head();
        let [argcount, posonlyargcount, kwonlyargcount, stacksize, flags] = head.counts;
        let (firstlineno, localspluskinds) = (head.firstlineno, &head.tables[..head.kinds]);
        let counts =
            Counts { argcount, posonlyargcount, kwonlyargcount, stacksize, flags, firstlineno, localspluskinds };
        let code = self.alloc_immovable(PyCode {
            adaptive: Late::empty_at(&PACKED_UNIT.0),
            tables: match self.no_debug_ranges.get() {
                true => {
                    let (lines, exceptions) = head.tables[head.kinds..].split_at(head.lines);
                    Tables::new(localspluskinds, &without_columns(firstlineno, lines), exceptions)
                }
                false => Tables::borrowed(head.tables, head.kinds, head.lines),
            },
            packed: Some(packed),
            is_packed: Cell::new(true),
            has_empty_caches: true,
            ..PyCode::empty(&counts, filename)
        })?;
        self.codes.add(code);
        Ok(code)
    }
}

impl Gc<PyCode> {
    /// Makes sure that all of it is there: constants, names and instructions that can be run.
    #[inline]
    pub fn load(self, vm: &Vm) -> PyResult<()> {
        match self.packed {
            Some(packed) if self.is_packed.get() => self.unpack(vm, packed),
            _ => Ok(()),
        }
    }

    /// Whether constants, names and instructions are still missing.
    #[inline(always)]
    pub fn is_packed(self) -> bool {
        self.is_packed.get()
    }

    #[cold]
    fn unpack(self, vm: &Vm, packed: Packed) -> PyResult<()> {
        let body = packed.head().body();
        let name = vm.interned.intern_utf8(vm, body.name);
        let mut names = body.names();
        let names_row = names.by_ref().map(|name| vm.interned.intern_utf8(vm, name)).collect();
        let consts = vm.packed_constants(names.constants(), self.filename.get_set())?;
        if !self.is_packed.get() {
            // A finalizer that an allocation let run came first.
            return Ok(());
        }
        // Nothing fails from here on.
        self.name.set(vm, self, name);
        self.names.fill(names_row);
        let (units, pointers) = instructions(&body);
        self.pointers.fill(pointers);
        let consts = consts.as_slice();
        self.consts.fill(consts.iter().map(|_| Slot::empty()).collect());
        for (slot, value) in self.consts.iter().zip(consts) {
            slot.set(vm, self, *value);
        }
        self.adaptive.fill(units);
        self.verified.set(true);
        self.is_packed.set(false);
        if let Some(made) = vm.hooks.code_made.get() {
            made(vm, self);
        }
        Ok(())
    }

    /// What is in the file, of code that lacks something.
    fn packed_body(self) -> Body {
        self.packed.expect("only packed code lacks it").head().body()
    }

    /// `co_name`.
    pub fn name(self, vm: &Vm) -> Gc<PyStr> {
        if let Some(name) = self.name.get() {
            return name;
        }
        let name = vm.interned.intern_utf8(vm, self.packed_body().name);
        self.name.set(vm, self, name);
        name
    }

    /// `co_name`, if it was ever needed, as it is to run the code.
    #[inline]
    pub fn known_name(self) -> Option<Gc<PyStr>> {
        self.name.get()
    }

    /// `co_qualname`.
    pub fn qualname(self, vm: &Vm) -> Gc<PyStr> {
        if let Some(qualname) = self.qualname.get() {
            return qualname;
        }
        let qualname = vm.interned.intern_utf8(vm, &self.packed_body().qualname());
        self.qualname.set(vm, self, qualname);
        qualname
    }
}

/// The instructions with units for their inline caches, all empty, and which of these may hold
/// pointers.
fn instructions(body: &Body) -> (Box<[Cell<u16>]>, Box<[u32]>) {
    let stored = body.stored_code;
    if body.with_caches {
        return (adaptive_copy(stored), pointer_units(stored));
    }
    if stored.len() == body.code_length {
        // It needs no inline caches.
        return (adaptive_copy(stored), Box::default());
    }
    let stored = stored.as_chunks::<2>().0;
    let mut units = vec![0u16; body.code_length / 2];
    let mut pointers = Vec::with_capacity(stored.len() / 8);
    let mut at = 0;
    for &unit in stored {
        let unit = u16::from_le_bytes(unit);
        if let Some(place) = units.get_mut(at) {
            *place = unit;
        }
        let caches = Opcode::caches_of_number(unit as u8);
        if caches > 0
            && let Some(pointer) = pointer_unit(unit as u8, at)
        {
            pointers.push(pointer);
        }
        at += 1 + caches;
    }
    if at > units.len() {
        // The last instruction's caches are cut off: such code never runs.
        pointers.pop();
    }
    let units = Box::into_raw(units.into_boxed_slice());
    // SAFETY: the box of just now; a cell has the form of what is in it.
    (unsafe { Box::from_raw(units as *mut [Cell<u16>]) }, pointers.into())
}

impl PyCode {
    /// `co_code`: the instructions as the compiler made them.
    #[inline]
    pub fn code(&self) -> &[u8] {
        let bytecode = &self.rare().bytecode;
        if bytecode.is_empty()
            && let Some(packed) = self.packed
        {
            bytecode.fill(packed.head().body().code());
        }
        bytecode
    }

    /// Names of locals, then cells that are not locals, then free variables; interned.
    pub fn localsplusnames(&self, vm: &Vm) -> &[Gc<PyStr>] {
        if self.localsplusnames.is_empty()
            && self.nlocalsplus > 0
            && let Some(packed) = self.packed
        {
            let names = packed.head().body().localsplusnames();
            // Interned strings never die or move.
            let row = names.map(|name| vm.interned.intern_utf8(vm, name)).collect();
            self.localsplusnames.fill(row);
        }
        &self.localsplusnames
    }
}
