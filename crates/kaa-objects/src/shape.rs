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
//! than its parent. Shapes are never moved or freed while their isolate lives.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::collections::HashMap;

use crate::class::PyType;
use crate::object::{Trace, Visitor};
use crate::types::str::PyStr;
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
    index: Option<HashMap<usize, u16>>,
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
}

impl Default for ShapeTable {
    fn default() -> Self {
        ShapeTable {
            shapes: UnsafeCell::new(vec![std::ptr::null_mut(); crate::ids::FIRST_CLASS as usize]),
            next: Cell::new(crate::ids::FIRST_CLASS),
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

    fn insert(&self, shape: Shape) -> u32 {
        // SAFETY: no reference to the vector itself outlives a method of this table.
        let shapes = unsafe { &mut *self.shapes.get() };
        let id = shape.id as usize;
        if id >= shapes.len() {
            shapes.resize(id + 1, std::ptr::null_mut());
        }
        debug_assert!(shapes[id].is_null());
        shapes[id] = Box::into_raw(Box::new(shape));
        id as u32
    }

    fn fresh_id(&self) -> u32 {
        let id = self.next.get();
        self.next.set(id.checked_add(1).expect("fewer than 2^32 shapes"));
        id
    }

    /// Makes the shape of the plain instances of a native class, whose number is the class's.
    pub fn add_native(&self, id: u32, kind: ShapeKind, class: Gc<PyType>) {
        self.insert(Shape {
            id,
            kind,
            class,
            inline_capacity: 0,
            attributes_offset: class.attributes_offset.get(),
            names: Box::default(),
            index: None,
            children: RefCell::default(),
        });
    }

    /// Makes the shape of a native class anew, before there are instances.
    pub(crate) fn replace_native(&self, id: u32, kind: ShapeKind, class: Gc<PyType>) {
        // SAFETY: no reference to the vector itself outlives a method of this table; nobody keeps
        // a reference to the shape of a class that is being made.
        unsafe {
            let shapes = &mut *self.shapes.get();
            drop(Box::from_raw(std::mem::replace(&mut shapes[id as usize], std::ptr::null_mut())));
        }
        self.add_native(id, kind, class);
    }

    /// Makes a shape without attributes for a class.
    pub fn add_root(&self, kind: ShapeKind, class: Gc<PyType>) -> u32 {
        let id = self.fresh_id();
        self.insert(Shape {
            id,
            kind,
            class,
            inline_capacity: class.inline_capacity.get(),
            attributes_offset: class.attributes_offset.get(),
            names: Box::default(),
            index: None,
            children: RefCell::default(),
        })
    }

    /// The shape that an object of shape `id` gets by adding an attribute; `None` when it has too
    /// many and must keep them in a dict.
    pub fn child(&self, id: u32, name: Gc<PyStr>) -> Option<u32> {
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
        let child = self.insert(Shape {
            id: self.fresh_id(),
            kind: ShapeKind::Slots,
            class: parent.class,
            inline_capacity: parent.inline_capacity,
            attributes_offset: parent.attributes_offset,
            names,
            index,
            children: RefCell::default(),
        });
        parent.children.borrow_mut().push((name, child));
        Some(child)
    }
}

impl Trace for ShapeTable {
    /// Classes and interned names do not move, so marking them is all there is to do.
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        // They are old from the start, too.
        if visitor.is_young_only() {
            return;
        }
        for &shape in self.shapes.get_mut().iter().filter(|shape| !shape.is_null()) {
            // SAFETY: the table's shapes are live boxes.
            let shape = unsafe { &mut *shape };
            let mut class = shape.class.value().bits();
            visitor.slot(&mut class);
            for name in &shape.names {
                let mut name = name.value().bits();
                visitor.slot(&mut name);
            }
            for (name, _) in shape.children.get_mut() {
                let mut name = name.value().bits();
                visitor.slot(&mut name);
            }
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
