//! What is called before and after `fork`: `os.register_at_fork`.

use std::any::Any;

use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::list::PyList;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

/// The functions that are registered, in the order of their registration.
#[derive(Default)]
pub struct Hooks {
    before: Slot<Gc<PyList>>,
    in_child: Slot<Gc<PyList>>,
    in_parent: Slot<Gc<PyList>>,
}

impl Extension for Hooks {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.before.trace(visitor);
        self.in_child.trace(visitor);
        self.in_parent.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Hooks {
    /// Those of an isolate.
    pub fn of(vm: &Vm) -> &Hooks {
        vm.extension(|_| Hooks::default())
    }

    /// Calls what is to be called before, the last one first.
    pub fn run_before(&self, vm: &Vm) -> PyResult<()> {
        run(vm, self.before.get(), true)
    }

    /// Calls what is to be called after, in the child or in the parent.
    pub fn run_after(&self, vm: &Vm, in_child: bool) -> PyResult<()> {
        run(vm, if in_child { self.in_child.get() } else { self.in_parent.get() }, false)
    }
}

/// Calls the functions; what they raise is reported, not passed on.
fn run(vm: &Vm, functions: Option<Gc<PyList>>, reversed: bool) -> PyResult<()> {
    let Some(functions) = functions else { return Ok(()) };
    let functions = vm.new_tuple(functions.as_slice())?;
    let count = functions.len();
    for index in 0..count {
        let function = functions.as_slice()[if reversed { count - 1 - index } else { index }];
        if let Err(raised) = vm.call(function, &[]) {
            let exception = vm.take_exception(raised);
            if let Some(report) = vm.hooks.unraisable.get() {
                report(vm, exception, "Exception ignored in fork hook", Some(function));
            }
        }
    }
    Ok(())
}

/// `os.register_at_fork(*, before, after_in_child, after_in_parent)`.
pub fn register(vm: &Vm, args: Args<'_>) -> PyResult<()> {
    let given = args.positionals().len();
    if given != 0 {
        return Err(vm.type_error(format_args!("register_at_fork() takes no positional arguments ({given} given)")));
    }
    let hooks = Hooks::of(vm);
    let mut any = false;
    let mut add = |slot: &Slot<Gc<PyList>>, name: &str, function: Value| -> PyResult<()> {
        if !vm.is_callable(function) {
            let class = vm.class_name(function);
            return Err(vm.type_error(format_args!("'{name}' must be callable, not {class}")));
        }
        any = true;
        let list = match slot.get() {
            Some(list) => list,
            None => {
                slot.set_root(Some(vm.new_list(&[])?));
                slot.get_set()
            }
        };
        list.push(vm, function)
    };
    for (name, function) in args.keywords() {
        match name.as_ascii() {
            Some("before") => add(&hooks.before, "before", function)?,
            Some("after_in_child") => add(&hooks.in_child, "after_in_child", function)?,
            Some("after_in_parent") => add(&hooks.in_parent, "after_in_parent", function)?,
            _ => {
                return Err(vm.unexpected_keyword(
                    "register_at_fork()",
                    &["before", "after_in_child", "after_in_parent"],
                    args,
                ));
            }
        }
    }
    if any { Ok(()) } else { Err(vm.type_error("At least one argument is required.")) }
}
