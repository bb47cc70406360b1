//! `ast.AST`: the base of all nodes.

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::union::PyUnion;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::state::{NodeClasses, index_of};

/// A node.
#[repr(C)]
pub struct PyAst {
    pub(super) header: Header,
}

#[py_type(
    name = "AST",
    module = "ast",
    layout = values,
    flags(BASETYPE, HEAPTYPE, MANAGED_DICT),
    setup = set_up
)]
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
    fn repr(vm: &Vm, this: Value) -> PyResult<Gc<PyStr>> {
        const DEPTH: usize = 3;
        node_repr(vm, this, DEPTH)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Value) -> PyResult<Gc<PyTuple>> {
        let class = vm.class_of(this).value();
        let state = vm.get_attr_optional(this, vm.names().__dict__)?;
        match state {
            Some(state) => {
                let copy = vm.new_dict()?;
                vm.dict_update(copy, state)?;
                // The constructor warns of fields that it does not get: those that are there it
                // gets as `None`, until one is missing.
                let args = vm.new_list(&[])?;
                let names = fields(vm, this)?;
                for index in 0..names.len() {
                    if copy.get(vm, names.as_slice()[index])?.is_none() {
                        break;
                    }
                    args.push(vm, Value::NONE)?;
                }
                let args = vm.new_tuple(args.as_slice())?;
                vm.new_tuple(&[class, args.value(), copy.value()])
            }
            None => {
                let empty = vm.new_tuple(&[])?;
                vm.new_tuple(&[class, empty.value()])
            }
        }
    }

    #[method(
        "__replace__",
        raw,
        signature = "($self, /, **fields)",
        doc = "Return a copy of the AST node with new values for the specified fields."
    )]
    fn replace(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
        if !args.positionals().is_empty() {
            return Err(vm.type_error("__replace__() takes no positional arguments"));
        }
        replace(vm, this, args)
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_dict_attribute(class)?;
    let empty = vm.new_tuple(&[])?;
    for name in ["_fields", "_attributes", "__match_args__"] {
        class.dict.get_set().set_str(vm, vm.intern(name), empty.value())?;
    }
    Ok(())
}

/// `_fields` of a node as a list.
fn fields(vm: &Vm, node: Value) -> PyResult<Gc<PyList>> {
    vm.list_from(vm.get_attr_str(vm.class_of(node).value(), "_fields")?)
}

/// `_field_types` of a node's class, if it has them.
fn field_types(vm: &Vm, node: Value) -> PyResult<Option<Gc<PyDict>>> {
    let types = vm.get_attr_optional(vm.class_of(node).value(), vm.intern("_field_types"))?;
    Ok(types.and_then(|types| vm.cast::<PyDict>(types)))
}

fn init_node(vm: &Vm, this: Value, args: Args<'_>) -> PyResult<()> {
    let names = fields(vm, this)?;
    let class = vm.class_of(this);
    if args.positionals().len() > names.len() {
        let (most, plural) = (names.len(), if names.len() == 1 { "" } else { "s" });
        let class = vm.str_lossy(class.name.get_set().value());
        return Err(vm.type_error(format_args!("{class} constructor takes at most {most} positional argument{plural}")));
    }
    let class_name = class.name_text();
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
                        "{class_name}.__init__ got an unexpected keyword argument '{name}'. Support for arbitrary \
                         keyword arguments is deprecated and will be removed in Python 3.15."
                    ),
                )?;
            }
        }
        vm.set_attr(this, vm.intern_str(name), value)?;
    }
    let Some(types) = field_types(vm, this)? else { return Ok(()) };
    for (index, _) in given.iter().enumerate().filter(|(_, given)| !**given) {
        default_field(vm, this, names.as_slice()[index], types)?;
    }
    Ok(())
}

/// What a field is that was not given: an empty list, `Load()`, or nothing, which is deprecated
/// where the field must be there.
fn default_field(vm: &Vm, this: Value, name: Value, types: Gc<PyDict>) -> PyResult<()> {
    let Some(kind) = types.get(vm, name)? else {
        let (class, name) = (vm.class_name(this), vm.repr(name)?.to_string_lossy());
        let text =
            format!("Field {name} is missing from {class}._field_types. This will become an error in Python 3.15.");
        return deprecated(vm, &text);
    };
    let name = vm.attribute_name(name)?;
    if vm.cast::<PyUnion>(kind).is_some() {
        // With `None`: the class has the attribute.
        return Ok(());
    }
    if vm.cast::<PyGenericAlias>(kind).is_some() {
        return vm.set_attr(this, name, vm.new_list(&[])?.value());
    }
    let classes = NodeClasses::of(vm)?;
    if kind == classes.class(const { index_of("expr_context") }).value() {
        return vm.set_attr(this, name, classes.instance(const { index_of("Load") }));
    }
    let (class, name) = (vm.class_name(this), name.to_string_lossy());
    let text = format!(
        "{class}.__init__ missing 1 required positional argument: '{name}'. This will become an error in Python 3.15."
    );
    deprecated(vm, &text)
}

fn deprecated(vm: &Vm, text: &str) -> PyResult<()> {
    match vm.hooks.warn.get() {
        Some(warn) => warn(vm, vm.exceptions().DeprecationWarning.value(), text, 1),
        None => Ok(()),
    }
}

/// A copy of a node with other values for some fields and attributes.
fn replace(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
    let class = vm.class_of(this);
    let names = fields(vm, this)?;
    let attributes = vm.list_from(vm.get_attr_str(class.value(), "_attributes")?)?;
    let own = vm.get_attr_optional(this, vm.names().__dict__)?.and_then(|dict| vm.cast::<PyDict>(dict));
    let arguments = vm.new_dict()?;
    for &name in names.as_slice().iter().chain(attributes.as_slice()) {
        let value = match own {
            Some(own) => own.get(vm, name)?,
            None => None,
        };
        if let Some(value) = value {
            arguments.set(vm, name, value)?;
        }
    }
    for (name, value) in args.keywords() {
        let known = vm.contains(names.value(), name.value())? || vm.contains(attributes.value(), name.value())?;
        if !known {
            let (class, name) = (class.name_text(), vm.repr_lossy(name.value()));
            return Err(vm.type_error(format_args!("{class}.__replace__ got an unexpected keyword argument {name}.")));
        }
        arguments.set(vm, name.value(), value)?;
    }
    check_required(vm, this, names, arguments)?;
    let keywords = vm.tuple_from(arguments.value())?;
    let mut values = ValueVec::new();
    for &name in keywords.as_slice() {
        values.push(vm, arguments.get(vm, name)?.unwrap_or(Value::NONE))?;
    }
    vm.call_args(class.value(), Args::with_keywords(values.as_slice(), Some(keywords)))
}

/// Refuses a node without fields that must be there.
fn check_required(vm: &Vm, this: Value, names: Gc<PyList>, arguments: Gc<PyDict>) -> PyResult<()> {
    let types = field_types(vm, this)?;
    let mut missing = Vec::new();
    for &name in names.as_slice() {
        let kind = match types {
            Some(types) => types.get(vm, name)?,
            None => None,
        };
        let optional = kind.is_some_and(|kind| vm.cast::<PyUnion>(kind).is_some());
        if !optional && arguments.get(vm, name)?.is_none() {
            missing.push(vm.repr_lossy(name));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort();
    let (class, count) = (vm.class_name(this), missing.len());
    let (plural, missing) = (if count == 1 { "" } else { "s" }, missing.join(", "));
    Err(vm.type_error(format_args!("{class}.__replace__ missing {count} keyword argument{plural}: {missing}.")))
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
    for index in 0..names.len() {
        let name = vm.attribute_name(names.as_slice()[index])?;
        let value = vm.get_attr(node, name)?;
        let text = match row(vm, value) {
            Some(items) => row_repr(vm, value, items, depth)?,
            None => value_repr(vm, value, depth)?,
        };
        if index > 0 {
            out.push_str(", ");
        }
        out.push_py(&name);
        out.push_str("=");
        out.push_py(&text);
    }
    out.push_str(")");
    out.finish(vm)
}

fn value_repr(vm: &Vm, value: Value, depth: usize) -> PyResult<Gc<PyStr>> {
    if vm.cast::<PyAst>(value).is_some() { node_repr(vm, value, depth - 1) } else { vm.repr(value) }
}

/// The items of a list or tuple.
fn row(vm: &Vm, value: Value) -> Option<Gc<PyList>> {
    let is_row = vm.cast::<PyList>(value).is_some() || vm.cast::<PyTuple>(value).is_some();
    if is_row { vm.list_from(value).ok() } else { None }
}

/// A list or tuple: the first and the last item.
fn row_repr(vm: &Vm, value: Value, items: Gc<PyList>, depth: usize) -> PyResult<Gc<PyStr>> {
    let (open, close) = if vm.cast::<PyList>(value).is_some() { ("[", "]") } else { ("(", ")") };
    let mut out = StrBuilder::default();
    out.push_str(open);
    if let [first, rest @ ..] = items.as_slice() {
        out.push_py(&*value_repr(vm, *first, depth)?);
        if rest.len() > 1 {
            out.push_str(", ...");
        }
        if let Some(last) = rest.last() {
            out.push_str(", ");
            out.push_py(&*value_repr(vm, *last, depth)?);
        }
    }
    out.push_str(close);
    out.finish(vm)
}
