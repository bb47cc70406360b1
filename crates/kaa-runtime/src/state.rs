//! What the runtime keeps in an isolate.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};

use kaa_objects::module_def::ModuleDef;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::code::PyCode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::module::PyModule;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The runtime's own objects and settings.
pub struct State {
    /// The `builtins` module's dict.
    pub builtins: Slot<Gc<PyDict>>,
    /// The `sys` module's dict.
    pub sys: Slot<Gc<PyDict>>,
    /// `sys.modules`.
    pub modules: Slot<Gc<PyDict>>,
    /// `importlib._bootstrap`, once it runs.
    pub importlib: Slot<Gc<PyModule>>,
    /// Native modules by name, beside `builtins` and `sys`.
    pub native_modules: RefCell<Vec<&'static ModuleDef>>,
    /// `sys.getswitchinterval()`, in seconds.
    pub switch_interval: Cell<f64>,
    /// `sys.is_finalizing()`
    pub finalizing: Cell<bool>,
    /// A `KeyboardInterrupt` ended the program.
    pub interrupted: Cell<bool>,
    /// The settings that the isolate was started with.
    pub config: RefCell<crate::Config>,
    /// The folder that the embedded library seems to be in: `sys._stdlib_dir`.
    pub library: OnceCell<Vec<u8>>,
    /// The path of the executable, in UTF-8 with surrogates.
    pub executable: OnceCell<Vec<u8>>,
    /// What a program's own folder put in front of `sys.path`.
    pub first_path: OnceCell<String>,
    /// The text after `-c`, for tracebacks.
    pub command: RefCell<Option<String>>,
    /// The code of the text after `-c`, until `linecache` is imported and told of it.
    pub command_code: Slot<Gc<PyCode>>,
}

impl Default for State {
    fn default() -> Self {
        State {
            builtins: Slot::empty(),
            sys: Slot::empty(),
            modules: Slot::empty(),
            importlib: Slot::empty(),
            native_modules: RefCell::default(),
            switch_interval: Cell::new(0.005),
            finalizing: Cell::new(false),
            interrupted: Cell::new(false),
            config: RefCell::default(),
            library: OnceCell::new(),
            executable: OnceCell::new(),
            first_path: OnceCell::new(),
            command: RefCell::default(),
            command_code: Slot::empty(),
        }
    }
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.builtins.trace(visitor);
        self.sys.trace(visitor);
        self.modules.trace(visitor);
        self.importlib.trace(visitor);
        self.command_code.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The runtime's state of an isolate.
pub fn state(vm: &Vm) -> &State {
    vm.extension(|_| State::default())
}

/// An attribute of `sys`, by name.
pub fn sys_attribute(vm: &Vm, name: &str) -> Option<Value> {
    state(vm).sys.get()?.get_str(vm, vm.intern(name))
}

/// Sets an attribute of `sys`.
pub fn set_sys_attribute(vm: &Vm, name: &str, value: Value) -> PyResult<()> {
    state(vm).sys.get_set().set_str(vm, vm.intern(name), value)
}
