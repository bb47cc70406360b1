//! `_ast`: the classes of syntax trees. Trees cannot be made from sources, nor compiled, yet.

mod classes;

use classes::{CLASSES, Count, NodeClass};
use kaa_macros::{py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Native};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

/// The module.
pub struct Ast;

#[py_module(name = "_ast", types(PyAst), setup = set_up)]
impl Ast {
    #[constant]
    const PyCF_ALLOW_TOP_LEVEL_AWAIT: i64 = 0x2000;
    #[constant]
    const PyCF_ONLY_AST: i64 = 0x400;
    #[constant]
    const PyCF_TYPE_COMMENTS: i64 = 0x1000;
    #[constant]
    const PyCF_OPTIMIZED_AST: i64 = 0x8400;
}

/// `ast.AST`: the base of all nodes.
#[repr(C)]
pub struct PyAst {
    header: Header,
}

#[py_type(name = "AST", module = "ast", layout = values, flags(BASETYPE), setup = set_up_base)]
impl PyAst {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyAst>> {
        vm.alloc_instance(class, PyAst { header: Header::EMPTY })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Value, args: Args<'_>) -> PyResult<()> {
        init_node(vm, this, args)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult {
        Ok(node_repr(vm, this, 3)?.value())
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Value) -> PyResult<Gc<PyTuple>> {
        let class = vm.class_of(this).value();
        let state = vm.get_attr_optional(this, vm.names().__dict__)?;
        let required = vm.new_list(&[])?;
        for name in fields(vm, this)?.as_slice() {
            let name = vm.attribute_name(*name)?;
            if vm.has_attr(this, name)? {
                required.push(vm, Value::NONE)?;
            }
        }
        let args = vm.new_tuple(required.as_slice())?;
        match state {
            Some(state) => {
                let copy = vm.new_dict()?;
                vm.dict_update(copy, state)?;
                vm.new_tuple(&[class, args.value(), copy.value()])
            }
            None => {
                let empty = vm.new_tuple(&[])?;
                vm.new_tuple(&[class, empty.value()])
            }
        }
    }
}

/// `_fields` of a node as a list.
fn fields(vm: &Vm, node: Value) -> PyResult<Gc<kaa_objects::types::list::PyList>> {
    let class = vm.class_of(node).value();
    let fields = vm.get_attr_str(class, "_fields")?;
    vm.list_from(fields)
}

fn init_node(vm: &Vm, this: Value, args: Args<'_>) -> PyResult<()> {
    let names = fields(vm, this)?;
    let class = vm.class_of(this);
    let class_name = class.name_text();
    if args.positionals().len() > names.len() {
        let (most, plural) = (names.len(), if names.len() == 1 { "" } else { "s" });
        return Err(
            vm.type_error(format_args!("{class_name} constructor takes at most {most} positional argument{plural}"))
        );
    }
    let mut given = vec![false; names.len()];
    for (index, &value) in args.positionals().iter().enumerate() {
        let name = vm.attribute_name(names.as_slice()[index])?;
        vm.set_attr(this, name, value)?;
        given[index] = true;
    }
    let attributes = vm.get_attr_str(class.value(), "_attributes")?;
    for (name, value) in args.keywords() {
        let mut position = None;
        for index in 0..names.len() {
            if vm.equal(names.as_slice()[index], name.value())? {
                position = Some(index);
            }
        }
        match position {
            Some(index) if given[index] => {
                let name = name.to_string_lossy();
                return Err(vm.type_error(format_args!("{class_name} got multiple values for argument '{name}'")));
            }
            Some(index) => given[index] = true,
            None if vm.contains(attributes, name.value())? => {}
            None => {
                let name = name.to_string_lossy();
                deprecated(
                    vm,
                    &format!(
                        "{class_name}.__init__ got an unexpected keyword argument '{name}'. Support for arbitrary keyword \
                     arguments is deprecated and will be removed in Python 3.15."
                    ),
                )?;
            }
        }
        vm.set_attr(this, vm.intern_str(name), value)?;
    }
    let types = vm.get_attr_optional(class.value(), vm.intern("_field_types"))?;
    let types = types.and_then(|types| vm.cast::<PyDict>(types));
    for index in 0..names.len() {
        if !given[index] {
            default_field(vm, this, names.as_slice()[index], types)?;
        }
    }
    Ok(())
}

/// What a field is that was not given: an empty list, `Load()`, or nothing, which is deprecated
/// where the field must be there.
fn default_field(vm: &Vm, this: Value, name: Value, types: Option<Gc<PyDict>>) -> PyResult<()> {
    let name = vm.attribute_name(name)?;
    let Some(kind) = types.and_then(|types| types.get_str(vm, name)) else { return Ok(()) };
    if vm.cast::<PyGenericAlias>(kind).is_some() {
        return vm.set_attr(this, name, vm.new_list(&[])?.value());
    }
    let Some(class) = vm.cast::<PyType>(kind) else {
        // A union with None: the class has the attribute.
        return Ok(());
    };
    if class.name_text() == "expr_context" {
        let module = crate::state::state(vm).modules.get_set().get_str(vm, vm.intern("_ast"));
        if let Some(module) = module {
            let load = vm.get_attr_str(module, "Load")?;
            let load = vm.call(load, &[])?;
            return vm.set_attr(this, name, load);
        }
    }
    let (class, name) = (vm.class_name(this), name.to_string_lossy());
    deprecated(
        vm,
        &format!(
            "{class}.__init__ missing 1 required positional argument: '{name}'. This will become an error in Python 3.15."
        ),
    )
}

fn deprecated(vm: &Vm, text: &str) -> PyResult<()> {
    match vm.hooks.warn.get() {
        Some(warn) => warn(vm, vm.exceptions().DeprecationWarning.value(), text, 1),
        None => Ok(()),
    }
}

/// `Name(id='x', ctx=Load())`; nodes deeper than `depth` are cut off.
fn node_repr(vm: &Vm, node: Value, depth: usize) -> PyResult<Gc<PyStr>> {
    let class = vm.class_of(node).name_text();
    if depth == 0 {
        return vm.new_str(&format!("{class}(...)"));
    }
    let Some(_guard) = vm.enter_repr(node) else { return vm.new_str(&format!("{class}(...)")) };
    let mut out = StrBuilder::default();
    out.push_str(&class);
    out.push_str("(");
    let names = fields(vm, node)?;
    let mut first = true;
    for index in 0..names.len() {
        let name = vm.attribute_name(names.as_slice()[index])?;
        let value = vm.get_attr(node, name)?;
        let text = if vm.cast::<PyAst>(value).is_some() { node_repr(vm, value, depth - 1)? } else { vm.repr(value)? };
        if !first {
            out.push_str(", ");
        }
        first = false;
        out.push_py(&name);
        out.push_str("=");
        out.push_py(&text);
    }
    out.push_str(")");
    out.finish(vm)
}

fn strings(vm: &Vm, texts: impl Iterator<Item = &'static str>) -> PyResult<Value> {
    let mut row = ValueVec::new();
    for text in texts {
        row.push(vm, vm.intern(text).value())?;
    }
    Ok(vm.new_tuple(row.as_slice())?.value())
}

fn set_up_base(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let empty = vm.new_tuple(&[])?;
    for name in ["_fields", "_attributes", "__match_args__"] {
        class.dict.get_set().set_str(vm, vm.intern(name), empty.value())?;
    }
    Ok(())
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    for node in CLASSES {
        let class = make_class(vm, dict, node)?;
        dict.set_str(vm, vm.intern(node.name), class)?;
    }
    for node in CLASSES {
        add_field_types(vm, dict, node)?;
    }
    Ok(())
}

fn make_class(vm: &Vm, module: Gc<PyDict>, node: &NodeClass) -> PyResult {
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
        base => module.get_str(vm, vm.intern(base)).unwrap_or(Value::NONE),
    };
    let bases = vm.new_tuple(&[base])?;
    vm.new_class(vm.class::<PyType>(), vm.intern(node.name), bases, namespace, Args::EMPTY)
}

fn add_field_types(vm: &Vm, module: Gc<PyDict>, node: &NodeClass) -> PyResult<()> {
    let types = vm.new_dict()?;
    for field in node.fields {
        let plain = match field.1 {
            name @ ("str" | "int" | "object") => vm.builtin(name)?,
            name => module.get_str(vm, vm.intern(name)).unwrap_or(Value::NONE),
        };
        let value = match field.2 {
            Count::One => plain,
            Count::Optional => vm.binary(kaa_objects::operations::BinaryOp::Or, plain, Value::NONE)?,
            Count::Many => {
                let list = vm.class::<kaa_objects::types::list::PyList>();
                PyGenericAlias::new_value(vm, list.value(), plain)?
            }
        };
        types.set_str(vm, vm.intern(field.0), value)?;
    }
    let class = module.get_str(vm, vm.intern(node.name)).and_then(|class| vm.cast::<PyType>(class));
    match class {
        Some(class) => class.dict.get_set().set_str(vm, vm.intern("_field_types"), types.value()),
        None => Ok(()),
    }
}
