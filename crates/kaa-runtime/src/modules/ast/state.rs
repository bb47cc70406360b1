//! The classes of syntax trees in an isolate, made when they are first asked for.

use std::any::Any;
use std::cell::OnceCell;
use std::collections::HashMap;

use kaa_objects::class::PyType;
use kaa_objects::object::{Native, Slot, Trace, Visitor};
use kaa_objects::operations::BinaryOp;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::list::PyList;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

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
    /// Numbers by the address of the class; classes do not move.
    numbers: HashMap<usize, usize>,
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
        let class = vm.class_of(object);
        if let Some(&number) = self.numbers.get(&class.address()) {
            return Some(number);
        }
        let mro = class.mro.get()?;
        let mut bases = mro.as_slice().iter().filter_map(|base| vm.cast::<PyType>(*base));
        bases.find_map(|base| self.numbers.get(&base.address()).copied())
    }
}

fn make_classes(vm: &Vm) -> PyResult<NodeClasses> {
    let by_name = vm.new_dict()?;
    let classes = vm.new_list(&[])?;
    for node in CLASSES {
        let class = make_class(vm, by_name, node)?;
        by_name.set_str(vm, vm.intern(node.name), class)?;
        classes.push(vm, class)?;
    }
    let mut numbers = HashMap::new();
    let instances = vm.new_list(&[])?;
    for (index, node) in CLASSES.iter().enumerate() {
        // Bases of several classes, whose documentation lists those, have no fields to speak of.
        if !node.doc.strip_prefix(node.name).is_some_and(|rest| rest.starts_with(" = ")) {
            add_field_types(vm, by_name, node)?;
        }
        let class = classes.as_slice()[index];
        numbers.insert(class.bits() as usize, index);
        let without_fields = matches!(node.base, "expr_context" | "boolop" | "operator" | "unaryop" | "cmpop");
        instances.push(vm, if without_fields { vm.call(class, &[])? } else { Value::NONE })?;
    }
    Ok(NodeClasses {
        classes: Slot::new(vm.new_tuple(classes.as_slice())?),
        instances: Slot::new(vm.new_tuple(instances.as_slice())?),
        numbers,
    })
}

fn strings(vm: &Vm, texts: impl Iterator<Item = &'static str>) -> PyResult<Value> {
    let mut row = ValueVec::new();
    for text in texts {
        row.push(vm, vm.intern(text).value())?;
    }
    Ok(vm.new_tuple(row.as_slice())?.value())
}

fn make_class(vm: &Vm, by_name: Gc<PyDict>, node: &NodeClass) -> PyResult {
    let namespace = vm.new_dict()?;
    let put = |name: &str, value: Value| namespace.set_str(vm, vm.intern(name), value);
    put("__module__", vm.intern("ast").value())?;
    put("__doc__", vm.new_str(node.doc)?.value())?;
    let fields = strings(vm, node.fields.iter().map(|field| field.0))?;
    put("_fields", fields)?;
    put("__match_args__", fields)?;
    if let Some(attributes) = node.attributes {
        put("_attributes", strings(vm, attributes.iter().copied())?)?;
    }
    for field in node.fields.iter().filter(|field| field.2 == Count::Optional) {
        put(field.0, Value::NONE)?;
    }
    for &name in node.optional {
        put(name, Value::NONE)?;
    }
    let base = match node.base {
        "AST" => vm.native_class(PyAst::def()).value(),
        base => by_name.get_str(vm, vm.intern(base)).unwrap_or(Value::NONE),
    };
    let bases = vm.new_tuple(&[base])?;
    vm.new_class(vm.class::<PyType>(), vm.intern(node.name), bases, namespace, Args::EMPTY)
}

fn add_field_types(vm: &Vm, by_name: Gc<PyDict>, node: &NodeClass) -> PyResult<()> {
    let types = vm.new_dict()?;
    for field in node.fields {
        let plain = match field.1 {
            name @ ("str" | "int" | "object") => vm.builtin(name)?,
            name => by_name.get_str(vm, vm.intern(name)).unwrap_or(Value::NONE),
        };
        let value = match field.2 {
            Count::One => plain,
            Count::Optional => vm.binary(BinaryOp::Or, plain, Value::NONE)?,
            Count::Many => PyGenericAlias::new_value(vm, vm.class::<PyList>().value(), plain)?,
        };
        types.set_str(vm, vm.intern(field.0), value)?;
    }
    let class = by_name.get_str(vm, vm.intern(node.name)).and_then(|class| vm.cast::<PyType>(class));
    let Some(class) = class else { return Ok(()) };
    vm.set_attr(class.value(), vm.intern("_field_types"), types.value())?;
    vm.set_attr(class.value(), vm.names().__annotations__, types.value())
}
