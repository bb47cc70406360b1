//! `compile`, `eval`, `exec`, `globals`, `locals`, `__import__`.

use kaa_interpreter::frame::Frame;
use kaa_interpreter::introspect::callers;
use kaa_macros::py_functions;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};
use kaa_parser::Mode;

use super::Builtins;
use crate::compile::{Request, Source, compile, compile_tree, optimize_tree, parse};
use crate::modules::ast;

/// The frame of the Python code that called the native function; null when there is none.
pub(crate) fn caller(vm: &Vm) -> *mut Frame {
    vm.thread().frame.get().cast()
}

/// `globals()` of the caller.
pub(crate) fn current_globals(vm: &Vm) -> PyResult<Gc<PyDict>> {
    let frame = caller(vm);
    if frame.is_null() {
        return Err(vm.system_error("frame does not exist"));
    }
    // SAFETY: the running frame.
    let globals = unsafe { (*frame).globals };
    Ok(globals)
}

/// `locals()` of the caller.
pub(crate) fn current_locals(vm: &Vm) -> PyResult {
    let frame = caller(vm);
    if frame.is_null() {
        return Err(vm.system_error("frame does not exist"));
    }
    // SAFETY: the running frame.
    unsafe { kaa_interpreter::frame_object::locals(vm, frame) }
}

/// Bits of `compile()`'s flags.
mod flag {
    pub const DONT_IMPLY_DEDENT: i64 = 0x200;
    pub const ONLY_AST: i64 = 0x400;
    pub const TYPE_COMMENTS: i64 = 0x1000;
    pub const ALLOW_TOP_LEVEL_AWAIT: i64 = 0x2000;
    pub const ALLOW_INCOMPLETE_INPUT: i64 = 0x4000;
    pub const OPTIMIZED_AST: i64 = 0x8000 | ONLY_AST;
    pub const FUTURE: i64 = kaa_bytecode::flags::FUTURE_MASK as i64;
    /// Of features that are always on: `nested_scopes`.
    pub const OBSOLETE: i64 = 0x10;
    pub const ALL: i64 = OBSOLETE
        | DONT_IMPLY_DEDENT
        | OPTIMIZED_AST
        | TYPE_COMMENTS
        | ALLOW_TOP_LEVEL_AWAIT
        | ALLOW_INCOMPLETE_INPUT
        | FUTURE;
}

/// The future features of the code that calls.
fn inherited_features(vm: &Vm) -> u32 {
    callers(vm).next().map_or(0, |caller| caller.code.flags & flag::FUTURE as u32)
}

/// A source given as text or bytes.
pub(crate) enum Given {
    Text(String),
    Bytes(Vec<u8>),
}

impl Given {
    pub(crate) fn new(vm: &Vm, source: Value, function: &str, what: &str) -> PyResult<Given> {
        if let Some(text) = vm.cast::<PyStr>(source) {
            if let Some(text) = text.to_utf8() {
                return Ok(Given::Text(text));
            }
            // A text with surrogates: the encoder words the error.
            vm.call_method_str(text.value(), "encode", &[])?;
            return Err(vm.value_error("source code string cannot contain surrogates"));
        }
        match vm.bytes_like_text(source) {
            Some(bytes) => Ok(Given::Bytes(bytes)),
            None => Err(vm.type_error(format_args!("{function}() arg 1 must be a {what}"))),
        }
    }

    pub(crate) fn source(&self) -> Source<'_> {
        match self {
            Given::Text(text) => Source::Text(text),
            Given::Bytes(bytes) => Source::Bytes(bytes),
        }
    }

    fn compile(&self, vm: &Vm, filename: &str, request: Request) -> PyResult<Gc<PyCode>> {
        compile(vm, self.source(), filename, request)
    }

    /// What `eval` takes: an expression may be indented.
    fn without_indentation(self) -> Given {
        match self {
            Given::Text(text) => Given::Text(text.trim_start_matches([' ', '\t']).to_owned()),
            Given::Bytes(bytes) => Given::Bytes(strip_indentation(&bytes).to_vec()),
        }
    }
}

/// The namespaces of `eval` and `exec`: what was given, or those of the caller.
fn namespaces(vm: &Vm, function: &str, globals: Value, locals: Value) -> PyResult<(Gc<PyDict>, Value)> {
    let given = globals.not_none();
    let dict = match given {
        Some(globals) => match vm.cast::<PyDict>(globals) {
            Some(dict) => dict,
            None => {
                let class = vm.class_name(globals);
                return Err(vm.type_error(if function == "eval" {
                    "globals must be a real dict; try eval(code, {}, mapping)".to_owned()
                } else {
                    format!("{function}() globals must be a dict, not {class}")
                }));
            }
        },
        None => current_globals(vm)?,
    };
    let locals = match (locals.not_none(), given) {
        (Some(locals), _) => {
            let slots = vm.slots_of(locals);
            if slots.mp_subscript.is_none() && slots.sq_item.is_none() {
                let class = vm.class_name(locals);
                return Err(vm.type_error(format_args!("{function}() locals must be a mapping or None, not {class}")));
            }
            locals
        }
        (None, Some(_)) => dict.value(),
        (None, None) => current_locals(vm)?,
    };
    if dict.get_str(vm, vm.names().__builtins__).is_none() {
        let builtins = vm.builtins_of(dict)?;
        dict.set_str(vm, vm.names().__builtins__, builtins)?;
    }
    Ok((dict, locals))
}

fn strip_indentation(source: &[u8]) -> &[u8] {
    let start = source.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(source.len());
    &source[start..]
}

#[py_functions(FUNCTIONS, of = "builtins")]
impl Builtins {
    #[function(
        "globals()",
        doc = "Return the dictionary containing the current scope's global variables.\n\nNOTE: Updates to this dictionary *will* affect name lookups in the current\nglobal scope and vice-versa."
    )]
    fn globals(vm: &Vm) -> PyResult<Gc<PyDict>> {
        current_globals(vm)
    }

    #[function(
        "locals()",
        doc = "Return a dictionary containing the current scope's local variables.\n\nNOTE: Whether or not updates to this dictionary will affect name lookups in\nthe local scope and vice-versa is *implementation dependent* and not\ncovered by any backwards compatibility guarantees."
    )]
    fn locals(vm: &Vm) -> PyResult {
        current_locals(vm)
    }

    #[function(
        "compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
        doc = "Compile source into a code object that can be executed by exec() or eval().\n\nThe source code may represent a Python module, statement or expression.\nThe filename will be used for run-time error messages.\nThe mode must be 'exec' to compile a module, 'single' to compile a\nsingle (interactive) statement, or 'eval' to compile an expression.\nThe flags argument, if present, controls which future statements influence\nthe compilation of the code.\nThe dont_inherit argument, if true, stops the compilation inheriting\nthe effects of any future statements in effect in the code calling\ncompile; if absent or false these statements do influence the compilation,\nin addition to any features explicitly specified."
    )]
    #[allow(clippy::too_many_arguments, reason = "the signature of compile()")]
    fn compile(
        vm: &Vm,
        source: Value,
        filename: Value,
        mode: Gc<PyStr>,
        flags: i32,
        dont_inherit: bool,
        optimize: i32,
        feature_version: i32,
    ) -> PyResult {
        let flags = i64::from(flags);
        let filename_object = decoded_filename(vm, filename)?;
        let filename = filename_object.to_string_lossy();
        check_mode(vm, mode)?;
        if flags & !flag::ALL != 0 {
            return Err(vm.value_error("compile(): unrecognised flags"));
        }
        if !(-1..=2).contains(&optimize) {
            return Err(vm.value_error("compile(): invalid optimize value"));
        }
        let only_tree = flags & flag::ONLY_AST != 0;
        let mode = match mode.as_ascii() {
            Some("exec") => Mode::Exec,
            Some("eval") => Mode::Eval,
            Some("single") => Mode::Single,
            Some("func_type") if only_tree => Mode::FuncType,
            Some("func_type") => {
                return Err(vm.value_error("compile() mode 'func_type' requires flag PyCF_ONLY_AST"));
            }
            _ if only_tree => {
                return Err(vm.value_error("compile() mode must be 'exec', 'eval', 'single' or 'func_type'"));
            }
            _ => return Err(vm.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
        };
        let default = Request::new(vm, mode);
        let request = Request {
            // What is no UTF-8 has lone surrogates.
            filename: Some(filename_object).filter(|filename| filename.to_utf8().is_none()),
            optimize: u8::try_from(optimize).unwrap_or(default.optimize),
            future: (flags & flag::FUTURE) as u32 | if dont_inherit { 0 } else { inherited_features(vm) },
            top_level_await: flags & flag::ALLOW_TOP_LEVEL_AWAIT != 0,
            type_comments: flags & flag::TYPE_COMMENTS != 0,
            allow_incomplete_input: flags & flag::ALLOW_INCOMPLETE_INPUT != 0,
            dont_imply_dedent: flags & flag::DONT_IMPLY_DEDENT != 0,
            // Only trees are made of older versions.
            feature_version: u8::try_from(feature_version).ok().filter(|_| only_tree),
            ..default
        };
        let optimized = flags & flag::OPTIMIZED_AST == flag::OPTIMIZED_AST;
        if ast::is_node(vm, source) {
            return match (only_tree, optimized) {
                (false, _) => Ok(compile_tree(vm, source, &filename, request)?.value()),
                (true, false) => ast::check_root(vm, source, mode).map(|()| source),
                (true, true) => optimize_tree(vm, source, &filename, request),
            };
        }
        let source = Given::new(vm, source, "compile", "string, bytes or AST object")?;
        if only_tree {
            return parse(vm, source.source(), &filename, request, optimized);
        }
        Ok(source.compile(vm, &filename, request)?.value())
    }

    #[function(
        "eval(source, /, globals=None, locals=None)",
        doc = "Evaluate the given source in the context of globals and locals.\n\nThe source may be a string representing a Python expression\nor a code object as returned by compile().\nThe globals must be a dictionary and locals can be any mapping,\ndefaulting to the current globals and locals.\nIf only globals is given, locals defaults to it."
    )]
    fn eval(vm: &Vm, source: Value, globals: Value, locals: Value) -> PyResult {
        let (globals, locals) = namespaces(vm, "eval", globals, locals)?;
        let code = match vm.cast::<PyCode>(source) {
            Some(code) => code,
            None => {
                let source = Given::new(vm, source, "eval", "string, bytes or code object")?;
                let request = Request { future: inherited_features(vm), ..Request::new(vm, Mode::Eval) };
                source.without_indentation().compile(vm, "<string>", request)?
            }
        };
        if code.nfree != 0 {
            return Err(vm.type_error("code object passed to eval() may not contain free variables"));
        }
        kaa_interpreter::run_code(vm, code, globals, locals)
    }

    #[function(
        "exec(source, /, globals=None, locals=None, *, closure=None)",
        doc = "Execute the given source in the context of globals and locals.\n\nThe source may be a string representing one or more Python statements\nor a code object as returned by compile().\nThe globals must be a dictionary and locals can be any mapping,\ndefaulting to the current globals and locals.\nIf only globals is given, locals defaults to it.\nThe closure must be a tuple of cellvars, and can only be used\nwhen source is a code object requiring exactly that many cellvars."
    )]
    fn exec(vm: &Vm, source: Value, globals: Value, locals: Value, closure: Value) -> PyResult<()> {
        let (globals, locals) = namespaces(vm, "exec", globals, locals)?;
        let Some(code) = vm.cast::<PyCode>(source) else {
            if !closure.is_none() {
                return Err(vm.type_error("closure can only be used when source is a code object"));
            }
            let source = Given::new(vm, source, "exec", "string, bytes or code object")?;
            let request = Request { future: inherited_features(vm), ..Request::new(vm, Mode::Exec) };
            let code = source.compile(vm, "<string>", request)?;
            return kaa_interpreter::run_code(vm, code, globals, locals).map(drop);
        };
        let free = code.nfree as usize;
        let cells = closure.not_none().and_then(|closure| vm.cast_exact::<PyTuple>(closure));
        if free == 0 {
            if !closure.is_none() {
                return Err(vm.type_error("cannot use a closure with this code object"));
            }
            return kaa_interpreter::run_code(vm, code, globals, locals).map(drop);
        }
        let is_cell = |cell: &Value| vm.cast_exact::<kaa_objects::types::cell::PyCell>(*cell).is_some();
        let Some(cells) = cells.filter(|cells| cells.len() == free && cells.as_slice().iter().all(is_cell)) else {
            return Err(vm.type_error(format_args!("code object requires a closure of exactly length {free}")));
        };
        let builtins = vm.builtins_of(globals)?;
        let function = vm.new_function(code, globals, builtins)?;
        function.closure.set(vm, function, cells);
        kaa_interpreter::run_in_namespace(vm, function, locals).map(drop)
    }

    #[function(
        "__import__(name, globals=None, locals=None, fromlist=(), level=0)",
        doc = "Import a module.\n\nBecause this function is meant for use by the Python\ninterpreter and not for general use, it is better to use\nimportlib.import_module() to programmatically import a module."
    )]
    fn import(vm: &Vm, name: Value, globals: Value, _locals: Value, fromlist: Option<Value>, level: i64) -> PyResult {
        crate::importing::import(vm, name, globals, fromlist.unwrap_or(Value::NONE), level)
    }
}

/// The mode of `compile` is a C string.
fn check_mode(vm: &Vm, mode: Gc<PyStr>) -> PyResult<()> {
    if mode.as_ascii().is_some_and(|mode| !mode.contains('\0')) {
        return Ok(());
    }
    let utf8 = kaa_stdlib::path::encode_strict(vm, mode)?;
    if utf8.contains(&0) { Err(vm.value_error("embedded null character")) } else { Ok(()) }
}

/// A file's name given as text, bytes or a path, decoded as the system's names are.
fn decoded_filename(vm: &Vm, filename: Value) -> PyResult<Gc<PyStr>> {
    let path = kaa_stdlib::path::fspath(vm, filename)?;
    let name = match vm.cast::<PyBytes>(path) {
        Some(bytes) => Some(kaa_stdlib::path::decode_name(vm, bytes.as_slice())?),
        None => vm.cast::<PyStr>(path),
    };
    match name {
        Some(name) if !name.to_generalized_utf8().contains(&0) => Ok(name),
        _ => Err(vm.value_error("embedded null character")),
    }
}

/// A file's name given as text, bytes or a path.
pub(crate) fn filename_text(vm: &Vm, filename: Value) -> PyResult<String> {
    Ok(decoded_filename(vm, filename)?.to_string_lossy())
}
