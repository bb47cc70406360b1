//! The classes of syntax trees in an isolate, made when they are first asked for.

use std::any::Any;
use std::cell::OnceCell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Native, Slot, Trace, Visitor};
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::int::PyInt;
use kaa_objects::types::list::PyList;
use kaa_objects::types::object::PyObject;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::classes::{CLASSES, Count, NodeClass};
use super::node::PyAst;

/// The number of a class in the table of classes, for use in constants.
pub(super) const fn index_of(name: &str) -> usize {
    let mut index = 0;
    while index < CLASSES.len() {
        if equal(CLASSES[index].name.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("no such class of nodes")
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The classes of an isolate.
pub(super) struct NodeClasses {
    /// In the order of the table.
    classes: Slot<Gc<PyTuple>>,
    /// For classes without fields, the instance that trees made from sources have; else `None`.
    instances: Slot<Gc<PyTuple>>,
    /// The addresses of the classes, which do not move, in order, and their numbers.
    numbers: Vec<(usize, usize)>,
}

/// The classes, once they are made.
#[derive(Default)]
struct State(OnceCell<NodeClasses>);

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        if let Some(classes) = self.0.get_mut() {
            classes.classes.trace(visitor);
            classes.instances.trace(visitor);
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl NodeClasses {
    /// Those of the isolate.
    pub(super) fn of(vm: &Vm) -> PyResult<&NodeClasses> {
        let state = vm.extension(|_| State::default());
        if state.0.get().is_none() {
            let made = make_classes(vm)?;
            // Making a class calls nothing that asks for the classes.
            let _ = state.0.set(made);
        }
        Ok(state.0.get().expect("just set"))
    }

    /// The class of a number.
    pub(super) fn class(&self, index: usize) -> Gc<PyType> {
        // SAFETY: the tuple has classes only.
        unsafe { self.classes.get_set().as_slice()[index].as_gc_unchecked() }
    }

    /// The one instance of a class without fields.
    pub(super) fn instance(&self, index: usize) -> Value {
        self.instances.get_set().as_slice()[index]
    }

    /// The number of the class of an object, or of the first class that it derives from.
    pub(super) fn number_of(&self, vm: &Vm, object: Value) -> Option<usize> {
        let number = |class: Gc<PyType>| {
            let found = self.numbers.binary_search_by_key(&class.address(), |&(address, _)| address).ok()?;
            Some(self.numbers[found].1)
        };
        let class = vm.class_of(object);
        number(class).or_else(|| {
            let mro = class.mro.get()?;
            mro.as_slice().iter().filter_map(|base| vm.cast::<PyType>(*base)).find_map(number)
        })
    }
}

/// Where the base of each class stands in the table; `None` for `AST`.
const BASES: [Option<usize>; CLASSES.len()] = {
    let mut bases = [None; CLASSES.len()];
    let mut index = 0;
    while index < CLASSES.len() {
        if !equal(CLASSES[index].base.as_bytes(), b"AST") {
            bases[index] = Some(index_of(CLASSES[index].base));
        }
        index += 1;
    }
    bases
};

/// The type of a field.
#[derive(Clone, Copy)]
enum FieldType {
    Object,
    Str,
    Int,
    /// A class of the table, by its place.
    Node(usize),
}

/// The most fields that a class has.
const MOST_FIELDS: usize = 7;

/// The types of the fields of each class.
const FIELD_TYPES: [[FieldType; MOST_FIELDS]; CLASSES.len()] = {
    let mut types = [[FieldType::Object; MOST_FIELDS]; CLASSES.len()];
    let mut index = 0;
    while index < CLASSES.len() {
        let mut field = 0;
        while field < CLASSES[index].fields.len() {
            types[index][field] = match CLASSES[index].fields[field].1.as_bytes() {
                b"object" => FieldType::Object,
                b"str" => FieldType::Str,
                b"int" => FieldType::Int,
                _ => FieldType::Node(index_of(CLASSES[index].fields[field].1)),
            };
            field += 1;
        }
        index += 1;
    }
    types
};

/// The names that many of the classes use, each looked up once.
struct Names {
    module: Gc<PyStr>,
    fields: Gc<PyStr>,
    field_types: Gc<PyStr>,
    attributes: Gc<PyStr>,
}

fn make_classes(vm: &Vm) -> PyResult<NodeClasses> {
    let names = Names {
        module: vm.intern("ast"),
        fields: vm.intern("_fields"),
        field_types: vm.intern("_field_types"),
        attributes: vm.intern("_attributes"),
    };
    let classes = vm.new_list(&[])?;
    classes.reserve(vm, CLASSES.len())?;
    let class = |index: usize| -> Gc<PyType> {
        // SAFETY: the list has classes only.
        unsafe { classes.as_slice()[index].as_gc_unchecked() }
    };
    let ast = vm.native_class(PyAst::def());
    for (node, base) in CLASSES.iter().zip(BASES) {
        let made = make_class(vm, &names, node, base.map_or(ast, class))?;
        classes.push(vm, made.value())?;
    }
    let mut numbers = Vec::with_capacity(CLASSES.len());
    let instances = vm.new_list(&[])?;
    instances.reserve(vm, CLASSES.len())?;
    for (index, node) in CLASSES.iter().enumerate() {
        let class = class(index);
        // Bases of several classes, whose documentation lists those, have no fields to speak of.
        if !node.doc.strip_prefix(node.name).is_some_and(|rest| rest.starts_with(" = ")) {
            add_field_types(vm, &names, class, index, classes)?;
        }
        numbers.push((class.address(), index));
        let without_fields = matches!(node.base, "expr_context" | "boolop" | "operator" | "unaryop" | "cmpop");
        let instance = match without_fields {
            true => vm.alloc_instance(class, PyAst { header: Header::EMPTY })?.value(),
            false => Value::NONE,
        };
        instances.push(vm, instance)?;
    }
    numbers.sort_unstable();
    Ok(NodeClasses {
        classes: Slot::new(vm.new_tuple(classes.as_slice())?),
        instances: Slot::new(vm.new_tuple(instances.as_slice())?),
        numbers,
    })
}

fn strings(vm: &Vm, texts: impl Iterator<Item = &'static str>) -> PyResult<Gc<PyTuple>> {
    let mut row = ValueVec::new();
    for text in texts {
        row.push(vm, vm.intern(text).value())?;
    }
    vm.new_tuple(row.as_slice())
}

fn make_class(vm: &Vm, names: &Names, node: &NodeClass, base: Gc<PyType>) -> PyResult<Gc<PyType>> {
    let dict = vm.new_dict()?;
    // `__weakref__`, `_field_types` and `__annotations_cache__` are added.
    let optional = node.fields.iter().filter(|field| field.2 == Count::Optional).count() + node.optional.len();
    dict.reserve(vm, 7 + usize::from(node.attributes.is_some()) + optional)?;
    let fields = strings(vm, node.fields.iter().map(|field| field.0))?;
    dict.set_str(vm, names.fields, fields.value())?;
    dict.set_str(vm, vm.names().__match_args__, fields.value())?;
    dict.set_str(vm, vm.names().__module__, names.module.value())?;
    dict.set_str(vm, vm.names().__doc__, vm.new_str(node.doc)?.value())?;
    let class = vm.new_class_with_dict(base, vm.intern(node.name), dict)?;
    if let Some(attributes) = node.attributes {
        dict.set_str(vm, names.attributes, strings(vm, attributes.iter().copied())?.value())?;
    }
    for (field, name) in node.fields.iter().zip(fields.as_slice()) {
        if field.2 == Count::Optional {
            dict.set(vm, *name, Value::NONE)?;
        }
    }
    for &name in node.optional {
        dict.set_str(vm, vm.intern(name), Value::NONE)?;
    }
    vm.class_modified(class);
    Ok(class)
}

/// Adds `_field_types`, which are the annotations, too, to the class of a number.
fn add_field_types(vm: &Vm, names: &Names, class: Gc<PyType>, index: usize, classes: Gc<PyList>) -> PyResult<()> {
    let fields = CLASSES[index].fields;
    let types = vm.new_dict()?;
    types.reserve(vm, fields.len())?;
    let keys = class.dict.get_set().get_interned(names.fields).and_then(|names| vm.cast::<PyTuple>(names));
    let keys = keys.expect("the fields of a class are a tuple");
    for ((field, kind), &name) in fields.iter().zip(FIELD_TYPES[index]).zip(keys.as_slice()) {
        let plain = match kind {
            FieldType::Object => vm.class::<PyObject>().value(),
            FieldType::Str => vm.class::<PyStr>().value(),
            FieldType::Int => vm.class::<PyInt>().value(),
            FieldType::Node(index) => classes.as_slice()[index],
        };
        let value = match field.2 {
            Count::One => plain,
            Count::Optional => vm.union_of(plain, Value::NONE)?,
            Count::Many => PyGenericAlias::new_value(vm, vm.class::<PyList>().value(), plain)?,
        };
        types.set(vm, name, value)?;
    }
    let dict = class.dict.get_set();
    dict.set_str(vm, names.field_types, types.value())?;
    dict.set_str(vm, vm.names().__annotations_cache__, types.value())?;
    vm.class_modified(class);
    Ok(())
}
