//! How instances of a Python class lie in memory: which base's layout they extend, the members
//! that `__slots__` names, and where attributes go.

use super::native::Appended;
use super::{PyType, flags};
use crate::shape::ShapeKind;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

/// Room for attributes in a new instance when the class does not say which it will have.
const DEFAULT_INLINE: usize = 4;
/// The most room for attributes in an instance.
const MAX_INLINE: usize = 64;

/// The nearest base that adds to the memory of instances: itself when `class` does.
pub(super) fn solid_base(class: Gc<PyType>) -> Gc<PyType> {
    let mut class = class;
    while let Some(base) = class.base.get() {
        let (native, base_native) = (class.native.get(), base.native.get());
        let adds = class.basic_size.get() != base.basic_size.get()
            || native.layout.variable != base_native.layout.variable
            || class.is_native.get() && class.own_dict() != base.own_dict();
        if adds {
            break;
        }
        class = base;
    }
    class
}

fn is_layout_of_types(base: Gc<PyType>) -> bool {
    base.has_layout(<PyType as crate::Native>::def())
}

/// Whether instances have items of their own behind the fixed part.
fn has_items(base: Gc<PyType>) -> bool {
    base.native.get().layout.variable && !base.has_flag(flags::UNICODE_SUBCLASS)
}

fn is_identifier(text: &str) -> bool {
    use kaa_text::identifiers::{is_identifier_continue, is_identifier_start};
    let mut chars = text.chars();
    chars.next().is_some_and(is_identifier_start) && chars.all(is_identifier_continue)
}

impl PyType {
    /// Whether instances keep their dict in a field of the native layout.
    pub(super) fn own_dict(&self) -> bool {
        self.attributes_offset.get() != 0 && self.attributes_offset.get() < self.basic_size.get()
    }

    /// Whether instances have members that `__slots__` names.
    pub(super) fn has_members(&self) -> bool {
        self.basic_size.get() as usize != self.native.get().layout.size
    }

    /// How many bytes an instance of a variable layout has behind its native part, for its dict and
    /// the array of its members.
    pub(crate) fn appended_size(&self) -> usize {
        match () {
            () if self.has_members() => 16,
            () if self.has_instance_dict() => 8,
            () => 0,
        }
    }

    /// Whether instances can be referred to weakly.
    pub fn is_weakly_referable(&self) -> bool {
        self.has_flag(flags::MANAGED_WEAKREF)
    }
}

/// What `__slots__` asks for.
#[derive(Clone, Copy)]
pub(super) struct Slots {
    /// The names of members, mangled and sorted; a list of `str`.
    pub members: Gc<PyList>,
    /// Whether this class adds the `__dict__`.
    pub adds_dict: bool,
    /// Whether this class adds support for weak references.
    pub adds_weakref: bool,
}

impl Vm {
    /// The base whose layout instances of a class with these bases extend.
    pub(crate) fn best_base(&self, bases: Gc<PyTuple>) -> PyResult<Gc<PyType>> {
        let mut best: Option<(Gc<PyType>, Gc<PyType>)> = None;
        for &base in bases.as_slice() {
            let Some(base) = self.cast::<PyType>(base) else {
                return Err(self.type_error("bases must be types"));
            };
            if !base.has_flag(flags::BASETYPE) {
                let name = base.name_text();
                return Err(self.type_error(format_args!("type '{name}' is not an acceptable base type")));
            }
            let solid = solid_base(base);
            best = match best {
                Some((_, winner)) if solid != winner && solid.is_subclass(winner) => Some((base, solid)),
                Some((best, winner)) if winner.is_subclass(solid) => Some((best, winner)),
                Some(_) => return Err(self.type_error("multiple bases have instance lay-out conflict")),
                None => Some((base, solid)),
            };
        }
        best.map(|(base, _)| base).ok_or_else(|| self.type_error("a new-style class can't have only classic bases"))
    }

    /// What a class without `__slots__` adds to a base.
    pub(super) fn default_slots(&self, base: Gc<PyType>) -> PyResult<Slots> {
        let is_type = is_layout_of_types(base);
        Ok(Slots {
            members: self.new_list(&[])?,
            adds_dict: !base.has_instance_dict() && !is_type,
            adds_weakref: !base.is_weakly_referable() && !has_items(base) && !is_type,
        })
    }

    /// Reads `__slots__` from the namespace of a class that is being made.
    pub(super) fn read_slots(
        &self,
        name: Gc<PyStr>,
        base: Gc<PyType>,
        bases: Gc<PyTuple>,
        namespace: Gc<PyDict>,
    ) -> PyResult<Slots> {
        let mut slots = self.default_slots(base)?;
        let Slots { members, adds_dict: may_add_dict, adds_weakref: may_add_weakref } = slots;
        let Some(given) = namespace.get_str(self, self.names().__slots__) else { return Ok(slots) };
        let is_type = is_layout_of_types(base);
        let has_items = has_items(base);
        let given = match self.cast::<PyStr>(given) {
            Some(_) => self.new_tuple(&[given])?,
            None => self.tuple_from(given)?,
        };
        if !given.is_empty() && (has_items || is_type) {
            let base = base.name_text();
            return Err(self.type_error(format_args!("nonempty __slots__ not supported for subtype of '{base}'")));
        }
        (slots.adds_dict, slots.adds_weakref) = (false, false);
        for &slot in given.as_slice() {
            let slot = self.slot_name(slot)?;
            if slot == self.names().__dict__ {
                if !may_add_dict || slots.adds_dict {
                    return Err(self.type_error("__dict__ slot disallowed: we already got one"));
                }
                slots.adds_dict = true;
            } else if slot == self.names().__weakref__ {
                if !may_add_weakref || slots.adds_weakref {
                    return Err(self.type_error("__weakref__ slot disallowed: we already got one"));
                }
                slots.adds_weakref = true;
            } else {
                let member = self.mangle(name, slot)?;
                let names = self.names();
                let of_compiler = [names.__qualname__, names.__classcell__, names.__classdictcell__];
                if !of_compiler.contains(&member) && namespace.get_str(self, member).is_some() {
                    let text = self.repr_lossy(slot.value());
                    return Err(self.value_error(format_args!("{text} in __slots__ conflicts with class variable")));
                }
                members.push(self, member.value())?;
            }
        }
        slots.members = self.sorted_names(members)?;
        // Other bases may bring what the layout base lacks.
        for &other in bases.as_slice() {
            let Some(other) = self.cast::<PyType>(other).filter(|&other| other != base) else { continue };
            slots.adds_dict |= may_add_dict && other.has_instance_dict();
            slots.adds_weakref |= may_add_weakref && other.is_weakly_referable();
        }
        Ok(slots)
    }

    /// A name in `__slots__`, interned.
    fn slot_name(&self, slot: Value) -> PyResult<Gc<PyStr>> {
        let Some(slot) = self.cast::<PyStr>(slot) else {
            let class = self.class_name(slot);
            return Err(self.type_error(format_args!("__slots__ items must be strings, not '{class}'")));
        };
        match slot.to_utf8() {
            Some(text) if is_identifier(&text) => Ok(self.intern_str(slot)),
            _ => Err(self.type_error("__slots__ must be identifiers")),
        }
    }

    /// A private name as the class's own code sees it: `__x` in `C` is `_C__x`.
    pub(super) fn mangle(&self, class_name: Gc<PyStr>, name: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        let text = name.to_string_lossy();
        let class = class_name.to_generalized_utf8();
        let stripped: &[u8] = match class.iter().position(|&c| c != b'_') {
            Some(start) => &class[start..],
            None => return Ok(name),
        };
        if !text.starts_with("__") || text.ends_with("__") || text.contains('.') {
            return Ok(name);
        }
        let mangled = [b"_", stripped, &name.to_generalized_utf8()].concat();
        Ok(self.intern_generalized(&mangled))
    }

    /// A list of strings in the order of their code points; runs no Python code.
    fn sorted_names(&self, names: Gc<PyList>) -> PyResult<Gc<PyList>> {
        let key = |value: &Value| self.cast::<PyStr>(*value).map(|name| name.to_generalized_utf8());
        // The list keeps the names alive while their order is found.
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&index| key(&names.as_slice()[index]));
        let sorted = self.new_list(&[])?;
        for index in order {
            sorted.push(self, names.as_slice()[index])?;
        }
        Ok(sorted)
    }

    /// Lays out the instances of a class with `base` as layout base and so many new members.
    pub(super) fn lay_out(&self, class: Gc<PyType>, base: Gc<PyType>, slots: Slots) {
        let native = base.native.get();
        let members = slots.members.len();
        let basic_size = base.basic_size.get() + 8 * members as u32;
        let has_dict = base.has_instance_dict() || slots.adds_dict;
        class.native.set(native);
        class.basic_size.set(basic_size);
        class.instance_size.set(basic_size);
        class.inline_capacity.set(0);
        let appended = match native.layout.variable {
            false => Appended::Attributes,
            true if class.has_members() => Appended::Members,
            true if has_dict => Appended::Attributes,
            true => Appended::Nothing,
        };
        class.trace_kind.set(self.trace_kind(native, appended));
        if base.own_dict() {
            class.attributes_offset.set(base.attributes_offset.get());
            class.root_shape.set(self.shapes.add_root(self, ShapeKind::Dict, class));
            class.dict_shape.set(class.root_shape.get());
        } else if has_dict && native.layout.variable {
            class.root_shape.set(self.shapes.add_root(self, ShapeKind::Dict, class));
            class.dict_shape.set(class.root_shape.get());
        } else if has_dict {
            let inline = self.inline_capacity(class);
            class.attributes_offset.set(basic_size);
            class.inline_capacity.set(inline as u16);
            class.instance_size.set(basic_size + 8 + 8 * inline as u32);
            class.root_shape.set(self.shapes.add_root(self, ShapeKind::Slots, class));
            class.dict_shape.set(self.shapes.add_root(self, ShapeKind::Dict, class));
        } else {
            class.root_shape.set(self.shapes.add_root(self, ShapeKind::Native, class));
        }
        let mut bits = flags::READY | flags::HEAPTYPE | flags::BASETYPE | flags::HAVE_GC;
        bits |= base.flags.get()
            & (flags::INHERITED | flags::MANAGED_WEAKREF | flags::ITEMS_AT_END | flags::HAVE_VECTORCALL);
        if slots.adds_weakref {
            bits |= flags::MANAGED_WEAKREF;
        }
        if class.inline_capacity.get() != 0 {
            bits |= flags::INLINE_VALUES;
        }
        if has_dict {
            bits |= flags::MANAGED_DICT;
        }
        class.flags.set(bits);
    }

    /// How many attributes instances will likely have: those that the methods of the class and of
    /// its bases assign to (`__static_attributes__`).
    fn inline_capacity(&self, class: Gc<PyType>) -> usize {
        let mut names: Vec<usize> = Vec::new();
        let mut add = |class: Gc<PyType>| {
            if class.is_native.get() {
                return;
            }
            let attributes = class.dict.get().and_then(|dict| dict.get_interned(self.names().__static_attributes__));
            if let Some(attributes) = attributes.and_then(|attributes| self.cast::<PyTuple>(attributes)) {
                let interned = attributes.as_slice().iter().filter_map(|&name| self.cast_exact::<PyStr>(name));
                names.extend(interned.map(|name| self.intern_str(name).address()));
            }
        };
        add(class);
        for &base in class.bases.get_set().as_slice() {
            for &ancestor in self.cast::<PyType>(base).iter().flat_map(|base| base.mro_slice()) {
                // SAFETY: an MRO holds classes only.
                add(unsafe { ancestor.as_gc_unchecked() });
            }
        }
        names.sort_unstable();
        names.dedup();
        match names.len() {
            0 if class.native.get().base.is_none() => DEFAULT_INLINE,
            count => count.min(MAX_INLINE),
        }
    }
}
