//! Audit hooks (PEP 578): functions that are told of what a program does, and may refuse it.

use std::any::Any;

use kaa_macros::py_functions;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::Sys;

/// The hooks of an isolate: a list, once there is one.
#[derive(Default)]
struct AuditHooks(Slot<Gc<PyList>>);

impl Extension for AuditHooks {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn hooks(vm: &Vm) -> &AuditHooks {
    vm.extension(|_| AuditHooks::default())
}

/// Calls the hooks with an event: the function behind [`Vm::audit`]. Tools are not told of what
/// hooks do, unless a hook has the attribute `__cantrace__`.
fn call_hooks(vm: &Vm, event: &str, args: &[Value]) -> PyResult<()> {
    let Some(hooks) = hooks(vm).0.get() else { return Ok(()) };
    let (event, args) = (vm.new_str(event)?, vm.new_tuple(args)?);
    let thread = vm.thread();
    let mut index = 0;
    while let Some(hook) = hooks.get(index) {
        let can_trace = match vm.get_attr_optional(hook, vm.intern("__cantrace__"))? {
            Some(value) => vm.truth(value)?,
            None => false,
        };
        let outer = thread.tracing.get();
        thread.tracing.set(outer + u32::from(!can_trace));
        let result = vm.call(hook, &[event.value(), args.value()]);
        thread.tracing.set(outer);
        result?;
        index += 1;
    }
    Ok(())
}

#[py_functions(FUNCTIONS, of = "sys")]
impl Sys {
    #[function("addaudithook(hook)", doc = "Adds a new audit hook callback.")]
    fn addaudithook(vm: &Vm, hook: Value) -> PyResult<()> {
        // A hook that is there may refuse others.
        let refused = vm.audit("sys.addaudithook", &[]);
        if vm.catch(refused, vm.exceptions().Exception)?.is_err() {
            return Ok(());
        }
        let hooks = hooks(vm);
        let list = match hooks.0.get() {
            Some(list) => list,
            None => {
                let list = vm.new_list(&[])?;
                hooks.0.set_root(Some(list));
                list
            }
        };
        list.push(vm, hook)?;
        vm.hooks.audit.set(Some(call_hooks));
        Ok(())
    }

    #[function(
        "audit",
        raw,
        signature = "($module, event, /, *args)",
        doc = "Passes the event to any audit hooks that are attached."
    )]
    fn audit(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "audit")?;
        let Some((&event, rest)) = args.positionals().split_first() else {
            return Err(vm.type_error("audit() missing 1 required positional argument: 'event'"));
        };
        let Some(event) = vm.cast::<PyStr>(event) else {
            let class = vm.class_name(event);
            return Err(vm.type_error(format_args!("expected str for argument 'event', not {class}")));
        };
        vm.audit(&event.to_string_lossy(), rest)
    }
}
