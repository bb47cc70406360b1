//! Classes: the type object, its slots, attribute lookup along the MRO, and how native types are
//! made from their descriptions.

pub(crate) mod create;
pub mod def;
pub mod flags;
mod layout;
mod lookup;
mod mro;
mod native;
mod populate;
pub mod slots;
pub mod special;
mod subclasses;
mod sweep;
#[cfg(test)]
mod tests;

use std::cell::{Cell, UnsafeCell};

pub use def::{GetSetDef, Layout, MethodDef, MethodKind, NativeFn, TraceKind, TypeDef, TypePart};
pub use lookup::MethodCache;
pub(crate) use native::KindKey;
pub use slots::{CompareOp, Sent, Slots};
pub use subclasses::Subclasses;
pub(crate) use sweep::ClassSweep;

use crate::object::{Header, Slot, Trace, Visitor};
use crate::types::arrays::RawArray;
use crate::types::dict::PyDict;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, Value, Vm};

/// `type`: a class. Type objects never move.
#[repr(C)]
pub struct PyType {
    header: Header,
    /// `__name__`, without module and qualification.
    pub name: Slot<Gc<PyStr>>,
    /// `__qualname__` of a Python class; native types derive theirs from the name.
    pub qualname: Slot<Gc<PyStr>>,
    /// `__base__`: the base whose layout the instances extend.
    pub base: Slot<Gc<PyType>>,
    /// `__bases__`.
    pub bases: Slot<Gc<PyTuple>>,
    /// `__mro__`.
    pub mro: Slot<Gc<PyTuple>>,
    /// The class's own attributes.
    pub dict: Slot<Gc<PyDict>>,
    /// The direct subclasses, weakly; made when the first one is.
    pub(crate) subclasses: Slot<Gc<RawArray>>,
    /// Bits of [`flags`].
    pub flags: Cell<u64>,
    /// Number of this state of the class: another one whenever an attribute of the class or of a
    /// base changes. 0: none given yet. Caches and compiled code are keyed by it.
    pub version: Cell<u32>,
    /// The shape of a new instance.
    pub root_shape: Cell<u32>,
    /// The shape of instances that keep their attributes in a dict; 0 when instances have none.
    pub dict_shape: Cell<u32>,
    /// Byte offset of the word that holds an instance's dict or overflow array (for variable
    /// layouts: the object's last word, and this is 0). 0 when instances have no attributes.
    pub attributes_offset: Cell<u32>,
    /// How many attributes a new instance has room for in itself.
    pub inline_capacity: Cell<u16>,
    /// Size of an instance with its `__slots__`, without attribute words, in bytes.
    pub basic_size: Cell<u32>,
    /// Size of a new instance with its attribute words; for variable layouts, of the fixed part.
    pub instance_size: Cell<u32>,
    /// The collector's kind for instances.
    pub trace_kind: Cell<u8>,
    /// The nearest native type, whose layout instances begin with.
    pub native: Cell<&'static TypeDef>,
    /// Whether inline caches rely on where instances of the class itself have attributes.
    pub attributes_cached: Cell<bool>,
    /// Whether an overriding `mro()` gave it ancestors that its bases do not have: changes of those
    /// do not reach it, so nothing may be remembered about it.
    pub(crate) uncacheable: Cell<bool>,
    /// Whether this is that native type itself.
    pub is_native: Cell<bool>,
    slots: UnsafeCell<Slots>,
}

impl PyType {
    /// The operations of the class. Copy what is needed at once: defining a special method on the
    /// class changes them.
    #[inline(always)]
    pub fn slots(&self) -> &Slots {
        // SAFETY: slots are plain function pointers; they are replaced only by `update_slots`,
        // and no caller keeps the reference across a call.
        unsafe { &*self.slots.get() }
    }

    /// Replaces the operations of the class.
    pub fn update_slots(&self, change: impl FnOnce(&mut Slots)) {
        // SAFETY: as for `slots`; the closure runs no Python code.
        change(unsafe { &mut *self.slots.get() });
    }

    /// Whether a bit of `__flags__` is set.
    #[inline(always)]
    pub fn has_flag(&self, flag: u64) -> bool {
        self.flags.get() & flag != 0
    }

    /// The name for messages: the `__name__`; for native types of modules other than `builtins`
    /// with the module's name before it.
    pub fn name_text(&self) -> String {
        if self.is_native.get() && self.native.get().module != "builtins" {
            return format!("{}.{}", self.native.get().module, self.native.get().name);
        }
        self.name.get().map_or_else(|| self.native.get().name.to_owned(), |name| name.to_string_lossy())
    }

    /// `__mro__` as a slice.
    #[inline(always)]
    pub fn mro_slice(&self) -> &[Value] {
        match self.mro.get() {
            // SAFETY: the MRO tuple is reachable from the class, which the caller holds.
            Some(mro) => unsafe { &*(mro.as_slice() as *const [Value]) },
            None => &[],
        }
    }

    /// Whether the class is `other` or derives from it, by the MRO (not `__subclasscheck__`).
    #[inline]
    pub fn is_subclass(self: &PyType, other: Gc<PyType>) -> bool {
        std::ptr::eq(self, other.as_ptr()) || self.mro_slice().contains(&other.value())
    }

    /// Whether the instances' layout begins with that of the native type `def`.
    #[inline]
    pub fn has_layout(&self, def: &'static TypeDef) -> bool {
        let mut layout = self.native.get();
        loop {
            if std::ptr::eq(layout, def) {
                return true;
            }
            match layout.base {
                Some(base) => layout = base(),
                None => return false,
            }
        }
    }
}

impl Trace for PyType {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.name.trace(visitor);
        self.qualname.trace(visitor);
        self.base.trace(visitor);
        self.bases.trace(visitor);
        self.mro.trace(visitor);
        self.dict.trace(visitor);
        self.subclasses.trace(visitor);
    }
}

impl Vm {
    /// The class of a value.
    #[inline(always)]
    pub fn class_of(&self, value: Value) -> Gc<PyType> {
        if value.is_object() { self.shapes.class(value.shape_id()) } else { self.class_of_immediate(value) }
    }

    fn class_of_immediate(&self, value: Value) -> Gc<PyType> {
        use crate::ids;
        self.shapes.class(if value.is_small_int() {
            ids::INT
        } else if value.is_small_float() {
            ids::FLOAT
        } else {
            match value {
                Value::NONE => ids::NONE_TYPE,
                Value::TRUE | Value::FALSE => ids::BOOL,
                Value::ELLIPSIS => ids::ELLIPSIS_TYPE,
                _ => ids::NOT_IMPLEMENTED_TYPE,
            }
        })
    }

    /// The operations of a value's class. Copy what is needed at once, as [`PyType::slots`] says.
    #[inline(always)]
    pub fn slots_of(&self, value: Value) -> &Slots {
        let class = self.class_of(value);
        // SAFETY: types do not move, and the value keeps its class alive.
        unsafe { &*std::ptr::from_ref(class.slots()) }
    }

    /// The name of a value's class, for messages.
    pub fn class_name(&self, value: Value) -> String {
        self.class_of(value).name_text()
    }

    /// Whether a value is an instance of a class, by its real class (not `__instancecheck__`).
    #[inline]
    pub fn is_instance(&self, value: Value, class: Gc<PyType>) -> bool {
        self.class_of(value).is_subclass(class)
    }

    /// The value as an object of the Rust type `T`, when its class is `T`'s or derives from it.
    #[inline(always)]
    pub fn cast<T: crate::Native>(&self, value: Value) -> Option<Gc<T>> {
        if !value.is_object() {
            return None;
        }
        let shape = value.shape_id();
        if shape == T::shape_id() || self.shapes.class(shape).has_layout(T::def()) {
            // SAFETY: the class says that the object's layout begins with T.
            Some(unsafe { value.as_gc_unchecked() })
        } else {
            None
        }
    }

    /// The value as an object of the Rust type `T`, when it is a plain instance and not one of a
    /// Python subclass.
    #[inline(always)]
    pub fn cast_exact<T: crate::Native>(&self, value: Value) -> Option<Gc<T>> {
        if value.is_object() && value.shape_id() == T::shape_id() {
            // SAFETY: the shape is that of plain instances of T.
            Some(unsafe { value.as_gc_unchecked() })
        } else {
            None
        }
    }

    /// The class of the native type `T` in this isolate; it is made when first asked for.
    #[inline]
    pub fn class<T: crate::Native>(&self) -> Gc<PyType> {
        self.native_class(T::def())
    }
}
