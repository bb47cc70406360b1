//! Imports of what is in the executable: the library, and in one that `kaa build` made the program.
//! Both seem to be folders that `sys.path` names as it might a zip file: `/usr/bin/kaa/lib/python3.14`,
//! and `/usr/bin/tool` of a program. The files in them are no files of the system;
//! [`LibraryImporter`] finds modules, their code, their sources and their data.

use kaa_image::EmbeddedModule;
use kaa_macros::{Trace, py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::code::PyCode;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::embedded::{self, Place, whole};
use crate::state::{state, sys_attribute};

/// The folder below an executable that the library seems to be in.
pub(crate) const FOLDER: &str = "/lib/python3.14";

/// Where `PYTHONHOME` says that the library is in files.
pub(crate) struct Home<'h> {
    pub(crate) prefix: &'h str,
    pub(crate) exec_prefix: &'h str,
}

impl<'h> Home<'h> {
    /// One folder, or two with `:` between them.
    pub(crate) fn new(home: &'h str) -> Home<'h> {
        let (prefix, exec_prefix) = home.split_once(':').unwrap_or((home, home));
        Home { prefix, exec_prefix }
    }

    /// The folder of the library.
    pub(crate) fn library(&self) -> String {
        format!("{}{FOLDER}", self.prefix)
    }

    /// What `sys.path` gets. The embedded library comes behind, for what only Kaa has.
    pub(crate) fn search_paths(&self) -> [String; 3] {
        let [major, minor, _] = crate::sys::VERSION;
        let archive = format!("{}/lib/python{major}{minor}.zip", self.prefix);
        [archive, self.library(), format!("{}{FOLDER}/lib-dynload", self.exec_prefix)]
    }
}

fn no_such_file(vm: &Vm, path: Gc<PyStr>) -> Raised {
    vm.os_error(libc::ENOENT, &crate::os_error::message(libc::ENOENT), Some(path.value()))
}

/// Finds and loads the modules of one folder of the library.
#[repr(C)]
#[derive(Trace)]
pub struct LibraryImporter {
    header: Header,
    /// The folder, as it stands in `sys.path` or `__path__`.
    path: Slot<Gc<PyStr>>,
    /// The package that the folder is, with a dot behind it.
    package: Slot<Gc<PyStr>>,
}

impl LibraryImporter {
    fn place<'p>(&self, vm: &Vm, path: &'p [u8]) -> Place<'p> {
        embedded::place(vm, path).expect("the importer was made for a folder in the executable")
    }

    /// A module by the last part of its name: the rest says which package it is imported into,
    /// and the folder which one it is in.
    fn find(&self, vm: &Vm, fullname: &str) -> Option<Found> {
        let path = self.path.get_set().to_generalized_utf8();
        let place = self.place(vm, &path);
        let name = fullname.rsplit('.').next().unwrap_or_default();
        let module = place.tree.module(&format!("{}{name}", self.package.get_set().to_string_lossy()))?;
        let root = &path[..path.len() - place.rest.len()];
        Some(Found { module, root: root.strip_suffix(b"/").unwrap_or(root).to_owned() })
    }

    fn module(&self, vm: &Vm, fullname: Gc<PyStr>) -> PyResult<Found> {
        let found = self.find(vm, &fullname.to_string_lossy());
        found.ok_or_else(|| super::frozen::error(vm, "can't find module ", fullname.value(), ""))
    }
}

/// A module, and the folder that its tree seems to be.
struct Found {
    module: EmbeddedModule<'static>,
    root: Vec<u8>,
}

impl Found {
    /// The path of its source, which need not be there.
    fn filename(&self) -> Vec<u8> {
        [&self.root, b"/".as_slice(), self.module.path().as_bytes()].concat()
    }

    /// The folder that a package is.
    fn folder(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        let folder = self.module.name().replace('.', "/");
        vm.new_str_generalized(&[&self.root, b"/".as_slice(), folder.as_bytes()].concat())
    }
}

/// Where CPython would keep the compiled module.
fn cached(vm: &Vm, filename: &[u8]) -> PyResult {
    let config = state(vm).config.borrow();
    let optimize = config.optimize;
    let (Some(slash), None) = (filename.iter().rposition(|&byte| byte == b'/'), &config.pycache_prefix) else {
        return Ok(Value::NONE);
    };
    let (folder, name) = (&filename[..slash], &filename[slash + 1..]);
    let stem = name.strip_suffix(b".py").unwrap_or(name);
    let optimization = if optimize == 0 { String::new() } else { format!(".opt-{optimize}") };
    let end = format!(".cpython-314{optimization}.pyc");
    Ok(vm.new_str_generalized(&[folder, b"/__pycache__/", stem, end.as_bytes()].concat())?.value())
}

#[py_type(
    name = "LibraryImporter",
    module = "_kaa_library",
    flags(BASETYPE, HEAPTYPE, MANAGED_WEAKREF),
    doc = "LibraryImporter(path)\n\nFinds and loads modules that are in the executable, in one of the folders there.\nRaises ImportError for other paths."
)]
impl LibraryImporter {
    #[new("LibraryImporter(path, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, path: Value) -> PyResult<Gc<LibraryImporter>> {
        let not_there = || vm.import_error("not a folder in the executable");
        let path = vm.cast::<PyStr>(path).ok_or_else(not_there)?;
        let mut text = path.to_generalized_utf8();
        let place = embedded::place(vm, &text).ok_or_else(not_there)?;
        // A script seems to be an archive with a `__main__` in it: so `runpy.run_path` runs it, in
        // processes of `multiprocessing`.
        let is_script = place.tree.module("__main__").is_some_and(|module| module.path() == place.rest);
        let folder = if is_script { "" } else { place.rest.trim_end_matches('/') };
        if !place.tree.is_folder(folder) {
            return Err(not_there());
        }
        let mut package = folder.replace('/', ".");
        if !package.is_empty() {
            package.push('.');
        }
        while text.ends_with(b"/") {
            text.pop();
        }
        let (path, package) = (vm.new_str_generalized(&text)?, vm.new_str(&package)?);
        let (path, package) = (Slot::new(path), Slot::new(package));
        vm.alloc_instance(class, LibraryImporter { header: Header::EMPTY, path, package })
    }

    #[slot(repr)]
    fn repr(_vm: &Vm, this: Gc<LibraryImporter>) -> String {
        format!("<LibraryImporter object \"{}/\">", this.path.get_set().to_string_lossy())
    }

    #[getter("path", doc = "The folder whose modules are found.")]
    fn path(_vm: &Vm, this: Gc<LibraryImporter>) -> Gc<PyStr> {
        this.path.get_set()
    }

    #[method("find_spec($self, fullname, target=None)", doc = "The specification of a module, or None.")]
    fn find_spec(vm: &Vm, this: Gc<LibraryImporter>, fullname: Gc<PyStr>, _target: Value) -> PyResult {
        let Some(found) = this.find(vm, &fullname.to_string_lossy()) else { return Ok(Value::NONE) };
        let class = super::importlib(vm, "ModuleSpec")?;
        let loader = if found.module.is_namespace() { Value::NONE } else { this.value() };
        let spec = vm.call(class, &[fullname.value(), loader])?;
        let set = |name, value| vm.set_attr(spec, vm.intern(name), value);
        if !found.module.is_namespace() {
            let filename = found.filename();
            set("origin", vm.new_str_generalized(&filename)?.value())?;
            set("_set_fileattr", Value::TRUE)?;
            set("_cached", cached(vm, &filename)?)?;
        }
        if found.module.is_package() {
            let folder = found.folder(vm)?;
            set("submodule_search_locations", vm.new_list(&[folder.value()])?.value())?;
        }
        Ok(spec)
    }

    #[method("create_module($self, spec)", doc = "None: modules are made as usual.")]
    fn create_module(_vm: &Vm, _this: Gc<LibraryImporter>, _spec: Value) {}

    #[method("exec_module($self, module)", doc = "Runs the code of a module in it.")]
    fn exec_module(vm: &Vm, this: Gc<LibraryImporter>, module: Value) -> PyResult {
        let name = vm.get_attr(module, vm.names().__name__)?;
        let code = vm.call_method_str(this.value(), "get_code", &[name])?;
        let globals = vm.get_attr(module, vm.names().__dict__)?;
        let builtins = state(vm).builtins.get_set();
        let exec = builtins.get_str(vm, vm.intern("exec")).unwrap_or(Value::NONE);
        // Whose frame in a traceback ends those of importlib.
        vm.call(super::importlib(vm, "_call_with_frames_removed")?, &[exec, code, globals])?;
        if vm.cast::<PyStr>(name).is_some_and(|name| name.to_string_lossy() == "linecache") {
            crate::run::register_command(vm, module)?;
        }
        Ok(Value::NONE)
    }

    #[method("load_module($self, fullname)", doc = "Deprecated. Use exec_module() instead.")]
    fn load_module(vm: &Vm, this: Gc<LibraryImporter>, fullname: Value) -> PyResult {
        vm.call(super::importlib(vm, "_load_module_shim")?, &[this.value(), fullname])
    }

    #[method("get_code($self, fullname)", doc = "The code of a module.")]
    fn get_code(vm: &Vm, this: Gc<LibraryImporter>, fullname: Gc<PyStr>) -> PyResult<Gc<PyCode>> {
        let found = this.module(vm, fullname)?;
        if found.module.is_namespace() {
            return Err(super::frozen::error(vm, "no code in namespace package ", fullname.value(), ""));
        }
        let filename = vm.intern_generalized(&found.filename());
        if state(vm).config.borrow().verbose > 0 {
            let message = vm.new_str("code object from {}")?;
            vm.call(super::importlib(vm, "_verbose_message")?, &[message.value(), filename.value()])?;
        }
        let shown = if embedded::are_names_hidden() { vm.intern(embedded::HIDDEN_NAME) } else { filename };
        super::imp::embedded_code(vm, embedded::code(&found.module), shown)
    }

    #[method("get_source($self, fullname)", doc = "The source of a module, or None if it is not there.")]
    fn get_source(vm: &Vm, this: Gc<LibraryImporter>, fullname: Gc<PyStr>) -> PyResult {
        let found = this.module(vm, fullname)?;
        match embedded::source(vm, &found.filename()) {
            Some(text) => Ok(vm.new_str(&text)?.value()),
            None => Ok(Value::NONE),
        }
    }

    #[method("get_filename($self, fullname)", doc = "The path of a module's source.")]
    fn get_filename(vm: &Vm, this: Gc<LibraryImporter>, fullname: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        vm.new_str_generalized(&this.module(vm, fullname)?.filename())
    }

    #[method("is_package($self, fullname)", doc = "Whether a module is a package.")]
    fn is_package(vm: &Vm, this: Gc<LibraryImporter>, fullname: Gc<PyStr>) -> PyResult<bool> {
        this.module(vm, fullname).map(|found| found.module.is_package())
    }

    #[method("get_data($self, path)", doc = "What a file in the executable holds, as bytes.")]
    fn get_data(vm: &Vm, _this: Gc<LibraryImporter>, path: Gc<PyStr>) -> PyResult {
        read(vm, path)
    }

    #[method("get_resource_reader($self, fullname)", doc = "What importlib.resources reads a package's files with.")]
    fn get_resource_reader(vm: &Vm, this: Gc<LibraryImporter>, fullname: Gc<PyStr>) -> PyResult {
        let found = this.module(vm, fullname)?;
        if !found.module.is_package() {
            return Ok(Value::NONE);
        }
        let Some(import) = vm.hooks.import.get() else { return Ok(Value::NONE) };
        let reader = vm.get_attr_str(import(vm, "_kaa_resources")?, "LibraryReader")?;
        vm.call(reader, &[found.folder(vm)?.value()])
    }

    #[method("iter_modules($self, prefix='')", doc = "Names of the folder's modules, and whether they are packages.")]
    fn iter_modules(vm: &Vm, this: Gc<LibraryImporter>, prefix: Value) -> PyResult {
        let prefix = vm.str(prefix)?.to_string_lossy();
        let path = this.path.get_set().to_generalized_utf8();
        let package = this.package.get_set().to_string_lossy();
        let modules = vm.new_list(&[])?;
        for module in this.place(vm, &path).tree.modules_in(package.trim_end_matches('.')) {
            let name = &module.name()[package.len()..];
            // What `pkgutil` does not list either.
            if name == "__init__" || module.is_namespace() {
                continue;
            }
            let name = vm.new_str(&format!("{prefix}{name}"))?;
            modules.push(vm, vm.new_tuple(&[name.value(), Value::bool(module.is_package())])?.value())?;
        }
        vm.iter(modules.value())
    }
}

fn read(vm: &Vm, path: Gc<PyStr>) -> PyResult {
    match embedded::file(vm, &path.to_generalized_utf8()) {
        Some(file) => Ok(vm.new_bytes(&whole(file.read()))?.value()),
        None => Err(no_such_file(vm, path)),
    }
}

/// The module.
pub struct Library;

#[py_module(
    name = "_kaa_library",
    types(LibraryImporter),
    doc = "The library, and the program, that are embedded in the executable."
)]
impl Library {
    #[function(
        "list_folder(path, /)",
        doc = "What a folder in the executable holds: a list of names and whether they are\nfolders themselves, or None if there is no such folder."
    )]
    fn list_folder(vm: &Vm, path: Gc<PyStr>) -> PyResult {
        let Some(found) = embedded::list(vm, &path.to_generalized_utf8()) else { return Ok(Value::NONE) };
        let list = vm.new_list(&[])?;
        for (name, is_folder) in found {
            let name = vm.new_str(name)?;
            list.push(vm, vm.new_tuple(&[name.value(), Value::bool(is_folder)])?.value())?;
        }
        Ok(list.value())
    }

    #[function("read_file(path, /)", doc = "What a file in the executable holds, as bytes.")]
    fn read_file(vm: &Vm, path: Gc<PyStr>) -> PyResult {
        read(vm, path)
    }
}

/// Lets the path hooks of `sys` find the library.
pub(super) fn install(vm: &Vm) -> PyResult<()> {
    let Some(hooks) = sys_attribute(vm, "path_hooks") else { return Ok(()) };
    vm.call_method_str(hooks, "insert", &[Value::small_int(0), vm.class::<LibraryImporter>().value()]).map(drop)
}
