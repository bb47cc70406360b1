//! Special methods and slots: the one table that says which method name stands for which slot
//! ([`SPECIAL_METHODS`], CPython's `slotdefs`), used both ways:
//! - a native type's slots become `wrapper_descriptor`s in its dict ([`wrappers`]);
//! - special methods that a class defines in Python become slots that call them ([`python`]),
//!   when the class is made and whenever such an attribute is set or deleted later.

mod python;
pub(crate) mod wrappers;

use std::sync::LazyLock;

pub use python::hash_not_implemented;

use super::{PyType, Slots, flags};
use crate::args::Args;
use crate::object::{Header, Slot};
use crate::types::descriptors::{PyBuiltinFunction, PyMethodDescriptor, PyWrapperDescriptor};
use crate::types::str::PyStr;
use crate::word_hash::WordMap;
use crate::{Gc, PyResult, Value, Vm};

/// One special method of one slot. Some methods stand for two slots (`__len__`), some slots for
/// two methods (`__add__` and `__radd__`).
pub struct SpecialMethod {
    /// The method's name.
    pub name: &'static str,
    /// Its `__text_signature__`.
    pub signature: &'static str,
    /// Its `__doc__`, without the signature.
    pub doc: &'static str,
    /// The slot's name.
    slot: &'static str,
    /// Where the slot is among the slots of a type, in bytes.
    offset: usize,
    is_same: fn(&Slots, &Slots) -> bool,
    /// Copies the slot from other slots.
    copy: fn(&mut Slots, &Slots),
    /// Puts the function into the slot that calls the method in Python; without one it empties
    /// the slot.
    fill: fn(&mut Slots),
    /// Whether `fill` puts something in.
    has_python: bool,
    /// Calls the native slot of a type with arguments from Python. `None`: there is no wrapper.
    wrapper: Option<Wrapper>,
}

/// Calls a slot, given the slots it is taken from.
type Wrapper = fn(&Vm, &Slots, Value, Args<'_>) -> PyResult;

impl SpecialMethod {
    /// Whether the slot is filled.
    #[inline(always)]
    fn is_filled(&self, slots: &Slots) -> bool {
        const { assert!(size_of::<Option<super::slots::UnaryFn>>() == size_of::<usize>()) };
        // SAFETY: the offset is that of a field, and each is an optional function: a word, 0 for none.
        unsafe { *(&raw const *slots).byte_add(self.offset).cast::<usize>() != 0 }
    }

    /// Calls the native slot of `class`.
    pub fn call(&self, vm: &Vm, class: Gc<PyType>, this: Value, args: Args<'_>) -> PyResult {
        if args.kwnames().is_some() && !matches!(self.name, "__init__" | "__call__") {
            return Err(vm.type_error(format_args!("wrapper {}() takes no keyword arguments", self.name)));
        }
        match self.wrapper {
            Some(wrapper) => wrapper(vm, &class.native.get().slots, this, args),
            None => Err(vm.missing_slot(self.name)),
        }
    }
}

const UNARY: &str = "($self, /)";
const VALUE: &str = "($self, value, /)";
const KEY: &str = "($self, key, /)";
const ANY: &str = "($self, /, *args, **kwargs)";

macro_rules! special_methods {
    (@fill $slot:ident -) => { |slots: &mut Slots| slots.$slot = None };
    (@fill $slot:ident $python:ident) => { |slots: &mut Slots| slots.$slot = Some(python::$python) };
    (@has -) => { false };
    (@has $python:ident) => { true };
    (@wrap $slot:ident -) => { None };
    (@wrap $slot:ident $wrapper:ident) => {
        Some(|vm: &Vm, slots: &Slots, this: Value, args: Args<'_>| match slots.$slot {
            Some(f) => wrappers::$wrapper(vm, f, this, args),
            None => Err(vm.missing_slot(stringify!($slot))),
        })
    };
    ($($name:ident $slot:ident $python:tt $wrapper:tt $signature:expr, $doc:literal;)*) => {
        /// All special methods. Methods of one slot stand together; the first entry of a name
        /// whose slot a native type fills makes its wrapper.
        pub static SPECIAL_METHODS: &[SpecialMethod] = &[$(SpecialMethod {
            name: stringify!($name),
            signature: $signature,
            doc: $doc,
            slot: stringify!($slot),
            offset: std::mem::offset_of!(Slots, $slot),
            is_same: |a, b| match (a.$slot, b.$slot) {
                (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
                (a, b) => a.is_none() && b.is_none(),
            },
            copy: |to, from| to.$slot = from.$slot,
            fill: special_methods!(@fill $slot $python),
            has_python: special_methods!(@has $python),
            wrapper: special_methods!(@wrap $slot $wrapper),
        },)*];
    };
}

special_methods! {
    __repr__ repr repr unary UNARY, "Return repr(self).";
    __hash__ hash hash hash UNARY, "Return hash(self).";
    __call__ call call call ANY, "Call self as a function.";
    __str__ str str unary UNARY, "Return str(self).";
    __getattribute__ getattro getattro get_attribute "($self, name, /)", "Return getattr(self, name).";
    __getattr__ getattro getattro - "", "";
    __setattr__ setattro setattro set_attribute "($self, name, value, /)", "Implement setattr(self, name, value).";
    __delattr__ setattro setattro del_attribute "($self, name, /)", "Implement delattr(self, name).";
    __lt__ richcompare richcompare lt VALUE, "Return self<value.";
    __le__ richcompare richcompare le VALUE, "Return self<=value.";
    __eq__ richcompare richcompare eq VALUE, "Return self==value.";
    __ne__ richcompare richcompare ne VALUE, "Return self!=value.";
    __gt__ richcompare richcompare gt VALUE, "Return self>value.";
    __ge__ richcompare richcompare ge VALUE, "Return self>=value.";
    __iter__ iter iter unary UNARY, "Implement iter(self).";
    __next__ iternext iternext next UNARY, "Implement next(self).";
    __get__ descr_get descr_get get "($self, instance, owner=None, /)",
        "Return an attribute of instance, which is of type owner.";
    __set__ descr_set descr_set set "($self, instance, value, /)", "Set an attribute of instance to value.";
    __delete__ descr_set descr_set delete "($self, instance, /)", "Delete an attribute of instance.";
    __init__ init init init ANY, "Initialize self.  See help(type(self)) for accurate signature.";
    __new__ new new - "", "";
    __del__ finalize finalize finalize UNARY, "Called when the instance is about to be destroyed.";
    __await__ am_await await_ unary UNARY, "Return an iterator to be used in await expression.";
    __aiter__ am_aiter aiter unary UNARY, "Return an awaitable, that resolves in asynchronous iterator.";
    __anext__ am_anext anext unary UNARY, "Return a value or raise StopAsyncIteration.";
    __add__ nb_add add binary VALUE, "Return self+value.";
    __radd__ nb_add add reflected VALUE, "Return value+self.";
    __sub__ nb_subtract subtract binary VALUE, "Return self-value.";
    __rsub__ nb_subtract subtract reflected VALUE, "Return value-self.";
    __mul__ nb_multiply multiply binary VALUE, "Return self*value.";
    __rmul__ nb_multiply multiply reflected VALUE, "Return value*self.";
    __mod__ nb_remainder remainder binary VALUE, "Return self%value.";
    __rmod__ nb_remainder remainder reflected VALUE, "Return value%self.";
    __divmod__ nb_divmod divmod binary VALUE, "Return divmod(self, value).";
    __rdivmod__ nb_divmod divmod reflected VALUE, "Return divmod(value, self).";
    __pow__ nb_power power ternary "($self, value, mod=None, /)", "Return pow(self, value, mod).";
    __rpow__ nb_power power reflected_ternary "($self, value, mod=None, /)", "Return pow(value, self, mod).";
    __neg__ nb_negative negative unary UNARY, "-self";
    __pos__ nb_positive positive unary UNARY, "+self";
    __abs__ nb_absolute absolute unary UNARY, "abs(self)";
    __bool__ nb_bool bool boolean UNARY, "True if self else False";
    __invert__ nb_invert invert unary UNARY, "~self";
    __lshift__ nb_lshift lshift binary VALUE, "Return self<<value.";
    __rlshift__ nb_lshift lshift reflected VALUE, "Return value<<self.";
    __rshift__ nb_rshift rshift binary VALUE, "Return self>>value.";
    __rrshift__ nb_rshift rshift reflected VALUE, "Return value>>self.";
    __and__ nb_and and binary VALUE, "Return self&value.";
    __rand__ nb_and and reflected VALUE, "Return value&self.";
    __xor__ nb_xor xor binary VALUE, "Return self^value.";
    __rxor__ nb_xor xor reflected VALUE, "Return value^self.";
    __or__ nb_or or binary VALUE, "Return self|value.";
    __ror__ nb_or or reflected VALUE, "Return value|self.";
    __int__ nb_int int unary UNARY, "int(self)";
    __float__ nb_float float unary UNARY, "float(self)";
    __iadd__ nb_inplace_add inplace_add binary VALUE, "Return self+=value.";
    __isub__ nb_inplace_subtract inplace_subtract binary VALUE, "Return self-=value.";
    __imul__ nb_inplace_multiply inplace_multiply binary VALUE, "Return self*=value.";
    __imod__ nb_inplace_remainder inplace_remainder binary VALUE, "Return self%=value.";
    __ipow__ nb_inplace_power inplace_power ternary VALUE, "Return self**=value.";
    __ilshift__ nb_inplace_lshift inplace_lshift binary VALUE, "Return self<<=value.";
    __irshift__ nb_inplace_rshift inplace_rshift binary VALUE, "Return self>>=value.";
    __iand__ nb_inplace_and inplace_and binary VALUE, "Return self&=value.";
    __ixor__ nb_inplace_xor inplace_xor binary VALUE, "Return self^=value.";
    __ior__ nb_inplace_or inplace_or binary VALUE, "Return self|=value.";
    __floordiv__ nb_floor_divide floor_divide binary VALUE, "Return self//value.";
    __rfloordiv__ nb_floor_divide floor_divide reflected VALUE, "Return value//self.";
    __truediv__ nb_true_divide true_divide binary VALUE, "Return self/value.";
    __rtruediv__ nb_true_divide true_divide reflected VALUE, "Return value/self.";
    __ifloordiv__ nb_inplace_floor_divide inplace_floor_divide binary VALUE, "Return self//=value.";
    __itruediv__ nb_inplace_true_divide inplace_true_divide binary VALUE, "Return self/=value.";
    __index__ nb_index index unary UNARY,
        "Return self converted to an integer, if self is suitable for use as an index into a list.";
    __matmul__ nb_matrix_multiply matrix_multiply binary VALUE, "Return self@value.";
    __rmatmul__ nb_matrix_multiply matrix_multiply reflected VALUE, "Return value@self.";
    __imatmul__ nb_inplace_matrix_multiply inplace_matrix_multiply binary VALUE, "Return self@=value.";
    __len__ mp_length length length UNARY, "Return len(self).";
    __getitem__ mp_subscript subscript binary KEY, "Return self[key].";
    __setitem__ mp_ass_subscript set_subscript set_subscript "($self, key, value, /)", "Set self[key] to value.";
    __delitem__ mp_ass_subscript set_subscript del_subscript KEY, "Delete self[key].";
    __len__ sq_length length length UNARY, "Return len(self).";
    __add__ sq_concat - binary VALUE, "Return self+value.";
    __mul__ sq_repeat - repeat VALUE, "Return self*value.";
    __rmul__ sq_repeat - repeat VALUE, "Return value*self.";
    __getitem__ sq_item item item KEY, "Return self[key].";
    __setitem__ sq_ass_item set_item set_item "($self, key, value, /)", "Set self[key] to value.";
    __delitem__ sq_ass_item set_item del_item KEY, "Delete self[key].";
    __contains__ sq_contains contains contains KEY, "Return bool(key in self).";
    __iadd__ sq_inplace_concat - binary VALUE, "Implement self+=value.";
    __imul__ sq_inplace_repeat - repeat VALUE, "Implement self*=value.";
    __buffer__ bf_getbuffer buffer get_buffer "($self, flags, /)",
        "Return a buffer object that exposes the underlying memory of the object.";
    __release_buffer__ bf_getbuffer - release_buffer "($self, buffer, /)",
        "Release the buffer object that exposes the underlying memory of the object.";
}

/// The entries of one slot, as a range of [`SPECIAL_METHODS`].
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
}

impl Group {
    fn methods(self) -> &'static [SpecialMethod] {
        &SPECIAL_METHODS[self.start..self.end]
    }
}

/// All slots with special methods, and which of them each name stands for.
struct Groups {
    all: Vec<Group>,
    /// As bits by their place in `all`.
    by_name: WordMap<&'static str, u128>,
}

static GROUPS: LazyLock<Groups> = LazyLock::new(|| {
    let mut all = Vec::new();
    let mut by_name: WordMap<_, u128> = WordMap::default();
    for methods in SPECIAL_METHODS.chunk_by(|a, b| a.slot == b.slot) {
        let start = all.last().map_or(0, |group: &Group| group.end);
        for method in methods {
            *by_name.entry(method.name).or_default() |= 1 << all.len();
        }
        all.push(Group { start, end: start + methods.len() });
    }
    Groups { all, by_name }
});

/// What a slot gets.
enum Found {
    /// No method: nothing.
    Nothing,
    /// A native method: the slot of that native type.
    Native(&'static Slots),
    /// The slot of the base: for `__new__`.
    Inherited,
    /// `__hash__ = None`.
    Unhashable,
    /// A method in Python, or several native ones: the function that looks the method up.
    Python,
}

impl Vm {
    /// Adds the wrappers of a native type's own slots to its dict, where there is no attribute of
    /// that name, and its `__new__`.
    pub(super) fn add_slot_wrappers(&self, class: Gc<PyType>) -> PyResult<()> {
        let dict = class.dict.get_set();
        let slots = &class.native.get().slots;
        // Exceptions that only have another name than their base have a `__new__` of their own, too.
        let renamed = class.has_flag(flags::BASE_EXC_SUBCLASS) && slots.init.is_none();
        if (slots.new.is_some() || renamed) && dict.get_interned(self.names().__new__).is_none() {
            let new = PyBuiltinFunction {
                header: Header::EMPTY,
                def: &wrappers::NEW,
                this: Slot::new(class.value()),
                module: Slot::empty(),
            };
            dict.set_str(self, self.names().__new__, self.alloc(new)?.value())?;
        }
        for def in SPECIAL_METHODS {
            if def.wrapper.is_none() || !def.is_filled(slots) {
                continue;
            }
            // Of the types that share memory only `bytes` never has it back.
            if def.name == "__release_buffer__" && class.root_shape.get() == crate::ids::BYTES {
                continue;
            }
            let name = self.intern(def.name);
            if dict.get_interned(name).is_none() {
                let wrapper = PyWrapperDescriptor { header: Header::EMPTY, def, class: Slot::new(class) };
                dict.set_str(self, name, self.alloc(wrapper)?.value())?;
            }
        }
        let unhashable = slots.hash.is_some_and(|f| std::ptr::fn_addr_eq(f, UNHASHABLE))
            || slots.hash.is_none() && slots.richcompare.is_some();
        if unhashable {
            dict.set_str(self, self.names().__hash__, Value::NONE)?;
        }
        Ok(())
    }

    /// Fills the slots of a new Python class. Its MRO and dict are complete.
    pub(super) fn fill_slots(&self, class: Gc<PyType>) {
        if let Some(base) = class.base.get() {
            let inherited = *base.slots();
            class.update_slots(|slots| *slots = inherited);
        }
        let groups = self.groups_unlike_base(class);
        if class.bases.get_set().len() > 1 || groups.is_none() {
            for &base in class.mro_slice().iter().skip(1) {
                // SAFETY: an MRO holds classes only.
                let base: Gc<PyType> = unsafe { base.as_gc_unchecked() };
                let slots = base.slots();
                class.update_slots(|own| {
                    own.am_send = own.am_send.or(slots.am_send);
                    own.bf_getbuffer = own.bf_getbuffer.or(slots.bf_getbuffer);
                });
            }
        }
        match groups {
            Some(groups) => self.fill_slots_of(class, groups),
            None => GROUPS.all.iter().for_each(|&group| self.fill_slot(class, group)),
        }
    }

    /// The slots, as bits by their place among all, that may be others in a class than in the base
    /// whose layout it extends: those that the class itself or the other classes in its MRO define
    /// methods for. `None` if the MRO does not keep the order of the base's.
    fn groups_unlike_base(&self, class: Gc<PyType>) -> Option<u128> {
        const { assert!(SPECIAL_METHODS.len() < 128) };
        let base = class.base.get()?;
        let mut rest = base.mro_slice();
        let mut found = 0;
        let of_names = self.slots_of_names.get_or_init(|| {
            GROUPS.by_name.iter().map(|(name, groups)| (self.intern(name).value().bits(), *groups)).collect()
        });
        for &other in class.mro_slice() {
            if rest.first() == Some(&other) {
                rest = &rest[1..];
                continue;
            }
            // SAFETY: an MRO holds classes only.
            let other: Gc<PyType> = unsafe { other.as_gc_unchecked() };
            // Names of attributes of classes are interned.
            for entry in other.dict.get()?.iter() {
                found |= of_names.get(&entry.key.bits()).copied().unwrap_or(0);
            }
        }
        rest.is_empty().then_some(found)
    }

    fn fill_slots_of(&self, class: Gc<PyType>, mut groups: u128) {
        while groups != 0 {
            self.fill_slot(class, GROUPS.all[groups.trailing_zeros() as usize]);
            groups &= groups - 1;
        }
    }

    /// Fills the slots again that a special method stands for, in a class and all that derive
    /// from it: an attribute of that name was set or deleted.
    pub(crate) fn update_slots_of_name(&self, class: Gc<PyType>, name: &str) {
        let Some(&groups) = GROUPS.by_name.get(name) else { return };
        self.fill_slots_of(class, groups);
        for subclass in self.subclasses(class) {
            self.update_slots_of_name(subclass, name);
        }
    }

    /// Fills all slots again, in a class and all that derive from it: its MRO changed.
    pub(crate) fn update_all_slots(&self, class: Gc<PyType>) {
        GROUPS.all.iter().for_each(|&group| self.fill_slot(class, group));
        for subclass in self.subclasses(class) {
            self.update_all_slots(subclass);
        }
    }

    fn fill_slot(&self, class: Gc<PyType>, group: Group) {
        let first = &group.methods()[0];
        let found = self.find_slot(class, group);
        if first.slot == "iternext" {
            let send = match &found {
                Found::Python => Some(python::send as super::slots::SendFn),
                _ => class.native.get().slots.am_send,
            };
            class.update_slots(|slots| slots.am_send = send);
        }
        if first.slot == "bf_getbuffer" && matches!(found, Found::Nothing) {
            return;
        }
        if first.slot == "call" && matches!(found, Found::Python) {
            class.flags.set(class.flags.get() & !flags::HAVE_VECTORCALL);
        }
        class.update_slots(|slots| match found {
            Found::Nothing => (first.copy)(slots, &Slots::NONE),
            Found::Native(native) => (first.copy)(slots, native),
            Found::Inherited => {
                let inherited = class.base.get().map_or(Slots::NONE, |base| *base.slots());
                (first.copy)(slots, &inherited);
            }
            Found::Unhashable => slots.hash = Some(hash_not_implemented),
            Found::Python => (first.fill)(slots),
        });
    }

    /// The interned name of a method.
    fn special_name(&self, method: &'static SpecialMethod) -> Gc<PyStr> {
        let names =
            self.special_names.get_or_init(|| SPECIAL_METHODS.iter().map(|def| self.intern(def.name)).collect());
        let index = (method as *const SpecialMethod).addr() - SPECIAL_METHODS.as_ptr().addr();
        names[index / size_of::<SpecialMethod>()]
    }

    fn find_slot(&self, class: Gc<PyType>, group: Group) -> Found {
        let mut found = Found::Nothing;
        for method in group.methods() {
            let Some(attribute) = self.lookup(class, self.special_name(method)) else { continue };
            match self.native_slots_behind(class, method, attribute) {
                Some(native) => match &found {
                    // The attribute stands for another slot of the same name.
                    _ if !method.is_filled(native) => {}
                    Found::Nothing => found = Found::Native(native),
                    Found::Native(other) if (method.is_same)(native, other) => {}
                    _ => found = Found::Python,
                },
                None if method.slot == "new" && self.is_native_new(attribute) => found = Found::Inherited,
                None if method.slot == "hash" && attribute.is_none() => found = Found::Unhashable,
                None => found = Found::Python,
            }
            if matches!(found, Found::Python) && method.has_python {
                return found;
            }
        }
        found
    }

    /// The slots of the native base of `class` whose method of this name an attribute is.
    fn native_slots_behind(
        &self,
        class: Gc<PyType>,
        method: &SpecialMethod,
        attribute: Value,
    ) -> Option<&'static Slots> {
        let (name, owner) = if let Some(wrapper) = self.cast_exact::<PyWrapperDescriptor>(attribute) {
            (wrapper.def.name, wrapper.class.get_set())
        } else if let Some(descriptor) = self.cast_exact::<PyMethodDescriptor>(attribute) {
            (descriptor.def.name, descriptor.class.get_set())
        } else {
            return None;
        };
        let slots = &owner.native.get().slots;
        let stands_for_slot = |def: &SpecialMethod| def.name == name && def.is_filled(slots);
        // Only the native class's own attribute is known to do what the slot does.
        let own = owner.dict.get().and_then(|dict| dict.get_interned(self.intern(name)));
        if own != Some(attribute) {
            return None;
        }
        let is_slot = name == method.name && SPECIAL_METHODS.iter().any(stands_for_slot);
        (is_slot && class.is_subclass(owner)).then_some(slots)
    }
}

const UNHASHABLE: super::slots::HashFn = hash_not_implemented;
