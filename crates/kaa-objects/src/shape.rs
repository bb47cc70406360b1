//! Shapes: what class an object has and where its attributes lie.
//!
//! The upper half of an object's header is the number of its shape. One compare of that number
//! guards both class and layout, which is what inline caches and compiled code do. A shape is one
//! of:
//! - *native*: the object has no attributes of its own, or keeps them in a way of its own (types);
//! - *slots*: attributes lie in numbered slots, the first ones inside the object, the rest in an
//!   overflow array; adding an attribute leads to another shape of the same class;
//! - *dict*: attributes are in a dict that the object refers to.
//!
//! Shapes with slots form a tree for each class: the root has no attribute, a child has one more
//! than its parent. Shapes never move. They live as long as their class, which lives as long as any
//! object of its shapes ([`kaa_gc::Heap::set_shape_owner`]). The numbers of dead shapes are used
//! again, once no inline cache names them any more.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::collections::BTreeSet;

use kaa_gc::Sweep;

use crate::class::PyType;
use crate::object::{Trace, Visitor};
use crate::types::str::PyStr;
use crate::word_hash::WordMap;
use crate::{Gc, Vm};

/// How the objects of a shape keep their attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeKind {
    /// They have none here.
    Native,
    /// In numbered slots.
    Slots,
    /// In a dict.
    Dict,
}

/// One shape. See the module's documentation.
pub struct Shape {
    /// Its number.
    pub id: u32,
    /// How attributes are kept.
    pub kind: ShapeKind,
    /// The class of the objects.
    pub class: Gc<PyType>,
    /// How many slots lie inside the object.
    pub inline_capacity: u16,
    /// Byte offset of the word with the overflow array or dict; 0: the object's last word.
    pub attributes_offset: u32,
    /// The names of the attributes, by slot number.
    names: Box<[Gc<PyStr>]>,
    /// Slot numbers by name address, when there are many.
    index: Option<WordMap<usize, u16>>,
    children: RefCell<Vec<(Gc<PyStr>, u32)>>,
}

/// Beyond this number of attributes an object keeps them in a dict.
pub const MAX_SLOTS: usize = 128;
const MANY: usize = 8;

impl Shape {
    /// How many attributes objects of this shape have.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether they have none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names in the order in which they were added.
    pub fn names(&self) -> &[Gc<PyStr>] {
        &self.names
    }

    /// Bytes of Rust memory that it takes, about.
    fn external_bytes(&self) -> usize {
        let index = self.index.as_ref().map_or(0, |index| index.capacity() * 24);
        size_of::<Shape>() + 16 + self.names.len() * 8 + index
    }

    /// The slot number of an attribute. The name must be interned.
    #[inline]
    pub fn slot_of(&self, name: Gc<PyStr>) -> Option<usize> {
        match &self.index {
            None => self.names.iter().position(|&n| n == name),
            Some(index) => index.get(&name.address()).map(|&slot| slot as usize),
        }
    }
}

/// The shapes of an isolate, by number.
pub struct ShapeTable {
    shapes: UnsafeCell<Vec<*mut Shape>>,
    next: Cell<u32>,
    /// Numbers of dead shapes that inline caches may still name.
    retired: RefCell<Vec<u32>>,
    /// Numbers that can be given again.
    free: RefCell<BTreeSet<u32>>,
}

/// When so many numbers are retired, all code is searched for them, so that they are free again.
const MANY_RETIRED: usize = 1024;

impl Default for ShapeTable {
    fn default() -> Self {
        ShapeTable {
            shapes: UnsafeCell::new(vec![std::ptr::null_mut(); crate::ids::FIRST_CLASS as usize]),
            next: Cell::new(crate::ids::FIRST_CLASS),
            retired: RefCell::default(),
            free: RefCell::default(),
        }
    }
}

impl Drop for ShapeTable {
    fn drop(&mut self) {
        for &shape in self.shapes.get_mut().iter().filter(|shape| !shape.is_null()) {
            // SAFETY: each was made by Box::into_raw and is freed here only.
            drop(unsafe { Box::from_raw(shape) });
        }
    }
}

impl ShapeTable {
    /// A shape by its number, which must be one that was given.
    #[inline(always)]
    pub fn get(&self, id: u32) -> &Shape {
        // SAFETY: headers hold only numbers of shapes that exist; shapes stay in place.
        unsafe {
            let shapes = &*self.shapes.get();
            debug_assert!((id as usize) < shapes.len() && !shapes[id as usize].is_null(), "shape {id}");
            &**shapes.get_unchecked(id as usize)
        }
    }

    /// Whether a number has a shape yet.
    pub fn exists(&self, id: u32) -> bool {
        // SAFETY: read at once.
        unsafe { (&*self.shapes.get()).get(id as usize).is_some_and(|shape| !shape.is_null()) }
    }

    /// The class of the objects of a shape.
    #[inline(always)]
    pub fn class(&self, id: u32) -> Gc<PyType> {
        self.get(id).class
    }

    fn insert(&self, vm: &Vm, shape: Shape) -> u32 {
        // SAFETY: no reference to the vector itself outlives a method of this table.
        let shapes = unsafe { &mut *self.shapes.get() };
        let id = shape.id as usize;
        if id >= shapes.len() {
            shapes.resize(id + 1, std::ptr::null_mut());
        }
        debug_assert!(shapes[id].is_null());
        let (class, bytes) = (shape.class, shape.external_bytes());
        shapes[id] = Box::into_raw(Box::new(shape));
        // SAFETY: classes are allocated old.
        unsafe { vm.heap().set_shape_owner(id as u32, class.as_ptr().cast()) };
        vm.heap().report_external(bytes as isize);
        id as u32
    }

    /// A number for a new shape. What adds an attribute keeps the distance from parent to child,
    /// which is to be small and positive.
    fn fresh_id(&self, parent: Option<u32>) -> u32 {
        let mut free = self.free.borrow_mut();
        let found = match parent {
            None => free.first().copied(),
            Some(parent) => free.range(parent..).next().copied(),
        };
        if let Some(id) = found {
            free.remove(&id);
            return id;
        }
        let id = self.next.get();
        self.next.set(id.checked_add(1).expect("fewer than 2^32 shapes"));
        id
    }

    /// Makes the shape of the plain instances of a native class, whose number is the class's.
    pub fn add_native(&self, vm: &Vm, id: u32, kind: ShapeKind, class: Gc<PyType>) {
        self.insert(
            vm,
            Shape {
                id,
                kind,
                class,
                inline_capacity: 0,
                attributes_offset: class.attributes_offset.get(),
                names: Box::default(),
                index: None,
                children: RefCell::default(),
            },
        );
    }

    /// Makes the shape of a native class anew, before there are instances.
    pub(crate) fn replace_native(&self, vm: &Vm, id: u32, kind: ShapeKind, class: Gc<PyType>) {
        // SAFETY: no reference to the vector itself outlives a method of this table; nobody keeps
        // a reference to the shape of a class that is being made.
        unsafe {
            let shapes = &mut *self.shapes.get();
            drop(Box::from_raw(std::mem::replace(&mut shapes[id as usize], std::ptr::null_mut())));
        }
        self.add_native(vm, id, kind, class);
    }

    /// Makes a shape without attributes for a class.
    pub fn add_root(&self, vm: &Vm, kind: ShapeKind, class: Gc<PyType>) -> u32 {
        let shape = Shape {
            id: self.fresh_id(None),
            kind,
            class,
            inline_capacity: class.inline_capacity.get(),
            attributes_offset: class.attributes_offset.get(),
            names: Box::default(),
            index: None,
            children: RefCell::default(),
        };
        self.insert(vm, shape)
    }

    /// The shape that an object of shape `id` gets by adding an attribute; `None` when it has too
    /// many and must keep them in a dict.
    pub fn child(&self, vm: &Vm, id: u32, name: Gc<PyStr>) -> Option<u32> {
        let parent = self.get(id);
        debug_assert_eq!(parent.kind, ShapeKind::Slots);
        if let Some(&(_, child)) = parent.children.borrow().iter().find(|(n, _)| *n == name) {
            return Some(child);
        }
        if parent.len() >= MAX_SLOTS || parent.children.borrow().len() >= MAX_SLOTS {
            return None;
        }
        let names: Box<[_]> = parent.names.iter().copied().chain([name]).collect();
        let index = (names.len() > MANY)
            .then(|| names.iter().enumerate().map(|(slot, name)| (name.address(), slot as u16)).collect());
        let shape = Shape {
            id: self.fresh_id(Some(id)),
            kind: ShapeKind::Slots,
            class: parent.class,
            inline_capacity: parent.inline_capacity,
            attributes_offset: parent.attributes_offset,
            names,
            index,
            children: RefCell::default(),
        };
        let child = self.insert(vm, shape);
        parent.children.borrow_mut().push((name, child));
        Some(child)
    }

    /// Calls a function with the class of each shape that is the first one of a class.
    pub(crate) fn for_each_class(&self, mut f: impl FnMut(Gc<PyType>)) {
        // SAFETY: the function makes no shapes: it gets classes only.
        for &shape in unsafe { &*self.shapes.get() }.iter().filter(|shape| !shape.is_null()) {
            // SAFETY: the table's shapes are live boxes.
            let shape = unsafe { &*shape };
            if shape.class.root_shape.get() == shape.id {
                f(shape.class);
            }
        }
    }

    /// At the end of a full collection: the shapes of dead classes go. Whether there are so many
    /// numbers that might be given again that it is worth to look for them in inline caches.
    pub(crate) fn sweep(&self, sweep: &Sweep<'_>) -> bool {
        let mut retired = self.retired.borrow_mut();
        // SAFETY: no reference to the vector itself outlives a method of this table.
        let shapes = unsafe { &mut *self.shapes.get() };
        for (id, slot) in shapes.iter_mut().enumerate().filter(|(_, shape)| !shape.is_null()) {
            // SAFETY: the table's shapes are live boxes.
            let shape = unsafe { &**slot };
            if sweep.alive(shape.class.value().bits()).is_none() {
                sweep.release_external(shape.external_bytes());
                // SAFETY: made by Box::into_raw; no object has this shape any more.
                drop(unsafe { Box::from_raw(std::mem::replace(slot, std::ptr::null_mut())) });
                retired.push(id as u32);
            }
        }
        retired.len() >= MANY_RETIRED
    }

    /// No inline cache names a shape that does not exist: their numbers can be given again.
    pub(crate) fn free_retired(&self) {
        self.free.borrow_mut().extend(self.retired.borrow_mut().drain(..));
    }
}

impl Trace for ShapeTable {
    /// Native classes live as long as their isolate, others as long as something refers to them.
    /// All are old from the start and never move. (Names are interned, which keeps them.)
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        if visitor.is_young_only() {
            return;
        }
        let native = &self.shapes.get_mut()[..crate::ids::FIRST_CLASS as usize];
        for &shape in native.iter().filter(|shape| !shape.is_null()) {
            // SAFETY: the table's shapes are live boxes.
            let mut class = unsafe { &*shape }.class.value().bits();
            visitor.slot(&mut class);
        }
    }
}

impl Vm {
    /// The shape of an object.
    #[inline(always)]
    pub fn shape<T>(&self, object: Gc<T>) -> &Shape {
        self.shapes.get(object.shape_id())
    }
}
