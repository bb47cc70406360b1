//! Running the program that `kaa build` put into the executable.

mod workers;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kaa_host::embedded::{Files, Node};
use kaa_image::{Image, Settings, Start, Tree};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::exit::uncaught;
pub use crate::importing::embedded::DAMAGED;
use crate::importing::{embedded, importlib};
use crate::run::{import, main_globals, start_library};
use crate::start::Config;
use crate::state::{set_sys_attribute, state};

/// Makes a container what is run: its modules are imported, and its files are found by paths below
/// that of the executable.
pub fn mount(image: Image<'static>, executable: &Path) {
    let (own, library) = (image.own, image.library);
    kaa_library::mount(image);
    kaa_host::embedded::mount(executable.as_os_str().to_owned(), Box::new(Embedded { own, library }));
}

/// Lets the files of the library be found below the path of the command itself.
pub fn mount_library(command: &Path) {
    let files = Embedded { own: Tree::EMPTY, library: *kaa_library::tree() };
    kaa_host::embedded::mount(command.as_os_str().to_owned(), Box::new(files));
}

/// The files of the program, and those of the library in a folder among them.
struct Embedded {
    own: Tree<'static>,
    library: Tree<'static>,
}

impl Files for Embedded {
    fn find(&self, path: &str) -> Option<Node> {
        let in_library = path.strip_prefix(crate::importing::library::FOLDER.trim_start_matches('/'));
        let (tree, path) = match in_library {
            Some("") => (&self.library, ""),
            Some(rest) if rest.starts_with('/') => (&self.library, &rest[1..]),
            _ => (&self.own, path),
        };
        if let Some(file) = tree.file(path) {
            return Some(Node::File(embedded::whole(file.read())));
        }
        let names = tree.list(path)?.into_iter();
        Some(Node::Folder(names.map(|(name, is_folder)| (name.to_owned(), is_folder)).collect()))
    }
}

/// How a built program is started: apart from the user's Python, if there is one. The file of the
/// executable is the folder of the program.
pub fn config(settings: &Settings, executable: &Path, args: Vec<OsString>) -> Config {
    Config {
        executable: executable.as_os_str().to_owned(),
        module_search_paths: vec![executable.as_os_str().to_owned()],
        argv: args.clone(),
        orig_argv: args,
        optimize: settings.optimize.into(),
        utf8_mode: kaa_stdlib::locale::is_utf8_mode(),
        isolated: true,
        ignore_environment: true,
        safe_path: true,
        no_user_site: true,
        no_site: true,
        dont_write_bytecode: true,
        install_signal_handlers: true,
        ..Config::default()
    }
}

/// Runs the program that is mounted; gives the exit code of the process.
pub fn run(vm: &Vm, start: &Start) -> i32 {
    let run = || -> PyResult<()> {
        set_sys_attribute(vm, "frozen", Value::TRUE)?;
        start_library(vm)?;
        add_builtins(vm)?;
        if let Some(worker) = workers::find(vm) {
            // It finds what it is to run by the file of `__main__`, which is run only where that
            // is not there yet.
            return worker.run(vm, start);
        }
        match start {
            Start::Module(name) => run_module(vm, name),
            Start::EntryPoint { module, function } => run_function(vm, module, function),
        }
    };
    match run() {
        Ok(()) => 0,
        Err(raised) => uncaught(vm, raised),
    }
}

/// Puts in the builtins that programs use though the module `site` gives them: it has nothing to
/// look for here.
fn add_builtins(vm: &Vm) -> PyResult<()> {
    const MODULE: &str = "_sitebuiltins";
    if kaa_library::find(MODULE).is_none() {
        return Ok(());
    }
    let module = import(vm, MODULE)?;
    let builtins = state(vm).builtins.get_set();
    let quitter = vm.get_attr_str(module, "Quitter")?;
    let end_of_file = vm.new_str("Ctrl-D (i.e. EOF)")?.value();
    for name in ["exit", "quit"] {
        let name = vm.intern(name);
        builtins.set_str(vm, name, vm.call(quitter, &[name.value(), end_of_file])?)?;
    }
    let helper = vm.get_attr_str(module, "_Helper")?;
    builtins.set_str(vm, vm.intern("help"), vm.call(helper, &[])?)
}

/// The name of the module that a start runs: of a package its `__main__`.
fn main_module(name: &str) -> String {
    let image = kaa_library::program();
    let module = image.and_then(|image| image.own.module(name).or_else(|| image.library.module(name)));
    match module {
        Some(module) if module.is_package() => format!("{name}.__main__"),
        _ => name.to_owned(),
    }
}

/// Runs a module as `__main__`, as `runpy` does.
fn run_module(vm: &Vm, name: &str) -> PyResult<()> {
    let name = main_module(name);
    let spec = find_spec(vm, &name)?;
    let loader = vm.get_attr_str(spec, "loader")?;
    let code = vm.call_method_str(loader, "get_code", &[vm.new_str(&name)?.value()])?;
    let globals = main_globals(vm)?;
    let names = vm.names();
    let origin = vm.get_attr_str(spec, "origin")?;
    // Modules called so tell the library that a folder was run, which this is not.
    let shown_spec = if name == "__main__" { Value::NONE } else { spec };
    for (name, value) in [
        (names.__file__, origin),
        (vm.intern("__cached__"), Value::NONE),
        (names.__doc__, Value::NONE),
        (names.__loader__, loader),
        (vm.intern("__package__"), vm.get_attr_str(spec, "parent")?),
        (names.__spec__, shown_spec),
    ] {
        globals.set_str(vm, name, value)?;
    }
    let Some(code) = vm.cast(code) else { return Err(vm.system_error("the start module has no code")) };
    kaa_interpreter::run_code(vm, code, globals, globals.value()).map(drop)
}

/// The specification of a module in the executable; packages around it are imported.
fn find_spec(vm: &Vm, name: &str) -> PyResult {
    let path = match name.rsplit_once('.') {
        Some((package, _)) => vm.get_attr(import(vm, package)?, vm.names().__path__)?,
        None => Value::NONE,
    };
    let found = vm.call(importlib(vm, "_find_spec")?, &[vm.new_str(name)?.value(), path])?;
    match found.not_none() {
        Some(spec) => Ok(spec),
        None => Err(crate::importing::import_failed(vm, &format!("No module named '{name}'"), name)),
    }
}

/// Calls a function of a module; `sys.exit` gets what it returns.
fn run_function(vm: &Vm, module: &str, function: &str) -> PyResult<()> {
    import(vm, module)?;
    let module = state(vm).modules.get_set().get_str(vm, vm.intern(module)).unwrap_or(Value::NONE);
    let mut function_object = module;
    for part in function.split('.') {
        function_object = vm.get_attr(function_object, vm.intern(part))?;
    }
    let status = vm.call(function_object, &[])?;
    let exit = vm.new_exception(vm.exceptions().SystemExit, &[status])?;
    Err(vm.raise(exit))
}

/// The file of the start module, as `__file__` of `__main__` gives it.
fn main_file(vm: &Vm, name: &str) -> PyResult<Option<Gc<PyStr>>> {
    let name = main_module(name);
    let module = kaa_library::program().and_then(|image| image.own.module(&name));
    let Some(module) = module else { return Ok(None) };
    let mut path = state(vm).config.borrow().executable.clone();
    path.push(format!("/{}", module.path()));
    kaa_stdlib::path::decode_name(vm, path.as_bytes()).map(Some)
}
