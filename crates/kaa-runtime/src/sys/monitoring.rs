//! `sys.monitoring`: tools that are told of what runs (PEP 669). What it does is in
//! `kaa-interpreter`, `monitoring`.

use kaa_interpreter::monitoring::events::{EventSet, GLOBAL_EVENTS, NATIVE_END};
use kaa_interpreter::monitoring::{self as tools, Event, PROFILE_TOOL, monitoring};
use kaa_macros::py_module;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::code::monitoring::LOCAL_EVENTS;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The module.
pub struct Monitoring;

fn checked_tool(vm: &Vm, tool: i32) -> PyResult<usize> {
    match usize::try_from(tool) {
        Ok(tool) if tool < PROFILE_TOOL => Ok(tool),
        _ => Err(vm.value_error(format_args!("invalid tool {tool} (must be between 0 and 5)"))),
    }
}

fn tool_in_use(vm: &Vm, tool: usize) -> PyResult<()> {
    match monitoring(vm).name(tool) {
        Some(_) => Ok(()),
        None => Err(vm.value_error(format_args!("tool {tool} is not in use"))),
    }
}

/// A set of events in the form in which they are watched: a branch is its two ways, and how native
/// calls end goes with the calls.
fn normalized(vm: &Vm, events: i32) -> PyResult<i32> {
    let (branch, ways) = (Event::Branch.bit() as i32, (Event::BranchLeft.bit() | Event::BranchRight.bit()) as i32);
    let native = (NATIVE_END | Event::Call.bit()) as i32;
    let events = if events & branch != 0 { events & !branch | ways } else { events };
    if events & NATIVE_END as i32 != 0 && events & native != native {
        return Err(vm.value_error("cannot set C_RETURN or C_RAISE events independently"));
    }
    Ok(events & !(NATIVE_END as i32))
}

#[py_module(name = "sys.monitoring", setup = set_up)]
impl Monitoring {
    #[constant]
    const DEBUGGER_ID: i64 = 0;
    #[constant]
    const COVERAGE_ID: i64 = 1;
    #[constant]
    const PROFILER_ID: i64 = 2;
    #[constant]
    const OPTIMIZER_ID: i64 = 5;

    #[function("use_tool_id(tool_id, name, /)")]
    fn use_tool_id(vm: &Vm, tool_id: i32, name: Value) -> PyResult<()> {
        let tool = checked_tool(vm, tool_id)?;
        let Some(name) = vm.cast::<PyStr>(name) else { return Err(vm.value_error("tool name must be a str")) };
        if monitoring(vm).name(tool).is_some() {
            return Err(vm.value_error(format_args!("tool {tool} is already in use")));
        }
        monitoring(vm).set_name(tool, Some(name));
        Ok(())
    }

    #[function("clear_tool_id(tool_id, /)")]
    fn clear_tool_id(vm: &Vm, tool_id: i32) -> PyResult<()> {
        let tool = checked_tool(vm, tool_id)?;
        if monitoring(vm).name(tool).is_some() {
            tools::clear_tool(vm, tool);
        }
        Ok(())
    }

    #[function("free_tool_id(tool_id, /)")]
    fn free_tool_id(vm: &Vm, tool_id: i32) -> PyResult<()> {
        Monitoring::clear_tool_id(vm, tool_id)?;
        monitoring(vm).set_name(tool_id as usize, None);
        Ok(())
    }

    #[function("get_tool(tool_id, /)")]
    fn get_tool(vm: &Vm, tool_id: i32) -> PyResult<Option<Value>> {
        Ok(monitoring(vm).name(checked_tool(vm, tool_id)?))
    }

    #[function("register_callback(tool_id, event, func, /)")]
    fn register_callback(vm: &Vm, tool_id: i32, event: i32, func: Value) -> PyResult<Option<Value>> {
        let tool = checked_tool(vm, tool_id)?;
        if event.count_ones() != 1 {
            return Err(vm.value_error("The callback can only be set for one event at a time"));
        }
        let Some(&kind) = Event::ALL.get(event.trailing_zeros() as usize) else {
            return Err(vm.value_error(format_args!("invalid event {event}")));
        };
        vm.audit("sys.monitoring.register_callback", &[func])?;
        let (monitoring, func) = (monitoring(vm), func.not_none());
        if kind == Event::Branch {
            monitoring.set_for_branches(tool, func.is_some());
            monitoring.set_callback(tool, Event::BranchRight, func);
            return Ok(monitoring.set_callback(tool, Event::BranchLeft, func));
        }
        if matches!(kind, Event::BranchLeft | Event::BranchRight) {
            monitoring.set_for_branches(tool, false);
        }
        Ok(monitoring.set_callback(tool, kind, func))
    }

    #[function("get_events(tool_id, /)")]
    fn get_events(vm: &Vm, tool_id: i32) -> PyResult<i64> {
        Ok(monitoring(vm).events_of(checked_tool(vm, tool_id)?).into())
    }

    #[function("set_events(tool_id, event_set, /)")]
    fn set_events(vm: &Vm, tool_id: i32, event_set: i32) -> PyResult<()> {
        let tool = checked_tool(vm, tool_id)?;
        if event_set < 0 || event_set >= 1 << Event::ALL.len() {
            return Err(vm.value_error(format_args!("invalid event set 0x{event_set:x}")));
        }
        let events = normalized(vm, event_set)?;
        tool_in_use(vm, tool)?;
        tools::set_events(vm, tool, events as EventSet);
        Ok(())
    }

    #[function("get_local_events(tool_id, code, /)")]
    fn get_local_events(vm: &Vm, tool_id: i32, code: Value) -> PyResult<i64> {
        let code = checked_code(vm, code)?;
        Ok(tools::local_events(code, checked_tool(vm, tool_id)?).into())
    }

    #[function("set_local_events(tool_id, code, event_set, /)")]
    fn set_local_events(vm: &Vm, tool_id: i32, code: Value, event_set: i32) -> PyResult<()> {
        let code = checked_code(vm, code)?;
        let tool = checked_tool(vm, tool_id)?;
        let events = normalized(vm, event_set)?;
        if !(0..1 << LOCAL_EVENTS).contains(&events) {
            return Err(vm.value_error(format_args!("invalid local event set 0x{events:x}")));
        }
        tool_in_use(vm, tool)?;
        code.load(vm)?;
        tools::set_local_events(vm, code, tool, events as EventSet);
        Ok(())
    }

    #[function("restart_events()")]
    fn restart_events(vm: &Vm) {
        tools::restart_events(vm);
    }

    #[function("_all_events()")]
    fn all_events(vm: &Vm) -> PyResult {
        let watched = vm.new_dict()?;
        for &event in &Event::ALL[..GLOBAL_EVENTS] {
            let tools = monitoring(vm).tools_of(event);
            if tools != 0 {
                watched.set_str(vm, vm.intern(event.name()), Value::small_int(tools.into()))?;
            }
        }
        Ok(watched.value())
    }
}

fn checked_code(vm: &Vm, code: Value) -> PyResult<Gc<PyCode>> {
    vm.cast::<PyCode>(code).ok_or_else(|| vm.type_error("code must be a code object"))
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    tools::set_up(vm)?;
    let dict = module.dict.get_set();
    dict.set_str(vm, vm.intern("DISABLE"), monitoring(vm).disable().unwrap_or(Value::NONE))?;
    dict.set_str(vm, vm.intern("MISSING"), monitoring(vm).missing())?;
    let events = vm.new_dict()?;
    for &event in Event::ALL {
        events.set_str(vm, vm.intern(event.name()), Value::small_int(event.bit().into()))?;
    }
    events.set_str(vm, vm.intern("NO_EVENTS"), Value::small_int(0))?;
    dict.set_str(vm, vm.intern("events"), vm.new_namespace(events)?)
}
