//! Native code that tells monitoring tools of itself, as if it were Python code.

use std::cell::{Cell, RefCell};

use kaa_interpreter::monitoring::Event;
use kaa_interpreter::monitoring::native::{Site, enter_scope, fire};
use kaa_macros::{py_functions, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::TestCapi;

/// What stands for a code object: a row of places that have events.
#[repr(C)]
#[derive(Trace)]
pub struct CodeLike {
    header: Header,
    #[trace(skip)]
    sites: Vec<Site>,
    /// Of which version of the tools' wishes the sites are.
    #[trace(skip)]
    version: Cell<u64>,
}

#[py_type(name = "CodeLike", module = "_testcapi", flags(HEAPTYPE), drop, doc = "A code-like object.")]
impl CodeLike {
    #[new("CodeLike(num_events, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, num_events: i32) -> PyResult {
        let Ok(count) = usize::try_from(num_events) else {
            return Err(vm.value_error("num_events must not be negative"));
        };
        let this = CodeLike { header: Header::EMPTY, sites: vec![Site::default(); count], version: Cell::new(0) };
        Ok(vm.alloc_instance(class, this)?.value())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        let tools: Vec<String> = self.sites.iter().map(|site| format!("{}", site.tools())).collect();
        format!("CodeLike({})", tools.join(", "))
    }
}

/// Tells the tools of an event of a place. Gives the tools that want to know more of it.
fn fire_event(vm: &Vm, code: Gc<CodeLike>, offset: i32, event: Event, rest: &[Value]) -> PyResult<i64> {
    let Some(site) = usize::try_from(offset).ok().and_then(|offset| code.sites.get(offset)) else {
        return Err(vm.value_error("no event at this offset"));
    };
    let mut args = [Value::NONE; 4];
    args[0] = code.value();
    args[1] = Value::small_int(offset.into());
    args[2..2 + rest.len()].copy_from_slice(rest);
    fire(vm, site, event, &args[..2 + rest.len()])?;
    Ok(site.tools().into())
}

/// The same for an event of an exception.
fn fire_exception(vm: &Vm, code: Gc<CodeLike>, offset: i32, event: Event, exception: Value) -> PyResult<i64> {
    let is_watched = usize::try_from(offset).is_ok_and(|at| code.sites.get(at).is_some_and(|site| site.tools() != 0));
    if exception.is_none() && is_watched {
        let number = event as u8;
        return Err(vm.value_error(format_args!("Firing event {number} with no exception set")));
    }
    fire_event(vm, code, offset, event, &[exception])
}

thread_local! {
    /// The scopes that were entered: how many sites each has.
    static SCOPES: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

#[py_functions(FUNCTIONS, of = "_testcapi")]
impl TestCapi {
    #[function("monitoring_enter_scope", raw)]
    fn enter(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "monitoring_enter_scope")?;
        let [code, events @ ..] = args.positionals() else {
            return Err(vm.type_error("monitoring_enter_scope() takes a code-like object and events"));
        };
        let Some(code) = vm.cast::<CodeLike>(*code) else { return Err(vm.type_error("expected a code-like object")) };
        let event = |&event: &Value| {
            let number = vm.int_to_i64(event).and_then(|number| usize::try_from(number).ok());
            let event = number.and_then(|number| Event::ALL.get(number).copied());
            event.ok_or_else(|| vm.value_error("no such event"))
        };
        let events = events.iter().map(event).collect::<PyResult<Vec<Event>>>()?;
        enter_scope(vm, &code.sites, &code.version, &events);
        SCOPES.with(|scopes| scopes.borrow_mut().push(events.len()));
        Ok(())
    }

    #[function("monitoring_exit_scope()")]
    fn exit(vm: &Vm) -> PyResult<()> {
        match SCOPES.with(|scopes| scopes.borrow_mut().pop()) {
            Some(_) => Ok(()),
            None => Err(vm.runtime_error("no scope was entered")),
        }
    }

    #[function("fire_event_py_start(codelike, offset, /)")]
    fn py_start(vm: &Vm, codelike: Gc<CodeLike>, offset: i32) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::PyStart, &[])
    }

    #[function("fire_event_py_resume(codelike, offset, /)")]
    fn py_resume(vm: &Vm, codelike: Gc<CodeLike>, offset: i32) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::PyResume, &[])
    }

    #[function("fire_event_py_return(codelike, offset, retval, /)")]
    fn py_return(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, retval: Value) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::PyReturn, &[retval])
    }

    #[function("fire_event_py_yield(codelike, offset, retval, /)")]
    fn py_yield(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, retval: Value) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::PyYield, &[retval])
    }

    #[function("fire_event_call(codelike, offset, callable, arg0, /)")]
    fn call_event(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, callable: Value, arg0: Value) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::Call, &[callable, arg0])
    }

    #[function("fire_event_line(codelike, offset, lineno, /)")]
    fn line(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, lineno: i32) -> PyResult<i64> {
        let Some(site) = usize::try_from(offset).ok().and_then(|offset| codelike.sites.get(offset)) else {
            return Err(vm.value_error("no event at this offset"));
        };
        fire(vm, site, Event::Line, &[codelike.value(), Value::small_int(lineno.into())])?;
        Ok(site.tools().into())
    }

    #[function("fire_event_jump(codelike, offset, target_offset, /)")]
    fn jump(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, target_offset: Value) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::Jump, &[target_offset])
    }

    #[function("fire_event_branch_right(codelike, offset, target_offset, /)")]
    fn branch_right(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, target_offset: Value) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::BranchRight, &[target_offset])
    }

    #[function("fire_event_branch_left(codelike, offset, target_offset, /)")]
    fn branch_left(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, target_offset: Value) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::BranchLeft, &[target_offset])
    }

    #[function("fire_event_py_throw(codelike, offset, exception, /)")]
    fn py_throw(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, exception: Value) -> PyResult<i64> {
        fire_exception(vm, codelike, offset, Event::PyThrow, exception)
    }

    #[function("fire_event_raise(codelike, offset, exception, /)")]
    fn raise_event(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, exception: Value) -> PyResult<i64> {
        fire_exception(vm, codelike, offset, Event::Raise, exception)
    }

    #[function("fire_event_c_raise(codelike, offset, callable, arg0, /)")]
    fn c_raise(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, callable: Value, arg0: Value) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::CRaise, &[callable, arg0])
    }

    #[function("fire_event_c_return(codelike, offset, callable, arg0, /)")]
    fn c_return(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, callable: Value, arg0: Value) -> PyResult<i64> {
        fire_event(vm, codelike, offset, Event::CReturn, &[callable, arg0])
    }

    #[function("fire_event_reraise(codelike, offset, exception, /)")]
    fn reraise(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, exception: Value) -> PyResult<i64> {
        fire_exception(vm, codelike, offset, Event::Reraise, exception)
    }

    #[function("fire_event_exception_handled(codelike, offset, exception, /)")]
    fn exception_handled(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, exception: Value) -> PyResult<i64> {
        fire_exception(vm, codelike, offset, Event::ExceptionHandled, exception)
    }

    #[function("fire_event_py_unwind(codelike, offset, exception, /)")]
    fn py_unwind(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, exception: Value) -> PyResult<i64> {
        fire_exception(vm, codelike, offset, Event::PyUnwind, exception)
    }

    #[function("fire_event_stop_iteration(codelike, offset, value, /)")]
    fn stop_iteration(vm: &Vm, codelike: Gc<CodeLike>, offset: i32, value: Value) -> PyResult<i64> {
        let class = vm.exceptions().StopIteration;
        let exception = match vm.cast::<PyBaseException>(value).filter(|_| vm.is_instance(value, class)) {
            Some(exception) => exception,
            None => vm.new_exception(class, &[value])?,
        };
        fire_event(vm, codelike, offset, Event::StopIteration, &[exception.value()])
    }
}
