//! How much and where processes run.

use kaa_host::process;
use kaa_macros::py_functions;
use kaa_objects::class::{MethodDef, MethodKind, PyType};
use kaa_objects::types::set::PySet;
use kaa_objects::types::staticmethod::PyStaticMethod;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::Posix;
use crate::host_call::OrRaise;

/// `posix.sched_param`.
pub static SCHED_PARAM: StructSequenceDef = StructSequenceDef {
    name: "sched_param",
    module: "posix",
    doc: "Currently has only one field: sched_priority",
    fields: &[("sched_priority", "the scheduling priority")],
    visible: 1,
    callable: true,
};

/// `os.sched_param(priority)`: other than struct sequences it takes the one field itself.
static NEW_PARAM: MethodDef = MethodDef {
    name: "__new__",
    signature: Some("(sched_priority)"),
    doc: None,
    kind: MethodKind::Static,
    function: new_param,
};

fn new_param(vm: &Vm, _: Value, args: Args<'_>) -> PyResult {
    let given = args.positionals();
    if let &[_, items, _] = given
        && let Some(items) = vm.cast::<PyTuple>(items)
        && let &[priority] = items.as_slice()
    {
        // From a pickle: the items, and no further fields.
        return vm.new_struct_sequence(&SCHED_PARAM, &[priority]);
    }
    let priority = match (given.len(), args.keyword("sched_priority")) {
        (2, None) => given[1],
        (1, Some(priority)) => priority,
        (0 | 1, None) => return Err(vm.type_error("sched_param() missing required argument 'sched_priority' (pos 1)")),
        (count, _) => {
            let count = count.saturating_sub(1);
            return Err(vm.type_error(format_args!("sched_param() takes at most 1 argument ({count} given)")));
        }
    };
    vm.new_struct_sequence(&SCHED_PARAM, &[priority])
}

/// The class of `os.sched_param`.
pub fn param_class(vm: &Vm) -> PyResult<Gc<PyType>> {
    let class = vm.struct_sequence_class(&SCHED_PARAM)?;
    let function = PyStaticMethod::wrap(vm, vm.new_native_function(&NEW_PARAM)?.value())?;
    class.dict.get_set().set_str(vm, vm.intern("__new__"), function)?;
    vm.class_modified(class);
    Ok(class)
}

/// The priority of an `os.sched_param`.
pub fn sched_priority(vm: &Vm, param: Value) -> PyResult<i32> {
    if vm.class_of(param) != vm.struct_sequence_class(&SCHED_PARAM)? {
        return Err(vm.type_error("must have a sched_param object"));
    }
    let index = vm.index(vm.get_item(param, Value::small_int(0))?)?;
    let priority = vm.int_to_i64(index).and_then(|priority| i32::try_from(priority).ok());
    priority.ok_or_else(|| vm.overflow_error("sched_priority out of range"))
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function("nice(increment, /)", doc = "Add increment to the priority of process and return the new priority.")]
    fn nice(vm: &Vm, increment: i32) -> PyResult<i32> {
        process::add_niceness(increment).or_raise(vm)
    }

    #[function("getpriority(which, who)", doc = "Return program scheduling priority.")]
    fn getpriority(vm: &Vm, which: i32, who: i32) -> PyResult<i32> {
        process::priority(which as u32, who as u32).or_raise(vm)
    }

    #[function("setpriority(which, who, priority)", doc = "Set program scheduling priority.")]
    fn setpriority(vm: &Vm, which: i32, who: i32, priority: i32) -> PyResult<()> {
        process::set_priority(which as u32, who as u32, priority).or_raise(vm)
    }

    #[function("sched_yield()", doc = "Voluntarily relinquish the CPU.")]
    fn sched_yield(vm: &Vm) -> PyResult<()> {
        process::yield_now().or_raise(vm)
    }

    #[function(
        "sched_getaffinity(pid, /)",
        doc = "Return the affinity of the process identified by pid (or the current process if zero).\n\nThe affinity is returned as a set of CPU identifiers."
    )]
    fn sched_getaffinity(vm: &Vm, pid: i32) -> PyResult {
        let cpus = process::affinity(pid).or_raise(vm)?;
        let list = super::number_list(vm, cpus.into_iter().map(|cpu| cpu as i64))?;
        vm.call(vm.class::<PySet>().value(), &[list])
    }

    #[function(
        "sched_setaffinity(pid, mask, /)",
        doc = "Set the CPU affinity of the process identified by pid to mask.\n\n  pid\n    The process ID of which the affinity is set\n  mask\n    An iterable of integers identifying CPUs"
    )]
    fn sched_setaffinity(vm: &Vm, pid: i32, mask: Value) -> PyResult<()> {
        let mut cpus = Vec::new();
        vm.for_each(mask, |cpu| {
            let index = vm.index(cpu)?;
            match vm.int_to_i64(index) {
                Some(cpu) if cpu < 0 => return Err(vm.value_error("negative CPU number")),
                Some(cpu) if cpu < 1 << 20 => cpus.push(cpu as usize),
                _ => return Err(vm.overflow_error("CPU number too large")),
            }
            Ok(())
        })?;
        process::set_affinity(pid, &cpus).or_raise(vm)
    }

    #[function("sched_get_priority_max(policy)", doc = "Get the maximum scheduling priority for policy.")]
    fn sched_get_priority_max(vm: &Vm, policy: i32) -> PyResult<i32> {
        process::priority_range(policy).or_raise(vm).map(|(greatest, _)| greatest)
    }

    #[function("sched_get_priority_min(policy)", doc = "Get the minimum scheduling priority for policy.")]
    fn sched_get_priority_min(vm: &Vm, policy: i32) -> PyResult<i32> {
        process::priority_range(policy).or_raise(vm).map(|(_, least)| least)
    }

    #[function(
        "sched_getscheduler(pid, /)",
        doc = "Get the scheduling policy for the process identified by pid.\n\nPassing 0 for pid returns the scheduling policy for the calling process."
    )]
    fn sched_getscheduler(vm: &Vm, pid: i32) -> PyResult<i32> {
        process::scheduling_policy(pid).or_raise(vm)
    }

    #[function(
        "sched_setscheduler(pid, policy, param, /)",
        doc = "Set the scheduling policy for the process identified by pid.\n\nIf pid is 0, the calling process is changed.\nparam is an instance of sched_param."
    )]
    fn sched_setscheduler(vm: &Vm, pid: i32, policy: i32, param: Value) -> PyResult<()> {
        let priority = sched_priority(vm, param)?;
        process::set_scheduling_policy(pid, policy, priority).or_raise(vm)
    }

    #[function(
        "sched_getparam(pid, /)",
        doc = "Returns scheduling parameters for the process identified by pid.\n\nIf pid is 0, returns parameters for the calling process.\nReturn value is an instance of sched_param."
    )]
    fn sched_getparam(vm: &Vm, pid: i32) -> PyResult {
        let priority = process::scheduling_priority(pid).or_raise(vm)?;
        vm.new_struct_sequence(&SCHED_PARAM, &[Value::small_int(priority.into())])
    }

    #[function(
        "sched_setparam(pid, param, /)",
        doc = "Set scheduling parameters for the process identified by pid.\n\nIf pid is 0, sets parameters for the calling process.\nparam should be an instance of sched_param."
    )]
    fn sched_setparam(vm: &Vm, pid: i32, param: Value) -> PyResult<()> {
        let priority = sched_priority(vm, param)?;
        process::set_scheduling_priority(pid, priority).or_raise(vm)
    }

    #[function(
        "sched_rr_get_interval(pid, /)",
        doc = "Return the round-robin quantum for the process identified by pid, in seconds.\n\nValue returned is a float."
    )]
    fn sched_rr_get_interval(vm: &Vm, pid: i32) -> PyResult<f64> {
        let time = process::turn_length(pid).or_raise(vm)?;
        Ok(time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9)
    }

    #[function(
        "setns(fd, nstype=0)",
        doc = "Move the calling thread into different namespaces.\n\n  fd\n    A file descriptor to a namespace.\n  nstype\n    Type of namespace."
    )]
    fn setns(vm: &Vm, fd: crate::path::Descriptor, nstype: i32) -> PyResult<()> {
        process::enter_namespace(fd.0, nstype).or_raise(vm)
    }

    #[function(
        "unshare(flags)",
        doc = "Disassociate parts of a process (or thread) execution context.\n\n  flags\n    Namespaces to be unshared."
    )]
    fn unshare(vm: &Vm, flags: i32) -> PyResult<()> {
        process::leave_namespaces(flags).or_raise(vm)
    }

    #[function(
        "cpu_count()",
        doc = "Return the number of logical CPUs in the system.\n\nReturn None if indeterminable."
    )]
    fn cpu_count(vm: &Vm) -> PyResult {
        if let Some(count) = vm.cpu_count.get() {
            return vm.new_int(count.into());
        }
        match kaa_host::system::setting(libc::_SC_NPROCESSORS_ONLN) {
            Ok(count) if count > 0 => vm.new_int(count),
            _ => Ok(Value::NONE),
        }
    }
}
