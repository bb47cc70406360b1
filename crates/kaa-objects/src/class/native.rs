//! Native types: made from their descriptions when an isolate starts or a module is first used.

use std::cell::{Cell, UnsafeCell};

use kaa_gc::KindInfo;

use super::{Layout, PyType, TraceKind, TypeDef, flags};
use crate::object::{Header, Native, Slot};
use crate::types::code::PyCode;
use crate::types::str::PyStr;
use crate::{Gc, Value, Vm, ids};

impl Vm {
    /// Makes the core types in the order of their fixed numbers.
    pub(crate) fn make_core_types(&self) {
        for def in crate::types::core_types() {
            self.native_class(def());
        }
        for def in crate::types::core_types() {
            self.fill_class(self.native_class(def()), def());
        }
        self.core_types_made.set(true);
    }

    /// The class of a description in this isolate; made when first asked for.
    #[inline]
    pub fn native_class(&self, def: &'static TypeDef) -> Gc<PyType> {
        let index = def.index();
        if self.shapes.exists(index) { self.shapes.class(index) } else { self.make_native_class(def, index) }
    }

    #[cold]
    fn make_native_class(&self, def: &'static TypeDef, index: u32) -> Gc<PyType> {
        let base = def.base.map(|base| self.native_class(base()));
        let class = self.alloc_class(def);
        let has_dict = def.flags & flags::MANAGED_DICT != 0 || base.is_some_and(|base| base.has_instance_dict());
        class.root_shape.set(index);
        class.trace_kind.set(self.trace_kind(def, if has_dict { Appended::Attributes } else { Appended::Nothing }));
        class.instance_size.set(def.layout.size as u32);
        class.basic_size.set(def.layout.size as u32);
        if has_dict {
            class.attributes_offset.set(def.layout.size as u32);
            class.instance_size.set(def.layout.size as u32 + 8);
            self.shapes.add_native(self, index, crate::shape::ShapeKind::Slots, class);
            class.dict_shape.set(self.shapes.add_root(self, crate::shape::ShapeKind::Dict, class));
        } else {
            self.shapes.add_native(self, index, crate::shape::ShapeKind::Native, class);
        }
        let mut slots = def.slots;
        let mut bits = def.flags | flags::READY | flags::HAVE_GC;
        if def.flags & flags::HEAPTYPE == 0 {
            bits |= flags::IMMUTABLETYPE;
        }
        if let Some(base) = base {
            slots.inherit_from_base(base.slots());
            // What is laid out differently from a plain object cannot be made as one.
            let is_plain = def.flags & (flags::HEAPTYPE | flags::DISALLOW_INSTANTIATION) == flags::HEAPTYPE;
            if def.slots.new.is_none() && base.base.get().is_none() && !is_plain {
                slots.new = None;
                bits |= flags::DISALLOW_INSTANTIATION;
            }
            bits |= base.flags.get() & (flags::INHERITED | flags::MANAGED_WEAKREF);
            // How calls and bindings work is inherited with the slots that do them.
            if def.slots.call.is_none() {
                bits |= base.flags.get() & flags::HAVE_VECTORCALL;
            }
            if def.slots.descr_get.is_none() && def.flags & flags::HEAPTYPE == 0 {
                bits |= base.flags.get() & flags::METHOD_DESCRIPTOR;
            }
            class.base.set(self, class, base);
        }
        class.update_slots(|own| *own = slots);
        class.flags.set(bits);
        if self.core_types_made.get() {
            self.fill_class(class, def);
        }
        class
    }

    /// Says that instances of a native class keep their `__dict__` themselves, in the slot at a
    /// byte offset. To be called by the type's `setup`, before there are instances.
    pub fn set_own_dict_offset(&self, class: Gc<PyType>, offset: usize) {
        let index = class.root_shape.get();
        class.attributes_offset.set(offset as u32);
        class.dict_shape.set(index);
        self.shapes.replace_native(self, index, crate::shape::ShapeKind::Dict, class);
    }

    /// Names, bases, MRO and attributes: what needs the other core types.
    fn fill_class(&self, class: Gc<PyType>, def: &'static TypeDef) {
        let must = "memory for a native type";
        class.name.set(self, class, self.intern(def.name));
        class.qualname.set(self, class, self.intern(def.name));
        let base = class.base.get();
        class.bases.set(self, class, self.new_tuple(base.map(Value::from).as_slice()).expect(must));
        let order = || std::iter::successors(Some(class), |class| class.base.get()).map(Value::from);
        class.mro.set(self, class, self.new_tuple_from(order().count(), order()).expect(must));
        class.dict.set(self, class, self.new_dict().expect(must));
        if let Some(base) = base {
            self.add_subclass(base, class).expect(must);
        }
        self.fill_native_dict(class, def).unwrap_or_else(|raised| {
            panic!("the type {} cannot be made: {:?}", def.name, self.take_exception(raised));
        });
    }

    /// A type object with empty slots for a native type.
    fn alloc_class(&self, native: &'static TypeDef) -> Gc<PyType> {
        self.alloc_class_with_shape(ids::TYPE, native)
    }

    /// A type object with empty slots, an instance of a metaclass.
    pub(super) fn alloc_class_of(&self, metaclass: Gc<PyType>, native: &'static TypeDef) -> Gc<PyType> {
        self.alloc_class_with_shape(metaclass.root_shape.get(), native)
    }

    fn alloc_class_with_shape(&self, shape: u32, native: &'static TypeDef) -> Gc<PyType> {
        let size = size_of::<PyType>();
        let kind = self.trace_kind(PyType::def(), Appended::Nothing);
        let ptr = self.heap().alloc_old(size, Header::new(kind, size, shape));
        assert!(!ptr.is_null(), "memory for a type");
        // SAFETY: fresh memory for a PyType; the header is kept.
        unsafe {
            let header = *ptr.cast::<Header>();
            ptr.cast::<PyType>().write(PyType::empty(native));
            *ptr.cast::<Header>() = header;
            Gc::from_ptr(ptr.cast())
        }
    }

    /// The collector's kind for instances of a native type, or of Python classes that derive from
    /// it and append words.
    pub(crate) fn trace_kind(&self, def: &'static TypeDef, appended: Appended) -> u8 {
        match def.layout.trace {
            TraceKind::Values if def.layout.drop.is_none() => return kaa_gc::ALL_VALUES,
            TraceKind::Raw if appended == Appended::Nothing && def.layout.drop.is_none() => return kaa_gc::RAW,
            _ => {}
        }
        // Other layouts are traced to their end anyway.
        let appended = if matches!(def.layout.trace, TraceKind::Raw) { appended } else { Appended::Nothing };
        let key = KindKey::new(&def.layout, appended);
        if let Some(&kind) = self.trace_kinds().borrow().given.get(&key) {
            return kind;
        }
        let mut info = match def.layout.trace {
            TraceKind::Values => KindInfo::all_values(def.name),
            TraceKind::Custom(trace) => KindInfo::custom(def.name, trace),
            TraceKind::Raw if appended == Appended::Nothing => KindInfo::raw(def.name),
            TraceKind::Raw if def.layout.variable => match appended {
                Appended::Members => KindInfo::custom(def.name, trace_last_words::<2>),
                _ => KindInfo::custom(def.name, trace_last_words::<1>),
            },
            TraceKind::Raw => KindInfo::suffix(def.name, (def.layout.size / 8 - 1) as u16),
        };
        if let Some(drop) = def.layout.drop {
            info = info.with_drop(drop);
        }
        if std::ptr::eq(def, PyCode::def()) {
            info = info.with_external(PyCode::external_bytes);
        }
        if let Some(offset) = def.layout.weak_slot {
            info = info.with_weak_slot(offset);
        }
        let mut kinds = self.trace_kinds().borrow_mut();
        let kind = kinds.next;
        kinds.next += 1;
        kinds.given.insert(key, kind);
        self.heap().define_kind(kind, info);
        kind
    }
}

/// What a kind is told by: types that the collector treats alike share one, as there are 250 in
/// all.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KindKey {
    /// The function that traces, or 0 and 1 for no values and for values alone.
    trace: usize,
    /// Where the words behind the native layout begin that are traced, when it is raw.
    end: usize,
    drop: usize,
    weak_slot: Option<u16>,
    appended: Appended,
}

impl KindKey {
    fn new(layout: &Layout, appended: Appended) -> KindKey {
        let (trace, end) = match layout.trace {
            TraceKind::Raw if layout.variable => (0, usize::MAX),
            TraceKind::Raw => (0, layout.size),
            TraceKind::Values => (1, 0),
            TraceKind::Custom(trace) => (trace as usize, 0),
        };
        KindKey { trace, end, drop: layout.drop.map_or(0, |drop| drop as usize), weak_slot: layout.weak_slot, appended }
    }
}

/// What instances of a Python class have behind the layout of their native type.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Appended {
    /// No reference.
    Nothing,
    /// Words up to the end of a fixed layout; for a variable layout the last word: the dict.
    Attributes,
    /// For a variable layout, the last two words: an array with the members of `__slots__`, and
    /// the dict.
    Members,
}

/// Traces an instance of a Python subclass of a variable raw type, which has references in its
/// last words.
///
/// # Safety
/// `object` is such an object, being visited.
unsafe fn trace_last_words<const COUNT: usize>(object: *mut u8, visitor: &mut crate::object::Visitor<'_>) {
    // SAFETY: the object is as large as its header says, or as its large record says.
    unsafe {
        let size = visitor.object_size(object);
        for word in 1..=COUNT {
            visitor.slot(&mut *object.add(size - 8 * word).cast());
        }
    }
}

impl PyType {
    pub(super) fn empty(native: &'static TypeDef) -> PyType {
        PyType {
            header: Header::EMPTY,
            name: Slot::<Gc<PyStr>>::empty(),
            qualname: Slot::empty(),
            base: Slot::empty(),
            bases: Slot::empty(),
            mro: Slot::empty(),
            dict: Slot::empty(),
            subclasses: Slot::empty(),
            flags: Cell::new(0),
            version: Cell::new(0),
            root_shape: Cell::new(0),
            dict_shape: Cell::new(0),
            attributes_offset: Cell::new(0),
            inline_capacity: Cell::new(0),
            basic_size: Cell::new(0),
            instance_size: Cell::new(0),
            trace_kind: Cell::new(0),
            native: Cell::new(native),
            attributes_cached: Cell::new(false),
            uncacheable: Cell::new(false),
            is_native: Cell::new(true),
            slots: UnsafeCell::new(super::Slots::NONE),
        }
    }
}
