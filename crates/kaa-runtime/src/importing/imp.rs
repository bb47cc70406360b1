//! The module `_imp`: what `importlib` needs of the runtime.

use std::cell::Cell;

use kaa_bytecode::packed::Packed;
use kaa_macros::py_module;
use kaa_objects::types::code::{Origin, PyCode};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::frozen;
use crate::modules::marshal;
use crate::state::state;

/// The module.
pub struct Imp;

fn not_frozen(vm: &Vm, name: Gc<PyStr>) -> Raised {
    frozen::error(vm, "No such frozen object named ", name.value(), "")
}

/// The code of a frozen module that is given as data.
fn frozen_code(vm: &Vm, name: Value, data: &[u8]) -> PyResult<Gc<PyCode>> {
    match kaa_bytecode::marshal::read_constant(data, kaa_bytecode::marshal::ReadOptions::default()) {
        Ok(kaa_bytecode::Constant::Code(code)) => vm.new_code(&code, Origin::Outside),
        Ok(_) => {
            let name = vm.repr_lossy(name);
            Err(vm.type_error(format_args!("frozen object {name} is not a code object")))
        }
        Err(_) => Err(frozen::error(vm, "Frozen object named ", name, " is invalid")),
    }
}

/// The code of a module that is in the executable.
pub(crate) fn embedded_code(vm: &Vm, packed: &'static [u8], filename: Gc<PyStr>) -> PyResult<Gc<PyCode>> {
    let code = vm.new_packed_code(Packed::new(packed), filename)?;
    code.load(vm)?;
    Ok(code)
}

/// The code of a module of the library, with the file name that CPython gives frozen code.
pub(crate) fn frozen_library_code(vm: &Vm, module: kaa_library::Module) -> PyResult<Gc<PyCode>> {
    let filename = vm.intern(&format!("<frozen {}>", module.name));
    embedded_code(vm, super::embedded::whole(module.code()), filename)
}

thread_local! {
    /// How often this thread holds the import lock.
    static LOCK_DEPTH: Cell<usize> = const { Cell::new(0) };
}

#[py_module(name = "_imp", doc = "(Extremely) low-level import machinery bits as used by importlib.")]
impl Imp {
    #[constant]
    fn check_hash_based_pycs(vm: &Vm) -> PyResult {
        let config = state(vm).config.borrow();
        Ok(vm.intern(config.check_hash_based_pycs.as_deref().unwrap_or("default")).value())
    }
    #[constant]
    const pyc_magic_number_token: i64 = kaa_bytecode::pyc::MAGIC_NUMBER as i64 | 0x0a0d_0000;

    #[function(
        "lock_held()",
        doc = "Return True if the import lock is currently held, else False.\n\nOn platforms without threads, return False."
    )]
    fn lock_held() -> bool {
        LOCK_DEPTH.get() > 0
    }

    #[function(
        "acquire_lock()",
        doc = "Acquires the interpreter's import lock for the current thread.\n\nThis lock should be used by import hooks to ensure thread-safety when importing\nmodules. On platforms without threads, this function does nothing."
    )]
    fn acquire_lock() {
        LOCK_DEPTH.set(LOCK_DEPTH.get() + 1);
    }

    #[function(
        "release_lock()",
        doc = "Release the interpreter's import lock.\n\nOn platforms without threads, this function does nothing."
    )]
    fn release_lock(vm: &Vm) -> PyResult<()> {
        match LOCK_DEPTH.get() {
            0 => Err(vm.runtime_error("not holding the import lock")),
            depth => {
                LOCK_DEPTH.set(depth - 1);
                Ok(())
            }
        }
    }

    #[function(
        "_zip_path_hook(path, /)",
        doc = "The importer of an archive: that of zipimport, which is imported when the first archive is met."
    )]
    fn zip_path_hook(vm: &Vm, path: Value) -> PyResult {
        let not_zip = || Err(vm.raise_new(vm.exceptions().ImportError, "not a Zip file"));
        let Some(text) = vm.cast::<PyStr>(path) else { return not_zip() };
        // The archive may stand anywhere in the path: behind it are folders inside.
        let text = text.to_string_lossy();
        let mut places = std::path::Path::new(&text).ancestors();
        let found = places.find_map(|place| std::fs::metadata(place).ok());
        if !found.is_some_and(|found| found.is_file()) {
            return not_zip();
        }
        let Some(import) = vm.hooks.import.get() else { return not_zip() };
        let importer = vm.get_attr_str(import(vm, "zipimport")?, "zipimporter")?;
        vm.call(importer, &[path])
    }

    #[function("extension_suffixes()", doc = "Returns the list of file suffixes used to identify extension modules.")]
    fn extension_suffixes(vm: &Vm) -> PyResult {
        Ok(vm.new_list(&[])?.value())
    }

    #[function("is_builtin(name, /)", doc = "Returns True if the module name corresponds to a built-in module.")]
    fn is_builtin(vm: &Vm, name: Gc<PyStr>) -> i64 {
        let name = name.to_string_lossy();
        if name == "sys" || name == "builtins" {
            return -1;
        }
        i64::from(state(vm).native_modules.borrow().iter().any(|def| def.name == name))
    }

    #[function("create_builtin(spec, /)", doc = "Create an extension module.")]
    fn create_builtin(vm: &Vm, spec: Value) -> PyResult {
        let name = vm.get_attr(spec, vm.names().name)?;
        if let Some(module) = state(vm).modules.get_set().get(vm, name)? {
            return Ok(module);
        }
        let name = vm.str(name)?.to_string_lossy();
        match super::native_module(vm, &name)? {
            Some(module) => Ok(module.value()),
            None => Ok(Value::NONE),
        }
    }

    #[function("exec_builtin(mod, /)", doc = "Initialize a built-in module.")]
    fn exec_builtin(_mod: Value) -> i64 {
        // Modules are whole when they are created.
        0
    }

    #[function("create_dynamic(spec, file=None, /)", doc = "Create an extension module.")]
    fn create_dynamic(vm: &Vm, spec: Value, file: Value) -> PyResult {
        let _ = file;
        for name in ["name", "origin"] {
            let text = vm.get_attr_str(spec, name)?;
            if vm.str(text)?.to_string_lossy().contains('\0') {
                return Err(vm.value_error("embedded null character"));
            }
        }
        Err(vm.import_error("extension modules of CPython cannot be loaded"))
    }

    #[function("exec_dynamic(mod, /)", doc = "Initialize an extension module.")]
    fn exec_dynamic(_mod: Value) -> i64 {
        0
    }

    #[function("is_frozen(name, /)", doc = "Returns True if the module name corresponds to a frozen module.")]
    fn is_frozen(vm: &Vm, name: Gc<PyStr>) -> bool {
        frozen::find(vm, &name.to_string_lossy()).is_some()
    }

    #[function("is_frozen_package(name, /)", doc = "Returns True if the module name is of a frozen package.")]
    fn is_frozen_package(vm: &Vm, name: Gc<PyStr>) -> PyResult<bool> {
        let found = frozen::find(vm, &name.to_string_lossy());
        found.map(|found| found.is_package).ok_or_else(|| not_frozen(vm, name))
    }

    #[function("get_frozen_object(name, data=None, /)", doc = "Create a code object for a frozen module.")]
    fn get_frozen_object(vm: &Vm, name: Gc<PyStr>, data: Value) -> PyResult<Gc<PyCode>> {
        if let Some(data) = data.not_none() {
            let Some(bytes) = vm.bytes_like_text(data) else {
                let class = vm.class_name(data);
                return Err(vm.type_error(format_args!("a bytes-like object is required, not '{class}'")));
            };
            return frozen_code(vm, name.value(), &bytes);
        }
        match frozen::find(vm, &name.to_string_lossy()).and_then(|found| found.module()) {
            Some(module) => frozen_library_code(vm, module),
            None => Err(not_frozen(vm, name)),
        }
    }

    #[function("init_frozen(name, /)", doc = "Initializes a frozen module.")]
    fn init_frozen(vm: &Vm, name: Gc<PyStr>) -> PyResult {
        let name = name.to_string_lossy();
        match frozen::find(vm, &name) {
            Some(found) => super::run_frozen_module(vm, &found).map(|module| module.value()),
            None => Ok(Value::NONE),
        }
    }

    #[function(
        "find_frozen(name, /, *, withdata=False)",
        doc = "Return info about the corresponding frozen module (if there is one) or None.\n\nThe returned info (a 3-tuple):\n\n * data         the raw marshalled bytes\n * is_package   whether or not it is a package\n * origname     the originally frozen module's name, or None if not\n                a stdlib module (this will usually be the same as\n                the module's current name)"
    )]
    fn find_frozen(vm: &Vm, name: Gc<PyStr>, withdata: bool) -> PyResult {
        let Some(found) = frozen::find(vm, &name.to_string_lossy()) else { return Ok(Value::NONE) };
        let data = match found.module().filter(|_| withdata) {
            Some(module) => {
                let view = vm.class::<kaa_objects::types::memoryview::PyMemoryView>().value();
                let code = marshal::code_data(vm, frozen_library_code(vm, module)?)?;
                let bytes = kaa_bytecode::marshal::write_code(&code, kaa_bytecode::marshal::VERSION)
                    .map_err(|error| vm.value_error(format_args!("{error}")))?;
                vm.call(view, &[vm.new_bytes(&bytes)?.value()])?
            }
            None => Value::NONE,
        };
        let original = match found.original {
            Some(original) => vm.new_str(original)?.value(),
            None => Value::NONE,
        };
        Ok(vm.new_tuple(&[data, Value::bool(found.is_package), original])?.value())
    }

    #[function("_frozen_module_names()", doc = "Returns the list of available frozen modules.")]
    fn frozen_module_names(vm: &Vm) -> PyResult {
        let names = vm.new_list(&[])?;
        for name in frozen::names() {
            names.push(vm, vm.new_str(name)?.value())?;
        }
        Ok(names.value())
    }

    #[function(
        "_override_frozen_modules_for_tests(override, /)",
        doc = "(internal-only) Override PyConfig.use_frozen_modules.\n\n(-1: \"off\", 1: \"on\", 0: no override)\nSee frozen_modules() in Lib/test/support/import_helper.py\nfor internal uses of this function."
    )]
    fn override_frozen_modules_for_tests(vm: &Vm, override_: i64) {
        frozen::set_override(vm, override_);
    }

    #[function(
        "_override_multi_interp_extensions_check(override, /)",
        doc = "(internal-only) Override PyInterpreterConfig.check_multi_interp_extensions."
    )]
    fn override_multi_interp_extensions_check(_override: i64) -> i64 {
        0
    }

    #[function(
        "_fix_co_filename(code, path, /)",
        doc = "Changes code.co_filename to specify the passed-in path.\n\n  code\n    Code object to change.\n  path\n    File path to use."
    )]
    fn fix_co_filename(vm: &Vm, code: Gc<PyCode>, path: Gc<PyStr>) {
        rename_code(vm, code, path);
    }

    #[function("source_hash(key, source)")]
    fn source_hash(vm: &Vm, key: i64, source: Value) -> PyResult {
        let Some(source) = vm.bytes_like_text(source) else {
            let class = vm.class_name(source);
            return Err(vm.type_error(format_args!("a bytes-like object is required, not '{class}'")));
        };
        Ok(vm.new_bytes(&kaa_bytecode::pyc::keyed_hash(key as u64, &source))?.value())
    }
}

/// Gives code a new file name, and so the code in its constants that has the same one.
pub(crate) fn rename_code(vm: &Vm, code: Gc<PyCode>, path: Gc<PyStr>) {
    rename(vm, code, code.filename.get_set(), path);
}

/// Gives code, and the code in its constants, a new file name; code of another file keeps its own.
fn rename(vm: &Vm, code: Gc<PyCode>, old: Gc<PyStr>, new: Gc<PyStr>) {
    if code.filename.get_set().data() != old.data() {
        return;
    }
    code.filename.set(vm, code, new);
    for inner in code.consts.iter().filter_map(|constant| vm.cast::<PyCode>(constant.get()?)) {
        rename(vm, inner, old, new);
    }
}

/// An `ImportError` with `name` set.
pub(crate) fn import_failed(vm: &Vm, message: &str, name: &str) -> Raised {
    let build = || -> PyResult<Gc<PyBaseException>> {
        let message = vm.new_str(message)?;
        let error = vm.new_exception(vm.exceptions().ModuleNotFoundError, &[message.value()])?;
        vm.set_attr(error.value(), vm.names().name, vm.new_str(name)?.value())?;
        Ok(error)
    };
    match build() {
        Ok(error) => vm.raise(error),
        Err(raised) => raised,
    }
}
