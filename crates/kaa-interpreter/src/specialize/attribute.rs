//! `LOAD_ATTR` and `STORE_ATTR` by the object's shape.
//!
//! Own attributes are guarded by the shape alone. What could change their meaning without another
//! shape (a data descriptor, `__getattribute__` or the like put into a class later) turns the
//! instructions that it concerns back ([`forget`]). What is found in a class is guarded by the
//! class's version as well.

use kaa_bytecode::Opcode;
use kaa_objects::attributes::{LoadKind, StoreKind};
use kaa_objects::class::PyType;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::descriptors::PyGetSetDescriptor;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::property::PyProperty;
use kaa_objects::types::staticmethod::PyStaticMethod;
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::AccessChange;
use kaa_objects::{Gc, Value, Vm, ids};

use super::{failed, is_due, set_cache, set_cache32, set_opcode};
use crate::frame::Frame;
use crate::opcode::*;

/// Looks at the object of a `LOAD_ATTR`.
#[inline(always)]
pub fn load_attr(vm: &Vm, fp: *mut Frame, pc: *const u16, owner: Value, arg: usize) {
    if is_due(pc) {
        specialize_load(vm, fp, pc, owner, arg);
    }
}

/// The loads that an own attribute is fused with.
const LOADS: [Opcode; 2] = [Opcode::LoadFast, Opcode::LoadFastBorrow];

#[inline(never)]
fn specialize_load(vm: &Vm, fp: *mut Frame, pc: *const u16, owner: Value, arg: usize) {
    let code = Frame::code_of(fp);
    match load_form(vm, Site { code, pc }, owner, code.names[arg >> 1], arg & 1 != 0) {
        Some(form) => {
            code.attributes_cached.set(true);
            set_opcode(pc, form);
            if form == LOAD_ATTR_SLOT && arg & 1 == 0 {
                super::fuse_previous(code, pc, &LOADS, LOAD_FAST_LOAD_ATTR_SLOT);
            }
        }
        None => failed(pc),
    }
}

/// The instruction that is specialized.
#[derive(Clone, Copy)]
struct Site {
    code: Gc<PyCode>,
    pc: *const u16,
}

impl Site {
    fn shape(self, shape: u32) {
        set_cache32(self.pc, 1, shape);
    }

    /// Notes the version of a class that the form relies on.
    fn version(self, vm: &Vm, class: Gc<PyType>) -> Option<()> {
        let version = vm.class_version(class);
        set_cache32(self.pc, 3, version);
        (version != 0).then_some(())
    }

    /// Keeps a value in the cache.
    fn pointer(self, vm: &Vm, value: Value) {
        super::set_pointer(vm, self.code, self.pc, 5, value);
    }
}

fn load_form(vm: &Vm, site: Site, owner: Value, name: Gc<PyStr>, call: bool) -> Option<u8> {
    let Some(object) = owner.as_object() else { return immediate_form(vm, site, owner, name, call) };
    let shape = vm.shape(object);
    if shape.id == ids::MODULE {
        return module_form(vm, site, owner, name);
    }
    if let Some(class) = vm.cast::<PyType>(owner) {
        return class_form(vm, site, class, name);
    }
    if vm.class_version(shape.class) == 0 {
        // Nobody would tell of changes in ancestors that an overriding `mro()` gave it.
        return None;
    }
    let kind = vm.load_kind(shape, name);
    site.shape(shape.id);
    shape.class.attributes_cached.set(true);
    match kind {
        LoadKind::Slot { offset } | LoadKind::Member { offset } => {
            set_cache(site.pc, 0, u16::try_from(offset).ok()?);
            Some(LOAD_ATTR_SLOT)
        }
        LoadKind::Overflow { word, index } => {
            set_cache(site.pc, 0, u16::try_from(index).ok()?);
            set_cache(site.pc, 3, u16::try_from(word).ok()?);
            Some(LOAD_ATTR_OVERFLOW)
        }
        LoadKind::Method(method) if call => {
            site.version(vm, shape.class)?;
            site.pointer(vm, method);
            Some(LOAD_ATTR_METHOD)
        }
        LoadKind::ClassValue(found) => {
            site.version(vm, shape.class)?;
            site.pointer(vm, found);
            Some(LOAD_ATTR_CLASS_VALUE)
        }
        LoadKind::Descriptor(descriptor) if !call => {
            site.version(vm, shape.class)?;
            if let Some(property) = vm.cast_exact::<PyProperty>(descriptor) {
                let getter = vm.cast_exact::<PyFunction>(property.fget.get()?)?;
                if getter.code.get_set().simple_argcount != 1 {
                    return None;
                }
                site.pointer(vm, getter.value());
                return Some(LOAD_ATTR_PROPERTY);
            }
            let descriptor = vm.cast_exact::<PyGetSetDescriptor>(descriptor)?;
            descriptor.def.get?;
            site.pointer(vm, descriptor.value());
            Some(LOAD_ATTR_GETSET)
        }
        _ => None,
    }
}

/// Methods of values that are no objects: small integers and floats.
fn immediate_form(vm: &Vm, site: Site, owner: Value, name: Gc<PyStr>, call: bool) -> Option<u8> {
    let class = vm.class_of(owner);
    let tag = if owner.is_small_int() {
        1
    } else if owner.is_small_float() {
        2
    } else {
        return None;
    };
    let LoadKind::Method(method) = vm.class_attribute_kind(vm.lookup(class, name)?) else { return None };
    set_cache(site.pc, 0, tag);
    site.pointer(vm, method);
    call.then_some(LOAD_ATTR_METHOD_IMMEDIATE)
}

fn module_form(vm: &Vm, site: Site, owner: Value, name: Gc<PyStr>) -> Option<u8> {
    let module: Gc<PyModule> = vm.cast_exact(owner)?;
    if vm.lookup(vm.class::<PyModule>(), name).is_some() {
        return None;
    }
    let dict = module.dict.get()?;
    let position = dict.position_of_str(vm, name)?;
    let version = dict.keys_version(vm);
    set_cache32(site.pc, 1, version);
    set_cache(site.pc, 3, u16::try_from(position).ok()?);
    (version != 0).then_some(LOAD_ATTR_MODULE)
}

/// An attribute of a class itself.
fn class_form(vm: &Vm, site: Site, class: Gc<PyType>, name: Gc<PyStr>) -> Option<u8> {
    let metaclass = vm.class_of(class.value());
    let (own, plain) = (metaclass.slots().getattro?, vm.class::<PyType>().slots().getattro?);
    if !std::ptr::fn_addr_eq(own, plain) || vm.lookup(metaclass, name).is_some() {
        return None;
    }
    let found = vm.lookup(class, name)?;
    let found = match vm.slots_of(found).descr_get {
        None => found,
        Some(_) if vm.cast_exact::<PyFunction>(found).is_some() => found,
        Some(_) => vm.cast_exact::<PyStaticMethod>(found)?.callable.get()?,
    };
    site.shape(class.shape_id());
    metaclass.attributes_cached.set(true);
    site.version(vm, class)?;
    site.pointer(vm, found);
    Some(LOAD_ATTR_CLASS)
}

/// Looks at the object of a `STORE_ATTR`.
#[inline(always)]
pub fn store_attr(vm: &Vm, fp: *mut Frame, pc: *const u16, owner: Value, arg: usize) {
    if is_due(pc) {
        specialize_store(vm, fp, pc, owner, arg);
    }
}

#[inline(never)]
fn specialize_store(vm: &Vm, fp: *mut Frame, pc: *const u16, owner: Value, arg: usize) {
    let code = Frame::code_of(fp);
    match store_form(vm, pc, owner, code.names[arg]) {
        Some(form) => {
            code.attributes_cached.set(true);
            set_opcode(pc, form);
        }
        None => failed(pc),
    }
}

fn store_form(vm: &Vm, pc: *const u16, owner: Value, name: Gc<PyStr>) -> Option<u8> {
    let shape = vm.shape(owner.as_object()?);
    if vm.class_version(shape.class) == 0 {
        return None;
    }
    set_cache32(pc, 1, shape.id);
    shape.class.attributes_cached.set(true);
    match vm.store_kind(shape, name) {
        StoreKind::Slot { offset } | StoreKind::Member { offset } => {
            set_cache(pc, 0, u16::try_from(offset).ok()?);
            Some(STORE_ATTR_SLOT)
        }
        StoreKind::Overflow { word, index } => {
            set_cache(pc, 0, u16::try_from(index).ok()?);
            set_cache(pc, 3, u16::try_from(word).ok()?);
            Some(STORE_ATTR_OVERFLOW)
        }
        StoreKind::Add { offset, shape: child } => {
            set_cache(pc, 0, u16::try_from(child.checked_sub(shape.id)?).ok()?);
            set_cache(pc, 3, u16::try_from(offset).ok()?);
            Some(STORE_ATTR_ADD)
        }
        _ => None,
    }
}

/// A specialized attribute instruction that a shape guards.
pub struct Guarded {
    /// Its unit in the code.
    pub at: usize,
    /// The instruction that it is a form of.
    pub base: Opcode,
    /// The form.
    pub form: u8,
    /// Its argument.
    pub arg: usize,
    /// The shape's number.
    pub shape: u32,
}

impl Guarded {
    /// The attribute.
    fn name(&self, code: Gc<PyCode>) -> Gc<PyStr> {
        code.names[if self.base == Opcode::LoadAttr { self.arg >> 1 } else { self.arg }]
    }
}

/// Turns those of a code object's attribute instructions back whose guard is a shape, and for which
/// a function says so; it must not allocate on the heap.
pub fn turn_back_guarded(code: Gc<PyCode>, mut is_concerned: impl FnMut(&Guarded) -> bool) {
    let mut extended = 0;
    for at in code.instruction_starts() {
        let [form, arg] = code.adaptive[at].get().to_le_bytes();
        let arg = extended << 8 | usize::from(arg);
        let base = match form {
            LOAD_ATTR_SLOT
            | LOAD_ATTR_OVERFLOW
            | LOAD_ATTR_CLASS_VALUE
            | LOAD_ATTR_METHOD
            | LOAD_ATTR_CLASS
            | LOAD_ATTR_PROPERTY
            | LOAD_ATTR_GETSET => Opcode::LoadAttr,
            STORE_ATTR_SLOT | STORE_ATTR_ADD | STORE_ATTR_OVERFLOW => Opcode::StoreAttr,
            // Tools may watch the prefix.
            _ if u16::from(form) == Opcode::ExtendedArg.number() || form == INSTRUMENTED => {
                extended = if code.original_opcode(at) == Some(Opcode::ExtendedArg) { arg } else { 0 };
                continue;
            }
            _ => {
                extended = 0;
                continue;
            }
        };
        extended = 0;
        let shape = u32::from(code.adaptive[at + 2].get()) | u32::from(code.adaptive[at + 3].get()) << 16;
        if is_concerned(&Guarded { at, base, form, arg, shape }) {
            super::despecialize(code.adaptive[at + 1..].as_ptr().cast(), base);
        }
    }
}

/// Turns the attribute instructions of all code back that a change concerns.
#[cold]
pub fn forget(vm: &Vm, change: AccessChange) {
    vm.codes.for_each(|code| {
        if code.attributes_cached.get() {
            turn_back_guarded(code, |found| {
                if !vm.shapes.exists(found.shape) {
                    return true;
                }
                let class = vm.shapes.class(found.shape);
                match change {
                    AccessChange::Instances(changed) => class.is_subclass(changed),
                    // The guard is that of the class itself: whatever it has there.
                    AccessChange::Descriptors(_) if found.form == LOAD_ATTR_CLASS => true,
                    AccessChange::Descriptors(changed) => vm
                        .lookup(class, found.name(code))
                        .is_some_and(|attribute| vm.class_of(attribute).is_subclass(changed)),
                }
            });
        }
    });
}
