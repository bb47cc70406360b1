//! Runs a `.pyc` file with a handful of builtins: what the interpreter is measured and debugged
//! with before the runtime is there.
//!
//! `python3.14 -m py_compile x.py`, then `cargo run -p kaa-interpreter --example run_pyc x.pyc`.

use std::time::Instant;

use kaa_objects::class::{MethodDef, MethodKind};
use kaa_objects::module_def::{ModuleDef, ModulePart};
use kaa_objects::thread::Thread;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::vm::VmConfig;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

fn print(vm: &Vm, _this: Value, args: Args<'_>) -> PyResult {
    let mut line = String::new();
    for (index, &value) in args.positionals().iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(&vm.str(value)?.to_string_lossy());
    }
    println!("{line}");
    Ok(Value::NONE)
}

fn len(vm: &Vm, _this: Value, args: Args<'_>) -> PyResult {
    vm.new_int(vm.len(args.positionals()[0])? as i64)
}

fn clock(vm: &Vm, _this: Value, _args: Args<'_>) -> PyResult {
    thread_local!(static START: Instant = Instant::now());
    vm.new_float(START.with(|start| start.elapsed().as_secs_f64()))
}

fn id(vm: &Vm, _this: Value, args: Args<'_>) -> PyResult {
    let object = args.positionals()[0].as_object().map_or(0, |object| vm.pin(object));
    vm.new_int(object as i64)
}

fn collect(vm: &Vm, _this: Value, _args: Args<'_>) -> PyResult {
    vm.heap().collect(kaa_gc::Generation::Full);
    Ok(Value::NONE)
}

macro_rules! functions {
    ($($name:ident)*) => {
        &[$(MethodDef {
            name: stringify!($name),
            signature: None,
            doc: None,
            kind: MethodKind::Static,
            function: $name,
        },)*]
    };
}

static FUNCTIONS: &[MethodDef] = functions! { print len clock id collect };

static MODULE: ModuleDef = ModuleDef {
    name: "builtins",
    doc: None,
    parts: &[ModulePart { functions: FUNCTIONS, constants: &[] }],
    types: &[],
    setup: None,
};

fn run(vm: &Vm, path: &str) -> PyResult {
    let data = std::fs::read(path).expect("the file can be read");
    let data = kaa_bytecode::pyc::read_body(&data[..], path).expect("a .pyc file");
    let builtins = vm.new_module_from_def(&MODULE)?.dict.get_set();
    for class in [
        "ValueError",
        "TypeError",
        "StopIteration",
        "Exception",
        "ZeroDivisionError",
        "RecursionError",
        "RuntimeError",
        "KeyError",
        "GeneratorExit",
        "BaseException",
        "AttributeError",
        "IndexError",
        "NameError",
    ] {
        let exceptions = vm.exceptions();
        let found = match class {
            "ValueError" => exceptions.ValueError,
            "TypeError" => exceptions.TypeError,
            "StopIteration" => exceptions.StopIteration,
            "Exception" => exceptions.Exception,
            "ZeroDivisionError" => exceptions.ZeroDivisionError,
            "RecursionError" => exceptions.RecursionError,
            "RuntimeError" => exceptions.RuntimeError,
            "KeyError" => exceptions.KeyError,
            "GeneratorExit" => exceptions.GeneratorExit,
            "AttributeError" => exceptions.AttributeError,
            "IndexError" => exceptions.IndexError,
            "NameError" => exceptions.NameError,
            _ => exceptions.BaseException,
        };
        builtins.set_str(vm, vm.intern(class), found.value())?;
    }
    let globals: Gc<PyDict> = vm.new_dict()?;
    globals.set_str(vm, vm.names().__builtins__, builtins.value())?;
    globals.set_str(vm, vm.names().__name__, vm.intern("__main__").value())?;
    let code = vm.new_code(&data)?;
    kaa_interpreter::run_code(vm, code, globals, globals.value())
}

fn report(vm: &Vm, exception: Gc<PyBaseException>) {
    let mut entry = exception.traceback.get().and_then(|t| vm.cast::<kaa_interpreter::traceback::PyTraceback>(t));
    while let Some(traceback) = entry {
        let code = traceback.frame.get().and_then(|frame| frame.code.get());
        let name = code.map_or_else(String::new, |code| code.qualname.get_set().to_string_lossy());
        eprintln!("  line {:?}, in {name}", traceback.line());
        entry = traceback.next.get();
    }
    eprintln!("{}: {}", vm.class_name(exception.value()), {
        let args: Vec<String> = exception.args.get_set().as_slice().iter().map(|&a| vm.str_lossy(a)).collect();
        args.join(", ")
    });
}

fn main() {
    let path = std::env::args().nth(1).expect("a .pyc file");
    let mut config = VmConfig::default();
    if let Ok(stress) = std::env::var("STRESS") {
        config.heap.stress = stress.parse().expect("a number");
        config.heap.poison = true;
        config.heap.verify = true;
    }
    let low = kaa_objects::thread::stack_pointer() - (6 << 20);
    let thread = Thread::new(low, 1000);
    let vm = Vm::new(config, &thread).expect("an isolate");
    kaa_interpreter::install(&vm);
    if let Err(raised) = run(&vm, &path) {
        let exception = vm.take_exception(raised);
        report(&vm, exception);
        std::process::exit(1);
    }
}
