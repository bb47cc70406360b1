//! Attributes.

use kaa_bytecode::Opcode;
use kaa_objects::attributes::{Cached, LoadKind};
use kaa_objects::class::{PyType, flags};
use kaa_objects::object::Object;
use kaa_objects::shape::ShapeKind;
use kaa_objects::types::arrays::ValueArray;
use kaa_objects::types::descriptors::PyGetSetDescriptor;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::super_::PySuper;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use super::control::is_exact;
use super::state::{is_float, is_int, is_object, object, op, shape_of, value, word};
use crate::frame::Frame;
use crate::specialize;

/// Cache units of `LOAD_ATTR`.
const LOAD_CACHES: usize = 9;
/// Cache units of `STORE_ATTR`.
const STORE_CACHES: usize = 4;

op! {
    /// Counts down to its specialization, and works without.
    fn load_attr<D>(s, arg) {
        specialize::attribute::load_attr(s.vm, s.fp, s.pc, s.peek_value(1), arg);
        s.goto::<D>(load_attr_generic::<D>, arg)
    }

    /// An own attribute or a `__slots__` member, in the object. Cache: byte offset, shape (2).
    fn load_attr_slot<D>(s, arg) {
        let owner = s.peek(1);
        if !is_object(owner) || shape_of(owner) != s.cache32(1) {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let found = *(owner as *const u8).add(s.cache(0) as usize).cast::<u64>();
        if found == 0 {
            return s.goto::<D>(load_attr_generic::<D>, arg);
        }
        s.poke(1, found);
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    /// An own attribute in the overflow array. Cache: index, shape (2), offset of the word that
    /// refers to the array.
    fn load_attr_overflow<D>(s, arg) {
        let owner = s.peek(1);
        if !is_object(owner) || shape_of(owner) != s.cache32(1) {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let array = *(owner as *const u8).add(s.cache(3) as usize).cast::<u64>();
        let array: Gc<ValueArray> = object(array);
        match array.slot(s.cache(0) as usize).get() {
            Some(found) => s.poke(1, found.bits()),
            None => return s.goto::<D>(load_attr_generic::<D>, arg),
        }
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    /// An attribute of the object's class that needs no binding. Cache: -, shape (2), version of
    /// the class (2), the value (4).
    fn load_attr_class_value<D>(s, arg) {
        let owner = s.peek(1);
        let shape = s.cache32(1);
        if !is_object(owner)
            || shape_of(owner) != shape
            || s.vm.shapes.class(shape).version.get() != s.cache32(3)
        {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let found = s.cache64(5);
        s.poke(1, found);
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    /// A method about to be called. Cache: as for `load_attr_class_value`.
    fn load_attr_method<D>(s, arg) {
        let owner = s.peek(1);
        let shape = s.cache32(1);
        if !is_object(owner)
            || shape_of(owner) != shape
            || s.vm.shapes.class(shape).version.get() != s.cache32(3)
        {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let method = s.cache64(5);
        s.poke(1, method);
        s.push(owner);
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    /// A method of an integer or float in a word. Cache: 1 or 2, -, -, the method (4).
    fn load_attr_method_immediate<D>(s, arg) {
        let owner = s.peek(1);
        let fits = if s.cache(0) == 1 { is_int(owner) } else { is_float(owner) };
        if !fits {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let method = s.cache64(5);
        s.poke(1, method);
        s.push(owner);
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    /// An attribute of a module. Cache: -, version of the keys (2), position.
    fn load_attr_module<D>(s, arg) {
        let owner = s.peek(1);
        if !is_exact(owner, ids::MODULE) {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let module: Gc<PyModule> = object(owner);
        let dict = module.dict.get_set();
        if dict.known_keys_version() != s.cache32(1) {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        match dict.value_at(s.cache(3) as usize) {
            Some(found) => s.poke(1, found.bits()),
            None => return s.goto::<D>(load_attr_miss::<D>, arg),
        }
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    /// An attribute of a class itself. Cache: as for `load_attr_class_value`, the shape being that
    /// of the class object.
    fn load_attr_class<D>(s, arg) {
        let owner = s.peek(1);
        if !is_object(owner) || shape_of(owner) != s.cache32(1) {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let class: Gc<PyType> = object(owner);
        if class.version.get() != s.cache32(3) {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let found = s.cache64(5);
        s.poke(1, found);
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    /// A property with a Python getter, which is entered. Cache: as for `load_attr_class_value`,
    /// the value being the getter.
    fn load_attr_property<D>(s, arg) {
        let owner = s.peek(1);
        let shape = s.cache32(1);
        if !is_object(owner)
            || shape_of(owner) != shape
            || s.vm.shapes.class(shape).version.get() != s.cache32(3)
        {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        let getter: Gc<PyFunction> = object(s.cache64(5));
        if getter.code.get_set().simple_argcount != 1 {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        super::calls::enter_simple::<D>(s, getter, 1, 1, LOAD_CACHES)
    }

    /// A computed attribute of a native class. Cache: as for `load_attr_class_value`, the value
    /// being the descriptor.
    fn load_attr_getset<D>(s, arg) {
        let owner = s.peek(1);
        let shape = s.cache32(1);
        if !is_object(owner)
            || shape_of(owner) != shape
            || s.vm.shapes.class(shape).version.get() != s.cache32(3)
        {
            return s.goto::<D>(load_attr_miss::<D>, arg);
        }
        s.save();
        let found = computed(s.vm, object(s.cache64(5)), value(owner));
        s.finish::<D>(1, found, LOAD_CACHES)
    }

    #[cold]
    fn load_attr_miss<D>(s, arg) {
        specialize::despecialize(s.pc, Opcode::LoadAttr);
        s.goto::<D>(load_attr_generic::<D>, arg)
    }

    /// Any object: what was found for its shape before, by whatever instruction.
    fn load_attr_generic<D>(s, arg) {
        let owner = s.peek(1);
        if is_object(owner) {
            let shape = shape_of(owner);
            if let Some(entry) = s.vm.attribute_cache.load(shape, s.name(arg >> 1)) {
                if entry.kind == Cached::Slot {
                    let found = *(owner as *const u8).add(entry.offset as usize).cast::<u64>();
                    if found != 0 && s.vm.shapes.class(shape).version.get() == entry.version {
                        s.poke(1, found);
                        if arg & 1 != 0 {
                            s.push(0);
                        }
                        s.skip(LOAD_CACHES);
                        return s.next::<D>();
                    }
                } else if s.vm.shapes.class(shape).version.get() == entry.version {
                    let is_method = entry.kind == Cached::Method;
                    if arg & 1 != 0 || !is_method {
                        s.poke(1, entry.word);
                        if arg & 1 != 0 {
                            s.push(if is_method { owner } else { 0 });
                        }
                        s.skip(LOAD_CACHES);
                        return s.next::<D>();
                    }
                }
            }
        }
        s.goto::<D>(load_attr_slow::<D>, arg)
    }

    fn load_attr_slow<D>(s, arg) {
        s.save();
        if arg & 1 == 0 {
            let found = attribute(s.vm, s.peek_value(1), s.name(arg >> 1));
            return s.finish::<D>(1, found, LOAD_CACHES);
        }
        let (method, this) = load_method(s.vm, s.fp, s.peek_value(1), arg >> 1);
        if method == 0 {
            return s.raise::<D>();
        }
        s.poke(1, method);
        s.push(this);
        s.skip(LOAD_CACHES);
        s.next::<D>()
    }

    /// Counts down to its specialization, and works without.
    fn store_attr<D>(s, arg) {
        specialize::attribute::store_attr(s.vm, s.fp, s.pc, s.peek_value(1), arg);
        s.goto::<D>(store_attr_generic::<D>, arg)
    }

    /// Replaces an attribute in the object. Cache: byte offset, shape (2).
    fn store_attr_slot<D>(s, arg) {
        let owner = s.peek(1);
        if !is_object(owner) || shape_of(owner) != s.cache32(1) {
            return s.goto::<D>(store_attr_miss::<D>, arg);
        }
        let slot = (owner as *mut u8).add(s.cache(0) as usize).cast::<u64>();
        *slot = s.peek(2);
        barrier(s.vm, owner, slot);
        s.sp = s.sp.sub(2);
        s.skip(STORE_CACHES);
        s.next::<D>()
    }

    /// Adds an attribute, which gives the object another shape. Cache: new shape less old shape,
    /// old shape (2), byte offset.
    fn store_attr_add<D>(s, arg) {
        let owner = s.peek(1);
        let shape = s.cache32(1);
        if !is_object(owner) || shape_of(owner) != shape {
            return s.goto::<D>(store_attr_miss::<D>, arg);
        }
        let slot = (owner as *mut u8).add(s.cache(3) as usize).cast::<u64>();
        *slot = s.peek(2);
        object::<Object>(owner).set_shape_id(shape + u32::from(s.cache(0)));
        barrier(s.vm, owner, slot);
        s.sp = s.sp.sub(2);
        s.skip(STORE_CACHES);
        s.next::<D>()
    }

    /// Replaces an attribute in the overflow array. Cache: index, shape (2), offset of the word
    /// that refers to the array.
    fn store_attr_overflow<D>(s, arg) {
        let owner = s.peek(1);
        if !is_object(owner) || shape_of(owner) != s.cache32(1) {
            return s.goto::<D>(store_attr_miss::<D>, arg);
        }
        let array = *(owner as *const u8).add(s.cache(3) as usize).cast::<u64>();
        let slot = object::<ValueArray>(array).slot(s.cache(0) as usize).as_ptr();
        *slot = s.peek(2);
        barrier(s.vm, array, slot);
        s.sp = s.sp.sub(2);
        s.skip(STORE_CACHES);
        s.next::<D>()
    }

    #[cold]
    fn store_attr_miss<D>(s, arg) {
        specialize::despecialize(s.pc, Opcode::StoreAttr);
        s.goto::<D>(store_attr_generic::<D>, arg)
    }

    /// Any object: what was found for its shape before, by whatever instruction.
    fn store_attr_generic<D>(s, arg) {
        let owner = s.peek(1);
        if is_object(owner) {
            let shape = shape_of(owner);
            if let Some(entry) = s.vm.attribute_cache.store(shape, s.name(arg))
                && s.vm.shapes.class(shape).version.get() == entry.version
            {
                let slot = (owner as *mut u8).add(entry.offset as usize).cast::<u64>();
                *slot = s.peek(2);
                if entry.kind == Cached::Add {
                    object::<Object>(owner).set_shape_id(entry.word as u32);
                }
                barrier(s.vm, owner, slot);
                s.sp = s.sp.sub(2);
                s.skip(STORE_CACHES);
                return s.next::<D>();
            }
        }
        s.goto::<D>(store_attr_slow::<D>, arg)
    }

    fn store_attr_slow<D>(s, arg) {
        s.save();
        let fine = store(s.vm, s.peek_value(1), s.name(arg), s.peek_value(2));
        s.finish_unit::<D>(2, fine, STORE_CACHES)
    }

    fn delete_attr<D>(s, arg) {
        s.save();
        let fine = s.vm.del_attr(s.peek_value(1), s.name(arg)).is_ok();
        s.finish_unit::<D>(1, fine, 0)
    }

    /// `super().name` of an ordinary object, found before.
    fn load_super_attr<D>(s, arg) {
        let (function, class, this) = (s.peek(3), s.peek(2), s.peek(1));
        if function == s.vm.class::<PySuper>().value().bits()
            && arg & 1 != 0
            && is_object(this)
            && is_exact(class, ids::TYPE)
            && let Some(method) =
                s.vm.attribute_cache.super_method(s.vm.shapes.get(shape_of(this)), object(class), s.name(arg >> 2))
        {
            s.sp = s.sp.sub(1);
            s.poke(2, method);
            s.poke(1, this);
            s.skip(1);
            return s.next::<D>();
        }
        s.goto::<D>(load_super_attr_generic::<D>, arg)
    }

    fn load_super_attr_generic<D>(s, arg) {
        s.save();
        let (method, this) = super_attribute(s.vm, s.fp, s.sp.sub(3), arg);
        if method == 0 {
            return s.raise::<D>();
        }
        s.sp = s.sp.sub(3);
        s.push(method);
        if arg & 1 != 0 {
            s.push(this);
        }
        s.skip(1);
        s.next::<D>()
    }
}

#[inline(never)]
fn attribute(vm: &Vm, owner: Value, name: Gc<PyStr>) -> u64 {
    if let Some(object) = owner.as_object() {
        let shape = vm.shape(object);
        if shape.kind != ShapeKind::Dict {
            vm.remember_load(shape, name, &vm.load_kind(shape, name));
        }
    }
    word(vm.get_attr(owner, name))
}

#[inline(never)]
fn store(vm: &Vm, owner: Value, name: Gc<PyStr>, new: Value) -> bool {
    if let Some(object) = owner.as_object() {
        let shape = vm.shape(object);
        if shape.kind != ShapeKind::Dict {
            vm.remember_store(shape, name, &vm.store_kind(shape, name));
        }
    }
    vm.set_attr(owner, name, new).is_ok()
}

/// An attribute about to be called: the function and its first argument, or what was found
/// and 0.
#[inline(never)]
fn load_method(vm: &Vm, fp: *mut Frame, owner: Value, name: usize) -> (u64, u64) {
    let name = Frame::code_of(fp).names[name];
    match method_or_attribute(vm, owner, name) {
        Ok((method, true)) => (method.bits(), owner.bits()),
        Ok((found, false)) => (found.bits(), 0),
        Err(_) => (0, 0),
    }
}

/// An attribute, or the function of a method that is not bound yet (and then `true`).
fn method_or_attribute(vm: &Vm, owner: Value, name: Gc<PyStr>) -> PyResult<(Value, bool)> {
    let class = vm.class_of(owner);
    let shape = match owner.as_object() {
        Some(object) => object.shape_id(),
        None => class.root_shape.get(),
    };
    let shape = vm.shapes.get(shape);
    let kind = vm.load_kind(shape, name);
    if owner.is_object() {
        vm.remember_load(shape, name, &kind);
    }
    match kind {
        LoadKind::Method(method) => Ok((method, true)),
        LoadKind::Dict { class_attribute: Some(method), .. }
            if vm.class_of(method).has_flag(flags::METHOD_DESCRIPTOR) =>
        {
            match vm.instance_get(owner, name) {
                Some(own) => Ok((own, false)),
                None => Ok((method, true)),
            }
        }
        _ => Ok((vm.get_attr(owner, name)?, false)),
    }
}

/// Notes that an old object may refer to a young one.
///
/// # Safety
/// The owner is a live object, the slot one of its words.
#[inline(always)]
unsafe fn barrier(vm: &Vm, owner: u64, slot: *const u64) {
    // SAFETY: the caller's promise.
    unsafe {
        if is_object(*slot) && *(owner as *const u8) & kaa_gc::UNLOG as u8 != 0 {
            remember(vm, owner, slot);
        }
    }
}

#[cold]
#[inline(never)]
fn remember(vm: &Vm, owner: u64, slot: *const u64) {
    vm.heap().write_barrier_slow(owner as *mut u8, slot);
}

#[inline(never)]
fn computed(vm: &Vm, descriptor: Gc<PyGetSetDescriptor>, owner: Value) -> u64 {
    match descriptor.def.get {
        Some(get) => word(get(vm, owner)),
        None => 0,
    }
}

/// `super().name`: at `operands` stand `super`, a class and an instance.
#[inline(never)]
fn super_attribute(vm: &Vm, fp: *mut Frame, operands: *mut u64, arg: usize) -> (u64, u64) {
    // SAFETY: the running frame; three operands.
    let (function, class, this, name) = unsafe {
        let operand = |index| value(*operands.add(index));
        (operand(0), operand(1), operand(2), Frame::code_of(fp).names[arg >> 2])
    };
    let find = || -> PyResult<(u64, u64)> {
        if function == vm.class::<PySuper>().value()
            && name != vm.names().__class__
            && let Some(class) = vm.cast::<PyType>(class)
        {
            let object_class = vm.super_check(class, this)?;
            if let Some(found) = vm.lookup_after(object_class, class, name)
                && arg & 1 != 0
                && vm.class_of(found).has_flag(flags::METHOD_DESCRIPTOR)
                && this != object_class.value()
            {
                if let Some(object) = this.as_object()
                    && vm.cast::<PyType>(this).is_none()
                    && vm.class_of(this) == object_class
                {
                    vm.remember_super(vm.shape(object), class, name, found);
                }
                return Ok((found.bits(), this.bits()));
            }
            if let Some(found) = vm.super_lookup(class, this, object_class, name)? {
                return Ok((found.bits(), 0));
            }
        }
        let made = if arg & 2 != 0 { vm.call(function, &[class, this])? } else { vm.call(function, &[])? };
        Ok((vm.get_attr(made, name)?.bits(), 0))
    };
    find().unwrap_or((0, 0))
}
