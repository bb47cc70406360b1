//! `_ast`: the classes of syntax trees, and trees as objects for `compile`.

mod classes;
mod convert;
mod node;
mod read;
mod state;
mod write;

use classes::CLASSES;
use convert::Node;
use kaa_ast::{Arena, Interner, Mod};
use kaa_macros::py_module;
use kaa_objects::types::module::PyModule;
use kaa_objects::{Gc, PyResult, Value, Vm};
use kaa_parser::Mode;
use node::PyAst;
use read::Reader;
use state::{NodeClasses, index_of};
use write::Writer;

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

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let classes = NodeClasses::of(vm)?;
    let dict = module.dict.get_set();
    dict.reserve(vm, CLASSES.len())?;
    for class in (0..CLASSES.len()).map(|index| classes.class(index)) {
        dict.set_str(vm, class.name.get_set(), class.value())?;
    }
    Ok(())
}

/// The objects of a tree.
pub(crate) fn tree_to_object(vm: &Vm, module: &Mod<'_>, names: &Interner<'_>) -> PyResult {
    module.write(&Writer { vm, classes: NodeClasses::of(vm)?, names })
}

/// Whether an object is a node.
pub(crate) fn is_node(vm: &Vm, object: Value) -> bool {
    vm.cast::<PyAst>(object).is_some()
}

/// Refuses an object that is not what a mode of `compile` wants.
pub(crate) fn check_root(vm: &Vm, object: Value, mode: Mode) -> PyResult<()> {
    let wanted = match mode {
        Mode::Exec => "Module",
        Mode::Eval => "Expression",
        Mode::Single => "Interactive",
        Mode::FuncType => "FunctionType",
    };
    if NodeClasses::of(vm)?.number_of(vm, object) == Some(index_of(wanted)) {
        return Ok(());
    }
    let given = vm.class_name(object);
    Err(vm.type_error(format_args!("expected {wanted} node, got {given}")))
}

/// The tree of objects, which must be what a mode of `compile` wants; with the texts of its names.
pub(crate) fn tree_from_object<'a>(
    vm: &Vm,
    arena: &'a Arena,
    object: Value,
    mode: Mode,
) -> PyResult<(Mod<'a>, Interner<'a>)> {
    check_root(vm, object, mode)?;
    let mut reader = Reader { vm, classes: NodeClasses::of(vm)?, arena, names: Interner::new() };
    let module = Mod::read(&mut reader, object)?;
    Ok((module, reader.names))
}
