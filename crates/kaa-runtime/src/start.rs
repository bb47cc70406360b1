//! Starting an isolate: heap, types, interpreter, `sys`, `builtins`.

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use kaa_objects::hash::HashSecret;
use kaa_objects::module_def::ModuleDef;
use kaa_objects::thread::{Thread, stack_pointer};
use kaa_objects::vm::VmConfig;
use kaa_objects::{PyResult, Vm};

use crate::state::state;

/// How a Python is started: the options of the command line, in CPython's terms.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named for sys.flags and the options that they come from")]
pub struct Config {
    pub executable: OsString,
    pub argv: Vec<OsString>,
    pub orig_argv: Vec<OsString>,
    pub module_search_paths: Vec<OsString>,
    /// `PYTHONHOME`: the library is in files below this folder; behind a `:` another one for what
    /// depends on the machine.
    pub home: Option<String>,
    pub x_options: Vec<(String, Option<String>)>,
    pub warn_options: Vec<String>,
    pub hash_seed: Option<u32>,
    pub bytes_warning: u32,
    pub dont_write_bytecode: bool,
    pub ignore_environment: bool,
    pub inspect: bool,
    pub interactive: bool,
    pub isolated: bool,
    pub optimize: u32,
    pub safe_path: bool,
    pub quiet: bool,
    pub no_user_site: bool,
    pub no_site: bool,
    pub unbuffered: bool,
    /// `PYTHONIOENCODING`: an encoding and an error handler, `utf-8:strict`, either of which may be
    /// missing.
    pub io_encoding: Option<String>,
    pub verbose: u32,
    pub dev_mode: bool,
    pub utf8_mode: bool,
    /// `-X faulthandler`: fatal signals are reported.
    pub fault_handler: bool,
    /// Whether signals are handled as a program's are: `SIGINT` raises `KeyboardInterrupt`.
    pub install_signal_handlers: bool,
    pub debug: u32,
    pub warn_default_encoding: bool,
    /// `-x`: the first line of the program is none of Python.
    pub skip_first_line: bool,
    /// `-X no_debug_ranges`: tracebacks have no columns.
    pub no_debug_ranges: bool,
    /// `-X importtime`: 1 for modules that are loaded, 2 for all imports.
    pub import_time: u32,
    /// `-X frozen_modules`: modules that CPython freezes are imported as such.
    pub frozen_modules: bool,
    /// `-X context_aware_warnings`: `warnings.catch_warnings` changes the filters of its context only.
    pub context_aware_warnings: bool,
    /// `-X thread_inherit_context`: threads start with a copy of their starter's context.
    pub thread_inherit_context: bool,
    /// `-X cpu_count`: what `os.cpu_count()` says.
    pub cpu_count: Option<u32>,
    pub int_max_str_digits: Option<usize>,
    pub pycache_prefix: Option<String>,
    /// `--check-hash-based-pycs`: `always`, `never`, or nothing for the default.
    pub check_hash_based_pycs: Option<String>,
    /// `PYTHONSTARTUP`, when it counts.
    pub startup: Option<String>,
    /// Switches of the heap, as `-X gc=` takes them.
    pub gc: Option<String>,
    /// `-X test-modules`: the modules that only tests import are there.
    pub test_modules: bool,
}

/// A running Python.
pub struct Runtime {
    /// The isolate.
    pub vm: Isolate,
}

/// An isolate with the state of its first thread.
pub struct Isolate {
    vm: ManuallyDrop<Box<Vm>>,
    thread: ManuallyDrop<Box<Thread>>,
}

impl std::ops::Deref for Isolate {
    type Target = Vm;

    #[inline(always)]
    fn deref(&self) -> &Vm {
        &self.vm
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        crate::signals::disown(&self.vm);
        crate::modules::faulthandler::forget(&self.vm);
        self.vm.close_gil();
        // What is left of daemon threads stands still, but refers to the isolate.
        if self.vm.thread_count() == 1 {
            // SAFETY: dropped once; the isolate, which refers to the thread, first.
            unsafe {
                ManuallyDrop::drop(&mut self.vm);
                ManuallyDrop::drop(&mut self.thread);
            }
        }
    }
}

/// How much of the native stack calls may use: what is left must do for the deepest native
/// function between two checks.
const STACK_RESERVE: usize = 256 << 10;
/// CPython's default of `sys.setrecursionlimit`.
const RECURSION_LIMIT: isize = 1000;

/// Why a Python could not be started.
#[derive(Debug)]
pub enum StartError {
    /// The heap could not be made.
    Heap(kaa_gc::Error),
    /// A switch of the heap is not known.
    Option(String),
    /// An exception while the modules were made; its text.
    Exception(String),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Heap(error) => error.fmt(f),
            StartError::Option(text) | StartError::Exception(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for StartError {}

/// The modules in native code that every runtime has.
pub fn native_modules() -> impl Iterator<Item = &'static ModuleDef> {
    let own = [&crate::importing::IMP_MODULE, &crate::importing::LIBRARY_MODULE];
    own.into_iter().chain(crate::modules::modules()).chain(kaa_stdlib::modules())
}

impl Runtime {
    /// Starts an isolate with the native modules given. Nothing of the library is imported yet.
    pub fn start(config: Config, modules: &[&'static ModuleDef]) -> Result<Runtime, StartError> {
        let heap = match &config.gc {
            Some(text) => kaa_gc::Config::parse(text).map_err(StartError::Option)?,
            None => kaa_gc::Config::default(),
        };
        let hash_secret = match config.hash_seed {
            Some(seed) => HashSecret::from_seed(seed),
            None => random_secret(),
        };
        let thread = Box::new(Thread::new(stack_limit(), RECURSION_LIMIT));
        // SAFETY: a call without arguments.
        thread.ident.set(unsafe { libc::pthread_self() } as u64);
        let vm = Vm::new(VmConfig { heap, hash_secret }, &thread).map_err(StartError::Heap)?;
        vm.bytes_warning.set(config.bytes_warning > 0);
        vm.cpu_count.set(config.cpu_count);
        if let Some(digits) = config.int_max_str_digits {
            vm.max_str_digits.set(digits);
        }
        vm.no_debug_ranges.set(config.no_debug_ranges);
        kaa_interpreter::install(&vm);
        kaa_stdlib::typing::install(&vm);
        crate::modules::install_warnings(&vm);
        kaa_stdlib::codecs::install(&vm, config.dev_mode);
        vm.hooks.unraisable.set(Some(crate::sys::unraisable_hook));
        vm.hooks.forked.set(Some(crate::modules::forked));
        vm.hooks.poll.set(Some(crate::modules::signal::run_handlers));
        vm.hooks.display.set(Some(crate::sys::display));
        vm.hooks.builtins.set(Some(|vm| Ok(state(vm).builtins.get_set())));
        let (handle_signals, fault_handler) = (config.install_signal_handlers, config.fault_handler);
        *state(&vm).config.borrow_mut() = config;
        state(&vm).native_modules.borrow_mut().extend(native_modules().chain(modules.iter().copied()));
        let runtime = Runtime { vm: Isolate { vm: ManuallyDrop::new(vm), thread: ManuallyDrop::new(thread) } };
        if handle_signals {
            crate::signals::reset_faults();
        }
        let prepared = runtime.make_modules().and_then(|()| match fault_handler {
            true => crate::modules::faulthandler::enable_at_start(&runtime.vm),
            false => Ok(()),
        });
        prepared.map_err(|raised| {
            let exception = runtime.vm.take_exception(raised);
            let class = runtime.vm.class_name(exception.value());
            StartError::Exception(format!("{class}: {}", runtime.vm.str_lossy(exception.value())))
        })?;
        if handle_signals {
            crate::modules::signal::install(&runtime.vm);
        }
        Ok(runtime)
    }

    fn make_modules(&self) -> PyResult<()> {
        let vm = &*self.vm;
        let modules = vm.new_dict()?;
        state(vm).modules.set_root(Some(modules));
        for def in [&crate::builtins::MODULE, &crate::sys::MODULE] {
            let module = vm.new_module_from_def(def)?;
            modules.set_str(vm, vm.intern(def.name), module.value())?;
            let slot = if def.name == "sys" { &state(vm).sys } else { &state(vm).builtins };
            slot.set_root(module.dict.get());
        }
        for (slot, name) in vm.all_and_any.iter().zip(["all", "any"]) {
            slot.set_root(state(vm).builtins.get_set().get_interned(vm.intern(name)));
        }
        crate::sys::fill(vm)?;
        crate::importing::start(vm)?;
        crate::sys::set_streams(vm, false)?;
        if let Some(import) = vm.hooks.import.get() {
            let open = vm.get_attr(import(vm, "_io")?, vm.names().open)?;
            state(vm).builtins.get_set().set_str(vm, vm.names().open, open)?;
        }
        Ok(())
    }
}

/// How much of the native stack calls leave to the deepest native function.
pub fn stack_margin(_: &Vm) -> usize {
    STACK_RESERVE
}

/// How much of a native stack of this size calls leave alone.
pub(crate) fn stack_reserve(size: usize) -> usize {
    STACK_RESERVE.min(size / 2)
}

/// The lowest address that Python calls may reach on this thread's stack.
fn stack_limit() -> usize {
    const UNLIMITED: usize = 64 << 20;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the struct is valid for the call to fill in.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &mut limit) } == 0;
    let size = if known { usize::try_from(limit.rlim_cur).unwrap_or(UNLIMITED).min(UNLIMITED) } else { 8 << 20 };
    stack_pointer() - size + stack_reserve(size)
}

/// A secret that cannot be guessed, for hashes of text.
fn random_secret() -> HashSecret {
    let mut words = [0u64; 2];
    // SAFETY: the buffer is as long as it is said to be.
    let got = unsafe { libc::getrandom(words.as_mut_ptr().cast(), size_of_val(&words), 0) };
    if got != size_of_val(&words) as isize {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        words = [time.as_nanos() as u64, u64::from(std::process::id())];
    }
    HashSecret(words[0], words[1])
}
