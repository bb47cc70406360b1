//! Descriptions of native types: what `#[py_type]` emits and [`super::native`] turns into types.

use std::sync::atomic::{AtomicU32, Ordering};

use super::slots::Slots;
use crate::args::Args;
use crate::object::Visitor;
use crate::{PyResult, Value, Vm};

/// The description of a native type: one static for each. The types themselves belong to a
/// [`Vm`]; this is what all of them share.
pub struct TypeDef {
    /// The type's `__name__`.
    pub name: &'static str,
    /// The type's `__module__`.
    pub module: &'static str,
    /// The type's `__doc__`; a leading `name(signature)\n--\n\n` becomes `__text_signature__`.
    pub doc: Option<&'static str>,
    /// The base; `None` for `object` itself.
    pub base: Option<fn() -> &'static TypeDef>,
    /// Bits of [`super::flags`] beyond those that are inherited.
    pub flags: u64,
    /// How instances lie in memory.
    pub layout: Layout,
    /// Its own slots; what is `None` is inherited.
    pub slots: Slots,
    /// Methods of all kinds, one row for each part of the type's source.
    pub methods: &'static [&'static [MethodDef]],
    /// Computed attributes, likewise.
    pub getset: &'static [&'static [GetSetDef]],
    /// Called once for each isolate when the type has been made: adds attributes that are values.
    pub setup: Option<fn(&Vm, crate::Gc<super::PyType>) -> PyResult<()>>,
    /// The number of the type in this process; starts as the fixed id or 0.
    pub index: AtomicU32,
}

/// What one `#[py_methods]` block adds to a type.
#[derive(Clone, Copy)]
pub struct TypePart {
    /// Methods of all kinds.
    pub methods: &'static [MethodDef],
    /// Computed attributes.
    pub getset: &'static [GetSetDef],
}

/// How instances of a native type lie in memory, apart from what Python subclasses append.
#[derive(Clone, Copy)]
pub struct Layout {
    /// Size of the fixed part, header included, in bytes.
    pub size: usize,
    /// Whether instances have a variable part after the fixed one (`str`, `tuple`, big `int`):
    /// their Python subclasses keep attributes in a dict in the object's last word.
    pub variable: bool,
    /// How the collector finds references.
    pub trace: TraceKind,
    /// Frees Rust memory that an instance owns; runs no Python code.
    pub drop: Option<unsafe fn(*mut u8)>,
    /// For weak references: byte offset of the slot with the referent, which `trace` leaves out.
    pub weak_slot: Option<u16>,
}

/// How the collector finds the references in an instance.
#[derive(Clone, Copy)]
pub enum TraceKind {
    /// Every word after the header is a value.
    Values,
    /// No word is.
    Raw,
    /// The function visits them.
    Custom(unsafe fn(*mut u8, &mut Visitor<'_>)),
}

/// The next number for a native type that has no fixed id.
static NEXT_INDEX: AtomicU32 = AtomicU32::new(crate::ids::FIRST_DYNAMIC);

impl TypeDef {
    /// The type's number: its index among the native types of each [`Vm`], and the shape number
    /// of its plain instances. Given on first use, the same for the life of the process.
    #[inline]
    pub fn index(&self) -> u32 {
        match self.index.load(Ordering::Relaxed) {
            0 => self.give_index(),
            index => index,
        }
    }

    #[cold]
    fn give_index(&self) -> u32 {
        let fresh = NEXT_INDEX.fetch_add(1, Ordering::Relaxed);
        assert!(fresh < crate::ids::FIRST_CLASS, "too many native types");
        match self.index.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => fresh,
            Err(given) => given,
        }
    }
}

/// The Rust function behind a native function or method. `this` is `self`, the class of a class
/// method, or for a module's function the module.
pub type NativeFn = fn(vm: &Vm, this: Value, args: Args<'_>) -> PyResult;

/// How a native method binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// To the instance (`method_descriptor`).
    Instance,
    /// To the class (`classmethod_descriptor`).
    Class,
    /// To nothing (`staticmethod`).
    Static,
}

/// A native function or method.
pub struct MethodDef {
    /// Its `__name__`.
    pub name: &'static str,
    /// Signature text as in `__text_signature__`, e.g. `($self, index=-1, /)`; `None` when it has
    /// none that Python could express.
    pub signature: Option<&'static str>,
    /// Its `__doc__`.
    pub doc: Option<&'static str>,
    /// How it binds.
    pub kind: MethodKind,
    /// The function.
    pub function: NativeFn,
}

/// A computed attribute of a native type.
pub struct GetSetDef {
    /// The attribute's name.
    pub name: &'static str,
    /// Its `__doc__`.
    pub doc: Option<&'static str>,
    /// Whether Python sees it as a field (`member_descriptor`), as CPython has it.
    pub member: bool,
    /// Reads it.
    pub get: Option<fn(&Vm, Value) -> PyResult>,
    /// Writes it, or deletes it when no value is given.
    pub set: Option<fn(&Vm, Value, Option<Value>) -> PyResult<()>>,
}
