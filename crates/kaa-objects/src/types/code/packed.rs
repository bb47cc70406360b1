//! Code whose rest stays packed until it is needed.

use std::borrow::Cow;
use std::cell::Cell;

use kaa_bytecode::Opcode;
use kaa_bytecode::packed::{Head, Packed};

use super::late::Late;
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
        let name = self.interned.intern_utf8(self, head.name);
        let qualname = (head.qualname == head.name).then_some(name);
        let (firstlineno, localspluskinds) = (head.firstlineno, head.localspluskinds);
        let counts =
            Counts { argcount, posonlyargcount, kwonlyargcount, stacksize, flags, firstlineno, localspluskinds };
        let code = self.alloc_immovable(PyCode {
            adaptive: Late::empty_at(&PACKED_UNIT.0),
            localspluskinds: Cow::Borrowed(localspluskinds),
            linetable: match self.no_debug_ranges.get() {
                true => without_columns(firstlineno, head.linetable).into(),
                false => Cow::Borrowed(head.linetable),
            },
            exceptiontable: Cow::Borrowed(head.exceptiontable),
            packed: Some(packed),
            is_packed: Cell::new(true),
            has_empty_caches: true,
            ..PyCode::empty(&counts, name, qualname, filename)
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
        let filename = self.filename.get_set();
        let head = packed.head();
        let consts = vm.packed_constants(head.consts())?;
        let mut rest = head.rest();
        let (names, all) = rest.counts();
        let names_row = (0..names).map(|_| vm.interned.intern_utf8(vm, rest.name())).collect();
        (names..all).for_each(|_| _ = rest.name());
        for (index, inner) in rest.nested() {
            consts.fill(vm, index, vm.new_packed_code(inner, filename)?.value());
        }
        if !self.is_packed.get() {
            // A finalizer that an allocation let run came first.
            return Ok(());
        }
        // Nothing fails from here on.
        self.names.fill(names_row);
        let (units, pointers) = instructions(&head);
        self.pointers.fill(pointers);
        self.consts.fill(consts.as_slice().iter().map(|_| Slot::empty()).collect());
        for (slot, value) in self.consts.iter().zip(consts.as_slice()) {
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

    /// `co_qualname`.
    pub fn qualname(self, vm: &Vm) -> Gc<PyStr> {
        if let Some(qualname) = self.qualname.get() {
            return qualname;
        }
        let packed = self.packed.expect("only packed code lacks it");
        let qualname = vm.interned.intern_utf8(vm, packed.head().qualname);
        self.qualname.set(vm, self, qualname);
        qualname
    }
}

/// The instructions with units for their inline caches, all empty, and which of these may hold
/// pointers.
fn instructions(head: &Head) -> (Box<[Cell<u16>]>, Box<[u32]>) {
    let Some(stored) = head.code_without_caches() else {
        let code = head.code();
        return (adaptive_copy(&code), pointer_units(&code));
    };
    let mut units = vec![0u16; head.code_length / 2];
    let mut pointers = Vec::with_capacity(stored.len() / 8);
    let mut at = 0;
    for &unit in stored {
        if let Some(place) = units.get_mut(at) {
            *place = u16::from_le_bytes(unit);
        }
        let caches = Opcode::caches_of_number(unit[0]);
        if caches > 0
            && let Some(pointer) = pointer_unit(unit[0], at)
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
        if self.bytecode.is_empty()
            && let Some(packed) = self.packed
        {
            self.bytecode.fill(packed.head().code());
        }
        &self.bytecode
    }

    /// Names of locals, then cells that are not locals, then free variables; interned.
    pub fn localsplusnames(&self, vm: &Vm) -> &[Gc<PyStr>] {
        if self.localsplusnames.is_empty()
            && self.nlocalsplus > 0
            && let Some(packed) = self.packed
        {
            let mut rest = packed.head().rest();
            let (names, all) = rest.counts();
            (0..names).for_each(|_| _ = rest.name());
            // Interned strings never die or move.
            let row = (names..all).map(|_| vm.interned.intern_utf8(vm, rest.name())).collect();
            self.localsplusnames.fill(row);
        }
        &self.localsplusnames
    }
}
