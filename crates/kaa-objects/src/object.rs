//! References to heap objects, and what makes a Rust struct one.
//!
//! A [`Gc<T>`] is a plain address. On the native stack it needs no ceremony: the collector scans
//! stacks conservatively, and what a stack word points at (or into) neither dies nor moves. In
//! Rust heap memory (a `Vec`, a `Box`, a static) it is invisible to the collector and must not
//! stand, unless a [`Trace`] implementation or a root reaches it.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

pub use kaa_gc::{Header, Visitor};

use crate::class::TypeDef;
use crate::{Value, Vm};

/// A reference to a heap object of the Rust type `T`, or of a Python subclass of it.
#[repr(transparent)]
pub struct Gc<T>(NonNull<T>);

impl<T> Clone for Gc<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Gc<T> {}

impl<T> PartialEq for Gc<T> {
    /// Identity, as Python's `is`.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Gc<T> {}

impl<T> Deref for Gc<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: a Gc is only made from the address of a live T, and objects that the stack or a
        // traced slot refers to stay alive and in place while they are used.
        unsafe { self.0.as_ref() }
    }
}

impl<T> std::fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({:p})", std::any::type_name::<T>(), self.0)
    }
}

impl<T> Gc<T> {
    /// A reference from an address.
    ///
    /// # Safety
    /// A live object whose layout begins with `T` starts there.
    #[inline(always)]
    pub const unsafe fn from_ptr(ptr: *mut T) -> Gc<T> {
        // SAFETY: an object's address is not null.
        Gc(unsafe { NonNull::new_unchecked(ptr) })
    }

    /// The address.
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    /// The address as a number: what keys a pointer comparison.
    #[inline(always)]
    pub fn address(self) -> usize {
        self.0.as_ptr() as usize
    }

    /// The object as a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        // SAFETY: the address of a live object, aligned to 8, is the coding of its value.
        unsafe { Value::from_bits(self.0.as_ptr() as u64).unwrap_unchecked() }
    }

    /// The same object seen as another type.
    ///
    /// # Safety
    /// The object's layout begins with `U`.
    #[inline(always)]
    pub const unsafe fn cast<U>(self) -> Gc<U> {
        Gc(self.0.cast())
    }

    /// The object's header word.
    #[inline(always)]
    pub fn header(self) -> Header {
        // SAFETY: every heap object starts with its header.
        unsafe { *self.0.as_ptr().cast::<Header>() }
    }

    /// The object's shape number.
    #[inline(always)]
    pub fn shape_id(self) -> u32 {
        self.header().shape()
    }

    /// Gives the object another shape; the header's other bits stay.
    ///
    /// # Safety
    /// The object's memory must be laid out as the new shape says.
    #[inline(always)]
    pub unsafe fn set_shape_id(self, shape: u32) {
        // SAFETY: every heap object starts with its header.
        unsafe { (*self.0.as_ptr().cast::<Header>()).set_shape(shape) }
    }
}

impl<T> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(object: Gc<T>) -> Value {
        object.value()
    }
}

/// Any heap object, when only its header is known.
#[repr(C)]
pub struct Object {
    /// The header word.
    pub header: Header,
}

impl Value {
    /// The heap object that this value is the address of.
    #[inline(always)]
    pub fn as_object(self) -> Option<Gc<Object>> {
        if self.is_object() {
            // SAFETY: the word is the address of a live object.
            Some(unsafe { Gc::from_ptr(self.bits() as *mut Object) })
        } else {
            None
        }
    }

    /// The heap object of this value, which must be one (checked in debug builds).
    ///
    /// # Safety
    /// `self.is_object()` holds, and the object's layout begins with `T`.
    #[inline(always)]
    pub unsafe fn as_gc_unchecked<T>(self) -> Gc<T> {
        debug_assert!(self.is_object());
        // SAFETY: the caller's promise.
        unsafe { Gc::from_ptr(self.bits() as *mut T) }
    }

    /// The shape number of the object that this value is the address of; 0 for immediate values.
    #[inline(always)]
    pub fn shape_id(self) -> u32 {
        if self.is_object() {
            // SAFETY: the word is the address of a live object.
            unsafe { (*(self.bits() as *const Header)).shape() }
        } else {
            0
        }
    }
}

/// What the collector needs of a Rust struct: every reference that it holds in traced memory.
pub trait Trace {
    /// Visits each slot that can hold a reference. Slots are updated when objects move.
    fn trace(&mut self, visitor: &mut Visitor<'_>);
}

/// A Rust struct that is a heap object.
///
/// # Safety
/// The struct is `#[repr(C)]`, its first field is a [`Header`], and [`Native::def`] describes it.
pub unsafe trait Native: Sized + 'static {
    /// The description of the Python type; one static for each Rust type.
    fn def() -> &'static TypeDef;

    /// The fixed shape number of plain instances, for the types of [`crate::ids`]; 0 for others,
    /// whose number is given when the type is first registered.
    const SHAPE: u32 = 0;

    /// The shape number of plain instances.
    #[inline(always)]
    fn shape_id() -> u32 {
        if Self::SHAPE != 0 { Self::SHAPE } else { Self::def().index() }
    }
}

/// A field of a heap object that holds a value, or nothing.
#[repr(transparent)]
pub struct Slot<T = Value>(Cell<u64>, PhantomData<T>);

/// What a [`Slot`] can hold: values and references.
///
/// # Safety
/// `to_word` gives 0 or a word that `Value` accepts, and `from_word` undoes it.
pub unsafe trait Word: Copy {
    /// The value's word.
    fn to_word(self) -> u64;
    /// The value of a word.
    ///
    /// # Safety
    /// The word came from `to_word` (perhaps updated by the collector).
    unsafe fn from_word(word: u64) -> Self;
}

// SAFETY: a value's bits are its word.
unsafe impl Word for Value {
    #[inline(always)]
    fn to_word(self) -> u64 {
        self.bits()
    }
    #[inline(always)]
    unsafe fn from_word(word: u64) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Value::from_bits(word).unwrap_unchecked() }
    }
}

// SAFETY: an object's address is its word.
unsafe impl<T> Word for Gc<T> {
    #[inline(always)]
    fn to_word(self) -> u64 {
        self.0.as_ptr() as u64
    }
    #[inline(always)]
    unsafe fn from_word(word: u64) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Gc::from_ptr(word as *mut T) }
    }
}

impl<T> Default for Slot<T> {
    /// An empty slot.
    fn default() -> Self {
        Slot(Cell::new(0), PhantomData)
    }
}

impl<T: Word> Slot<T> {
    /// A slot of an object that is being built.
    #[inline(always)]
    pub fn new(value: T) -> Slot<T> {
        Slot(Cell::new(value.to_word()), PhantomData)
    }

    /// A slot that may be empty.
    #[inline(always)]
    pub fn maybe(value: Option<T>) -> Slot<T> {
        Slot(Cell::new(value.map_or(0, T::to_word)), PhantomData)
    }

    /// An empty slot.
    pub const fn empty() -> Slot<T> {
        Slot(Cell::new(0), PhantomData)
    }

    /// What the slot holds.
    #[inline(always)]
    pub fn get(&self) -> Option<T> {
        // SAFETY: only `T`s are stored.
        if self.0.get() == 0 { None } else { Some(unsafe { T::from_word(self.0.get()) }) }
    }

    /// What a slot holds that is never empty. Panics in debug builds when it is.
    #[inline(always)]
    pub fn get_set(&self) -> T {
        debug_assert!(self.0.get() != 0);
        // SAFETY: only `T`s are stored, and the slot is not empty.
        unsafe { T::from_word(self.0.get()) }
    }

    /// Stores a value. `owner` is the heap object that the slot is a part of: an old object that
    /// now may refer to a young one is remembered.
    #[inline(always)]
    pub fn set<O>(&self, vm: &Vm, owner: Gc<O>, value: T) {
        let word = value.to_word();
        self.0.set(word);
        // A value that is no object needs none.
        if word & 7 == 0 {
            vm.write_barrier(owner, self.0.as_ptr());
        }
    }

    /// Stores a value or empties the slot.
    #[inline(always)]
    pub fn set_maybe<O>(&self, vm: &Vm, owner: Gc<O>, value: Option<T>) {
        match value {
            Some(value) => self.set(vm, owner, value),
            None => self.0.set(0),
        }
    }

    /// Empties the slot.
    #[inline(always)]
    pub fn clear(&self) {
        self.0.set(0);
    }

    /// The slot's address, for [`Visitor`] and inlined code.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut u64 {
        self.0.as_ptr()
    }
}

impl<T: Word> Trace for Slot<T> {
    #[inline(always)]
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        visitor.slot(self.0.get_mut());
    }
}

impl<T: Trace> Trace for Vec<T> {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        for item in self {
            item.trace(visitor);
        }
    }
}

impl<T: Trace> Trace for Option<T> {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        if let Some(item) = self {
            item.trace(visitor);
        }
    }
}

/// The trace function of a native type with a fixed layout: its own references, then whatever
/// words a Python subclass appended.
///
/// # Safety
/// `object` is an instance of `T` or of a subclass, being visited.
pub unsafe fn trace_native<T: Trace>(object: *mut u8, visitor: &mut Visitor<'_>) {
    // SAFETY: the caller's promise; appended words are values.
    unsafe {
        (*object.cast::<T>()).trace(visitor);
        visitor.tail(object, size_of::<T>());
    }
}

/// The drop function of a native type that owns Rust memory.
///
/// # Safety
/// `object` is a dead instance of `T` that was not dropped before.
pub unsafe fn drop_native<T>(object: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe { object.cast::<T>().drop_in_place() }
}
